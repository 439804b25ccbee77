//! Rows that are several records each, judged as a whole: a damaged one says nothing certain about any of its records.

use std::sync::Arc;

use roster_core::{Problem, codes, decode};

use super::shape::{check_width, describe, is_blank, unwrapped};
use crate::{
    dialect::Header,
    excel::{damage, may_be_damaged},
    keys::{Ids, Keys, Seen},
    rows::{Batch, Fault, RowCells, RowMark, WINDOW},
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

/// Judges rows as a whole.
pub(super) struct Judge<'f> {
    header: &'f Header,
    /// How the header begins.
    first: String,
    /// The columns that ids are made of: what a spreadsheet destroyed there, no record of the row can do without.
    ids: Vec<usize>,
    /// Says what is odd, and looks for rows that are there twice.
    pub(super) tells: bool,
    known: Known,
    /// What the row at hand tells of its seat.
    pub(super) seat: Seen,
    usual_width: usize,
    pub(super) record: u64,
    /// The file has another header than when the set was looked at.
    pub(super) is_replaced: bool,
    /// The rows that no record is made of, by number.
    left_out: Vec<u64>,
    /// Those that an earlier pass left out, and how many of them were met.
    follows: Option<(Arc<[u64]>, usize)>,
}

/// Rows that were there.
///
/// Rows that say the same are the same seat, where each is one: a row is compared with those of its seat alone, so that one look in a
/// large table tells both whether the row was there, and whether the seat was.
#[derive(Default)]
struct Known {
    /// Those that are no seat, and those of a seat that another row had told of before.
    rows: Ids,
    /// Each seat, with the row that told of it first.
    seats: Keys,
}

impl Known {
    /// Enters a row. Returns what its seat tells; `None` if the same row was there.
    #[inline]
    fn enter(&mut self, row: u64, seat: u64) -> Option<Seen> {
        if seat == 0 {
            return self.rows.insert(row).then_some(Seen::First);
        }
        match self.seats.meet(seat, row) {
            None => Some(Seen::First),
            Some(first) if *first == row => None,
            Some(_) => self.rows.insert(row).then_some(Seen::Identical),
        }
    }
}

impl<'f> Judge<'f> {
    pub(super) fn of(header: &'f Header, ids: Vec<usize>, tells: bool) -> Self {
        let first = header.name_at(0);
        Self {
            header,
            first,
            ids,
            tells,
            known: Known::default(),
            seat: Seen::First,
            usual_width: 0,
            record: 0,
            is_replaced: false,
            left_out: Vec::new(),
            follows: None,
        }
    }

    /// Leaves out the rows that an earlier pass did, and no others. Each pass looks at the ids that it makes alone, and the first one for
    /// rows that are there twice: two passes that judge for themselves would not read the same rows, and what one says of a person would
    /// miss from the other.
    pub(super) fn follow(&mut self, left_out: Arc<[u64]>) {
        self.follows = Some((left_out, 0));
    }

    /// The rows that were left out.
    pub(super) fn left_out(&mut self) -> Arc<[u64]> {
        std::mem::take(&mut self.left_out).into()
    }

    /// Brings near what the next rows will be compared with: their seats, where each is one.
    pub(super) fn look_ahead(&self, batch: &Batch, from: usize, seats: &[u64]) {
        if self.tells && seats.is_empty() {
            let rows = from..batch.len().min(from + WINDOW);
            self.known.rows.touch_all(rows.map(|index| batch.row_hash(index)));
        }
        self.known.seats.touch_all(seats.iter().copied());
    }

    /// Makes room for about as many rows, which are told apart as seats or by themselves.
    pub(super) fn expect(&mut self, rows: u64, as_seats: bool) {
        if as_seats {
            self.known.seats.expect(rows);
        } else {
            self.known.rows.expect(rows);
        }
    }

