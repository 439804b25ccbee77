//! Which resources a request needs, what is included with them, and what of each kind it can see.

use std::collections::VecDeque;

use roster_core::{
    AcademicSessionField as Session, ClassField, CourseField, EnrollmentField, EntityKind, FieldSet,
    OrgField, PersonField, PullRequest, RelationshipField, SensitiveField,
};

use crate::{config::ClassSource, map::SENSITIVE, resource::Resource};

/// What a resource is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its records are delivered.
    Deliver,
    /// It tells what is in scope, or who is not there any more.
    Learn,
}

/// One resource to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) resource: Resource,
    pub(super) purpose: Purpose,
}

impl Step {
    pub(super) const fn deliver(resource: Resource) -> Self {
        Self { resource, purpose: Purpose::Deliver }
    }

    /// Whether its rows tell values that may be gone of all of them.
    pub(super) fn tells_values(self) -> bool {
        use Resource::{Classes, Contacts, Employees, Registrations, Students};
        let tells = matches!(self.resource, Students | Employees | Contacts | Classes | Registrations);
        tells && self.purpose == Purpose::Deliver
    }
}

/// The steps of a request, up to the classes; [`people`] follow. Those who left are learnt before classes name them as teachers.
pub(super) fn steps(request: &PullRequest, source: ClassSource, changes: bool) -> VecDeque<Step> {
    use Purpose::{Deliver, Learn};
    use Resource::{Campuses, Classes, Contacts, Deletions, Employees, Registrations, Students, Subjects};
    let wants = |kind| request.wants(kind);
    let scoped = !request.scope.is_everything();
    let people = wants(EntityKind::Person) || wants(EntityKind::Relationship);
    let seats = wants(EntityKind::Enrollment);
    let mut steps = VecDeque::new();
    let mut add = |is_due: bool, resource, purpose| {
        if is_due {
            steps.push_back(Step { resource, purpose });
        }
    };
    let orgs = wants(EntityKind::Org);
    add(orgs || request.scope.orgs.is_some(), Campuses, if orgs { Deliver } else { Learn });
    add(wants(EntityKind::Course), Subjects, Deliver);
    add(seats, Employees, Learn);
    let delivers = wants(EntityKind::Class) || seats || wants(EntityKind::AcademicSession);
    let needs = delivers || (scoped && people);
    let purpose = if delivers { Deliver } else { Learn };
    add(needs && source.has_classes(), Classes, purpose);
    add(needs && source.has_groups(), Registrations, purpose);
    add(wants(EntityKind::Person), Employees, Deliver);
    add(people, Students, Deliver);
    let contacts = request.sees(SensitiveField::Contacts) && people && !scoped;
    add(contacts, Contacts, Deliver);
    add(changes, Deletions, Deliver);
    steps
}

/// What is included with a resource's rows.
pub(super) fn includes(step: Step, request: &PullRequest) -> Vec<&'static str> {
    let sees = |field| request.sees(field);
    let mut includes = Vec::new();
    match (step.resource, step.purpose) {
        (Resource::Students, _) => {
            // Those that a school most likely does not share come first: they are left out first where something is refused.
            if sees(SensitiveField::Contacts) {
                includes.extend(["contacts.contact_details", "contacts"]);
            }
            if sees(SensitiveField::Demographics) {
                includes.push("extended_details");
            }
            includes.extend([
                "education_details",
                "contact_details",
                "campus",
                "house",
                "registration",
                "year",
            ]);
        }
        (Resource::Employees, Purpose::Learn) => includes.push("employment_details"),
        (Resource::Employees, Purpose::Deliver) => {
            includes.extend(["campus", "contact_details", "employment_details", "groups", "classes"]);
        }
        (Resource::Contacts, _) => includes.extend(["contact_details", "students"]),
        (Resource::Classes | Resource::Registrations, _) => includes.extend(["employees", "students"]),
        (Resource::Campuses | Resource::Subjects | Resource::Deletions, _) => {}
    }
    includes
}

