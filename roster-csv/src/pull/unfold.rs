//! Rows of a file that are several records each, made rows of one record each, on the reader's thread.
//!
//! A row is judged as a whole first, since a damaged one says nothing certain about any of its records. Then it is unfolded: a record
//! that an earlier row told already in the same words is passed over, so that a school that stands on each row of a district is
//! told once.

use std::fmt::Write as _;

use roster_core::{
    Problem, codes, decode,
    table::{Holds, Need, Rows},
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::shape::{check_width, describe, is_blank};
use crate::{
    dialect::{Header, Piece, Source, Unfolding},
    keys::{Ids, Keys, Seen, hash},
    rows::{Batch, Fault, Origin, RowCells, RowMark},
    survey::SurveyedFile,
};

/// A row that is no record, or one of which something is to be said.
pub(crate) struct Odd {
    pub(crate) line: u64,
    /// Which record of the file it is, its header not being one.
    pub(crate) record: u64,
    pub(crate) outcome: Outcome,
    pub(crate) problem: Option<Problem>,
}

/// What became of a row as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Used,
    Skipped,
    Duplicate,
    Rejected,
}

/// Unfolds the rows of one file into those of one of its tables.
pub(super) struct Unfolder<'f> {
    unfolding: &'f Unfolding,
    /// Which cell names what the row is about.
    subject: usize,
    /// Cells that describe it: it is missing from a row in which all of these are empty too.
    telling: Vec<usize>,
    /// The file is about nothing else, so that it is never missing from a row.
    insists: bool,
    /// Cells in which case does not matter.
    folded: Vec<usize>,
    keys: &'f mut Keys,
    judge: Judge<'f>,
    made: String,
    joined: String,
    /// Where the cell ends in `made`, for those that are made.
    ends: Vec<usize>,
}

impl<'f> Unfolder<'f> {
    pub(super) fn of(
        file: &'f SurveyedFile,
        unfolding: &'f Unfolding,
        keys: &'f mut Keys,
        tells: bool,
    ) -> Self {
        let subject = match file.table.rows {
            Rows::Records(_) => file.header.position(Holds::Id),
            _ => file.header.position(Holds::OfPerson),
        };
        let subject = subject.unwrap_or(0);
        let tells_of_it = |(position, column): (usize, &roster_core::table::Column)| {
            let is_read = matches!(unfolding.cells.get(position), Some(Source::At(_)));
            (is_read && column.refers.is_none() && position != subject).then_some(position)
        };
        let required = |(position, column): (usize, &roster_core::table::Column)| {
            position != subject && column.need == Need::Required
        };
        Self {
            unfolding,
            subject,
            telling: match file.table.rows {
                Rows::Records(_) => file.header.known().filter_map(tells_of_it).collect(),
                _ => Vec::new(),
            },
            insists: file.header.known().any(required),
            folded: file.header.position(Holds::PersonEmail).into_iter().collect(),
            keys,
            judge: Judge::of(&unfolding.file, tells),
            made: String::new(),
            joined: String::new(),
            ends: Vec::new(),
        }
    }

    /// Takes in rows of the file, and adds those that they become. What is odd about them is told.
    pub(super) fn take(&mut self, batch: &Batch, out: &mut Batch, odd: &mut Vec<Odd>) {
        for index in 0..batch.len() {
            let Some(mark) = batch.row(index) else { continue };
            if self.judge.is_sound(batch, index, mark, odd) {
                let origin = Origin { mark, record: self.judge.record };
                self.unfold(batch.row_cells(mark), &origin, out);
            }
        }
    }

    /// How many rows the file had, its header not counted.
    pub(super) const fn rows(&self) -> u64 {
        self.judge.record.saturating_sub(1)
    }

