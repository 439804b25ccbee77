//! Cells as readings compare them: as hashes.

use memchr::{memchr2, memmem};
use wide::u8x16;

use crate::{
    address::each_block,
    keys::hash,
    rows::{Batch, RowMark},
};

/// Looks at cells, once for all readings that look at the same rows.
pub(super) struct Look<'a> {
    /// The file's columns in which case does not matter.
    pub(super) folded: &'a [bool],
    /// The file's columns in which each blank counts.
    pub(super) exact: &'a [bool],
    /// Somewhere in the rows at hand two blanks stand side by side.
    pub(super) is_loose: bool,
    /// For each cell of the rows at hand a hash of what it says; 0 if it says nothing, or nobody looked.
    pub(super) cells: &'a mut Vec<u64>,
    pub(super) scratch: &'a mut String,
}

impl Look<'_> {
    /// Hashes the cells of some columns.
    pub(super) fn at(&mut self, batch: &Batch, rows: &[(usize, u64)], columns: &[usize]) {
        let width = self.folded.len();
        // Each cell that is looked at is written over.
        let mut cells = std::mem::take(self.cells);
        cells.resize(rows.len() * width, 0);
        for (number, (index, _)) in rows.iter().enumerate() {
            let Some(mark) = batch.row(*index) else { continue };
            let mut look = self.at_row(batch, mark);
            for column in columns {
                if let Some(place) = cells.get_mut(number * width + column) {
                    *place = look(*column);
                }
            }
        }
        *self.cells = cells;
    }

    /// Looks at one row: tells of a column a hash of what its cell says; 0 if it says nothing.
    #[inline]
    pub(super) fn at_row<'b>(
        &'b mut self,
        batch: &'b Batch,
        mark: &RowMark,
    ) -> impl FnMut(usize) -> u64 + 'b {
        let is_loose =
            mark.has_newline || self.is_loose && memmem::find(batch.row_cells(mark).text(), b"  ").is_some();
        let row = batch.trimmed(mark);
        move |column| {
            let cell = row.cell(column);
            let folded_here = self.folded.get(column) == Some(&true);
            let is_loose = is_loose && self.exact.get(column) != Some(&true);
            if cell.is_empty() {
                0
            } else if !is_loose && (!folded_here || is_lower(cell)) {
                hash(cell).max(1)
            } else {
                hash_loosely(cell, is_loose, folded_here, self.scratch).max(1)
            }
        }
    }
}

/// Whether a text is as it would be in lower case: ASCII, and no capital.
pub(super) fn is_lower(text: &str) -> bool {
    let mut odd = u8x16::ZERO;
    each_block(text.as_bytes(), |_, bytes| {
        odd |= bytes | bytes.max(u8x16::splat(b'A')).min(u8x16::splat(b'Z')).simd_eq(bytes);
    });
    // What is no ASCII has the highest bit set, and so has what was found.
    odd.to_bitmask() == 0
}

/// The hash of a text as it is compared: where that is loose, blanks within it count as one, and line breaks as blanks. A text without
/// either is the same in a loose row as in any, so that what else stands in its row says nothing.
#[inline(never)]
fn hash_loosely(cell: &str, is_loose: bool, folded: bool, scratch: &mut String) -> u64 {
    scratch.clear();
    if is_loose {
        push_loosely(cell, scratch);
    } else {
        scratch.push_str(cell);
    }
    if folded {
        if scratch.is_ascii() {
            scratch.make_ascii_lowercase();
        } else {
            *scratch = scratch.to_lowercase();
        }
    }
    hash(scratch)
}

/// Adds a text as it is compared where that is loose: its words, with a blank between them.
pub(super) fn push_loosely(text: &str, to: &mut String) {
    let words = text.split([' ', '\n', '\r']).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            to.push(' ');
        }
        to.push_str(word);
    }
}

/// Whether a text is another one where that is loose, as few are: it holds a line break, or two blanks side by side.
pub(super) fn is_wide(text: &str) -> bool {
    let text = text.as_bytes();
    if text.len() > 128 {
        return memchr2(b'\n', b'\r', text).is_some() || memmem::find(text, b"  ").is_some();
    }
    let (mut blanks, mut breaks) = (0_u128, u8x16::ZERO);
    each_block(text, |from, bytes| {
        blanks |= u128::from(bytes.simd_eq(u8x16::splat(b' ')).to_bitmask()) << from;
        breaks |= bytes.simd_eq(u8x16::splat(b'\n')) | bytes.simd_eq(u8x16::splat(b'\r'));
    });
    blanks & blanks << 1 != 0 || breaks.any()
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #[test]
        fn lower_case_is_what_would_not_change(text in "[a-z0-9@.]{0,40}[a-zA-Zé@{\\[`]{0,3}[a-z0-9@.]{0,40}") {
            let is_lower = text.is_ascii() && text.to_ascii_lowercase() == text;
            proptest::prop_assert_eq!(super::is_lower(&text), is_lower);
        }

        #[test]
        fn a_wide_text_is_another_one_where_that_is_loose(text in "([a-zé]{1,9} ?){0,30}[ \n\r]{0,2}([a-zé]{1,9} ?){0,10}") {
            let text = text.trim_matches([' ', '\n', '\r']);
            let mut loose = String::new();
            super::push_loosely(text, &mut loose);
            proptest::prop_assert_eq!(super::is_wide(text), loose != text);
        }
    }
}
