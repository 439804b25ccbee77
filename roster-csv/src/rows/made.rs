//! Batches of rows that are made of other rows.

use roster_core::decode;

use super::{
    batch::{Batch, RowCells, RowMark},
    lines::narrow,
};
use crate::keys::Seen;

/// What is taken over from the row that another is made of.
pub(crate) struct Origin<'a> {
    pub(crate) mark: &'a RowMark,
    /// Which record of the file it is, its header being the first.
    pub(crate) record: u64,
}

/// A row of a file that another is made of.
pub(crate) struct Pick {
    /// Which row of its batch.
    pub(crate) row: usize,
    pub(crate) record: u64,
    /// What the id tells of the row that is made of it.
    pub(crate) seen: Seen,
}

/// The cells of a row, without the blanks around their values.
#[derive(Clone, Copy)]
pub(crate) struct Trimmed<'a> {
    cells: RowCells<'a>,
    padded: bool,
}

impl<'a> Trimmed<'a> {
    /// A cell; empty if the row has no such cell.
    #[inline]
    pub(crate) fn cell(self, index: usize) -> &'a str {
        let cell = self.cells.cell(index);
        if self.padded { decode::trim(cell) } else { cell }
    }
}

/// A row at the end of a batch, of which not all cells are written yet.
pub(crate) struct Making<'a> {
    batch: &'a mut Batch,
    /// How many starts there were before it, and how much text.
    first: usize,
    begin: usize,
}

impl<'a> Making<'a> {
    /// Adds a cell of what is written to the end of the text. Returns how long it is.
    #[inline]
    pub(crate) fn cell(&mut self, write: impl FnOnce(&mut String)) -> usize {
        let Batch { text, starts, .. } = self.batch;
        let start = text.len();
        write(text);
        let length = text.len() - start;
        text.push(',');
        starts.push(narrow(text.len()));
        length
    }

    /// Takes the row into the batch, unless its text outgrows what marks can tell.
    #[inline]
    pub(crate) fn keep(self, origin: &Origin<'_>) -> Option<&'a mut RowMark> {
        if u32::try_from(self.batch.text.len()).is_err() {
            self.forget();
            return None;
        }
        let width = self.batch.starts.len() - self.first - 1;
        let mut mark = RowMark::new(origin.mark.line, narrow(self.first), narrow(width));
        mark.record = origin.record;
        mark.has_newline = origin.mark.has_newline;
        mark.garbled = origin.mark.garbled;
        // A cell may hold a comma, and a list may be one.
        mark.has_quote = origin.mark.has_quote;
        self.batch.rows.push(mark);
        self.batch.rows.last_mut()
    }

    /// Leaves the batch as it was.
    pub(crate) fn forget(self) {
        self.batch.text.truncate(self.begin);
        self.batch.starts.truncate(self.first);
    }
}

impl Batch {
    /// Forgets the rows.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.starts.clear();
        self.rows.clear();
        self.hashes.clear();
        self.unwrapped.clear();
    }

    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + 4 * self.starts.capacity() + size_of::<RowMark>() * self.rows.capacity()
    }

    /// The same rows, without room for more.
    pub(crate) fn held(&self) -> Self {
        Self {
            text: self.text.clone(),
            starts: self.starts.clone(),
            rows: self.rows.clone(),
            stride: self.stride,
            is_ascii: self.is_ascii,
            ..Self::default()
        }
    }

    /// Keeps these rows alone, which are in order, and marks them with what is known of them.
    pub(crate) fn pick(&mut self, picks: &[Pick]) {
        for (place, pick) in picks.iter().enumerate() {
            self.rows.swap(place, pick.row);
            if let Some(mark) = self.rows.get_mut(place) {
                mark.record = pick.record;
                mark.seen = pick.seen;
            }
        }
        self.rows.truncate(picks.len());
    }

    /// Begins a row.
    #[inline]
    pub(crate) fn make(&mut self) -> Making<'_> {
        let (first, begin) = (self.starts.len(), self.text.len());
        self.starts.push(narrow(begin));
        Making { batch: self, first, begin }
    }

    /// The cells of a row, without the blanks around their values.
    #[inline]
    pub(crate) fn trimmed(&self, mark: &RowMark) -> Trimmed<'_> {
        Trimmed { cells: self.row_cells(mark), padded: mark.padded }
    }

    /// Whether two blanks stand side by side anywhere.
    pub(crate) fn has_wide_blanks(&self) -> bool {
        memchr::memmem::find(self.text.as_bytes(), b"  ").is_some()
    }

    /// The hash of what a row says.
    pub(crate) fn row_hash(&self, index: usize) -> u64 {
        self.hashes.get(index * self.stride.max(1)).copied().unwrap_or(0)
    }
}
