//! The model's habits: what comes only if it is asked for.

use roster_core::{EntityKind, Person, PullEvent, PullRequest, Record, Sensitive, SensitiveField};

use super::{
    case::Case,
    form::Form,
    verdict::{Outcome, Verdict, breach},
};
use crate::Harness;

pub(super) async fn sensitive_fields_need_asking<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let none = PullRequest::full();
    let each = SensitiveField::ALL.map(|field| PullRequest::full().with_sensitive([field]));
    for request in std::iter::once(none).chain(each) {
        let pulled = case.whole(request.clone()).await?;
        for record in pulled.records() {
            let Record::Person(person) = record else { continue };
            if let Some(field) = held(person).find(|field| !request.sees(*field)) {
                breach!("person {:?} comes with {field}, which was not asked for", person.id);
            }
        }
    }
    Ok(Outcome::Passed)
}

/// The sensitive fields that are filled.
fn held(person: &Person) -> impl Iterator<Item = SensitiveField> {
    let nothing = Sensitive::default();
    let sensitive = person.sensitive.as_deref().unwrap_or(&nothing);
    let held = [
        (SensitiveField::BirthDate, sensitive.birth_date.is_some()),
        (SensitiveField::Gender, sensitive.gender.is_some()),
        (SensitiveField::LegalName, sensitive.legal_name.is_some()),
        (SensitiveField::Phones, !sensitive.phones.is_empty()),
        (SensitiveField::Emails, !sensitive.emails.is_empty()),
        (SensitiveField::Addresses, !sensitive.addresses.is_empty()),
        (SensitiveField::Demographics, !sensitive.demographics.is_empty()),
    ];
    held.into_iter().filter(|(_, is_held)| *is_held).map(|(field, _)| field)
}

pub(super) async fn contacts_need_asking<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(PullRequest::full()).await?;
    for event in &pulled.events {
        match event {
            PullEvent::Begin { kind, .. } | PullEvent::End { kind, .. }
                if *kind == EntityKind::Relationship =>
            {
                breach!("relationships come, and contacts were not asked for");
            }
            PullEvent::Upsert { record: Record::Relationship(tie), .. } => {
                breach!("relationship {:?} comes, and contacts were not asked for", tie.id);
            }
            PullEvent::Upsert { record: Record::Person(person), .. } => {
                if person.is_contact() {
                    breach!("person {:?} is a contact, and contacts were not asked for", person.id);
                }
                if person.affiliations.iter().any(|affiliation| affiliation.role.is_contact()) {
                    breach!(
                        "person {:?} comes with a contact's role, and contacts were not asked for",
                        person.id
                    );
                }
            }
            _ => {}
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn extra_needs_asking<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(PullRequest::full()).await?;
    for record in pulled.records() {
        if !extra_is_empty(record) {
            breach!("{} {:?} comes with extra fields, which were not asked for", record.kind(), record.id());
        }
    }
    Ok(Outcome::Passed)
}

fn extra_is_empty(record: &Record) -> bool {
    match record {
        Record::Org(org) => org.extra.is_empty(),
        Record::AcademicSession(session) => session.extra.is_empty(),
        Record::Course(course) => course.extra.is_empty(),
        Record::Class(class) => class.extra.is_empty(),
        Record::Person(person) => person.extra.is_empty(),
        Record::Enrollment(seat) => seat.extra.is_empty(),
        Record::Relationship(tie) => tie.extra.is_empty(),
        _ => true,
    }
}
