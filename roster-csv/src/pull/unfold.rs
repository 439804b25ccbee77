//! Rows of a file that are several records each, made rows of one record each, on the reader's thread.
//!
//! A row is judged as a whole first, since a damaged one says nothing certain about any of its records. Then it is unfolded: a record
//! that an earlier row told already in the same words is passed over, so that a school that stands on each row of a district is
//! told once.

use memchr::memmem;
use roster_core::{
    EntityKind, Problem, codes, decode,
    table::{Holds, Need, Rows},
};
use xxhash_rust::xxh3::xxh3_128;

use super::shape::{check_width, describe, is_blank};
use crate::{
    address::tells_apart,
    dialect::{Header, Piece, Source, Unfolding},
    keys::{Ids, Keys, Seen, hash},
    rows::{Batch, Fault, Origin, RowCells, RowMark, WINDOW},
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

/// One reading of a file: what unfolds its rows into those of one of its tables.
pub(super) struct View<'f> {
    unfolding: &'f Unfolding,
    /// Which cell names what the row is about.
    subject: usize,
    /// Cells that describe it: it is missing from a row in which all of these are empty too.
    telling: Vec<usize>,
    /// The file is about nothing else, so that it is never missing from a row.
    insists: bool,
    is_seat: bool,
    keys: Keys,
    is_stopped: bool,
    said: Vec<Said>,
    hashed: Hashed,
    /// The rows made so far.
    pub(super) out: Batch,
    made: String,
    /// Where the cell ends in `made`, for those that are made.
    ends: Vec<usize>,
}

/// Several readings of a file, done at once.
pub(super) struct Views<'f> {
    judge: Judge<'f>,
    pub(super) readings: Vec<View<'f>>,
    /// The file's columns in which case does not matter.
    folded: Vec<bool>,
    /// The file's columns that any reading looks at.
    needed: Vec<bool>,
    /// For each cell of the rows at hand a hash of what it says; 0 if it says nothing.
    cells: Vec<u64>,
    /// The rows at hand, and which records of the file they are.
    rows: Vec<(usize, u64)>,
    scratch: String,
}

impl<'f> Views<'f> {
    pub(super) fn of(readings: &[(&'f SurveyedFile, &'f Unfolding)], tells: bool) -> Option<Self> {
        let (_, first) = readings.first()?;
        let mut folded = vec![false; first.file.width()];
        let mut needed = folded.clone();
        for (file, unfolding) in readings {
            for at in unfolding.columns() {
                if let Some(needed) = needed.get_mut(at) {
                    *needed = true;
                }
            }
            for at in unfolding.case_free(&file.header) {
                if let Some(folded) = folded.get_mut(at) {
                    *folded = true;
                }
            }
        }
        Some(Self {
            judge: Judge::of(&first.file, tells),
            readings: readings.iter().map(|(file, unfolding)| View::of(file, unfolding)).collect(),
            folded,
            needed,
            cells: Vec::new(),
            rows: Vec::new(),
            scratch: String::new(),
        })
    }

    /// Takes in rows of the file, and adds those that they become. What is odd about them is told.
    pub(super) fn take(&mut self, batch: &Batch, odd: &mut Vec<Odd>) {
        let is_loose = batch.has_wide_blanks();
        for from in (0..batch.len()).step_by(WINDOW) {
            let mut rows = std::mem::take(&mut self.rows);
            rows.clear();
            self.cells.clear();
            self.judge.look_ahead(batch, from);
            for index in from..batch.len().min(from + WINDOW) {
                let Some(mark) = batch.row(index) else { continue };
                if self.judge.is_sound(batch, index, mark, odd) {
                    self.look_at(batch.row_cells(mark), mark, is_loose);
                    rows.push((index, self.judge.record));
                }
            }
            for view in self.readings.iter_mut().filter(|view| !view.is_stopped) {
                view.take(batch, &rows, &self.cells, self.folded.len());
            }
            self.rows = rows;
        }
    }

    /// Makes room for about as many rows.
    pub(super) fn expect(&mut self, rows: u64) {
        if self.judge.tells {
            self.judge.seen.expect(rows);
        }
        for view in self.readings.iter_mut().filter(|view| view.is_seat) {
            view.keys.expect(rows);
        }
    }

    /// How many rows the file had, its header not counted.
    pub(super) const fn rows(&self) -> u64 {
        self.judge.record.saturating_sub(1)
    }

    /// Whether the file has another header than when the set was looked at.
    pub(super) const fn is_replaced(&self) -> bool {
        self.judge.is_replaced
    }

    /// Hashes each cell of a row, once for all readings.
    fn look_at(&mut self, cells: RowCells<'_>, mark: &RowMark, is_loose: bool) {
        let Self { folded, needed, scratch, cells: hashes, .. } = self;
        let is_loose = mark.has_newline || is_loose && memmem::find(cells.text(), b"  ").is_some();
        hashes.extend(folded.iter().zip(needed).enumerate().map(|(index, (folded, needed))| {
            if !*needed {
                return 0;
            }
            let cell = cells.cell(index);
            let cell = if mark.padded { decode::trim(cell) } else { cell };
            if cell.is_empty() {
                return 0;
            }
            let is_plain = !is_loose && (!folded || is_lower(cell));
            (if is_plain { hash(cell) } else { hash_loosely(cell, *folded, scratch) }).max(1)
        }));
    }
}

