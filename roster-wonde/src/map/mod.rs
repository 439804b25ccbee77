//! Rows to records: pure, one kind a file.

pub(crate) mod dates;
mod details;
mod person;
mod reading;
pub(crate) mod school;
mod teaching;

use std::{collections::BTreeSet, sync::Arc};

use roster_core::{Entity, EntityKind, Extra, FieldSet, Place, Problem, SensitiveField, SourcedId, codes};
use roster_http::json::Text;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

pub(crate) use self::{
    person::{SENSITIVE, Tie, contact, employee, make_teacher, student, students_of},
    reading::Reading,
    teaching::{Taught, class, group, subject},
};
use crate::{config::EmailOrder, wire};

/// What of the rows the host wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    pub(crate) sensitive: BTreeSet<SensitiveField>,
    pub(crate) extra: bool,
    pub(crate) emails: EmailOrder,
    /// Fields of people that stay as they are known.
    pub(crate) keeps: FieldSet,
}

impl Wants {
    pub(crate) fn sees(&self, field: SensitiveField) -> bool {
        self.sensitive.contains(&field)
    }
}

/// A record that was read from a row.
pub(crate) struct Mapped<T> {
    pub(crate) record: T,
    pub(crate) problems: Vec<Problem>,
    /// Fields whose value could not be read: they are unknown, not empty.
    pub(crate) unseen: FieldSet,
}

impl<T> Mapped<T> {
    pub(crate) fn new(record: T, reading: Reading<'_>) -> Self {
        Self { record, problems: reading.problems, unseen: reading.unseen }
    }
}

/// A row of a kind, or what is wrong with it.
pub(crate) type Read<T> = Result<T, Box<Problem>>;

/// Reads a row whose id is told by `id`.
pub(crate) fn row<'a, W: Deserialize<'a>>(
    kind: EntityKind,
    raw: &'a RawValue,
    place: &Place,
    id: impl for<'w> Fn(&'w W) -> &'w Text<'a>,
) -> Read<(W, SourcedId)> {
    let wrong = |code, message: &str| Box::new(Problem::error(code, message).of(kind).at(place.clone()));
    let Ok(wire) = serde_json::from_str::<W>(raw.get()) else {
        let mut problem = wrong(
            codes::MALFORMED_RECORD,
            "the row is not of the form that it should have, and was left out",
        );
        problem.id = serde_json::from_str::<wire::Head<'_>>(raw.get())
            .ok()
            .and_then(|head| head.id.get().map(Into::into));
        return Err(problem);
    };
    let found = id(&wire).get().map(SourcedId::from);
    match found {
        Some(id) => Ok((wire, id)),
        None => Err(Box::new(
            wrong(codes::MISSING_REQUIRED, "the row has no `id`, and was left out").in_field("id"),
        )),
    }
}

/// The id of a row, as far as it can be read.
pub(crate) fn head(raw: &RawValue) -> Option<SourcedId> {
    serde_json::from_str::<wire::Head<'_>>(raw.get()).ok()?.id.get().map(Into::into)
}

/// The fields that the model has no place for. What was included and everything below it is none of them.
pub(crate) fn extra_of(raw: &RawValue, keys: &[&str]) -> Extra {
    let Ok(Value::Object(fields)) = serde_json::from_str(raw.get()) else { return Extra::new() };
    fields
        .into_iter()
        .filter(|(name, value)| !keys.contains(&name.as_str()) && !value.is_null() && !is_include(value))
        .collect()
}

fn is_include(value: &Value) -> bool {
    value.get("data").is_some()
}

/// A record in its normal form.
pub(crate) fn normalized<T: Entity + Clone>(record: T) -> T {
    let mut whole = record.clone().into_record();
    whole.normalize();
    T::from_record(whole).unwrap_or(record)
}

/// Where a page's rows are.
pub(crate) fn place(path: &'static str, page: u64) -> Place {
    Place::Page { operation: Arc::from(path), page }
}

#[cfg(test)]
mod tests;
