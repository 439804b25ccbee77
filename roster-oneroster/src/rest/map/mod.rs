//! Rows to records: pure, one kind a file.

mod enrollment;
pub(crate) mod extra;
mod org;
mod person;
mod reading;
mod teaching;

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use roster_core::{
    EntityKind, FieldSet, Place, Problem, Record, SensitiveField, SourcedId, codes, hashed::hash,
    jiff::civil::Date,
};
use roster_http::{
    json::{Shape, Text, read_raw_rows, read_row, read_rows},
    paging::Key,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::extra::Rest;
pub(crate) use self::{
    person::Facts,
    reading::{Lost, Reading},
};
use super::{collection::Collection, wire};
use crate::Status;

/// What of the rows the host wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    pub(crate) sensitive: BTreeSet<SensitiveField>,
    pub(crate) extra: bool,
}

impl Wants {
    pub(crate) fn sees(&self, field: SensitiveField) -> bool {
        self.sensitive.contains(&field)
    }
}

/// A row, mapped.
pub(crate) struct Row {
    pub(crate) id: Option<SourcedId>,
    pub(crate) said: Said,
    pub(crate) problems: Vec<Problem>,
    /// Fields whose value could not be read: they are unknown, not empty.
    pub(crate) unseen: FieldSet,
    pub(crate) lost: Lost,
    pub(crate) modified: Stamp,
}

/// What a row says.
pub(crate) enum Said {
    /// This record exists, and these people are related to it.
    Record(Record, Vec<SourcedId>),
    /// The record is gone.
    Gone,
    /// This belongs to a person.
    Facts(Box<Facts>),
    /// Nothing that the host wants to know.
    Nothing,
    /// Nothing that could be read.
    Unreadable(Box<Problem>),
}

/// How `dateLastModified` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stamp {
    /// To the second at least, with a zone; or not at all.
    #[default]
    Fine,
    /// Without a zone.
    Zoneless,
    /// Of a day.
    Day,
}

impl Stamp {
    fn of(text: &Text<'_>) -> Self {
        let Some(text) = text.get() else { return Self::Fine };
        // As nearly all are written: told by two of its bytes.
        if text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z') {
            return Self::Fine;
        }
        let Some((_, time)) = text.split_once(['T', ' ']) else { return Self::Day };
        let has_zone = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
        if has_zone { Self::Fine } else { Self::Zoneless }
    }
}

impl Row {
    pub(crate) fn key(&self) -> Key {
        self.id.as_ref().map(|id| hash(id))
    }
}

/// The rows of a page.
pub(crate) fn rows(
    collection: Collection,
    body: &[u8],
    wants: &Wants,
    place: &Place,
) -> Result<Vec<Row>, Shape> {
    match collection {
        Collection::Orgs => page::<wire::Org<'_>>(collection, body, wants, place),
        Collection::AcademicSessions => page::<wire::Session<'_>>(collection, body, wants, place),
        Collection::Courses => page::<wire::Course<'_>>(collection, body, wants, place),
        Collection::Classes => page::<wire::Class<'_>>(collection, body, wants, place),
        Collection::Enrollments => page::<wire::Enrollment<'_>>(collection, body, wants, place),
        Collection::Demographics => page::<wire::Demographics<'_>>(collection, body, wants, place),
        Collection::Users => page::<wire::User<'_>>(collection, body, wants, place),
    }
}

/// The wire form of a row.
pub(crate) trait Wire<'a>: Deserialize<'a> {
    /// Its keys; all else is extra.
    const KEYS: &'static [&'static str];
    /// What a record of this kind is that the vendor calls inactive.
    const INACTIVE: Inactive = Inactive::Kept;
    /// What a row says that says that it is gone.
    fn gone() -> Said {
        Said::Gone
    }
    /// What rows of all kinds have.
    fn head(&self) -> Head<'_, 'a>;
    /// What it says. A row that says that it is gone is not asked.
    fn map(&self, id: &str, status: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>>;
}

/// What rows of all kinds have.
pub(crate) struct Head<'w, 'a> {
    pub(crate) id: &'w Text<'a>,
    pub(crate) status: &'w Text<'a>,
    pub(crate) modified: &'w Text<'a>,
}

/// What a record is that the vendor calls inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inactive {
    /// A record all the same, of a kind that has no such state: that is told.
    Kept,
    /// A record in a state of its own.
    State,
    /// Gone, as the standard has it of seats.
    Gone,
}