    fn unfold(&mut self, cells: RowCells<'_>, origin: &Origin<'_>, out: &mut Batch) {
        self.make(cells);
        let subject = self.cell(self.subject, cells);
        if subject.is_empty() {
            let is_told = self.telling.iter().any(|position| !self.cell(*position, cells).is_empty());
            if is_told || self.insists {
                out.add(origin, (0..self.ends.len()).map(|position| self.cell(position, cells)));
            }
            return;
        }
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        for position in 0..self.ends.len() {
            let cell = self.cell(position, cells);
            if self.folded.contains(&position) {
                joined.extend(cell.chars().flat_map(char::to_lowercase));
            } else {
                push_words(cell, &mut joined);
            }
            joined.push('\u{1f}');
        }
        let row = xxh3_64(joined.as_bytes());
        self.joined = joined;
        let key = self.unfolding.key.map_or(row, |key| hash(self.cell(key, cells)));
        let seen = self.keys.enter(key, row);
        if seen == Seen::Identical {
            return;
        }
        if let Some(mark) = out.add(origin, (0..self.ends.len()).map(|position| self.cell(position, cells))) {
            mark.seen = seen;
        }
    }

    /// Makes the ids that are made.
    fn make(&mut self, cells: RowCells<'_>) {
        self.made.clear();
        self.ends.clear();
        for source in &self.unfolding.cells {
            if let Source::Made(pieces) = source {
                let start = self.made.len();
                if !make(pieces, cells, &mut self.made) {
                    self.made.truncate(start);
                }
            }
            self.ends.push(self.made.len());
        }
    }

    fn cell<'a>(&'a self, position: usize, cells: RowCells<'a>) -> &'a str {
        match self.unfolding.cells.get(position) {
            Some(Source::At(at)) => decode::trim(cells.cell(*at)),
            Some(Source::Fixed(value)) => value,
            Some(Source::Made(_)) => {
                let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
                let end = self.ends.get(position).copied().unwrap_or(0);
                self.made.get(start.unwrap_or(0)..end).unwrap_or("")
            }
            None => "",
        }
    }
}

/// Writes a text as it is compared: blanks within it count as one, and line breaks as blanks.
fn push_words(cell: &str, joined: &mut String) {
    let is_plain = |pair: &[u8]| !matches!(pair, [b' ', b' '] | [_, b'\n' | b'\r' | b'\t']);
    if cell.as_bytes().windows(2).all(is_plain) {
        joined.push_str(cell);
        return;
    }
    for (index, word) in cell.split_whitespace().enumerate() {
        if index > 0 {
            joined.push(' ');
        }
        joined.push_str(word);
    }
}

/// Makes an id of its pieces. `false` if one that it needs is empty.
fn make(pieces: &[Piece], cells: RowCells<'_>, id: &mut String) -> bool {
    let value = |at: &usize| decode::trim(cells.cell(*at));
    let is_alone = pieces.len() == 1;
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            id.push(':');
        }
        let made = match piece {
            Piece::Word(word) => {
                id.push_str(word);
                true
            }
            Piece::At(at) => write_part(value(at), is_alone, id),
            Piece::Maybe(at) => {
                write_part(at.as_ref().map_or("", value), is_alone, id);
                true
            }
            Piece::Hashed(columns) => write_hash(columns, cells, id),
            Piece::AtOrHashed(at, columns) => {
                let own = at.as_ref().map_or("", value);
                if own.is_empty() { write_hash(columns, cells, id) } else { write_part(own, is_alone, id) }
            }
        };
        if !made {
            return false;
        }
    }
    true
}

/// Writes a part as [`SourcedId::from_parts`](roster_core::SourcedId::from_parts) does; an id of one part is that part.
fn write_part(value: &str, is_alone: bool, id: &mut String) -> bool {
    if is_alone || !value.contains([':', '\\']) {
        id.push_str(value);
        return !value.is_empty();
    }
    for character in value.chars() {
        if matches!(character, ':' | '\\') {
            id.push('\\');
        }
        id.push(character);
    }
    true
}

