//! Which records a record names.

use roster_core::{EntityKind, Identifier, Record, SourcedId};

use crate::Key;

/// What a record hangs on: without it, it can't stand in the roster. At most two.
pub(crate) fn parents(record: &Record) -> [Option<(EntityKind, &SourcedId)>; 2] {
    match record {
        Record::Class(class) => [class.org.as_ref().map(|org| (EntityKind::Org, org)), None],
        Record::Enrollment(seat) => {
            [Some((EntityKind::Class, &seat.class)), Some((EntityKind::Person, &seat.person))]
        }
        Record::Relationship(relationship) => [
            Some((EntityKind::Person, &relationship.student)),
            Some((EntityKind::Person, &relationship.contact)),
        ],
        _ => [None, None],
    }
}

/// The kinds that a kind hangs on, in the order of [`parents`].
pub(crate) const fn parent_kinds(kind: EntityKind) -> [Option<EntityKind>; 2] {
    match kind {
        EntityKind::Class => [Some(EntityKind::Org), None],
        EntityKind::Enrollment => [Some(EntityKind::Class), Some(EntityKind::Person)],
        EntityKind::Relationship => [Some(EntityKind::Person), Some(EntityKind::Person)],
        _ => [None, None],
    }
}

/// [Half](Key::half) the keys of the parents; 0 for none.
#[inline]
pub(crate) fn links(record: &Record) -> (u64, u64) {
    let [first, second] = parents(record);
    let half =
        |parent: Option<(EntityKind, &SourcedId)>| parent.map_or(0, |(kind, id)| Key::of(kind, id).half());
    (half(first), half(second))
}

/// Visits every id that the record names, but its own, with the kind of what it names.
pub(crate) fn visit(record: &mut Record, mut visit: impl FnMut(EntityKind, &mut SourcedId)) {
    let mut each = |kind, id: Option<&mut SourcedId>| {
        if let Some(id) = id {
            visit(kind, id);
        }
    };
    let identifiers: &mut [Identifier] = match record {
        Record::Org(org) => {
            each(EntityKind::Org, org.parent.as_mut());
            &mut org.identifiers
        }
        Record::AcademicSession(session) => {
            each(EntityKind::AcademicSession, session.parent.as_mut());
            each(EntityKind::Org, session.org.as_mut());
            &mut session.identifiers
        }
        Record::Course(course) => {
            each(EntityKind::Org, course.org.as_mut());
            each(EntityKind::AcademicSession, course.session.as_mut());
            &mut course.identifiers
        }
        Record::Class(class) => {
            each(EntityKind::Org, class.org.as_mut());
            each(EntityKind::Course, class.course.as_mut());
            class.sessions.iter_mut().for_each(|session| each(EntityKind::AcademicSession, Some(session)));
            &mut class.identifiers
        }
        Record::Person(person) => {
            person.affiliations.iter_mut().for_each(|held| each(EntityKind::Org, held.org.as_mut()));
            &mut person.identifiers
        }
        Record::Enrollment(seat) => {
            each(EntityKind::Class, Some(&mut seat.class));
            each(EntityKind::Person, Some(&mut seat.person));
            each(EntityKind::Org, seat.org.as_mut());
            &mut []
        }
        Record::Relationship(relationship) => {
            each(EntityKind::Person, Some(&mut relationship.student));
            each(EntityKind::Person, Some(&mut relationship.contact));
            &mut []
        }
        _ => &mut [],
    };
    for identifier in identifiers {
        each(EntityKind::Org, identifier.org.as_mut());
    }
}

/// Visits what the record names beside its [parents]: the kind, the id, and the field that names it.
#[inline]
pub(crate) fn mentions(record: &Record, mut visit: impl FnMut(EntityKind, &SourcedId, &'static str)) {
    let mut each = |kind, id: Option<&SourcedId>, field| {
        if let Some(id) = id {
            visit(kind, id, field);
        }
    };
    let (orgs, sessions) = (EntityKind::Org, EntityKind::AcademicSession);
    let identifiers: &[Identifier] = match record {
        Record::Org(org) => {
            each(orgs, org.parent.as_ref(), "parent");
            &org.identifiers
        }
        Record::AcademicSession(session) => {
            each(sessions, session.parent.as_ref(), "parent");
            each(orgs, session.org.as_ref(), "org");
            &session.identifiers
        }
        Record::Course(course) => {
            each(orgs, course.org.as_ref(), "org");
            each(sessions, course.session.as_ref(), "session");
            &course.identifiers
        }
        Record::Class(class) => {
            each(EntityKind::Course, class.course.as_ref(), "course");
            class.sessions.iter().for_each(|session| each(sessions, Some(session), "sessions"));
            &class.identifiers
        }
        Record::Person(person) => {
            person.affiliations.iter().for_each(|held| each(orgs, held.org.as_ref(), "affiliations"));
            &person.identifiers
        }
        Record::Enrollment(seat) => {
            each(orgs, seat.org.as_ref(), "org");
            &[]
        }
        _ => &[],
    };
    for identifier in identifiers {
        each(orgs, identifier.org.as_ref(), "identifiers");
    }
}

/// The id that a record has if it was made of its parts, under the names that its parts have now.
pub(crate) fn derived_id(record: &Record) -> Option<SourcedId> {
    match record {
        Record::Enrollment(seat) => {
            Some(SourcedId::from_parts([seat.class.as_str(), seat.person.as_str(), seat.role.as_str()]))
        }
        Record::Relationship(relationship) => {
            Some(SourcedId::from_parts([relationship.student.as_str(), relationship.contact.as_str()]))
        }
        _ => None,
    }
}
