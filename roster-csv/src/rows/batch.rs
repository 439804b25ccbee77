//! Some rows, as text with marks.

use std::ops::Range;

/// Some rows of a file: their text, and where each row and cell lies in it. Made on one thread and read on another, then
/// sent back and filled again, so that nothing is allocated for a row.
#[derive(Default)]
pub(crate) struct Batch {
    /// The text of the rows. Cells are already without quotes.
    pub(super) text: String,
    /// Where each cell lies in the text.
    pub(super) cells: Vec<(u32, u32)>,
    pub(super) rows: Vec<RowMark>,
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

    /// How many cells the row has.
    pub(crate) fn width(mark: &RowMark) -> usize {
        mark.cells.len()
    }

    /// A cell of a row, as it stands; empty if the row has no such cell.
    pub(crate) fn cell(&self, mark: &RowMark, index: usize) -> &str {
        let range = mark.cells.start + index..mark.cells.end;
        let (start, end) = self.cells.get(range).and_then(<[_]>::first).copied().unwrap_or((0, 0));
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// All cells of a row.
    pub(crate) fn cells<'a>(&'a self, mark: &RowMark) -> impl Iterator<Item = &'a str> {
        let cells = self.cells.get(mark.cells.clone()).unwrap_or(&[]);
        cells.iter().map(|&(start, end)| self.text.get(start as usize..end as usize).unwrap_or(""))
    }

    /// The row's text with its separators, if no cell was quoted: then equal text means equal cells.
    pub(crate) fn plain(&self, mark: &RowMark) -> Option<&str> {
        if mark.has_quote {
            return None;
        }
        let first = self.cells.get(mark.cells.start)?.0 as usize;
        let last = self.cells.get(mark.cells.end.checked_sub(1)?)?.1 as usize;
        self.text.get(first..last)
    }
}
