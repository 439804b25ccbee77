//! Which ids prove that two records are one, and what speaks against it.

use std::collections::BTreeSet;

use roster_core::{
    Identifier, IdentifierScheme, Person, Record,
    upn::{self, Upn},
};

/// An id that somebody outside the vendor gave for good.
pub(super) type Strong = (IdentifierScheme, String);

/// The record's strong ids: SIS, state, legacy, and a valid permanent UPN.
pub(super) fn strong_ids(record: &Record) -> BTreeSet<Strong> {
    identifiers(record)
        .iter()
        .filter(|identifier| match identifier.scheme {
            IdentifierScheme::SisId
            | IdentifierScheme::MisId
            | IdentifierScheme::StateId
            | IdentifierScheme::CleverLegacy => !identifier.value.trim().is_empty(),
            IdentifierScheme::Upn => upn::check(&identifier.value) == Some(Upn::Permanent),
            _ => false,
        })
        .map(|identifier| (identifier.scheme.clone(), value(identifier)))
        .collect()
}

/// The value, with the role that it belongs to: a pupil and a member of staff may have one number in a school's system.
fn value(identifier: &Identifier) -> String {
    match &identifier.role {
        Some(role) => format!("{role}\n{}", identifier.value),
        None => identifier.value.clone(),
    }
}

/// The strong ids that prove something: after a change of MIS its own numbers are given out anew, to others.
pub(super) fn proofs(record: &Record, moved: bool) -> BTreeSet<Strong> {
    let mut strong = strong_ids(record);
    strong.retain(|(scheme, _)| !moved || *scheme != IdentifierScheme::MisId);
    strong
}

fn identifiers(record: &Record) -> &[Identifier] {
    match record {
        Record::Org(org) => &org.identifiers,
        Record::AcademicSession(session) => &session.identifiers,
        Record::Course(course) => &course.identifiers,
        Record::Class(class) => &class.identifiers,
        Record::Person(person) => &person.identifiers,
        _ => &[],
    }
}

/// A staff member's e-mail address, which outlives a change of MIS.
pub(super) fn staff_email(record: &Record) -> Option<String> {
    let Record::Person(person) = record else { return None };
    person.email.as_ref().filter(|_| is_staff(record)).map(|email| email.to_lowercase())
}

/// Ids that are no proof, and worth a look: numbers, log-in names, e-mail, and name with birth date. After a change of MIS a name
/// alone is, of a person and of a class.
pub(super) fn weak_ids(record: &Record, moved: bool) -> Vec<(&'static str, String)> {
    if let (true, Record::Class(class)) = (moved, record) {
        let org = class.org.as_ref().map(roster_core::SourcedId::as_str).unwrap_or_default();
        return vec![("name", format!("{org}\n{}", class.title.to_lowercase()))];
    }
    let Record::Person(person) = record else { return Vec::new() };
    let mut weak = Vec::new();
    for identifier in &person.identifiers {
        match identifier.scheme {
            IdentifierScheme::StudentNumber => weak.push(("student number", identifier.value.clone())),
            IdentifierScheme::StaffNumber => weak.push(("staff number", identifier.value.clone())),
            _ => {}
        }
    }
    weak.extend(person.email.as_ref().map(|email| ("e-mail", email.to_lowercase())));
    let born = person.sensitive.as_ref().and_then(|sensitive| sensitive.birth_date);
    if let (Some(born), (Some(given), Some(family))) = (born, names(person)) {
        weak.push(("name and birth date", format!("{given}\n{family}\n{born}")));
    }
    if let (true, (Some(given), Some(family))) = (moved, names(person)) {
        weak.push(("name", format!("{given}\n{family}")));
    }
    weak
}

fn names(person: &Person) -> (Option<String>, Option<String>) {
    let folded = |name: &Option<String>| name.as_ref().map(|name| name.to_lowercase());
    (folded(&person.name.given), folded(&person.name.family))
}

