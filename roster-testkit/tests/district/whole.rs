//! What must hold of any district.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, Person, SourcedId};
use roster_testkit::district::District;

/// Each id once, and nothing that names a record that is not there.
pub(crate) fn assert_whole(district: &District) {
    let all: BTreeMap<_, _> = EntityKind::ALL.into_iter().map(|kind| (kind, district.ids(kind))).collect();
    let count: usize = all.values().map(BTreeSet::len).sum();
    assert_eq!(count, district.records().count(), "an id stands twice");
    let has = |kind: EntityKind, id: &SourcedId| assert!(all[&kind].contains(id), "no {kind} {id}");
    let org = |id: &Option<SourcedId>| id.iter().for_each(|id| has(EntityKind::Org, id));
    district.orgs.iter().for_each(|it| org(&it.parent));
    for session in &district.sessions {
        session.parent.iter().for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for course in &district.courses {
        org(&course.org);
        course.session.iter().for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for class in &district.classes {
        org(&class.org);
        class.course.iter().for_each(|id| has(EntityKind::Course, id));
        class.sessions.iter().for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for person in &district.people {
        assert!(!person.affiliations.is_empty());
        person.affiliations.iter().for_each(|it| org(&it.org));
    }
    let mut seats = BTreeSet::new();
    for seat in &district.enrollments {
        org(&seat.org);
        has(EntityKind::Class, &seat.class);
        has(EntityKind::Person, &seat.person);
        assert!(seats.insert((&seat.class, &seat.person)), "{} sits twice", seat.person);
    }
    for relationship in &district.relationships {
        has(EntityKind::Person, &relationship.student);
        has(EntityKind::Person, &relationship.contact);
    }
    let usernames: BTreeSet<_> =
        district.people.iter().filter_map(|person| person.username.as_deref()).collect();
    assert_eq!(usernames.len(), district.people.len(), "a log-in name stands twice");
}

/// The person of that id.
pub(crate) fn person<'a>(district: &'a District, id: &SourcedId) -> &'a Person {
    district.people.iter().find(|person| person.id == *id).expect("the person is in the district")
}
