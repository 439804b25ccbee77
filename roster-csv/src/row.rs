//! One row, read through its header: cells by what they hold, with problems noted as they are found.

use std::sync::Arc;

use roster_core::{
    EntityKind, GradeLevel, Place, Problem, SourcedId, Spelling, codes, decode, jiff::civil::Date,
    table::Holds,
};

mod findings;

pub(crate) use self::findings::{Findings, Ways};
use crate::{
    dialect::Header,
    excel::is_no_value,
    rows::{Batch, RowCells, RowMark},
    text::{has_lost_text, repaired},
};

/// Stands between the cells of a packed row. No value holds it: a row with control characters is rejected.
pub(crate) const PACKED: char = '\u{1f}';

/// Where the cells are.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'a> {
    /// In a batch, as read.
    Batch {
        /// The cells.
        cells: RowCells<'a>,
        /// Some may have to be trimmed.
        padded: bool,
        /// Some hold a line break.
        has_newline: bool,
        /// Some may hold text that was read in a wrong encoding once.
        garbled: bool,
    },
    /// In one text, kept for later.
    Packed(&'a str),
}

impl<'a> Cells<'a> {
    pub(crate) fn of(batch: &'a Batch, mark: &RowMark) -> Self {
        Self::Batch {
            cells: batch.row_cells(mark),
            padded: mark.padded,
            has_newline: mark.has_newline,
            garbled: mark.garbled,
        }
    }
}

/// One row.
pub(crate) struct Row<'a> {
    pub(crate) header: &'a Header,
    pub(crate) cells: Cells<'a>,
    pub(crate) kind: EntityKind,
    /// The id of the record that the row is about; empty if it is not known.
    pub(crate) id: &'a str,
    pub(crate) file: &'a Arc<str>,
    pub(crate) line: u64,
    pub(crate) record: u64,
    pub(crate) findings: &'a mut Findings,
}

