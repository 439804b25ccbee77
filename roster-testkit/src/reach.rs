//! Which records a request reaches, by the words of [`Scope`](roster_core::Scope), told from all of a tenant's records.

use std::collections::BTreeSet;

use roster_core::{
    Class, Course, Enrollment, EntityKind, Org, Person, PullRequest, Record, Relationship, Scope,
    SensitiveField, SourcedId,
};

use crate::Ids;

/// The ids of the records that `request` reaches.
pub(crate) fn ids_in_reach<'r>(records: impl IntoIterator<Item = &'r Record>, request: &PullRequest) -> Ids {
    let tenant = Tenant::of(records);
    let reach = Reach::of(&tenant, &request.scope);
    let mut ids = Ids::new();
    ids.extend(tenant.orgs.iter().filter(|org| reach.org(org)).map(|org| (EntityKind::Org, org.id.clone())));
    ids.extend(tenant.sessions.iter().map(|id| (EntityKind::AcademicSession, (*id).clone())));
    ids.extend(
        tenant
            .courses
            .iter()
            .filter(|course| reach.course(course))
            .map(|course| (EntityKind::Course, course.id.clone())),
    );
    ids.extend(reach.classes.iter().map(|id| (EntityKind::Class, id.clone())));
    let contacts = request.sees(SensitiveField::Contacts);
    ids.extend(
        tenant
            .people
            .iter()
            .filter(|person| {
                if person.is_contact() {
                    contacts && reach.contacts.contains(&person.id)
                } else {
                    reach.people.contains(&person.id)
                }
            })
            .map(|person| (EntityKind::Person, person.id.clone())),
    );
    ids.extend(
        tenant
            .enrollments
            .iter()
            .filter(|seat| reach.classes.contains(&seat.class))
            .map(|seat| (EntityKind::Enrollment, seat.id.clone())),
    );
    ids.extend(
        tenant
            .relationships
            .iter()
            .filter(|tie| reach.people.contains(&tie.student))
            .map(|tie| (EntityKind::Relationship, tie.id.clone())),
    );
    ids.retain_kinds(|kind| request.wants(kind));
    ids
}

#[derive(Default)]
struct Tenant<'r> {
    orgs: Vec<&'r Org>,
    sessions: Vec<&'r SourcedId>,
    courses: Vec<&'r Course>,
    classes: Vec<&'r Class>,
    people: Vec<&'r Person>,
    enrollments: Vec<&'r Enrollment>,
    relationships: Vec<&'r Relationship>,
}

impl<'r> Tenant<'r> {
    fn of(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut tenant = Self::default();
        for record in records {
            match record {
                Record::Org(org) => tenant.orgs.push(org),
                Record::AcademicSession(session) => tenant.sessions.push(&session.id),
                Record::Course(course) => tenant.courses.push(course),
                Record::Class(class) => tenant.classes.push(class),
                Record::Person(person) => tenant.people.push(person),
                Record::Enrollment(seat) => tenant.enrollments.push(seat),
                Record::Relationship(tie) => tenant.relationships.push(tie),
                _ => {}
            }
        }
        tenant
    }
}

struct Reach<'s> {
    scope: &'s Scope,
    /// The orgs named and the ones above them.
    orgs: BTreeSet<SourcedId>,
    classes: BTreeSet<SourcedId>,
    people: BTreeSet<SourcedId>,
    contacts: BTreeSet<SourcedId>,
}

impl<'s> Reach<'s> {
    fn of(tenant: &Tenant<'_>, scope: &'s Scope) -> Self {
        let classes: BTreeSet<_> = tenant
            .classes
            .iter()
            .filter(|class| {
                scope.names_class(&class.id)
                    && (scope.orgs.is_none() || class.org.as_ref().is_some_and(|org| scope.names_org(org)))
            })
            .map(|class| class.id.clone())
            .collect();
        let seated: BTreeSet<_> = tenant
            .enrollments
            .iter()
            .filter(|seat| classes.contains(&seat.class))
            .map(|seat| &seat.person)
            .collect();
        let people: BTreeSet<_> = tenant
            .people
            .iter()
            .filter(|person| !person.is_contact())
            .filter(|person| {
                scope.is_everything() || seated.contains(&person.id) || affiliated(person, scope)
            })
            .map(|person| person.id.clone())
            .collect();
        let contacts = if scope.is_everything() {
            tenant.people.iter().map(|person| person.id.clone()).collect()
        } else {
            let ties = tenant.relationships.iter().filter(|tie| people.contains(&tie.student));
            ties.map(|tie| tie.contact.clone()).collect()
        };
        Self { scope, orgs: with_ancestors(&tenant.orgs, scope), classes, people, contacts }
    }

