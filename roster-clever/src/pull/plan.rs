//! Which collections a request needs, in which order, and what of each kind it can see.

use std::collections::VecDeque;

use roster_core::{ClassField, EntityKind, FieldSet, OrgField, PersonField, PullRequest, SensitiveField};

use crate::{
    collection::{Collection, Walk},
    source,
};

/// One collection to read, or one walk over `/users`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) collection: Collection,
    pub(super) walk: Option<Walk>,
}

impl Step {
    /// The scope without which nothing comes, where there is one.
    pub(super) fn scope(self) -> Option<&'static str> {
        self.walk.map_or(self.collection.scope(), |walk| Some(walk.scope()))
    }

    pub(super) fn path(self) -> &'static str {
        self.walk.map_or(self.collection.path(), Walk::path)
    }
}

/// The steps of a full pull. What tells the scope comes before what it limits: a person may be in scope by a seat alone, a contact
/// by a pupil. Terms and courses come before the sections, which name them by ids that are not theirs.
pub(super) fn steps(request: &PullRequest) -> VecDeque<Step> {
    use EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship};
    let wants = |kind| request.wants(kind);
    let scoped = !request.scope.is_everything();
    let people = wants(Person) || wants(Relationship);
    let mut steps = VecDeque::new();
    let mut add = |is_due: bool, collection, walk| {
        if is_due {
            steps.push_back(Step { collection, walk });
        }
    };
    add(wants(Org) || request.scope.orgs.is_some(), Collection::Schools, None);
    add(wants(AcademicSession) || wants(Class), Collection::Terms, None);
    add(wants(Course) || wants(Class), Collection::Courses, None);
    add(wants(Class) || wants(Enrollment) || (scoped && people), Collection::Sections, None);
    for walk in Walk::ALL {
        let is_due = match walk {
            Walk::Contact => people && request.sees(SensitiveField::Contacts),
            Walk::Student => wants(Person) || (scoped && wants(Relationship)),
            _ => wants(Person),
        };
        add(is_due, Collection::Users, Some(walk));
    }
    steps
}

/// The kinds that a collection's rows are delivered as.
pub(super) const fn kinds(collection: Collection) -> &'static [EntityKind] {
    match collection {
        Collection::Districts | Collection::Schools => &[EntityKind::Org],
        Collection::Terms => &[EntityKind::AcademicSession],
        Collection::Courses => &[EntityKind::Course],
        Collection::Sections => &[EntityKind::Class, EntityKind::Enrollment],
        Collection::Users => &[EntityKind::Person, EntityKind::Relationship],
    }
}

/// The sensitive fields of people that Clever has.
const SENSITIVE: [(SensitiveField, PersonField); 5] = [
    (SensitiveField::BirthDate, PersonField::BirthDate),
    (SensitiveField::Gender, PersonField::Gender),
    (SensitiveField::Phones, PersonField::Phones),
    (SensitiveField::Addresses, PersonField::Addresses),
    (SensitiveField::Demographics, PersonField::Demographics),
];

/// What a pull can see of a kind.
pub(super) fn fields(request: &PullRequest, kind: EntityKind) -> FieldSet {
    let mut fields = source::fields(kind);
    if kind == EntityKind::Person {
        for (asked, field) in SENSITIVE {
            if !request.sees(asked) {
                fields = fields.without(field);
            }
        }
    }
    if request.extra {
        return fields;
    }
    match kind {
        EntityKind::Org => fields.without(OrgField::Extra),
        EntityKind::Class => fields.without(ClassField::Extra),
        EntityKind::Person => fields.without(PersonField::Extra),
        _ => fields,
    }
}

#[cfg(test)]
mod tests {
    use roster_core::Scope;

    use super::*;

    fn names(request: &PullRequest) -> Vec<&'static str> {
        let path = |step: Step| step.walk.map_or(step.collection.segment(), Walk::as_str);
        steps(request).into_iter().map(path).collect()
    }

    #[test]
    fn no_more_is_read_than_is_needed() {
        let staff = ["student", "teacher", "staff", "district_admin"];
        assert_eq!(names(&PullRequest::full().only([EntityKind::Person])), staff);
        assert_eq!(names(&PullRequest::full().only([EntityKind::Org])), ["schools"]);
        assert_eq!(names(&PullRequest::full().only([EntityKind::Class])), ["terms", "courses", "sections"]);
        assert_eq!(names(&PullRequest::full()).len(), 8);
        let contacts = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
        assert_eq!(names(&contacts).last(), Some(&"contact"));
        assert_eq!(names(&contacts.only([EntityKind::Relationship])), ["contact"]);
    }

    #[test]
    fn what_tells_the_scope_comes_first() {
        let request = PullRequest::full()
            .only([EntityKind::Relationship])
            .with_sensitive([SensitiveField::Contacts])
            .scoped(Scope::of_orgs(["s".into()]));
        assert_eq!(names(&request), ["schools", "sections", "student", "contact"]);
    }
}