impl<'a> Row<'a> {
    /// The trimmed value of the column that holds it; empty if there is none.
    #[inline]
    pub(crate) fn value(&mut self, holds: Holds) -> &'a str {
        match self.header.position(holds) {
            Some(position) => self.value_at(position),
            None => "",
        }
    }

    #[inline]
    fn value_at(&mut self, position: usize) -> &'a str {
        match self.cells {
            Cells::Batch { cells, padded: false, .. } => cells.cell(position),
            _ => self.trimmed_at(position),
        }
    }

    /// Kept out of the way of the rows that need no trimming.
    #[inline(never)]
    fn trimmed_at(&mut self, position: usize) -> &'a str {
        let raw = match self.cells {
            Cells::Batch { cells, .. } => cells.cell(position),
            Cells::Packed(text) => text.split(PACKED).nth(position).unwrap_or(""),
        };
        self.trimmed(raw, position)
    }

    fn trimmed(&mut self, raw: &'a str, position: usize) -> &'a str {
        let value = decode::trim(raw);
        if value.len() != raw.len() && !value.is_empty() {
            self.warn_at(position, codes::TRIMMED, "blanks around the value were taken off");
        }
        value
    }

    /// Whether the column that holds it is missing, or empty as it stands.
    #[inline]
    pub(crate) fn is_empty(&self, holds: Holds) -> bool {
        match (self.header.position(holds), self.cells) {
            (Some(position), Cells::Batch { cells, .. }) => cells.is_empty(position),
            (position, _) => position.is_none(),
        }
    }

    /// An id, if there is one.
    #[inline]
    pub(crate) fn id(&mut self, holds: Holds) -> Option<SourcedId> {
        let value = self.value(holds);
        (!value.is_empty()).then(|| value.into())
    }

    /// A list of ids.
    pub(crate) fn ids(&mut self, holds: Holds) -> Vec<SourcedId> {
        decode::list(self.value(holds)).map(SourcedId::from).collect()
    }

    /// A text, if there is one. Most of the columns that are asked for are not there.
    #[inline]
    pub(crate) fn text(&mut self, holds: Holds) -> Option<String> {
        let value = self.value(holds);
        if value.is_empty() { None } else { self.said(holds, value) }
    }

    /// A text that is there.
    #[inline(never)]
    fn said(&mut self, holds: Holds, value: &str) -> Option<String> {
        if is_no_value(value) && !is_name(holds) {
            self.pass_over(holds);
            return None;
        }
        self.look_at(holds, value);
        if matches!(self.cells, Cells::Batch { garbled: true, .. }) {
            return Some(self.ungarbled(holds, value));
        }
        Some(value.to_owned())
    }

    /// Notes a word that stands for no value.
    #[inline(never)]
    fn pass_over(&mut self, holds: Holds) {
        let message = "the value is a word that stands for none; it was read as empty";
        self.warn(holds, codes::PLACEHOLDER_VALUE, message);
    }

    /// A text of a row that may have been read in a wrong encoding once. Ids and addresses are not asked for as texts.
    #[inline(never)]
    fn ungarbled(&mut self, holds: Holds, value: &str) -> String {
        let repaired = repaired(value);
        if repaired.is_none() && !has_lost_text(value) {
            return value.to_owned();
        }
        let (message, text) = match repaired.filter(|_| self.findings.ways.may_repair) {
            Some(repaired) => ("the text was read in a wrong encoding once; it was repaired", repaired),
            None => {
                ("the text looks as if it was read in a wrong encoding once; it was kept", value.to_owned())
            }
        };
        self.warn(holds, codes::SUSPECTED_MOJIBAKE, message);
        text
    }

    /// A text that the record must have: empty where even that is allowed to miss.
    pub(crate) fn required_text(&mut self, holds: Holds) -> String {
        self.text(holds).unwrap_or_default()
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, holds: Holds) -> Vec<String> {
        decode::list(self.value(holds)).map(str::to_owned).collect()
    }

    /// Notes what is odd about a text, and keeps it.
    fn look_at(&mut self, holds: Holds, value: &str) {
        let is_phone = matches!(holds, Holds::PersonPhone | Holds::PersonSms);
        if decode::is_formula_like(value) && !is_phone {
            self.warn(holds, codes::FORMULA_LIKE, "the value begins as a formula does; it was kept as text");
        }
        let may_have_newline = !matches!(self.cells, Cells::Batch { has_newline: false, .. });
        if may_have_newline && value.contains('\n') {
            self.warn(holds, codes::NEWLINE_IN_VALUE, "the value holds a line break; it was kept");
        }
    }

    /// A civil date, if there is one.
    #[inline]
    pub(crate) fn date(&mut self, holds: Holds) -> Option<Date> {
        let value = self.value(holds);
        if value.is_empty() {
            return None;
        }
        self.findings.dates.known(value).or_else(|| self.new_date(holds, value))
    }

    /// A date that is none of the last two.
    #[inline(never)]
    fn new_date(&mut self, holds: Holds, value: &str) -> Option<Date> {
        let Ways { dates: order, this_year, .. } = self.findings.ways;
        // Nobody is born in the future; terms may be planned for years.
        let latest = if holds == Holds::BirthDate { this_year } else { this_year + 20 };
        let Some(read) = self.findings.dates.read(value, order, latest) else {
            if is_no_value(value) {
                self.pass_over(holds);
                return None;
            }
            self.drop(holds, codes::BAD_DATE, "the value is not a date; it was dropped");
            return None;
        };
        if !read.standard {
            self.warn(holds, codes::DATE_FORM, "the date is not written as YYYY-MM-DD; it was understood");
        }
        Some(read.value)
    }

    /// A truth value, if there is one.
    #[inline]
    pub(crate) fn flag(&mut self, holds: Holds) -> Option<bool> {
        match self.value(holds) {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            value => self.odd_flag(holds, value),
        }
    }

    /// A truth value that is not written as the standard asks.
    #[inline(never)]
    fn odd_flag(&mut self, holds: Holds, value: &str) -> Option<bool> {
        let Some(read) = decode::flag(value) else {
            if is_no_value(value) {
                self.pass_over(holds);
                return None;
            }
            self.drop(holds, codes::BAD_FLAG, "the value is neither true nor false; it was dropped");
            return None;
        };
        if !read.standard {
            self.warn(holds, codes::FLAG_FORM, "the value is not `true` or `false`; it was understood");
        }
        Some(read.value)
    }

    /// A year, if there is one.
    pub(crate) fn year(&mut self, holds: Holds) -> Option<i16> {
        let value = self.value(holds);
        if value.is_empty() {
            return None;
        }
        let year = decode::year(value);
        if year.is_none() {
            self.drop(holds, codes::BAD_YEAR, "the value is not a year of four digits; it was dropped");
        }
        year
    }

    /// A word of a vocabulary; `otherwise` if there is none.
    #[inline]
    pub(crate) fn word<T>(
        &mut self,
        holds: Holds,
        read: impl FnOnce(&str) -> T,
        known: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let value = self.value(holds);
        if value.is_empty() {
            return None;
        }
        let word = read(value);
        // `ext:` marks a word that a vendor may add to an open vocabulary.
        if !known(&word) && !value.starts_with("ext:") {
            let code = match holds {
                Holds::PersonRole | Holds::AffiliationRole | Holds::EnrollmentRole => codes::UNKNOWN_ROLE,
                _ => codes::UNKNOWN_VALUE,
            };
            self.warn(holds, code, "the word is none of the vocabulary; it was kept as it is");
        }
        Some(word)
    }

    /// A list of grades.
    pub(crate) fn grades(&mut self, holds: Holds) -> Vec<GradeLevel> {
        let table = self.findings.ways.grades;
        // One note a cell is enough: it may hold half a million items.
        let mut noted = false;
        let value = self.value(holds);
        if is_no_value(value) {
            self.pass_over(holds);
            return Vec::new();
        }
        // Most people are in one grade, and most who are not have none.
        let mut grades = Vec::with_capacity(usize::from(!value.is_empty()));
        for item in decode::list(value) {
            let (grade, spelling) = table.read(item);
            match spelling {
                Spelling::Plain => {}
                _ if std::mem::replace(&mut noted, true) => {}
                Spelling::Unusual => {
                    let level = grade.level.map_or("", roster_core::Level::as_str);
                    let message =
                        format!("the grade is none of the standard's codes; it was read as {level}");
                    self.warn(holds, codes::NONSTANDARD_GRADE, message);
                }
                Spelling::Unknown => {
                    self.warn(holds, codes::UNKNOWN_GRADE, "the grade is not known; its spelling was kept");
                }
            }
            grades.push(grade);
        }
        grades
    }

    /// Notes something about a value that stays.
    pub(crate) fn warn(&mut self, holds: Holds, code: &'static str, message: impl Into<String>) {
        let field = self.header.name_of(holds);
        self.warn_in(field, code, message);
    }

    fn warn_at(&mut self, position: usize, code: &'static str, message: &str) {
        let field = self.header.name_at(position);
        self.warn_in(field, code, message);
    }

    fn warn_in(&mut self, field: String, code: &'static str, message: impl Into<String>) {
        let problem = self.locate(Problem::warning(code, message)).in_field(field);
        self.findings.problems.push(problem);
    }

    /// Notes a value that could not be read. What it says is unknown then, not empty.
    pub(crate) fn drop(&mut self, holds: Holds, code: &'static str, message: &'static str) {
        self.findings.unseen = self.findings.unseen.union(holds.fields());
        self.warn(holds, code, message);
    }

    /// Says where a problem is.
    pub(crate) fn locate(&self, problem: Problem) -> Problem {
        let problem = problem.of(self.kind).at(self.place());
        if self.id.is_empty() { problem } else { problem.with_id(self.id) }
    }

    /// Where the row is.
    pub(crate) fn place(&self) -> Place {
        Place::File { file: Arc::clone(self.file), line: self.line, record: self.record }
    }

    /// The facts for statistics, as written.
    pub(crate) fn demographics(&mut self) -> Vec<(roster_core::DemographicField, String)> {
        let header = self.header;
        header
            .demographics()
            .filter_map(|(position, field)| {
                let value = self.value_at(position);
                (!value.is_empty()).then(|| (field.clone(), value.to_owned()))
            })
            .collect()
    }

    /// The columns that the model has no place for.
    pub(crate) fn extra(&mut self) -> roster_core::Extra {
        let header = self.header;
        header
            .extra()
            .filter_map(|(position, name)| {
                let value = self.value_at(position);
                (!value.is_empty()).then(|| (name.to_owned(), value.into()))
            })
            .collect()
    }
}

/// Whether the column holds what somebody or something is called.
const fn is_name(holds: Holds) -> bool {
    use Holds as H;
    matches!(
        holds,
        H::OrgName
            | H::SessionTitle
            | H::CourseTitle
            | H::ClassTitle
            | H::PersonGiven
            | H::PersonMiddle
            | H::PersonFamily
            | H::PersonPreferredGiven
            | H::PersonPreferredMiddle
            | H::PersonPreferredFamily
            | H::PersonFull
    )
}