/// Whether a record is of somebody who works there and nothing else.
pub(super) fn is_staff(record: &Record) -> bool {
    let Record::Person(person) = record else { return false };
    !person.affiliations.is_empty() && person.affiliations.iter().all(|held| held.role.is_staff())
}

/// What speaks against two records being one. After a change of MIS its own numbers differ for everybody.
pub(super) fn contradiction(one: &Record, other: &Record, moved: bool) -> Option<&'static str> {
    let (ones, others) = (proofs(one, moved), proofs(other, moved));
    for (scheme, _) in &ones {
        let of = |ids: &BTreeSet<Strong>| -> BTreeSet<String> {
            ids.iter().filter(|(other, _)| other == scheme).map(|(_, value)| value.clone()).collect()
        };
        let (mine, theirs) = (of(&ones), of(&others));
        if !theirs.is_empty() && mine.is_disjoint(&theirs) {
            return Some("another id differs");
        }
    }
    match (one, other) {
        (Record::Person(one), Record::Person(other)) => person_contradiction(one, other),
        _ => None,
    }
}

fn person_contradiction(one: &Person, other: &Person) -> Option<&'static str> {
    let born = |person: &Person| person.sensitive.as_ref().and_then(|sensitive| sensitive.birth_date);
    if let (Some(one), Some(other)) = (born(one), born(other))
        && one != other
    {
        return Some("the birth dates differ");
    }
    let is = |person: &Person, wanted: fn(&roster_core::Role) -> bool| {
        person.affiliations.iter().any(|held| wanted(&held.role))
    };
    let student = |person: &Person| person.has_role(&roster_core::Role::Student);
    let staff = |person: &Person| is(person, roster_core::Role::is_staff);
    if (student(one) && !staff(one) && staff(other) && !student(other))
        || (student(other) && !staff(other) && staff(one) && !student(one))
    {
        return Some("one is a student, the other works there");
    }
    match (names(one), names(other)) {
        ((Some(given), Some(family)), (Some(other_given), Some(other_family)))
            if given != other_given && family != other_family =>
        {
            Some("given and family name differ")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use roster_core::{Affiliation, Entity, Role};

    use super::*;

    #[test]
    fn only_a_valid_permanent_upn_counts() {
        let has_strong = |upn: &str| {
            let mut person = Person::new("p");
            person.identifiers = vec![Identifier::new(IdentifierScheme::Upn, upn)];
            !strong_ids(&person.into_record()).is_empty()
        };
        assert!(has_strong("B801200005001"));
        for not in ["Q207000016049", "P80120000526A", ""] {
            assert!(!has_strong(not), "{not}");
        }
    }

    #[test]
    fn what_speaks_against() {
        let person = |role: Role, given: &str, family: &str| {
            let mut person = Person::new("p");
            person.affiliations = vec![Affiliation::new(role, None)];
            (person.name.given, person.name.family) = (Some(given.into()), Some(family.into()));
            person
        };
        let ada = person(Role::Student, "Ada", "Byron");
        assert_eq!(
            contradiction(&ada.clone().into(), &person(Role::Student, "Ada", "King").into(), false),
            None
        );
        assert!(
            contradiction(&ada.clone().into(), &person(Role::Student, "Bob", "King").into(), false).is_some()
        );
        assert!(
            contradiction(&ada.clone().into(), &person(Role::Teacher, "Ada", "Byron").into(), false)
                .is_some()
        );
        let with = |scheme, value: &str| {
            let mut person = ada.clone();
            person.identifiers.push(Identifier::new(scheme, value));
            person.into_record()
        };
        for moved in [false, true] {
            let (one, other) = (with(IdentifierScheme::StateId, "1"), with(IdentifierScheme::StateId, "2"));
            assert!(contradiction(&one, &other, moved).is_some());
            let (one, other) = (with(IdentifierScheme::MisId, "1"), with(IdentifierScheme::MisId, "2"));
            assert_eq!(contradiction(&one, &other, moved).is_some(), !moved);
        }
    }
}