/// What a row says in one reading.
#[derive(Clone, Copy)]
struct Said {
    /// Tells what the row is about.
    key: u64,
    /// Tells all that it says.
    row: u64,
    /// It is about something.
    is_there: bool,
}

impl<'f> View<'f> {
    fn of(file: &'f SurveyedFile, unfolding: &'f Unfolding) -> Self {
        let subject = match file.table.rows {
            Rows::Records(_) => file.header.position(Holds::Id),
            _ => file.header.position(Holds::OfPerson),
        };
        let subject = subject.unwrap_or(0);
        let tells_of_it = |(position, column): (usize, &roster_core::table::Column)| {
            let is_read = matches!(unfolding.cells.get(position), Some(Source::At(_) | Source::Words(..)));
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
            is_seat: file.table.rows == Rows::Records(EntityKind::Enrollment),
            keys: Keys::default(),
            is_stopped: false,
            said: Vec::new(),
            hashed: Hashed::default(),
            out: Batch::default(),
            made: String::new(),
            ends: Vec::new(),
        }
    }

    /// Takes in some rows, few enough that what is looked up of all of them can be brought near at once.
    fn take(&mut self, batch: &Batch, rows: &[(usize, u64)], hashes: &[u64], width: usize) {
        let mut said = std::mem::take(&mut self.said);
        said.clear();
        said.extend(hashes.chunks_exact(width.max(1)).map(|cells| self.said(cells)));
        self.keys.touch_all(said.iter().map(|said| said.key));
        for ((index, record), said) in rows.iter().zip(&said) {
            let seen = if said.is_there { self.keys.enter(said.key, said.row) } else { Seen::First };
            if seen == Seen::Identical {
                continue;
            }
            let Some(mark) = batch.row(*index) else { continue };
            let (cells, origin) = (batch.row_cells(mark), Origin { mark, record: *record });
            if said.is_there || self.is_damaged(cells) {
                self.add(cells, &origin, seen);
            }
        }
        self.said = said;
    }

    /// Whether a row that names nothing should: it tells of it, or is about nothing else.
    fn is_damaged(&self, cells: RowCells<'_>) -> bool {
        self.insists || self.telling.iter().any(|position| !self.cell(*position, cells).is_empty())
    }

    fn said(&self, cells: &[u64]) -> Said {
        let subject = self.says(self.subject, cells);
        let row = if self.is_seat {
            // All of a seat is in its id.
            subject
        } else {
            (0..self.unfolding.cells.len()).fold(0, |row, at| mixed(row, self.says(at, cells)))
        };
        let key = match self.unfolding.key {
            Some(key) if key == self.subject => subject,
            Some(key) => self.says(key, cells),
            None => row,
        };
        Said { key, row, is_there: subject != 0 }
    }

    /// Makes no more rows: there are too many to be held.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.keys = Keys::default();
        self.out = Batch::default();
    }

    /// What a cell says, as a hash; 0 if it says nothing.
    fn says(&self, position: usize, cells: &[u64]) -> u64 {
        let at = |at: usize| cells.get(at).copied().unwrap_or(0);
        let all = |columns: &[usize]| match columns {
            [column] => at(*column),
            _ if columns.iter().all(|column| at(*column) == 0) => 0,
            _ => columns.iter().fold(1, |all, column| mixed(all, at(*column))).max(1),
        };
        match self.unfolding.cells.get(position) {
            Some(Source::At(position) | Source::Words(position, _)) => at(*position),
            Some(Source::Fixed(_)) => 1,
            Some(Source::Made(pieces)) => {
                let mut id = 1;
                for piece in pieces {
                    let part = match piece {
                        Piece::At(position) => at(*position),
                        Piece::Maybe(position) => position.map_or(1, at).max(1),
                        Piece::Word(_) => continue,
                        Piece::Hashed(columns) => all(columns),
                        Piece::AtOrHashed(position, columns) => match position.map_or(0, at) {
                            0 => all(columns),
                            own => own,
                        },
                    };
                    if part == 0 {
                        return 0;
                    }
                    id = mixed(id, part);
                }
                id.max(1)
            }
            None => 0,
        }
    }

    /// Adds a row.
    fn add(&mut self, cells: RowCells<'_>, origin: &Origin<'_>, seen: Seen) {
        self.made.clear();
        self.ends.clear();
        for source in &self.unfolding.cells {
            if let Source::Made(pieces) = source {
                let start = self.made.len();
                if !make(pieces, cells, &mut self.hashed, &mut self.made) {
                    self.made.truncate(start);
                }
            }
            self.ends.push(self.made.len());
        }
        // An address that tells nobody apart makes no id, and with it what is nothing but an id.
        if self.cell(self.subject, cells).is_empty() && self.telling.is_empty() && !self.insists {
            return;
        }
        let mut out = std::mem::take(&mut self.out);
        if let Some(mark) = out.add(origin, (0..self.ends.len()).map(|position| self.cell(position, cells))) {
            mark.seen = seen;
        }
        self.out = out;
    }

    fn cell<'a>(&'a self, position: usize, cells: RowCells<'a>) -> &'a str {
        match self.unfolding.cells.get(position) {
            Some(Source::At(at)) => decode::trim(cells.cell(*at)),
            Some(Source::Fixed(value)) => value,
            Some(Source::Words(at, words)) => {
                let said = decode::trim(cells.cell(*at));
                words.iter().find(|(word, _)| said.eq_ignore_ascii_case(word)).map_or(said, |(_, says)| says)
            }
            Some(Source::Made(_)) => {
                let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
                let end = self.ends.get(position).copied().unwrap_or(0);
                self.made.get(start.unwrap_or(0)..end).unwrap_or("")
            }
            None => "",
        }
    }
}