/// The fields of a resource's records that can't be told without an include. `lost`: it was shared before, so that what other
/// parts of a row say must not replace what it said.
pub(super) fn hidden(resource: Resource, include: &str, lost: bool) -> FieldSet {
    use PersonField as Field;
    let details = || FieldSet::of([Field::Email, Field::Phones, Field::Emails, Field::Addresses]);
    match (resource, include) {
        (Resource::Students | Resource::Employees | Resource::Contacts, "contact_details") => details(),
        (Resource::Students, "extended_details") => FieldSet::of([Field::Demographics]),
        (Resource::Students, "education_details") if lost => {
            FieldSet::of([Field::Identifiers, Field::Grades, Field::Affiliations])
        }
        (Resource::Students, "upn") if lost => FieldSet::of([Field::Identifiers]),
        (Resource::Students, "year") if lost => FieldSet::of([Field::Grades]),
        (Resource::Students, "house" | "registration") if lost => FieldSet::of([Field::Groups]),
        (Resource::Students | Resource::Employees, "campus") if lost => FieldSet::of([Field::Affiliations]),
        (Resource::Employees, "employment_details" | "groups" | "classes") if lost => {
            FieldSet::of([Field::Affiliations])
        }
        _ => FieldSet::EMPTY,
    }
}

/// What Wonde can say of a kind.
pub(crate) fn all_fields(kind: EntityKind) -> FieldSet {
    match kind {
        EntityKind::Org => FieldSet::all(kind).without(OrgField::Grades),
        EntityKind::AcademicSession => FieldSet::of([
            Session::Title,
            Session::SessionType,
            Session::Begin,
            Session::End,
            Session::SchoolYear,
            Session::Org,
        ]),
        EntityKind::Course => FieldSet::of([
            CourseField::Title,
            CourseField::Code,
            CourseField::Org,
            CourseField::Identifiers,
            CourseField::Extra,
        ]),
        EntityKind::Class => {
            use ClassField::{Begin, End, Location, Periods, Subjects};
            FieldSet::all(kind).minus(FieldSet::of([Begin, End, Location, Periods, Subjects]))
        }
        EntityKind::Person => {
            use PersonField::{
                Account, Full, GraduationYear, PreferredFamily, PreferredGiven, PreferredMiddle, Pronouns,
                Suffix, Username,
            };
            let unsaid = [
                Account,
                Full,
                GraduationYear,
                PreferredFamily,
                PreferredGiven,
                PreferredMiddle,
                Pronouns,
                Suffix,
                Username,
            ];
            FieldSet::all(kind).minus(FieldSet::of(unsaid))
        }
        EntityKind::Enrollment => {
            use EnrollmentField::{Class, Org, Person, Primary, Role};
            FieldSet::of([Class, Person, Role, Primary, Org])
        }
        _ => FieldSet::all(kind).without(RelationshipField::Extra),
    }
}

/// What a pull can see of a kind.
pub(super) fn fields(request: &PullRequest, kind: EntityKind) -> FieldSet {
    let mut fields = all_fields(kind);
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
        EntityKind::Course => fields.without(CourseField::Extra),
        EntityKind::Class => fields.without(ClassField::Extra),
        EntityKind::Person => fields.without(PersonField::Extra),
        _ => fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(request: &PullRequest, source: ClassSource) -> Vec<String> {
        let steps = steps(request, source, false).into_iter();
        steps.map(|step| format!("{:?} {:?}", step.purpose, step.resource)).collect()
    }

    #[test]
    fn no_more_is_read_than_is_needed() {
        let people = PullRequest::full().only([EntityKind::Person]);
        assert_eq!(names(&people, ClassSource::Auto), ["Deliver Employees", "Deliver Students"]);
        let all = names(&PullRequest::full(), ClassSource::Auto);
        assert_eq!(all.len(), 6, "{all:?}");
        let with_contacts = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
        assert_eq!(names(&with_contacts, ClassSource::RegistrationGroups).len(), 7);
    }

    #[test]
    fn nothing_special_is_asked_for_unless_it_is_wanted() {
        let step = Step::deliver(Resource::Students);
        let usual = includes(step, &PullRequest::full());
        assert!(
            !usual.iter().any(|include| include.starts_with("contacts") || *include == "extended_details")
        );
        let asked = PullRequest::full().with_sensitive(SensitiveField::ALL);
        assert!(includes(step, &asked).contains(&"extended_details"));
    }
}
