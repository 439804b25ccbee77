//! One row while it is read: values by their keys, with problems noted as they are found.

use roster_core::{
    EntityKind, Field, FieldSet, GradeLevel, GradeTable, Level, Place, Problem, SourcedId, Spelling, Subject,
    codes, decode, jiff::civil::Date,
};
use roster_http::json::{Many, Text};

use super::Wants;
use crate::{Status, rest::wire::Ref};

/// One row while it is read.
pub(crate) struct Reading<'r> {
    kind: EntityKind,
    id: &'r str,
    place: &'r Place,
    pub(crate) wants: &'r Wants,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(kind: EntityKind, id: &'r str, wants: &'r Wants, place: &'r Place) -> Self {
        Self { kind, id, place, wants, problems: Vec::new(), unseen: FieldSet::EMPTY }
    }

    /// What `status` says.
    pub(crate) fn status(&mut self, text: &Text<'_>) -> Status {
        let status = Status::read(text.get().unwrap_or_default());
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
        if text.is_odd() {
            let message = "a list, an object or a number with too many digits stands where a text is due; it was dropped";
            self.drop(key, codes::MALFORMED_VALUE, message, field);
        }
        text.get()
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

    /// A text without which the record makes no sense.
    pub(crate) fn required<'t>(
        &self,
        key: &'static str,
        text: &'t Text<'_>,
    ) -> Result<&'t str, Box<Problem>> {
        text.get().ok_or_else(|| {
            let message = "a value that a record must have is empty; the record was left out";
            Box::new(self.locate(Problem::error(codes::MISSING_REQUIRED, message)).in_field(key))
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
    pub(crate) fn grades(&mut self, grades: &Many<Text<'_>>) -> Vec<GradeLevel> {
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

    pub(crate) fn warn(&mut self, key: &'static str, code: &'static str, message: impl Into<String>) {
        let problem = self.locate(Problem::warning(code, message)).in_field(key);
        self.problems.push(problem);
    }

    /// Notes a value that could not be read. What it says is unknown then, not empty.
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

    /// Says where a problem is.
    pub(crate) fn locate(&self, problem: Problem) -> Problem {
        problem.of(self.kind).with_id(self.id).at(self.place.clone())
    }
}

/// The items of a list of texts; one text may hold several with commas between them.
pub(crate) fn items<'t>(list: &'t Many<Text<'_>>) -> impl Iterator<Item = &'t str> {
    list.0.iter().filter_map(Text::get).flat_map(decode::list)
}

/// The id that a reference names.
pub(crate) fn id(reference: &Ref<'_>) -> Option<SourcedId> {
    reference.0.get().map(SourcedId::from)
}

/// The ids that references name.
pub(crate) fn ids(references: &Many<Ref<'_>>) -> Vec<SourcedId> {
    references.0.iter().filter_map(id).collect()
}

/// Two lists that belong together item by item, so that an empty item in one of them counts.
pub(crate) fn subjects(names: &Many<Text<'_>>, codes: &Many<Text<'_>>) -> Vec<Subject> {
    let count = names.0.len().max(codes.0.len());
    (0..count)
        .map(|at| Subject {
            name: names.0.get(at).and_then(Text::owned),
            code: codes.0.get(at).and_then(Text::owned),
        })
        .filter(|subject| *subject != Subject::default())
        .collect()
}
