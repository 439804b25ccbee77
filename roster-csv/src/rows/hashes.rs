//! Hashes of rows: of what a row says, and of its ids, its own and those that it names.

use roster_core::{decode, hashed::hash_bytes};

use super::{
    batch::{Batch, RowCells, RowMark, each_bounds},
    split::commas,
};
use crate::keys::hash;

/// How many rows are looked ahead for what they will look up: as many as a `u64` has bits.
pub(crate) const WINDOW: usize = 64;

/// The hashes of one row.
#[derive(Clone, Copy)]
pub(crate) struct Hashes<'a>(&'a [u64]);

impl Hashes<'_> {
    /// That of what the row says: equal for equal cells, quoted or not.
    #[inline]
    pub(crate) fn row(self) -> u64 {
        self.0.first().copied().unwrap_or(0)
    }

    /// That of a key column's trimmed value.
    #[inline]
    pub(crate) fn key(self, key: usize) -> u64 {
        self.0.get(key + 1).copied().unwrap_or(0)
    }
}

/// Some rows, few enough for what they look up to be near still when it is needed.
pub(crate) struct Window<'a> {
    text: &'a str,
    starts: &'a [u32],
    rows: &'a mut [RowMark],
    hashes: &'a [u64],
    stride: usize,
}

impl Window<'_> {
    /// The hashes of one key column.
    pub(crate) fn keys(&self, key: usize) -> impl Iterator<Item = u64> + Clone {
        self.hashes.chunks_exact(self.stride).map(move |row| row.get(key + 1).copied().unwrap_or(0))
    }

    /// The rows, to be marked, with their cells and hashes.
    pub(crate) fn rows(&mut self) -> impl Iterator<Item = (&mut RowMark, RowCells<'_>, Hashes<'_>)> {
        let (text, starts) = (self.text, self.starts);
        self.rows.iter_mut().zip(self.hashes.chunks_exact(self.stride)).map(move |(mark, hashes)| {
            let cells = RowCells { text, starts: starts.get(mark.range()).unwrap_or(&[]) };
            (mark, cells, Hashes(hashes))
        })
    }
}

impl Batch {
    /// All rows, in windows.
    pub(crate) fn windows(&mut self) -> impl Iterator<Item = Window<'_>> {
        let (text, starts, stride) = (self.text.as_str(), self.starts.as_slice(), self.stride.max(1));
        let windows = self.rows.chunks_mut(WINDOW).zip(self.hashes.chunks(WINDOW * stride));
        windows.map(move |(rows, hashes)| Window { text, starts, rows, hashes, stride })
    }

    /// The marks of all rows, each with the hash of what its row says.
    pub(crate) fn marks_and_hashes(&self) -> impl Iterator<Item = (&RowMark, u64)> {
        self.rows.iter().zip(self.hashes.iter().step_by(self.stride.max(1)).copied())
    }

    /// Hashes rows and key columns.
    pub(crate) fn hash(&mut self, key_columns: &[usize], scratch: &mut Vec<u8>) {
        self.hash_with(key_columns, |mark, cells| {
            if mark.has_quote { quoted(cells, scratch) } else { hash_bytes(cells.text()) }
        });
    }

    /// Hashes key columns only.
    pub(crate) fn hash_keys(&mut self, key_columns: &[usize]) {
        self.hash_with(key_columns, |_, _| 0);
    }

    #[inline]
    fn hash_with(&mut self, key_columns: &[usize], mut row_hash: impl FnMut(&RowMark, RowCells<'_>) -> u64) {
        let mut hashes = std::mem::take(&mut self.hashes);
        self.stride = 1 + key_columns.len();
        // Those of an old batch are written over.
        hashes.resize(self.rows.len() * self.stride, 0);
        for (mark, hashes) in self.rows.iter().zip(hashes.chunks_exact_mut(self.stride)) {
            let cells = self.row_cells(mark);
            let Some((of_row, of_keys)) = hashes.split_first_mut() else { continue };
            *of_row = row_hash(mark, cells);
            for (of_key, position) in of_keys.iter_mut().zip(key_columns) {
                *of_key = if mark.padded {
                    hash(decode::trim(cells.cell(*position)))
                } else {
                    hash_bytes(cells.bytes(*position))
                };
            }
        }
        self.hashes = hashes;
    }
}

/// The hash of a row with quotes: that of its text, as of any row, but that a comma inside a cell is no separator. It gets a
/// mark of its own, which no sound cell holds.
fn quoted(cells: RowCells<'_>, scratch: &mut Vec<u8>) -> u64 {
    let text = cells.text();
    if commas(text) < cells.len() {
        return hash_bytes(text);
    }
    scratch.clear();
    scratch.extend_from_slice(text);
    let begin = cells.starts.first().map_or(0, |start| *start as usize);
    for (start, end) in each_bounds(cells.starts) {
        let cell = scratch.get_mut(start - begin..end - begin).unwrap_or(&mut []);
        // Each byte is written, so that many are at once.
        for byte in cell {
            *byte = if *byte == b',' { 0x1f } else { *byte };
        }
    }
    hash_bytes(scratch)
}

#[cfg(test)]
mod tests {
    use super::super::Scanner;
    use super::*;

    #[test]
    fn equal_cells_have_equal_hashes_quoted_or_not_and_a_comma_inside_is_no_separator() {
        let mut scanner = Scanner::new(1 << 10);
        scanner.hash_columns(vec![1]);
        let mut batch = Batch::default();
        let text = b"a,b,c\n\"a\",b,\"c\"\na,\"b,c\"\na,\" b\",c\n\"a,b\",c\n\"a,b\",\"c\"\n";
        scanner.scan(text, true, 100, &mut batch);
        let mut windows = batch.windows();
        let mut window = windows.next().unwrap();
        let hashes: Vec<_> = window.rows().map(|(_, _, hashes)| (hashes.row(), hashes.key(0))).collect();
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[4], hashes[5]);
        // The key is that of the trimmed value.
        assert_eq!(hashes[3].1, hashes[0].1);
        let rows: std::collections::BTreeSet<_> = hashes.iter().map(|(row, _)| row).collect();
        assert_eq!(rows.len(), 4);
    }
}
