//! What the beginning of a file tells of its form.

use roster_core::decode;

use super::{Form, Transcoder, charset, charset::Charset};
use crate::rows::{Batch, Scanner};

/// How many rows are looked at to tell what separates cells.
const SAMPLE: usize = 50;

/// What separates cells, most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the beginning of a file tells.
pub(crate) struct Sniffed {
    pub(crate) form: Form,
    /// The beginning, as text that rows can be looked for in.
    pub(crate) text: Vec<u8>,
    /// The encoding's name, if nothing in the file tells it and it was guessed.
    pub(crate) guessed: Option<&'static str>,
    /// No separator is to be seen: each row is one cell.
    pub(crate) is_undivided: bool,
}

/// Tells a file's form by its beginning.
pub(crate) fn sniff(head: &[u8], row_bytes: usize) -> Sniffed {
    let told = charset::of_head(head);
    let mut form = Form { charset: told.charset, mark: told.mark, ..Form::default() };
    let mut text = transcoded(&form, head);
    let named = named_separator(&text);
    form.says_separator = named.is_some();
    if named.is_some() {
        text = transcoded(&form, head);
    }
    let choices = named.map_or_else(|| DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let mut best = best_of(&text, &choices, row_bytes);
    if memchr::memchr(b'\r', &text).is_some() {
        let ended = Form { returns: true, ..form };
        let with_returns = transcoded(&ended, head);
        let better = best_of(&with_returns, &choices, row_bytes);
        // Where carriage returns really end lines, more rows are whole.
        if better.whole > best.whole && better.odd() < best.odd() {
            (form, text, best) = (ended, with_returns, better);
        }
    }
    form.delimiter = best.delimiter;
    let guessed = match told.charset {
        Charset::Other(encoding) if told.guessed => Some(encoding.name()),
        _ => None,
    };
    Sniffed { form, text, guessed, is_undivided: best.width == 1 }
}

fn transcoded(form: &Form, head: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // Not the last piece: a character may be cut at its end.
    Transcoder::new(form).push(head, false, &mut text);
    text
}

/// What a spreadsheet's first line `sep=;` names.
fn named_separator(text: &[u8]) -> Option<u8> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    let line = text.get(..end)?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            DELIMITERS.contains(delimiter).then_some(*delimiter)
        }
        _ => None,
    }
}

/// How well a separator fits.
#[derive(Clone, Copy)]
struct Fit {
    delimiter: u8,
    /// Cells of the first row.
    width: usize,
    /// Rows as wide as the first.
    whole: usize,
    rows: usize,
}

impl Fit {
    /// Rows of another width, or that can't be read.
    const fn odd(&self) -> usize {
        self.rows - self.whole
    }
}

/// The separator that fits best: one with which at least 95 % of the rows are as wide as the first, else the one that makes the
/// first row widest. Of equals the more usual one.
fn best_of(text: &[u8], choices: &[u8], row_bytes: usize) -> Fit {
    let fits = choices.iter().map(|delimiter| fit(text, *delimiter, row_bytes));
    let rank = |fit: &Fit| (fit.width > 1, fit.whole * 20 >= fit.rows * 19, fit.width);
    fits.reduce(|best, fit| if rank(&fit) > rank(&best) { fit } else { best }).unwrap_or(Fit {
        delimiter: b',',
        width: 0,
        whole: 0,
        rows: 0,
    })
}

fn fit(text: &[u8], delimiter: u8, row_bytes: usize) -> Fit {
    let mut batch = Batch::default();
    let mut scanner = Scanner::new(row_bytes);
    scanner.split_at(delimiter);
    scanner.scan(text, true, SAMPLE, &mut batch);
    let rows = (0..batch.len()).filter_map(|index| batch.row(index));
    let mut fit = Fit { delimiter, width: 0, whole: 0, rows: 0 };
    for mark in rows.filter(|mark| batch.cells(mark).any(|cell| !decode::trim(cell).is_empty())) {
        if fit.rows == 0 && mark.fault.is_none() {
            fit.width = Batch::width(mark);
        }
        fit.rows += 1;
        fit.whole += usize::from(mark.fault.is_none() && Batch::width(mark) == fit.width);
    }
    fit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &str) -> char {
        char::from(sniff(text.as_bytes(), 1 << 20).form.delimiter)
    }

    #[test]
    fn tells_what_separates_cells() {
        assert_eq!(delimiter("id,name\n1,\"a;b\"\n"), ',');
        assert_eq!(delimiter("id;name\n1;\"Lee, Ann\"\n2;a,b\n"), ';');
        assert_eq!(delimiter("id\tname\n1\tAnn\n"), '\t');
        assert_eq!(delimiter("id|name\n1|Ann\n"), '|');
        // Ragged rows leave the header to decide.
        assert_eq!(delimiter("id,name,grade\n1,Ann\n2\n3,x,y,z\n"), ',');
        assert_eq!(delimiter("sep=|\nid|name;x\n1|Ann;y\n"), '|');
        assert!(sniff(b"id\n1\n2\n", 1 << 20).is_undivided);
    }

    #[test]
    fn returns_end_lines_only_where_that_makes_whole_rows() {
        let returns = |text: &[u8]| sniff(text, 1 << 20).form.returns;
        assert!(returns(b"a,b\r1,2\r3,4\r"));
        assert!(returns(b"a,b\n1,2\r3,4\r\n5,6\n"));
        assert!(!returns(b"a,b\r\n1,2\r\n"));
        assert!(!returns(b"a,b\n1,x\ry\n2,3\n"));
    }
}
