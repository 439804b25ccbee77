//! One row while it is read: values by their keys, with problems noted as they are found.

use std::borrow::Cow;

use roster_core::{
    EntityKind, Field, FieldSet, GradeLevel, GradeTable, Level, Place, Problem, SourcedId, Spelling, Subject,
    codes, decode, jiff::civil::Date,
};
use roster_http::json::{Many, Text};

use super::Wants;
use crate::{
    Status,
    rest::wire::{Listed, Ref},
};

/// What is said of a value that is none.
const NO_TEXT: &str =
    "a list, an object or a number with too many digits stands where a text is due; it was dropped";

/// One row while it is read.
pub(crate) struct Reading<'r> {
    kind: EntityKind,
    id: &'r str,
    place: &'r Place,
    pub(crate) wants: &'r Wants,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
    pub(crate) lost: Lost,
}

/// What of a row can't be read that others depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// What the record belongs to: whether it is in a scope can't be told.
    pub(crate) owner: bool,
    /// Who is related to the person, or which of both is the contact.
    pub(crate) relations: bool,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(kind: EntityKind, id: &'r str, wants: &'r Wants, place: &'r Place) -> Self {
        Self { kind, id, place, wants, problems: Vec::new(), unseen: FieldSet::EMPTY, lost: Lost::default() }
    }

    /// What `status` says.
    pub(crate) fn status(&mut self, text: &Text<'_>) -> Status {
        let status =
            if text.is_odd() { Status::Unknown } else { Status::read(text.get().unwrap_or_default()) };
        if status == Status::Unknown {
            self.warn("status", codes::STATUS_UNKNOWN, "the status is not known; it was read as active");
        }
        status
    }

    /// Notes an inactive record of a kind that has no such state.
    pub(crate) fn note_inactive(&mut self, status: Status) {
        if status == Status::Inactive {
            self.warn("status", codes::RECORD_INACTIVE, "the record is marked inactive; it was kept");
        }
    }

    /// What a value says, if it is one that can be kept.
    pub(crate) fn said<'t, F: Field>(
        &mut self,
        key: &'static str,
        text: &'t Text<'_>,
        field: F,
    ) -> Option<&'t str> {
        self.drop_odd(key, text.is_odd(), field);
        text.get()
    }

    /// Notes a value that is no text, or a list in which there is one.
    pub(crate) fn drop_odd<F: Field>(&mut self, key: impl Into<Cow<'static, str>>, is_odd: bool, field: F) {
        if is_odd {
            self.drop(key, codes::MALFORMED_VALUE, NO_TEXT, field);
        }
    }

    /// The same of one that fills no field of the record.
    pub(crate) fn note_odd(&mut self, key: &'static str, is_odd: bool) {
        if is_odd {
            self.warn(key, codes::MALFORMED_VALUE, NO_TEXT);
        }
    }

    /// A text, if there is one.
    pub(crate) fn text<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        let text = self.said(key, text, field)?;
        if decode::is_formula_like(text) && !matches!(key, "phone" | "sms") {
            self.warn(key, codes::FORMULA_LIKE, "the value begins as a formula does; it was kept as text");
        }
        Some(text.to_owned())
    }

    /// The id that a reference names, if there is one.
    pub(crate) fn reference<F: Field>(
        &mut self,
        key: &'static str,
        reference: &Ref<'_>,
        field: F,
    ) -> Option<SourcedId> {
        self.said(key, &reference.0, field).map(SourcedId::from)
    }

    /// As [`reference`](Self::reference), of what the record belongs to.
    pub(crate) fn owner<F: Field>(
        &mut self,
        key: &'static str,
        reference: &Ref<'_>,
        field: F,
    ) -> Option<SourcedId> {
        self.lost.owner |= reference.0.is_odd();
        self.reference(key, reference, field)
    }

    /// The ids that a list of references names.
    pub(crate) fn references<F: Field>(
        &mut self,
        key: &'static str,
        references: &Many<Listed<'_>>,
        field: F,
    ) -> Vec<SourcedId> {
        self.drop_odd(key, has_odd(references), field);
        ids(references).collect()
    }

    /// A text without which the record makes no sense.
    pub(crate) fn required<'t>(
        &self,
        key: &'static str,
        text: &'t Text<'_>,
    ) -> Result<&'t str, Box<Problem>> {
        text.get().ok_or_else(|| {
            let (code, message) = if text.is_odd() {
                (
                    codes::MALFORMED_VALUE,
                    "a value that a record must have can't be read; the record was left out",
                )
            } else {
                (codes::MISSING_REQUIRED, "a value that a record must have is empty; the record was left out")
            };
            Box::new(self.locate(Problem::error(code, message)).in_field(key))
        })
    }

    /// A civil date, if there is one.
    pub(crate) fn date<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<Date> {
        let text = self.said(key, text, field)?;
        let Some(read) = decode::date(text) else {
            self.drop(key, codes::BAD_DATE, "the value is not a date; it was dropped", field);
            return None;
        };
        if !read.standard {
            self.warn(key, codes::DATE_FORM, "the date is not written as YYYY-MM-DD; it was understood");
        }
        Some(read.value)
    }

    /// A truth value, if there is one. The binding has texts, many servers JSON's own: both are fine.
    pub(crate) fn flag<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<bool> {
        let text = self.said(key, text, field)?;
        let Some(read) = decode::flag(text) else {
            self.drop(key, codes::BAD_FLAG, "the value is neither true nor false; it was dropped", field);
            return None;
        };
        if !read.standard {
            self.warn(key, codes::FLAG_FORM, "the value is not `true` or `false`; it was understood");
        }
        Some(read.value)
    }

    /// A year, if there is one.
    pub(crate) fn year<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<i16> {
        let text = self.said(key, text, field)?;
        let year = decode::year(text);
        if year.is_none() {
            self.drop(key, codes::BAD_YEAR, "the value is not a year of four digits; it was dropped", field);
        }
        year
    }

    /// A word of a vocabulary, if there is one.
    pub(crate) fn word<T, F: Field>(
        &mut self,
        key: &'static str,
        text: &Text<'_>,
        field: F,
        read: impl FnOnce(&str) -> T,
        known: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let text = self.said(key, text, field)?;
        let word = read(text);
        // `ext:` marks a word that a vendor may add to an open vocabulary.
        if !known(&word) && !text.starts_with("ext:") {
            let code = if key == "role" { codes::UNKNOWN_ROLE } else { codes::UNKNOWN_VALUE };
            self.warn(key, code, "the word is none of the vocabulary; it was kept as it is");
        }
        Some(word)
    }

    /// A list of grades; an item may hold several with commas between them.
    pub(crate) fn grades<F: Field>(&mut self, grades: &Many<Text<'_>>, field: F) -> Vec<GradeLevel> {
        self.drop_odd("grades", grades.0.iter().any(Text::is_odd), field);
        let mut read = Vec::with_capacity(grades.0.len());
        let mut noted = false;
        for item in items(grades) {
            let (grade, spelling) = GradeTable::Ceds.read(item);
            // One note a row is enough.
            if spelling != Spelling::Plain && !std::mem::replace(&mut noted, true) {
                self.note_grade(&grade, spelling);
            }
            read.push(grade);
        }
        read
    }

    fn note_grade(&mut self, grade: &GradeLevel, spelling: Spelling) {
        if spelling == Spelling::Unknown {
            self.warn("grades", codes::UNKNOWN_GRADE, "the grade is not known; its spelling was kept");
        } else {
            let level = grade.level.map_or("", Level::as_str);
            let message = format!("the grade is none of the standard's codes; it was read as {level}");
            self.warn("grades", codes::NONSTANDARD_GRADE, message);
        }
    }

    /// A list of texts that are kept as they are.
    pub(crate) fn texts<F: Field>(
        &mut self,
        key: &'static str,
        list: &Many<Text<'_>>,
        field: F,
    ) -> Vec<String> {
        self.drop_odd(key, list.0.iter().any(Text::is_odd), field);
        items(list).map(str::to_owned).collect()
    }

    /// Two lists that belong together item by item, so that an empty item in one of them counts.
    pub(crate) fn subjects<F: Field>(
        &mut self,
        names: &Many<Text<'_>>,
        codes: &Many<Text<'_>>,
        field: F,
    ) -> Vec<Subject> {
        for (key, list) in [("subjects", names), ("subjectCodes", codes)] {
            self.drop_odd(key, list.0.iter().any(Text::is_odd), field);
        }
        subjects(names, codes)
    }

    pub(crate) fn warn(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let problem = self.locate(Problem::warning(code, message)).in_field(key);
        self.problems.push(problem);
    }

    /// Notes a value that could not be read. What it says is unknown then, not empty.
    pub(crate) fn drop<F: Field>(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: &'static str,
        field: F,
    ) {
        self.unseen = self.unseen.with(field);
        self.warn(key, code, message);
    }

    /// Says where a problem is.
    pub(crate) fn locate(&self, problem: Problem) -> Problem {
        problem.of(self.kind).with_id(self.id).at(self.place.clone())
    }
}

/// The items of a list of texts; one text may hold several with commas between them.
fn items<'t>(list: &'t Many<Text<'_>>) -> impl Iterator<Item = &'t str> {
    list.0.iter().filter_map(Text::get).flat_map(decode::list)
}

/// The ids that references name.
pub(crate) fn ids(references: &Many<Listed<'_>>) -> impl Iterator<Item = SourcedId> {
    references.0.iter().filter_map(|Listed(Ref(id))| id.get().map(SourcedId::from))
}

/// Whether one of a list of references can't be read.
pub(crate) fn has_odd(references: &Many<Listed<'_>>) -> bool {
    references.0.iter().any(|Listed(Ref(id))| id.is_odd())
}

fn subjects(names: &Many<Text<'_>>, codes: &Many<Text<'_>>) -> Vec<Subject> {
    let count = names.0.len().max(codes.0.len());
    (0..count)
        .map(|at| Subject {
            name: names.0.get(at).and_then(Text::owned),
            code: codes.0.get(at).and_then(Text::owned),
        })
        .filter(|subject| *subject != Subject::default())
        .collect()
}
