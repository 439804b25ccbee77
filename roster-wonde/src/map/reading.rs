//! One row while it is read: values by their keys, with problems noted as they are found.

use roster_core::{
    EntityKind, Field, FieldSet, GradeLevel, Place, Problem, SourcedId, Spelling, codes, decode,
    jiff::civil::Date,
};
use roster_http::json::Text;

use super::{
    Wants,
    dates::{Said, civil_date},
    school::Country,
};
use crate::wire::Part;

/// One row while it is read.
pub(crate) struct Reading<'r> {
    kind: EntityKind,
    id: SourcedId,
    place: &'r Place,
    pub(crate) wants: &'r Wants,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(kind: EntityKind, id: &str, wants: &'r Wants, place: &'r Place) -> Self {
        Self { kind, id: id.into(), place, wants, problems: Vec::new(), unseen: FieldSet::EMPTY }
    }

    /// A text, if there is one.
    pub(crate) fn text<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        if text.is_odd() {
            self.drop(
                key,
                codes::MALFORMED_VALUE,
                "a list, an object or a number with too many digits stands where a text is due; it was dropped",
                field,
            );
        }
        text.owned()
    }

    /// A civil date, if there is one.
    pub(crate) fn date<F: Field>(&mut self, key: &'static str, part: Part<'_>, field: F) -> Option<Date> {
        match civil_date(part) {
            Said::Nothing => None,
            Said::This(date) => Some(date),
            Said::Odd => {
                self.drop(key, codes::BAD_DATE, "the value is not a date; it was dropped", field);
                None
            }
        }
    }

    /// An address that may be one.
    pub(crate) fn email<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        let email = text.get()?;
        if !decode::is_email(email) {
            self.drop(key, codes::BAD_EMAIL, "the value is not an e-mail address; it was dropped", field);
            return None;
        }
        Some(email.to_owned())
    }

    /// A year, if one is there. What no table knows keeps its spelling.
    pub(crate) fn grade(&mut self, key: &'static str, raw: &str, country: Country) -> GradeLevel {
        let (grade, spelling) = country.grade(raw);
        if spelling == Spelling::Unknown {
            self.warn(key, codes::UNKNOWN_GRADE, "the year's spelling is not known; it was kept as it is");
        }
        grade
    }

    /// Drops a value, so that the field is unknown of this record.
    pub(crate) fn drop<F: Field>(
        &mut self,
        key: &'static str,
        code: &'static str,
        message: &'static str,
        field: F,
    ) {
        self.unseen = self.unseen.with(field);
        self.warn(key, code, message);
    }

    pub(crate) fn warn(&mut self, key: &'static str, code: &'static str, message: &'static str) {
        let problem = Problem::warning(code, message).of(self.kind).with_id(self.id.clone()).in_field(key);
        self.problems.push(problem.at(self.place.clone()));
    }
}
