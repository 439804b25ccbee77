//! Batches of rows that are made of other rows.

use super::batch::{Batch, RowMark};

/// What is taken over from the row that another is made of.
pub(crate) struct Origin<'a> {
    pub(crate) mark: &'a RowMark,
    /// Which record of the file it is, its header being the first.
    pub(crate) record: u64,
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

    /// Gives back what is held for rows that won't come.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// Adds a row of these cells.
    pub(crate) fn add<'a>(
        &mut self,
        origin: &Origin<'_>,
        cells: impl Iterator<Item = &'a str>,
    ) -> Option<&mut RowMark> {
        let first = u32::try_from(self.starts.len()).ok()?;
        self.starts.push(u32::try_from(self.text.len()).ok()?);
        for cell in cells {
            self.text.push_str(cell);
            self.text.push(',');
            self.starts.push(u32::try_from(self.text.len()).ok()?);
        }
        let width = u32::try_from(self.starts.len()).ok()? - first - 1;
        let mut mark = RowMark::new(origin.mark.line, first, width);
        mark.record = origin.record;
        mark.has_newline = origin.mark.has_newline;
        mark.garbled = origin.mark.garbled;
        // A cell may hold a comma, and a list may be one.
        mark.has_quote = origin.mark.has_quote;
        self.rows.push(mark);
        self.rows.last_mut()
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
