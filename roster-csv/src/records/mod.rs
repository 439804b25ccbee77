//! Rows to records: pure, one kind a table.

mod enrollment;
mod org;
mod person;
mod relationship;
mod teaching;

use roster_core::{Extra, Problem, Record, codes, table::Holds};
use roster_oneroster::csv::Status;

pub(crate) use self::{
    enrollment::enrollment,
    org::{org, session},
    person::{PersonSides, own_affiliations, person},
    relationship::relationship,
    teaching::{class, course},
};
use crate::row::Row;

/// What a row becomes.
pub(crate) enum Mapped {
    /// A record.
    Record(Record),
    /// The record of this id is gone.
    Delete,
    /// Nothing, on purpose.
    Skip,
    /// Nothing, because of this.
    Reject(Box<Problem>),
}

impl<T: roster_core::Entity> From<T> for Mapped {
    fn from(record: T) -> Self {
        let mut record = record.into_record();
        record.normalize();
        Self::Record(record)
    }
}

/// What `status` says. A kind that can't be inactive keeps such a record, with a note.
#[inline]
fn status(row: &mut Row<'_>) -> Status {
    if row.is_empty(Holds::Status) { Status::Active } else { said_status(row) }
}

#[inline(never)]
fn said_status(row: &mut Row<'_>) -> Status {
    let status = Status::read(row.value(Holds::Status));
    if status == Status::Unknown {
        row.warn(Holds::Status, codes::STATUS_UNKNOWN, "the status is not known; it was read as active");
    }
    status
}

/// Notes an inactive record of a kind that has no such state.
fn note_inactive(row: &mut Row<'_>, status: Status) {
    if status == Status::Inactive {
        row.warn(Holds::Status, codes::RECORD_INACTIVE, "the record is marked inactive; it was kept");
    }
}

/// The fields outside the model, if the host wants them.
fn extra(row: &mut Row<'_>, wanted: bool) -> Extra {
    if wanted { row.extra() } else { Extra::new() }
}
