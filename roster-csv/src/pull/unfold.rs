//! Rows of a file that are several records each, made rows of one record each, on the reader's thread.
//!
//! A row is judged as a whole first. Then it is unfolded: a record that an earlier row told already in the same words is passed over,
//! so that a school that stands on each row of a district is told once.

use memchr::memmem;
use roster_core::{
    EntityKind, decode,
    table::{Holds, Need, Rows},
};

use super::{
    judge::{Judge, Odd},
    made_ids::{Hashed, make},
};
use crate::{
    dialect::{Piece, Source, Unfolding},
    keys::{HashedSet, Keys, Seen, hash},
    rows::{Batch, Origin, RowCells, RowMark, WINDOW},
    survey::SurveyedFile,
};

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
    /// What tells nobody apart, such as an address that is none: each row that names it is to be told.
    nameless: HashedSet,
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
        let of_ids = readings.iter().filter(|(file, _)| !file.table.optional);
        let mut ids: Vec<_> = of_ids.flat_map(|(_, unfolding)| unfolding.columns_of_ids()).collect();
        ids.sort_unstable();
        ids.dedup();
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
            judge: Judge::of(&first.file, ids, tells),
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
        // The step's own seats are one for each row; those of teachers, which are found beside them, are far fewer.
        if let Some(view) = self.readings.first_mut().filter(|view| view.is_seat) {
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
            nameless: HashedSet::default(),
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
            let seen = match seen {
                Seen::Identical if self.nameless.contains(&said.key) => Seen::First,
                Seen::Identical => continue,
                seen => seen,
            };
            let Some(mark) = batch.row(*index) else { continue };
            let (cells, origin) = (batch.row_cells(mark), Origin { mark, record: *record });
            if !said.is_there && !self.is_damaged(cells) {
                continue;
            }
            let has_id = self.add(cells, &origin, seen);
            if said.is_there && !has_id {
                self.nameless.insert(said.key);
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

    /// Adds a row. Returns whether it has an id.
    fn add(&mut self, cells: RowCells<'_>, origin: &Origin<'_>, seen: Seen) -> bool {
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
        let has_id = !self.cell(self.subject, cells).is_empty();
        if !has_id && self.telling.is_empty() && !self.insists {
            return false;
        }
        let mut out = std::mem::take(&mut self.out);
        if let Some(mark) = out.add(origin, (0..self.ends.len()).map(|position| self.cell(position, cells))) {
            mark.seen = seen;
        }
        self.out = out;
        has_id
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