/// Adds one hash to another, so that their order counts.
const fn mixed(left: u64, right: u64) -> u64 {
    (left.rotate_left(5) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether a text is as it would be in lower case.
fn is_lower(text: &str) -> bool {
    text.bytes().fold(true, |lower, byte| lower & !byte.is_ascii_uppercase() & byte.is_ascii())
}

/// The hash of a text as it is compared: blanks within it count as one, and line breaks as blanks.
#[inline(never)]
fn hash_loosely(cell: &str, folded: bool, scratch: &mut String) -> u64 {
    scratch.clear();
    if cell.is_ascii() && !cell.bytes().any(|byte| byte <= b' ') {
        scratch.push_str(cell);
        if folded {
            scratch.make_ascii_lowercase();
        }
        return hash(scratch);
    }
    for (index, word) in cell.split_whitespace().enumerate() {
        if index > 0 {
            scratch.push(' ');
        }
        if folded {
            scratch.extend(word.chars().flat_map(char::to_lowercase));
        } else {
            scratch.push_str(word);
        }
    }
    hash(scratch)
}

/// Makes an id of its pieces. `false` if one that it needs is empty.
fn make(pieces: &[Piece], cells: RowCells<'_>, hashed: &mut Hashed, id: &mut String) -> bool {
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
            Piece::Hashed(columns) => hashed.write(columns, cells, id),
            Piece::AtOrHashed(at, columns) => {
                let own = at.as_ref().map_or("", value);
                if own.is_empty() { hashed.write(columns, cells, id) } else { write_part(own, is_alone, id) }
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

/// The last hash of cells: a row may name the same person several times, and several rows one after the other do.
#[derive(Default)]
struct Hashed {
    text: String,
    last: String,
    /// In hexadecimal; empty if such a text tells nobody apart.
    hex: String,
}

impl Hashed {
    /// Writes a hash of some cells. A column that is hashed alone holds an address; what is none tells nobody apart.
    fn write(&mut self, columns: &[usize], cells: RowCells<'_>, id: &mut String) -> bool {
        let Self { text, last, hex } = self;
        text.clear();
        for at in columns {
            text.push_str(decode::trim(cells.cell(*at)));
            text.push('\u{1f}');
        }
        if text != last {
            last.clone_from(text);
            hex.clear();
            let is_told = match columns {
                [_] => tells_apart(text.trim_end_matches('\u{1f}')),
                _ => text.bytes().any(|byte| byte != 0x1f),
            };
            if is_told {
                if text.is_ascii() {
                    text.make_ascii_lowercase();
                } else {
                    *text = text.to_lowercase();
                }
                push_hex(xxh3_128(text.as_bytes()), hex);
            }
        }
        id.push_str(hex);
        !hex.is_empty()
    }
}

fn push_hex(hash: u128, hex: &mut String) {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash.to_be_bytes()) {
        for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 0xf]) {
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
    }
    hex.push_str(std::str::from_utf8(&digits).unwrap_or_default());
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
    /// The file has another header than when the set was looked at.
    is_replaced: bool,
}

impl<'f> Judge<'f> {
    fn of(header: &'f Header, tells: bool) -> Self {
        Self { header, tells, seen: Ids::default(), usual_width: 0, record: 0, is_replaced: false }
    }

    /// Brings near what the next rows will be compared with.
    fn look_ahead(&self, batch: &Batch, from: usize) {
        if self.tells {
            let rows = from..batch.len().min(from + WINDOW);
            self.seen.touch_all(rows.map(|index| batch.row_hash(index)));
        }
    }

    fn is_sound(&mut self, batch: &Batch, index: usize, mark: &RowMark, odd: &mut Vec<Odd>) -> bool {
        self.record += 1;
        if self.record == 1 {
            self.is_replaced = !self.header.is_repeated_by(batch.row_cells(mark));
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
