//! Which collections a request needs, in which order, and what of each kind it can see.

use std::collections::VecDeque;

use roster_core::{EntityKind, FieldSet, PersonField, PullRequest, SensitiveField};

use crate::rest::{collection::Collection, map, source};

/// What a collection is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its records are delivered.
    Deliver,
    /// It tells what is in scope.
    Learn,
    /// It adds to people.
    Side,
}

/// One collection to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) collection: Collection,
    pub(super) purpose: Purpose,
}

/// The steps of a request. What tells the scope comes before what it limits: a person may be in scope by a seat alone, a contact
/// by a pupil.
pub(super) fn steps(request: &PullRequest) -> VecDeque<Step> {
    use Collection::{AcademicSessions, Classes, Courses, Demographics, Enrollments, Orgs, Users};
    use Purpose::{Deliver, Learn, Side};
    let wants = |kind| request.wants(kind);
    let scoped = !request.scope.is_everything();
    let people = wants(EntityKind::Person) || wants(EntityKind::Relationship);
    let seats = wants(EntityKind::Enrollment);
    let mut steps = VecDeque::new();
    let mut add = |is_due: bool, collection, purpose| {
        if is_due {
            steps.push_back(Step { collection, purpose });
        }
    };
    add(request.scope.orgs.is_some(), Orgs, Learn);
    add(wants(EntityKind::Org), Orgs, Deliver);
    add(wants(EntityKind::AcademicSession), AcademicSessions, Deliver);
    add(wants(EntityKind::Course), Courses, Deliver);
    let classes = wants(EntityKind::Class);
    add(classes || (scoped && (seats || people)), Classes, if classes { Deliver } else { Learn });
    add(seats || (scoped && people), Enrollments, if seats { Deliver } else { Learn });
    add(wants(EntityKind::Person) && needs_demographics(request), Demographics, Side);
    add(scoped && people && request.sees(SensitiveField::Contacts), Users, Learn);
    add(people, Users, Deliver);
    steps
}

/// Whether the host asked for something that only `/demographics` says.
pub(super) fn needs_demographics(request: &PullRequest) -> bool {
    DEMOGRAPHICS.iter().any(|(asked, _)| request.sees(*asked))
}

/// What `/demographics` says.
const DEMOGRAPHICS: [(SensitiveField, PersonField); 3] = [
    (SensitiveField::BirthDate, PersonField::BirthDate),
    (SensitiveField::Gender, PersonField::Gender),
    (SensitiveField::Demographics, PersonField::Demographics),
];

/// The fields of people that only `/demographics` says.
pub(super) fn demographic_fields() -> FieldSet {
    FieldSet::of(DEMOGRAPHICS.map(|(_, field)| field))
}

/// What a pull can see of a kind.
pub(super) fn fields(request: &PullRequest, kind: EntityKind) -> FieldSet {
    let mut fields = source::fields(kind);
    if kind == EntityKind::Person {
        for (asked, field) in DEMOGRAPHICS.into_iter().chain([(SensitiveField::Phones, PersonField::Phones)])
        {
            if !request.sees(asked) {
                fields = fields.without(field);
            }
        }
    }
    if request.extra { fields } else { fields.minus(map::extra::field(kind)) }
}

/// The kinds that a collection's wholeness decides about.
pub(super) fn touched(step: Step, scoped: bool) -> Vec<EntityKind> {
    use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
    match (step.collection, step.purpose) {
        (Collection::Orgs, Purpose::Learn) => vec![Org, Course],
        (Collection::Classes, Purpose::Learn) => vec![Enrollment, Person, Relationship],
        (Collection::Classes, _) if scoped => vec![Class, Enrollment, Person, Relationship],
        (Collection::Enrollments, Purpose::Deliver) if scoped => vec![Enrollment, Person, Relationship],
        (Collection::Users, _) | (Collection::Enrollments, Purpose::Learn) => vec![Person, Relationship],
        (Collection::Demographics, _) => Vec::new(),
        (collection, _) => vec![collection.kind()],
    }
}

/// What follows from a record of a kind that can't be read: the relationships that a person's row would have told and, in a scope, what a
/// class, a seat or a pupil would have brought into it.
pub(super) fn followers(kind: EntityKind, scoped: bool, with_contacts: bool) -> &'static [EntityKind] {
    use EntityKind::{Class, Enrollment, Person, Relationship};
    match kind {
        Class if scoped => &[Enrollment, Person, Relationship],
        Enrollment if scoped => &[Person, Relationship],
        Person if scoped && with_contacts => &[Person, Relationship],
        Person => &[Relationship],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use roster_core::Scope;

    use super::*;

    fn names(request: &PullRequest) -> Vec<String> {
        steps(request).into_iter().map(|step| format!("{:?} {:?}", step.purpose, step.collection)).collect()
    }

    #[test]
    fn no_more_is_read_than_is_needed() {
        assert_eq!(names(&PullRequest::full().only([EntityKind::Person])), ["Deliver Users"]);
        assert_eq!(steps(&PullRequest::full()).len(), 6);
        let everything = PullRequest::full().with_sensitive(SensitiveField::ALL);
        assert_eq!(steps(&everything).len(), 7);
    }

    #[test]
    fn what_tells_the_scope_comes_first() {
        let request = PullRequest::full().only([EntityKind::Person]).scoped(Scope::of_orgs(["s".into()]));
        let learnt = ["Learn Orgs", "Learn Classes", "Learn Enrollments", "Deliver Users"];
        assert_eq!(names(&request), learnt);
        let request = request.with_sensitive([SensitiveField::Contacts, SensitiveField::BirthDate]);
        assert_eq!(names(&request)[3..], ["Side Demographics", "Learn Users", "Deliver Users"]);
    }
}