    fn org(&self, org: &Org) -> bool {
        self.scope.orgs.is_none() || self.orgs.contains(&org.id)
    }

    fn course(&self, course: &Course) -> bool {
        self.scope.orgs.is_none() || course.org.as_ref().is_some_and(|org| self.orgs.contains(org))
    }
}

/// With classes named, people are in scope by enrollment alone.
fn affiliated(person: &Person, scope: &Scope) -> bool {
    scope.classes.is_none()
        && person
            .affiliations
            .iter()
            .filter(|affiliation| !affiliation.role.is_contact())
            .filter_map(|affiliation| affiliation.org.as_ref())
            .any(|org| scope.names_org(org))
}

fn with_ancestors(orgs: &[&Org], scope: &Scope) -> BTreeSet<SourcedId> {
    let mut named = scope.orgs.clone().unwrap_or_default();
    // As often as there are orgs: a circle of parents must not hang us.
    for _ in orgs {
        let above: Vec<_> = orgs
            .iter()
            .filter(|org| named.contains(&org.id))
            .filter_map(|org| org.parent.clone())
            .filter(|parent| !named.contains(parent))
            .collect();
        if above.is_empty() {
            break;
        }
        named.extend(above);
    }
    named
}

#[cfg(test)]
mod tests {
    use roster_core::{EntityKind, PullRequest, Scope, SensitiveField, SourcedId};

    use crate::{Ids, Truth, scripted::ScriptedVendor};

    fn reached(request: &PullRequest) -> Ids {
        ScriptedVendor::sample("t").truth(request).present
    }

    fn ids(ids: &Ids, kind: EntityKind) -> Vec<&str> {
        ids.of(kind).map(SourcedId::as_str).collect()
    }

    #[test]
    fn a_school_brings_the_orgs_above_it_and_what_is_its_own() {
        let scoped = reached(&PullRequest::full().scoped(Scope::of_orgs(["s1".into()])));
        assert_eq!(ids(&scoped, EntityKind::Org), ["d1", "s1"]);
        assert_eq!(ids(&scoped, EntityKind::Class), ["c1", "c2"]);
        assert_eq!(ids(&scoped, EntityKind::Course), ["k1"]);
        assert_eq!(ids(&scoped, EntityKind::Person), ["p01", "p02", "p03", "p04", "p05", "p06", "t1"]);
    }

    #[test]
    fn a_class_brings_those_who_sit_in_it_and_all_orgs() {
        let scoped = reached(&PullRequest::full().scoped(Scope::of_classes(["c3".into()])));
        assert_eq!(ids(&scoped, EntityKind::Org), ["d1", "s1", "s2"]);
        assert_eq!(ids(&scoped, EntityKind::Class), ["c3"]);
        assert_eq!(ids(&scoped, EntityKind::Person), ["p07", "p09", "p11", "t2"]);
        assert_eq!(scoped.of(EntityKind::Enrollment).count(), 4);
    }

    #[test]
    fn contacts_come_with_their_pupil_if_they_are_asked_for() {
        let all = reached(&PullRequest::full());
        assert!(!all.contains(EntityKind::Person, "g1") && all.of(EntityKind::Relationship).next().is_none());
        let scope = Scope::of_orgs(["s2".into()]);
        let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]).scoped(scope);
        let scoped = reached(&request);
        assert!(scoped.contains(EntityKind::Person, "g2") && !scoped.contains(EntityKind::Person, "g1"));
        assert_eq!(ids(&scoped, EntityKind::Relationship), ["p08:g2"]);
    }

    #[test]
    fn orgs_in_a_circle_do_not_hang() {
        let mut orgs = Vec::new();
        for (id, parent) in [("a", "b"), ("b", "a"), ("c", "c")] {
            let mut org = roster_core::Org::new(id, roster_core::OrgType::School, id);
            org.parent = Some(parent.into());
            orgs.push(org.into());
        }
        let request = PullRequest::full().scoped(Scope::of_orgs(["a".into()]));
        assert_eq!(Truth::of(&orgs, &request).present.len(), 2);
    }
}