    /// Whether a row can be used. `seat` is the key of the seat that it is; 0 if it is none.
    #[inline]
    pub(super) fn is_sound(
        &mut self,
        batch: &Batch,
        (index, seat): (usize, u64),
        mark: &RowMark,
        odd: &mut Vec<Odd>,
    ) -> bool {
        self.record += 1;
        if self.record == 1 {
            self.is_replaced = !self.header.is_repeated_by(batch.row_cells(mark));
            return false;
        }
        if self.follows.is_some() {
            return self.is_left_in();
        }
        if self.record == 2 {
            self.usual_width = Batch::width(mark);
        }
        if self.is_plain(batch.row_cells(mark), mark) && self.is_new(batch, index, seat) {
            return true;
        }
        let (outcome, problem) = self.judge(batch, (index, seat), mark);
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
        if self.tells && mark.unwrapped && outcome == Outcome::Used {
            let (line, record) = (mark.line, self.record - 1);
            odd.extend(batch.unwrapped_of(index).map(|cell| {
                let problem = Some(unwrapped().in_field(self.header.name_at(cell as usize)));
                Odd { line, record, outcome, problem }
            }));
        }
        if outcome != Outcome::Used {
            self.left_out.push(self.record);
        }
        outcome == Outcome::Used
    }

    /// Whether an earlier pass did not leave out the row at hand.
    #[inline(never)]
    fn is_left_in(&mut self) -> bool {
        let Some((left_out, met)) = &mut self.follows else { return true };
        let is_left_out = left_out.get(*met) == Some(&self.record);
        *met += usize::from(is_left_out);
        !is_left_out
    }

    /// Whether nothing has to be said of a row unless it is there twice, as of most.
    #[inline]
    fn is_plain(&self, cells: RowCells<'_>, mark: &RowMark) -> bool {
        let first = cells.cell(0);
        cells.len() == self.header.width()
            && mark.fault.is_none()
            && !mark.padded
            && !mark.has_stray_quote
            && !mark.unwrapped
            && first.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && first != self.first
            && !self.ids.iter().any(|at| may_be_damaged(cells.bytes(*at)))
    }

    /// Whether a row was not there yet, as far as anybody asks.
    #[inline]
    fn is_new(&mut self, batch: &Batch, index: usize, seat: u64) -> bool {
        let told = if self.tells { self.known.enter(batch.row_hash(index), seat) } else { Some(Seen::First) };
        self.seat = told.unwrap_or(Seen::Identical);
        told.is_some()
    }

    fn judge(
        &mut self,
        batch: &Batch,
        (index, seat): (usize, u64),
        mark: &RowMark,
    ) -> (Outcome, Option<Problem>) {
        if is_blank(batch, mark) {
            return (Outcome::Skipped, None);
        }
        if mark.fault.is_none() && self.header.is_repeated_by(batch.row_cells(mark)) {
            let message = "the header stands again in the middle of the file; the row was skipped";
            return (Outcome::Skipped, Some(Problem::warning(codes::REPEATED_HEADER, message)));
        }
        let short = match self.sound(batch, mark) {
            Ok(short) => short,
            Err(problem) => return (Outcome::Rejected, Some(*problem)),
        };
        if !self.is_new(batch, index, seat) {
            let message = "the same row was there already";
            return (Outcome::Duplicate, Some(Problem::warning(codes::DUPLICATE_IDENTICAL, message)));
        }
        let stray = mark
            .has_stray_quote
            .then(|| Problem::warning(codes::STRAY_QUOTE, "text follows a closing quote; it was kept"));
        (Outcome::Used, stray.or(short))
    }

    /// Whether the row can be read; says if it is short, and no harm done.
    fn sound(&self, batch: &Batch, mark: &RowMark) -> Result<Option<Problem>, Box<Problem>> {
        let width = Batch::width(mark);
        let is_unclosed = matches!(mark.fault, Some(Fault::UnclosedQuote { .. }));
        if mark.unterminated && width < self.header.width() && !is_unclosed && width > 1 {
            let message = "the file breaks off in the middle of its last row";
            return Err(Problem::error(codes::TRUNCATED_FILE, message).into());
        }
        if let Some(fault) = mark.fault {
            return Err(describe(fault, self.header).into());
        }
        let short = if width == self.header.width() {
            None
        } else {
            check_width(batch, mark, self.header, self.usual_width)?
        };
        let cells = batch.row_cells(mark);
        for at in &self.ids {
            let cell = cells.cell(*at);
            if may_be_damaged(cell.as_bytes())
                && let Some(problem) = damage(decode::trim(cell))
            {
                return Err(problem.in_field(self.header.name_at(*at)).into());
            }
        }
        Ok(short)
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
