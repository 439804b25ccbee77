//! Cells made ready: quotes taken off, and rows marked that are no sound text.

use super::{
    batch::{Batch, Fault, each_bounds, span},
    split,
};

/// Takes the quotes off the cells that have some, and moves the cells of such a row together, so that one separator stands
/// between them as in any row. What becomes free is filled with line feeds, which stand between rows anyway.
pub(super) fn unquote(text: &mut [u8], batch: &mut Batch) {
    for mark in batch.rows.iter().filter(|mark| mark.has_quote) {
        let starts = batch.starts.get_mut(mark.range()).unwrap_or(&mut []);
        let whole = span(starts);
        let Some(row) = text.get_mut(whole.clone()) else { continue };
        let (mut from, mut to) = (0, 0);
        for index in 1..starts.len() {
            let Some(next) = starts.get_mut(index) else { break };
            let end = *next as usize - 1 - whole.start;
            let length = match row.get_mut(from..end) {
                Some(cell) if cell.first() == Some(&b'"') => unquote_cell(cell),
                _ => end - from,
            };
            // Cells before the first that has quotes stay where they are.
            if from != to {
                row.copy_within(from..from + length, to);
            }
            from = end + 1;
            to += length + 1;
            *next = u32::try_from(whole.start + to).unwrap_or(u32::MAX);
            if let Some(separator) = row.get_mut(to - 1) {
                *separator = b',';
            }
        }
        if let Some(free) = row.get_mut(to..) {
            free.fill(b'\n');
        }
    }
}

/// Moves the content of a quoted cell to its front, and returns its length.
fn unquote_cell(cell: &mut [u8]) -> usize {
    // Most hold no other quotes than those around them.
    if let [b'"', inner @ .., b'"'] = &*cell
        && memchr::memchr(b'"', inner).is_none()
    {
        let length = inner.len();
        cell.copy_within(1..=length, 0);
        return length;
    }
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
    write
}

/// Marks the rows with a cell that trimming could change: among all, or among those that were changed since they were looked at.
/// Returns whether a row may hold a control character, a carriage return among them.
pub(super) fn look_at_ends(text: &[u8], batch: &mut Batch, all: bool) -> bool {
    let mut control = false;
    for mark in batch.rows.iter_mut().filter(|mark| all || mark.has_quote || mark.unwrapped) {
        let starts = batch.starts.get(mark.range()).unwrap_or(&[]);
        let row = text.get(span(starts)).unwrap_or(&[]);
        if !split::is_graphic(row) {
            mark.padded = each_bounds(starts).any(|(start, end)| is_padded(text, start, end));
            control |= !split::is_without_control(row);
        }
    }
    control
}

/// Whether trimming could change a cell: whether it begins or ends with anything but a visible ASCII character or a letter of two bytes.
fn is_padded(text: &[u8], start: usize, end: usize) -> bool {
    let cell = text.get(start..end).unwrap_or(&[]);
    let starts_well = |byte: &u8| byte.is_ascii_graphic() || is_lead_of_letter(*byte);
    let ends_well = match cell {
        [.., lead, last] if !last.is_ascii() => is_lead_of_letter(*lead),
        _ => cell.last().is_some_and(u8::is_ascii_graphic),
    };
    !(cell.is_empty() || ends_well && cell.first().is_some_and(starts_well))
}

/// Whether a byte begins a character of two bytes that is never taken off: the one no-break space among those begins with C2, and so
/// do the control characters.
const fn is_lead_of_letter(byte: u8) -> bool {
    matches!(byte, 0xc3..=0xdf)
}

/// Makes the text a `String`. Rows with bytes that are no UTF-8, or with control characters, are marked, and the bytes
/// replaced: a row that is marked is never used.
pub(super) fn checked(text: Vec<u8>, control: bool, batch: &mut Batch) -> String {
    let (mut text, valid) = match String::from_utf8(text) {
        Ok(text) if !control => return text,
        Ok(text) => (text.into_bytes(), true),
        Err(error) => (error.into_bytes(), false),
    };
    let Batch { rows, starts, .. } = batch;
    for mark in rows {
        for (index, (start, end)) in each_bounds(starts.get(mark.range()).unwrap_or(&[])).enumerate() {
            let Some(cell) = text.get(start..end) else {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use roster_core::decode::trim;

    use super::is_padded;

    #[test]
    fn letters_are_no_padding() {
        for cell in ["Zoë", "Łucja", "é", "a", "", "Ñ ñ"] {
            assert!(!is_padded(cell.as_bytes(), 0, cell.len()), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn what_trimming_would_change_is_padded(cell in "[aéŁß\u{7ff} \t\u{85}\u{a0}\u{200b}\u{feff}\u{3000}王]{0,5}") {
            let text = format!("é,{cell},é");
            prop_assert!(trim(&cell) == cell || is_padded(text.as_bytes(), 3, 3 + cell.len()));
        }

        #[test]
        fn no_letter_of_two_bytes_is_taken_off(letter in "[\u{c0}-\u{7ff}]") {
            prop_assert_eq!(trim(&letter), letter.as_str());
        }
    }
}
