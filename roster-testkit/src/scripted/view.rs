//! What of a record a request may see.

use roster_core::{Extra, Person, PullRequest, Record, SensitiveField};

/// The record without what was not asked for.
pub(super) fn seen_by(mut record: Record, request: &PullRequest) -> Record {
    if !request.extra
        && let Some(extra) = extra_of(&mut record)
    {
        extra.clear();
    }
    if let Record::Person(person) = &mut record {
        withhold(person, request);
    }
    record.normalize();
    record
}

fn withhold(person: &mut Person, request: &PullRequest) {
    if !request.sees(SensitiveField::Contacts) {
        person.affiliations.retain(|affiliation| !affiliation.role.is_contact());
    }
    let Some(sensitive) = &mut person.sensitive else {
        return;
    };
    for field in SensitiveField::ALL {
        if request.sees(field) {
            continue;
        }
        match field {
            SensitiveField::BirthDate => sensitive.birth_date = None,
            SensitiveField::Gender => sensitive.gender = None,
            SensitiveField::LegalName => sensitive.legal_name = None,
            SensitiveField::Phones => sensitive.phones.clear(),
            SensitiveField::Emails => sensitive.emails.clear(),
            SensitiveField::Addresses => sensitive.addresses.clear(),
            SensitiveField::Demographics => sensitive.demographics.clear(),
            _ => {}
        }
    }
}

pub(crate) fn extra_of(record: &mut Record) -> Option<&mut Extra> {
    Some(match record {
        Record::Org(org) => &mut org.extra,
        Record::AcademicSession(session) => &mut session.extra,
        Record::Course(course) => &mut course.extra,
        Record::Class(class) => &mut class.extra,
        Record::Person(person) => &mut person.extra,
        Record::Enrollment(seat) => &mut seat.extra,
        Record::Relationship(tie) => &mut tie.extra,
        _ => return None,
    })
}