fn page<'a, W: Wire<'a>>(
    collection: Collection,
    body: &'a [u8],
    wants: &Wants,
    place: &Place,
) -> Result<Vec<Row>, Shape> {
    let at = At { kind: collection.kind(), wants, place };
    if !wants.extra {
        return read_rows(body, collection.key(), |row: Result<W, &RawValue>| match row {
            Ok(row) => at.row(&row),
            Err(raw) => at.unreadable(raw),
        });
    }
    read_raw_rows(body, collection.key(), |raw| match read_row::<W>(raw) {
        Ok(wire) => {
            let mut row = at.row(&wire);
            at.add_extra(&mut row, raw, W::KEYS);
            row
        }
        Err(_) => at.unreadable(raw),
    })
}

/// Where rows are read.
struct At<'p> {
    kind: EntityKind,
    wants: &'p Wants,
    place: &'p Place,
}

impl At<'_> {
    fn row<'a, W: Wire<'a>>(&self, wire: &W) -> Row {
        let Head { id, status, modified } = wire.head();
        let modified = Stamp::of(modified);
        let Some(id) = id.get() else {
            let problem = if id.is_odd() {
                let message = "the row's `sourcedId` is a list, an object or a number with too many digits; it was left out";
                self.problem(message, codes::MALFORMED_VALUE)
            } else {
                self.problem("the row has no `sourcedId`, and was left out", codes::MISSING_REQUIRED)
            };
            return Row {
                modified,
                ..nothing(None, Said::Unreadable(Box::new(problem.in_field("sourcedId"))))
            };
        };
        let mut reading = Reading::new(self.kind, id, self.wants, self.place);
        let said = said(wire, id, status, &mut reading);
        let Reading { problems, unseen, lost, .. } = reading;
        Row { id: Some(id.into()), said, problems, unseen, lost, modified }
    }

    /// Adds the fields that the model has no place for.
    fn add_extra(&self, row: &mut Row, raw: &RawValue, keys: &[&str]) {
        let Said::Record(record, _) = &mut row.said else { return };
        let Rest { extra, unread } = extra::rest(raw, keys);
        extra::set(record, extra);
        if let Some(name) = unread {
            let message = "the value holds what is no text and no number; it was dropped";
            let problem =
                Problem::warning(codes::MALFORMED_VALUE, message).of(self.kind).at(self.place.clone());
            row.problems.push(problem.with_id(record.id().as_str()).in_field(name));
            row.unseen = row.unseen.union(extra::field(self.kind));
        }
    }

    fn unreadable(&self, raw: &RawValue) -> Row {
        let id = read_row::<wire::Head<'_>>(raw).ok();
        let id = id.and_then(|head| head.id.get().map(SourcedId::from));
        let mut problem = self.problem(
            "the row is not of the form that it should have, and was left out",
            codes::MALFORMED_RECORD,
        );
        problem.id.clone_from(&id);
        nothing(id, Said::Unreadable(Box::new(problem)))
    }

    fn problem(&self, message: &str, code: &'static str) -> Problem {
        Problem::error(code, message).of(self.kind).at(self.place.clone())
    }
}

fn said<'a, W: Wire<'a>>(wire: &W, id: &str, status: &Text<'_>, reading: &mut Reading<'_>) -> Said {
    let status = reading.status(status);
    if status == Status::ToBeDeleted || status == Status::Inactive && W::INACTIVE == Inactive::Gone {
        return W::gone();
    }
    let said = wire.map(id, status, reading).unwrap_or_else(Said::Unreadable);
    if W::INACTIVE == Inactive::Kept && matches!(said, Said::Record(..)) {
        reading.note_inactive(status);
    }
    said
}

fn nothing(id: Option<SourcedId>, said: Said) -> Row {
    Row {
        id,
        said,
        problems: Vec::new(),
        unseen: FieldSet::EMPTY,
        lost: Lost::default(),
        modified: Stamp::Fine,
    }
}

/// A birth date or the like, where it was asked for.
pub(crate) type MaybeDate = Option<Date>;

/// Where a page's rows are.
pub(crate) fn place(collection: Collection, school: Option<&SourcedId>, page: u64) -> Place {
    Place::Page { operation: Arc::from(path(collection, school)), page }
}

/// The path of a collection, or of a school's part of it, as people know it.
pub(crate) fn path(collection: Collection, school: Option<&SourcedId>) -> Cow<'static, str> {
    school.map_or(collection.path().into(), |school| format!("/schools/{school}{}", collection.path()).into())
}

#[cfg(test)]
mod tests;
