//! Cells that a spreadsheet, or somebody who feared one, wrapped so that their text survives: `="00123"`, `'00123`, and the apostrophe
//! before a text that begins as a formula does.

use super::batch::{Batch, span};

/// What stands before a text that would be taken for a formula, beside the full-width signs.
const TRIGGERS: &[u8] = b"=+-@\t";
/// Signs that some spreadsheets take for their ASCII likes.
const WIDE_TRIGGERS: [&str; 4] = ["\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];

/// Takes the wrappers off, and notes which cells had one. Texts without a sign of one, which nearly all are, cost one look.
pub(super) fn unwrap(text: &mut [u8], batch: &mut Batch) {
    batch.unwrapped.clear();
    if !may_be_wrapped(text) {
        return;
    }
    let Batch { rows, starts, unwrapped, .. } = batch;
    for (number, mark) in (0..).zip(rows) {
        let starts = starts.get_mut(mark.range()).unwrap_or(&mut []);
        let whole = span(starts);
        let Some(row) = text.get_mut(whole.clone()).filter(|row| may_be_wrapped(row)) else { continue };
        let (mut from, mut to) = (0, 0);
        for index in 1..starts.len() {
            let Some(next) = starts.get_mut(index) else { break };
            let end = *next as usize - 1 - whole.start;
            let inner = row.get(from..end).and_then(inside);
            if inner.is_some() {
                mark.unwrapped = true;
                unwrapped.push((number, u32::try_from(index - 1).unwrap_or(u32::MAX)));
            }
            let (skipped, length) = inner.unwrap_or((0, end - from));
            row.copy_within(from + skipped..from + skipped + length, to);
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

/// Whether a sign is there that begins a wrapper, and does not stand inside a word, as the apostrophe of a name does.
pub(crate) fn may_be_wrapped(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'\'', b'=', text).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let is_begin = before.is_none_or(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        let begins = |next: &u8| matches!(next, b'"' | b'0'..=b'9' | 0xef) || TRIGGERS.contains(next);
        is_begin && text.get(at + 1).is_some_and(begins)
    })
}

/// Where the text of a wrapped cell begins, and how long it is.
fn inside(cell: &[u8]) -> Option<(usize, usize)> {
    match cell {
        [b'=', b'"', text @ .., b'"'] => (!text.contains(&b'"')).then_some((2, text.len())),
        [b'\'', text @ ..] => {
            let is_number = text.first().is_some_and(u8::is_ascii_digit)
                && text.iter().all(|byte| byte.is_ascii_digit() || b"-./:".contains(byte));
            let is_formula = text.first().is_some_and(|first| TRIGGERS.contains(first))
                || WIDE_TRIGGERS.iter().any(|sign| text.starts_with(sign.as_bytes()));
            (is_number || is_formula).then_some((1, text.len()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Scanner};

    fn cells(line: &str) -> (Vec<String>, Vec<u32>) {
        let (mut scanner, mut batch) = (Scanner::new(1 << 10), Batch::default());
        scanner.scan(line.as_bytes(), true, 10, &mut batch);
        let mark = batch.row(0).unwrap();
        (batch.cells(mark).map(str::to_owned).collect(), batch.unwrapped_of(0).collect())
    }

    #[test]
    fn wrappers_are_taken_off_and_told() {
        for (line, wanted, which) in [
            ("=\"00123\",Ann,'007\n", &["00123", "Ann", "007"][..], &[0, 2][..]),
            ("\"=\"\"1,2\"\"\",'=1+1\n", &["1,2", "=1+1"], &[0, 1]),
            ("x,'+1 555,'2012-03-04,'\u{ff1d}1", &["x", "+1 555", "2012-03-04", "\u{ff1d}1"], &[1, 2, 3]),
            ("=\"\",b\n", &["", "b"], &[0]),
        ] {
            let wanted: Vec<_> = wanted.iter().map(|&cell| cell.to_owned()).collect();
            assert_eq!(cells(line), (wanted, which.to_vec()), "{line}");
        }
    }

    #[test]
    fn names_and_formulas_stay_as_they_are() {
        for line in ["'t Hooft,O'Brien,'Aisha", "a='1',=1+1,'80s Music", "=A1\"x\",'", "='x',D' 1"] {
            let (found, which) = cells(line);
            assert_eq!((found.join(",").as_str(), which.len()), (line, 0));
        }
    }
}
