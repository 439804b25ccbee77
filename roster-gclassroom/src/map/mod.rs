//! Rows to records: pure, one kind a file.

mod course;
mod guardian;
mod member;
mod profile;
mod unit;
mod user;

use std::{collections::BTreeSet, sync::Arc};

use roster_core::{EntityKind, Field, FieldSet, Place, Problem, SensitiveField, SourcedId, codes, decode};
use roster_http::json::{Shape, Text, read_rows};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::{
    course::{Course, course},
    guardian::{Guardian, guardian},
    member::{Member, member},
    profile::profile_fields,
    unit::unit,
    user::{User, user},
};
use crate::wire;

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

/// A row that was read, or a problem that says why it was not; without an id nobody can tell whose row it is.
pub(crate) enum Row<T> {
    Read(T),
    Unreadable(Box<Problem>),
}

/// A page of a list.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<Row<T>>,
    pub(crate) next: Option<String>,
}

/// Where rows are read: the kind that they are of, and the page.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) kind: EntityKind,
    pub(crate) place: Place,
}

impl Spot {
    pub(crate) fn new(kind: EntityKind, operation: &'static str, page: u64) -> Self {
        Self { kind, place: Place::Page { operation: Arc::from(operation), page } }
    }

    fn error(&self, code: &'static str, message: &str) -> Problem {
        Problem::error(code, message).of(self.kind).at(self.place.clone())
    }
}

/// Reads a page of a list. An answer without the list's key is an empty list only if it says nothing else: an error object
/// that comes with a status of success is none.
pub(crate) fn page<'a, W: Deserialize<'a>, T>(
    body: &'a [u8],
    key: &str,
    spot: &Spot,
    map: impl Fn(&W, &Spot) -> Row<T>,
) -> Result<Page<T>, Shape> {
    let read = read_rows(body, key, |row: Result<W, &RawValue>| match row {
        Ok(row) => map(&row, spot),
        Err(raw) => Row::Unreadable(Box::new(unreadable(raw, spot))),
    });
    let rows = match read {
        Err(Shape::NoKey) if says_nothing(body) => Vec::new(),
        other => other?,
    };
    // A token that can't be read, such as one that is there twice, is never the end of the list.
    let paging: wire::Paging<'_> = serde_json::from_slice(body).map_err(|_| Shape::NotAList)?;
    if paging.next_page_token.is_odd() {
        return Err(Shape::NotAList);
    }
    Ok(Page { rows, next: paging.next_page_token.owned() })
}

/// Whether an answer is an object that holds no more than what Google puts around an empty list.
fn says_nothing(body: &[u8]) -> bool {
    let keys: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(body);
    keys.is_ok_and(|keys| keys.keys().all(|key| matches!(key.as_str(), "kind" | "etag" | "nextPageToken")))
}

fn unreadable(raw: &RawValue, spot: &Spot) -> Problem {
    let mut problem = spot
        .error(codes::MALFORMED_RECORD, "the row is not of the form that it should have, and was left out");
    // A member's row names a person, and not the seat: its id would protect somebody else.
    if spot.kind != EntityKind::Enrollment {
        let head: wire::Head<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        problem.id = [&head.id, &head.org_unit_id].into_iter().find_map(|id| id.get()).map(SourcedId::from);
    }
    problem
}

fn without_id<T>(spot: &Spot, field: &'static str) -> Row<T> {
    let message = format!("the row has no `{field}`, and was left out");
    Row::Unreadable(Box::new(spot.error(codes::MISSING_REQUIRED, &message).in_field(field)))
}

/// One row while it is read.
pub(crate) struct Reading<'r> {
    id: &'r str,
    spot: &'r Spot,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(id: &'r str, spot: &'r Spot) -> Self {
        Self { id, spot, problems: Vec::new(), unseen: FieldSet::EMPTY }
    }

    /// A text, if there is one.
    pub(crate) fn text(&mut self, key: &'static str, text: &Text<'_>) -> Option<String> {
        if text.is_odd() {
            self.odd(key);
        }
        let text = text.get()?;
        if decode::is_formula_like(text) {
            self.warn(key, codes::FORMULA_LIKE, "the value begins as a formula does; it was kept as text");
        }
        Some(text.to_owned())
    }

    /// A text whose field is unknown, not empty, if something else stands there.
    pub(crate) fn field<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        if text.is_odd() {
            self.unseen = self.unseen.with(field);
        }
        self.text(key, text)
    }

    /// A truth value, if there is one.
    pub(crate) fn flag<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<bool> {
        let text = text.get()?;
        let read = decode::flag(text);
        if read.is_none() {
            self.unseen = self.unseen.with(field);
            self.warn(key, codes::BAD_FLAG, "the value is neither true nor false; it was dropped");
        }
        read.map(|read| read.value)
    }

    /// An e-mail address, if there is one.
    pub(crate) fn email<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        let email = text.get()?;
        if !decode::is_email(email) {
            self.unseen = self.unseen.with(field);
            self.warn(key, codes::BAD_EMAIL, "the value is not an e-mail address; it was dropped");
            return None;
        }
        Some(email.to_owned())
    }

    /// Something else stands where a value is due.
    pub(crate) fn odd(&mut self, key: &'static str) {
        let message = "the value is not of the form that it should have; it was dropped";
        self.warn(key, codes::MALFORMED_VALUE, message);
    }

    pub(crate) fn warn(&mut self, key: &'static str, code: &'static str, message: &str) {
        let problem = Problem::warning(code, message).of(self.spot.kind).with_id(self.id);
        self.problems.push(problem.in_field(key).at(self.spot.place.clone()));
    }

    pub(crate) fn error(&self, key: &'static str, code: &'static str, message: &str) -> Box<Problem> {
        Box::new(self.spot.error(code, message).with_id(self.id).in_field(key))
    }
}

#[cfg(test)]
mod tests;