/// Writes a hash of some cells. A column that is hashed alone holds an address; what is none tells nobody apart.
fn write_hash(columns: &[usize], cells: RowCells<'_>, id: &mut String) -> bool {
    let mut text = String::new();
    for at in columns {
        let value = decode::trim(cells.cell(*at));
        if columns.len() == 1 && !crate::address::tells_apart(value) {
            return false;
        }
        text.extend(value.chars().flat_map(char::to_lowercase));
        text.push('\u{1f}');
    }
    if text.bytes().all(|byte| byte == 0x1f) {
        return false;
    }
    // Writing to a text never fails.
    write!(id, "{:032x}", xxh3_128(text.as_bytes())).is_ok()
}

/// Judges rows as a whole.
struct Judge<'f> {
    header: &'f Header,
    /// Says what is odd, and looks for rows that are there twice.
    tells: bool,
    /// Rows that were there.
    seen: Ids,
    usual_width: usize,
    record: u64,
}

impl<'f> Judge<'f> {
    fn of(header: &'f Header, tells: bool) -> Self {
        Self { header, tells, seen: Ids::default(), usual_width: 0, record: 0 }
    }

    fn is_sound(&mut self, batch: &Batch, index: usize, mark: &RowMark, odd: &mut Vec<Odd>) -> bool {
        self.record += 1;
        if self.record == 1 {
            return false;
        }
        if self.record == 2 {
            self.usual_width = Batch::width(mark);
        }
        let (outcome, problem) = self.judge(batch, index, mark);
        if self.tells && (outcome != Outcome::Used || problem.is_some()) {
            let line = match mark.fault {
                Some(Fault::UnclosedQuote { line }) => line,
                _ => mark.line,
            };
            odd.push(Odd { line, record: self.record - 1, outcome, problem });
        }
        if self.tells && mark.padded && outcome == Outcome::Used {
            self.tell_padding(batch, mark, odd);
        }
        outcome == Outcome::Used
    }

    fn judge(&mut self, batch: &Batch, index: usize, mark: &RowMark) -> (Outcome, Option<Problem>) {
        if is_blank(batch, mark) {
            return (Outcome::Skipped, None);
        }
        if mark.fault.is_none() && self.header.is_repeated_by(batch.row_cells(mark)) {
            let message = "the header stands again in the middle of the file; the row was skipped";
            return (Outcome::Skipped, Some(Problem::warning(codes::REPEATED_HEADER, message)));
        }
        if let Err(problem) = self.sound(batch, mark) {
            return (Outcome::Rejected, Some(*problem));
        }
        if self.tells && !self.seen.insert(batch.row_hash(index)) {
            let message = "the same row was there already";
            return (Outcome::Duplicate, Some(Problem::warning(codes::DUPLICATE_IDENTICAL, message)));
        }
        let stray = mark
            .has_stray_quote
            .then(|| Problem::warning(codes::STRAY_QUOTE, "text follows a closing quote; it was kept"));
        (Outcome::Used, stray)
    }

    fn sound(&self, batch: &Batch, mark: &RowMark) -> Result<(), Box<Problem>> {
        let width = Batch::width(mark);
        let is_unclosed = matches!(mark.fault, Some(Fault::UnclosedQuote { .. }));
        if mark.unterminated && width < self.header.width() && !is_unclosed && width > 1 {
            let message = "the file breaks off in the middle of its last row";
            return Err(Problem::error(codes::TRUNCATED_FILE, message).into());
        }
        if let Some(fault) = mark.fault {
            return Err(describe(fault, self.header).into());
        }
        if width != self.header.width() {
            check_width(batch, mark, self.header, self.usual_width)?;
        }
        Ok(())
    }

    /// Says which cells have blanks around their values. They are taken off for all records that the row tells.
    fn tell_padding(&self, batch: &Batch, mark: &RowMark, odd: &mut Vec<Odd>) {
        for (position, cell) in batch.cells(mark).enumerate() {
            let value = decode::trim(cell);
            if value.len() == cell.len() || value.is_empty() {
                continue;
            }
            let problem = Problem::warning(codes::TRIMMED, "blanks around the value were taken off")
                .in_field(self.header.name_at(position));
            let (line, record) = (mark.line, self.record - 1);
            odd.push(Odd { line, record, outcome: Outcome::Used, problem: Some(problem) });
        }
    }
}
