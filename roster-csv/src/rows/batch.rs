//! Some rows, as text with marks.

use std::ops::Range;

use crate::keys::Seen;

/// Some rows of a file: their text, and where each row and cell lies in it. Made on one thread and read on another, then
/// sent back and filled again, so that nothing is allocated for a row.
#[derive(Default)]
pub(crate) struct Batch {
    /// The text of the rows. Cells are already without quotes.
    pub(super) text: String,
    /// For each row where its cells begin, and one past the separator that ends the last of them: a cell ends one byte before
    /// the next begins.
    pub(super) starts: Vec<u32>,
    pub(super) rows: Vec<RowMark>,
    /// For each row a hash of what it says, then one of each key column.
    pub(super) hashes: Vec<u64>,
    /// How many hashes a row has.
    pub(super) stride: usize,
    /// The text is known to hold ASCII alone.
    pub(super) is_ascii: bool,
    /// Cells that were wrapped, by row and cell.
    pub(super) unwrapped: Vec<(u32, u32)>,
}

/// One row of a batch.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold beside any other"
)]
pub(crate) struct RowMark {
    /// The physical line on which the row starts, from 1.
    pub(crate) line: u64,
    /// Which record of the file it is, the header being the first, if rows of the file were left out before it; else 0.
    pub(crate) record: u64,
    /// Its first cell, as an index into the batch's starts.
    pub(super) first: u32,
    /// How many cells it has.
    pub(super) width: u32,
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
    /// A cell was wrapped as spreadsheets do.
    pub(crate) unwrapped: bool,
    /// What the row's id tells.
    pub(crate) seen: Seen,
    /// A cell may hold text that was read in a wrong encoding once.
    pub(crate) garbled: bool,
    /// Nothing about its shape is odd, so that nobody has to look at that again.
    pub(crate) ordinary: bool,
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
    /// A carriage return stands alone: the row may be several.
    LineEnds,
    /// The cell of this number holds a control character.
    ControlCharacter {
        /// The cell, from 0.
        cell: usize,
    },
}

impl RowMark {
    /// A row of which nothing odd is known: its line, its first cell among the batch's, and how many it has.
    pub(super) const fn new(line: u64, first: u32, width: u32) -> Self {
        Self {
            line,
            record: 0,
            first,
            width,
            fault: None,
            has_newline: false,
            has_stray_quote: false,
            has_quote: false,
            unterminated: false,
            padded: false,
            unwrapped: false,
            seen: Seen::First,
            garbled: false,
            ordinary: false,
        }
    }

    /// A header that stands in no file.
    pub(crate) const fn header() -> Self {
        Self::new(1, 0, 0)
    }

    /// Where its starts are among the batch's.
    #[inline]
    pub(super) const fn range(&self) -> Range<usize> {
        self.first as usize..self.first as usize + self.width as usize + 1
    }
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, index: usize) -> Option<&RowMark> {
        self.rows.get(index)
    }

    /// The hash of a key column's trimmed value; 0 if it is not among those that were hashed.
    #[inline]
    pub(crate) fn key(&self, index: usize, key: usize) -> u64 {
        self.keys(index).get(key).copied().unwrap_or(0)
    }

    /// The hashes of a row's key columns.
    #[inline]
    pub(crate) fn keys(&self, index: usize) -> &[u64] {
        self.hashes.get(index * self.stride + 1..(index + 1) * self.stride).unwrap_or(&[])
    }

    /// The hashes of one key column, in some rows.
    pub(crate) fn keys_of(&self, rows: &Range<usize>, key: usize) -> impl Iterator<Item = u64> + Clone {
        let hashes = self.hashes.get(rows.start * self.stride..rows.end * self.stride).unwrap_or(&[]);
        hashes.chunks_exact(self.stride.max(1)).map(move |row| row.get(key + 1).copied().unwrap_or(0))
    }

    /// The cells of a row that were wrapped.
    pub(crate) fn unwrapped_of(&self, index: usize) -> impl Iterator<Item = u32> + '_ {
        let of_row = self.unwrapped.iter().filter(move |(row, _)| *row as usize == index);
        of_row.map(|(_, cell)| *cell)
    }

    /// How many cells the row has.
    pub(crate) const fn width(mark: &RowMark) -> usize {
        mark.width as usize
    }

    /// A cell of a row, as it stands; empty if the row has no such cell.
    #[inline]
    pub(crate) fn cell(&self, mark: &RowMark, index: usize) -> &str {
        self.row_cells(mark).cell(index)
    }

    /// The cells of a row.
    #[inline]
    pub(crate) fn row_cells(&self, mark: &RowMark) -> RowCells<'_> {
        RowCells { text: &self.text, starts: self.starts.get(mark.range()).unwrap_or(&[]) }
    }

    /// All cells of a row.
    pub(crate) fn cells<'a>(&'a self, mark: &RowMark) -> impl Iterator<Item = &'a str> {
        let row = self.row_cells(mark);
        (0..row.len()).map(move |index| row.cell(index))
    }
}

/// The cells of one row.
#[derive(Clone, Copy)]
pub(crate) struct RowCells<'a> {
    pub(super) text: &'a str,
    pub(super) starts: &'a [u32],
}

impl<'a> RowCells<'a> {
    /// How many there are.
    pub(crate) const fn len(self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// A cell, as it stands; empty if the row has no such cell.
    #[inline]
    pub(crate) fn cell(self, index: usize) -> &'a str {
        match bounds(self.starts, index) {
            // Many cells are empty, and need no look at the text.
            Some((start, end)) if start < end => self.text.get(start..end).unwrap_or(""),
            _ => "",
        }
    }

    /// The bytes of a cell, as it stands; none if the row has no such cell.
    #[inline]
    pub(crate) fn bytes(self, index: usize) -> &'a [u8] {
        bounds(self.starts, index)
            .and_then(|(start, end)| self.text.as_bytes().get(start..end))
            .unwrap_or(&[])
    }

    /// The text of the row, its separators included.
    pub(crate) fn text(self) -> &'a [u8] {
        self.text.as_bytes().get(span(self.starts)).unwrap_or(&[])
    }

    /// The text of some neighbouring cells, the separators between them included.
    pub(crate) fn span(self, cells: &Range<usize>) -> &'a [u8] {
        let last = self.starts.len().saturating_sub(1);
        let starts = self.starts.get(cells.start.min(last)..=cells.end.min(last)).unwrap_or(&[]);
        self.text.as_bytes().get(span(starts)).unwrap_or(&[])
    }

    /// Whether a cell is empty as it stands, or missing.
    #[inline]
    pub(crate) fn is_empty(self, index: usize) -> bool {
        self.length(index) == 0
    }

    /// How many bytes a cell has; none if the row has no such cell.
    #[inline]
    pub(crate) fn length(self, index: usize) -> usize {
        bounds(self.starts, index).map_or(0, |(start, end)| end - start)
    }
}

/// Where a cell of a row lies in the text.
#[inline]
pub(super) fn bounds(starts: &[u32], index: usize) -> Option<(usize, usize)> {
    match starts.get(index..index + 2)? {
        [start, next] => Some((*start as usize, *next as usize - 1)),
        _ => None,
    }
}

/// Where the cells of a row lie in the text, one by one.
pub(super) fn each_bounds(starts: &[u32]) -> impl Iterator<Item = (usize, usize)> {
    starts.windows(2).filter_map(|pair| bounds(pair, 0))
}

/// Where the text of a row lies, its separators included.
pub(super) fn span(starts: &[u32]) -> Range<usize> {
    match starts {
        [first, .., end] => *first as usize..*end as usize - 1,
        _ => 0..0,
    }
}
