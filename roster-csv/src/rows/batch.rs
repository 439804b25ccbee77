//! Some rows, as text with marks.

use std::ops::Range;

use roster_core::decode;
use xxhash_rust::xxh3::xxh3_64;

use crate::keys::{Keys, Seen, hash};

/// How many rows are looked ahead for the ids that they will look up.
const WINDOW: usize = 64;

/// Some rows of a file: their text, and where each row and cell lies in it. Made on one thread and read on another, then
/// sent back and filled again, so that nothing is allocated for a row.
#[derive(Default)]
pub(crate) struct Batch {
    /// The text of the rows. Cells are already without quotes.
    pub(super) text: String,
    /// Where each cell lies in the text.
    pub(super) cells: Vec<(u32, u32)>,
    pub(super) rows: Vec<RowMark>,
    /// For each row a hash of what it says, then one of each key column.
    pub(super) hashes: Vec<u64>,
    /// How many hashes a row has.
    pub(super) stride: usize,
}

/// One row of a batch.
#[derive(Clone, Debug)]
pub(crate) struct RowMark {
    /// The physical line on which the row starts, from 1.
    pub(crate) line: u64,
    /// Its cells, as indices into the batch's.
    pub(super) cells: Range<usize>,
    /// Why the row can't be used, if it can't.
    pub(crate) fault: Option<Fault>,
    /// A cell holds a line break.
    pub(crate) has_newline: bool,
    /// Text follows a closing quote.
    pub(crate) has_stray_quote: bool,
    /// A cell was quoted.
    pub(crate) has_quote: bool,
    /// The row ends with the file instead of with a line break.
    pub(crate) unterminated: bool,
    /// A cell begins or ends with something that may have to be taken off.
    pub(crate) padded: bool,
    /// What the row's id tells.
    pub(crate) seen: Seen,
}

/// Why a row can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A quote is opened on this line and not closed. The row ends with that line.
    UnclosedQuote {
        /// The line.
        line: u64,
    },
    /// The row is longer than the limit; the rest of it was passed over.
    TooLong,
    /// The cell of this number holds bytes that are no UTF-8; they were replaced.
    InvalidUtf8 {
        /// The cell, from 0.
        cell: usize,
    },
    /// The cell of this number holds a control character.
    ControlCharacter {
        /// The cell, from 0.
        cell: usize,
    },
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, index: usize) -> Option<&RowMark> {
        self.rows.get(index)
    }

    /// A hash of what a row says: equal for equal cells, quoted or not.
    pub(crate) fn row_hash(&self, index: usize) -> u64 {
        self.hashes.get(index * self.stride).copied().unwrap_or(0)
    }

    /// The hash of a key column's trimmed value.
    pub(crate) fn key(&self, index: usize, key: usize) -> u64 {
        self.hashes
            .get(index * self.stride + 1 + key)
            .copied()
            .unwrap_or(0)
    }

    /// How many cells the row has.
    pub(crate) fn width(mark: &RowMark) -> usize {
        mark.cells.len()
    }

    /// A cell of a row, as it stands; empty if the row has no such cell.
    #[inline]
    pub(crate) fn cell(&self, mark: &RowMark, index: usize) -> &str {
        self.row_cells(mark).cell(index)
    }

    /// The cells of a row.
    #[inline]
    pub(crate) fn row_cells(&self, mark: &RowMark) -> RowCells<'_> {
        RowCells {
            text: &self.text,
            cells: self.cells.get(mark.cells.clone()).unwrap_or(&[]),
        }
    }

    /// All cells of a row.
    pub(crate) fn cells<'a>(&'a self, mark: &RowMark) -> impl Iterator<Item = &'a str> {
        let row = self.row_cells(mark);
        (0..row.cells.len()).map(move |index| row.cell(index))
    }

    /// Enters the rows' ids, and marks those that were there before.
    pub(crate) fn enter(&mut self, keys: &mut Keys) {
        for start in (0..self.rows.len()).step_by(WINDOW) {
            let window = start..self.rows.len().min(start + WINDOW);
            let touched = window
                .clone()
                .fold(0, |sum, index| sum ^ keys.touch(self.key(index, 0)));
            std::hint::black_box(touched);
            for index in window {
                let (id, row) = (self.key(index, 0), self.row_hash(index));
                if let Some(mark) = self.rows.get_mut(index) {
                    mark.seen = keys.enter(id, row);
                }
            }
        }
    }

    /// The row's text with its separators, if no cell was quoted: then equal text means equal cells.
    fn plain(&self, mark: &RowMark) -> Option<&str> {
        if mark.has_quote {
            return None;
        }
        let first = self.cells.get(mark.cells.start)?.0 as usize;
        let last = self.cells.get(mark.cells.end.checked_sub(1)?)?.1 as usize;
        self.text.get(first..last)
    }

    /// Hashes rows and key columns.
    pub(super) fn hash(&mut self, key_columns: &[usize], scratch: &mut String) {
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        for mark in &mut self.rows {
            let cells = self.cells.get(mark.cells.clone()).unwrap_or(&[]);
            mark.padded = cells
                .iter()
                .any(|(start, end)| is_padded(self.text.as_bytes(), *start, *end));
        }
        for mark in &self.rows {
            hashes.push(match self.plain(mark) {
                Some(text) => xxh3_64(text.as_bytes()),
                None => self.quoted_hash(mark, scratch),
            });
            hashes.extend(
                key_columns
                    .iter()
                    .map(|position| hash(decode::trim(self.cell(mark, *position)))),
            );
        }
        self.hashes = hashes;
        self.stride = 1 + key_columns.len();
    }

    fn quoted_hash(&self, mark: &RowMark, scratch: &mut String) -> u64 {
        scratch.clear();
        for cell in self.cells(mark) {
            // A comma inside a cell is no separator: it gets a mark of its own, which no sound cell holds.
            for character in cell.chars() {
                scratch.push(if character == ',' { '\u{1f}' } else { character });
            }
            scratch.push(',');
        }
        scratch.pop();
        xxh3_64(scratch.as_bytes())
    }
}

/// The cells of one row.
#[derive(Clone, Copy)]
pub(crate) struct RowCells<'a> {
    text: &'a str,
    cells: &'a [(u32, u32)],
}

impl<'a> RowCells<'a> {
    /// How many there are.
    pub(crate) const fn len(self) -> usize {
        self.cells.len()
    }

    /// A cell, as it stands; empty if the row has no such cell.
    #[inline]
    pub(crate) fn cell(self, index: usize) -> &'a str {
        let (start, end) = self.cells.get(index).copied().unwrap_or((0, 0));
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}

/// Whether trimming could change a cell: whether it begins or ends with anything but a visible ASCII character.
fn is_padded(text: &[u8], start: u32, end: u32) -> bool {
    let (start, end) = (start as usize, end as usize);
    let visible = |at: usize| text.get(at).is_some_and(u8::is_ascii_graphic);
    start < end && !(visible(start) && visible(end - 1))
}
