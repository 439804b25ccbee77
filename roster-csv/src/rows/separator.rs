//! Other separators than the comma.
//!
//! The scanner knows the comma alone, which is what makes it fast. In a file with another separator the two change places before rows
//! are looked for, and back inside the cells that were found: in place, since both are one byte.

use super::batch::{Batch, each_bounds};

/// The separator that the scanner knows.
pub(super) const USUAL: u8 = b',';

/// Lets the comma and the file's own separator change places.
pub(super) fn exchange(text: &mut [u8], delimiter: u8) {
    if delimiter == USUAL {
        return;
    }
    for byte in text {
        if *byte == delimiter {
            *byte = USUAL;
        } else if *byte == USUAL {
            *byte = delimiter;
        }
    }
}

/// Gives the cells their own bytes back. Between them commas stay, as in any batch.
pub(super) fn restore(text: &mut [u8], batch: &mut Batch, delimiter: u8) {
    if delimiter == USUAL {
        return;
    }
    let Batch { rows, starts, .. } = batch;
    for mark in rows {
        for (start, end) in each_bounds(starts.get(mark.range()).unwrap_or(&[])) {
            let cell = text.get_mut(start..end).unwrap_or(&mut []);
            exchange(cell, delimiter);
            // A comma inside a cell must not be taken for a separator when the row is hashed.
            mark.has_quote |= memchr::memchr(USUAL, cell).is_some();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Scanner};

    fn cells(text: &[u8], delimiter: u8, pieces: usize) -> Vec<Vec<String>> {
        let mut scanner = Scanner::new(1 << 10);
        scanner.split_at(delimiter);
        let mut rows = Vec::new();
        let mut batch = Batch::default();
        for piece in text.chunks(pieces).chain([&[][..]]) {
            scanner.scan(piece, piece.is_empty(), 100, &mut batch);
            let marks = (0..batch.len()).filter_map(|index| batch.row(index));
            rows.extend(marks.map(|mark| batch.cells(mark).map(str::to_owned).collect::<Vec<_>>()));
        }
        rows
    }

    #[test]
    fn cells_keep_their_commas_whatever_separates_them() {
        for delimiter in [b';', b'\t', b'|'] {
            let text = "a;Lee, Ann;\"x;\"\"y\"\"\"\n,;;\"b\n,c\"\n\"open;d\ne;f;g\n"
                .replace(';', &char::from(delimiter).to_string());
            let quoted = format!("x{}\"y\"", char::from(delimiter));
            for pieces in [1, 7, 1000] {
                let rows = cells(text.as_bytes(), delimiter, pieces);
                assert_eq!(rows[0], ["a", "Lee, Ann", &quoted], "{delimiter} {pieces}");
                assert_eq!(rows[1], [",", "", "b\n,c"]);
                // After a quote that is not closed, the lines below are rows again.
                assert_eq!(rows.last().unwrap(), &["e", "f", "g"]);
            }
        }
    }
}
