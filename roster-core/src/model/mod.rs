//! The records that every source delivers.
//!
//! Three habits hold for all of them. Text that a vendor did not send is `None`, never an empty string. Lists are sorted
//! and without duplicates ([`Record::normalize`] sees to it), so that a server that reshuffles changes nothing. No
//! "last modified" is kept, for the same reason. `Debug` shows kind and id, and nothing about a child.

mod class;
mod course;
mod enrollment;
mod identifier;
mod json;
mod org;
mod person;
mod record;
mod relationship;
mod sensitive;
mod session;

use std::collections::BTreeMap;

pub use self::{
    class::Class,
    course::{Course, Subject},
    enrollment::Enrollment,
    identifier::Identifier,
    org::Org,
    person::{Affiliation, GroupTag, Person, PersonName},
    record::{Entity, Record},
    relationship::Relationship,
    sensitive::{Address, LabeledText, LegalName, Sensitive, SensitiveField, UnknownSensitiveField},
    session::AcademicSession,
};

/// The vendor's fields that the model has no place for, by the vendor's name. Filled only where the host asks.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// The bounds of something that lasts: first day and, by the vendor's own custom, its last day or the day after.
///
/// `on` is inside if it is not before `begin` and not after `end`. OneRoster says that an `end` is exclusive while most
/// servers mean the last day; the end day counts as inside, so that nobody is locked out a day early.
pub(crate) fn holds_on(
    begin: Option<jiff::civil::Date>,
    end: Option<jiff::civil::Date>,
    on: jiff::civil::Date,
) -> bool {
    begin.is_none_or(|begin| begin <= on) && end.is_none_or(|end| on <= end)
}

/// Sorts a list and drops duplicates.
pub(crate) fn tidy<T: Ord>(list: &mut Vec<T>) {
    if list.len() > 1 {
        list.sort_unstable();
        list.dedup();
    }
}
