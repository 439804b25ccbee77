//! Cells made ready: quotes taken off, and rows marked that are no sound text.

use super::{
    batch::{Batch, Fault, span},
    split,
};

/// Takes the quotes off the cells that have some, in place. What becomes free is filled with blanks.
pub(super) fn unquote(text: &mut [u8], batch: &mut Batch) {
    for mark in batch.rows.iter().filter(|mark| mark.has_quote) {
        for (start, end) in batch.cells.get_mut(mark.range()).unwrap_or(&mut []) {
            let Some(cell) = text.get_mut(*start as usize..*end as usize) else {
                continue;
            };
            if cell.first() == Some(&b'"') {
                *end = *start + u32::try_from(unquote_cell(cell)).unwrap_or(0);
            }
        }
    }
}

/// Moves the content of a quoted cell to its front, and returns its length.
fn unquote_cell(cell: &mut [u8]) -> usize {
    let (mut read, mut write, mut inside) = (1, 0, true);
    while let Some(&byte) = cell.get(read) {
        if inside && byte == b'"' {
            // A doubled quote stands for one; a single one closes, and what follows is kept as it is.
            inside = cell.get(read + 1) == Some(&b'"');
            read += 1;
            if !inside {
                continue;
            }
        }
        if let Some(place) = cell.get_mut(write) {
            *place = byte;
        }
        write += 1;
        read += 1;
    }
    if let Some(free) = cell.get_mut(write..) {
        free.fill(b' ');
    }
    write
}

/// Marks the rows with a cell that trimming could change. Returns whether a row may hold a control character.
pub(super) fn look_at_ends(text: &[u8], batch: &mut Batch) -> bool {
    let mut control = false;
    for mark in &mut batch.rows {
        let cells = batch.cells.get(mark.range()).unwrap_or(&[]);
        let row = text.get(span(cells)).unwrap_or(&[]);
        // Most rows have no blank at all, and no cell of them has to be looked at.
        if !split::is_graphic(row) {
            mark.padded = cells.iter().any(|(start, end)| is_padded(text, *start as usize, *end as usize));
            control |= row.iter().fold(false, |found, byte| found || is_control(*byte) || *byte == b'\r');
        }
    }
    control
}

/// Whether trimming could change a cell: whether it begins or ends with anything but a visible ASCII character.
fn is_padded(text: &[u8], start: usize, end: usize) -> bool {
    let visible = |at: usize| text.get(at).is_some_and(u8::is_ascii_graphic);
    start < end && !(visible(start) && visible(end - 1))
}

/// Makes the text a `String`. Rows with bytes that are no UTF-8, or with control characters, are marked, and the bytes
/// replaced: a row that is marked is never used.
pub(super) fn checked(text: Vec<u8>, control: bool, batch: &mut Batch) -> String {
    let (mut text, valid) = match String::from_utf8(text) {
        Ok(text) if !control => return text,
        Ok(text) => (text.into_bytes(), true),
        Err(error) => (error.into_bytes(), false),
    };
    let Batch { rows, cells, .. } = batch;
    for mark in rows {
        for (index, (start, end)) in cells.get(mark.range()).unwrap_or(&[]).iter().enumerate() {
            let Some(cell) = text.get(*start as usize..*end as usize) else {
                continue;
            };
            let fault = if !valid && std::str::from_utf8(cell).is_err() {
                Fault::InvalidUtf8 { cell: index }
            } else if cell.iter().any(|byte| is_control(*byte)) {
                Fault::ControlCharacter { cell: index }
            } else if has_bare_return(cell) {
                Fault::LineEnds
            } else {
                continue;
            };
            mark.fault.get_or_insert(fault);
        }
    }
    if !valid {
        replace_invalid(&mut text);
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Overwrites the bytes that are no UTF-8, and leaves the others where they are.
fn replace_invalid(text: &mut [u8]) {
    let mut from = 0;
    while let Some(tail) = text.get_mut(from..) {
        let Err(error) = std::str::from_utf8(tail) else {
            return;
        };
        let start = error.valid_up_to();
        let length = error.error_len().unwrap_or(tail.len() - start);
        if let Some(wrong) = tail.get_mut(start..start + length) {
            wrong.fill(b'?');
        }
        from += start + length;
    }
}

const fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\n' && byte != b'\r' && byte != b'\t') || byte == 0x7f
}

/// Whether a carriage return stands without its line feed: a line end of an old Macintosh, so that the cell, and the row, may
/// be several.
fn has_bare_return(cell: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', cell).any(|at| cell.get(at + 1) != Some(&b'\n'))
}
