//! The beginnings of files: their headers, and how their text is written.

use roster_core::{Problem, Result, codes, decode};

use super::of_file;
use crate::{
    dialect::Unusable,
    files::FileSet,
    limits::Limits,
    rows::{Batch, Scanner},
    text::{Form, Sniffed, sniff},
};

/// How much of a file is looked at for its header.
pub(super) const HEAD: usize = 256 << 10;

/// The beginning of a file.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) header: Result<Vec<String>, Unusable>,
    pub(super) form: Form,
    /// The encoding, if it had to be guessed.
    pub(super) guessed: Option<&'static str>,
    /// A row fills `status` or `dateLastModified`.
    pub(super) fills_status: bool,
}

impl Head {
    pub(super) fn read(files: &mut FileSet, name: &str, limits: &Limits) -> Result<Self> {
        let bytes = files.head(name, HEAD)?;
        let sniffed = sniff(&bytes, limits.row_bytes);
        let header = match not_text(&bytes) {
            Some(what) => {
                let message = format!("it is {what}, not a text file");
                Err(Problem::error(codes::NOT_TEXT, message).into())
            }
            None => header_of(&sniffed, limits),
        };
        let fills_status = header.as_ref().is_ok_and(|header| fills_status(header, &sniffed, limits));
        let (form, guessed) = (sniffed.form, sniffed.guessed);
        Ok(Self { name: name.to_owned(), header, form, guessed, fills_status })
    }
}

/// Whether one of the first rows fills a column that only files of changes fill.
fn fills_status(header: &[String], sniffed: &Sniffed, limits: &Limits) -> bool {
    let is_one = |name: &str| ["status", "dateLastModified"].iter().any(|one| name.eq_ignore_ascii_case(one));
    let columns: Vec<_> = (0..).zip(header).filter(|(_, name)| is_one(name)).map(|(at, _)| at).collect();
    if columns.is_empty() {
        return false;
    }
    let (mut batch, mut scanner) = (Batch::default(), Scanner::new(limits.row_bytes));
    scanner.split_at(sniffed.form.delimiter);
    scanner.scan(&sniffed.text, true, 50, &mut batch);
    let mut rows = (1..batch.len()).filter_map(|index| batch.row(index));
    rows.any(|mark| columns.iter().any(|at| !decode::trim(batch.cell(mark, *at)).is_empty()))
}

/// The header of a file, if it can be read.
pub(crate) fn header(files: &mut FileSet, name: &str, limits: &Limits) -> Option<Vec<String>> {
    Head::read(files, name, limits).ok()?.header.ok()
}

fn header_of(sniffed: &Sniffed, limits: &Limits) -> Result<Vec<String>, Unusable> {
    let unusable = |code, message: &str| Err(Box::new(Problem::error(code, message)));
    if sniffed.text.iter().all(u8::is_ascii_whitespace) {
        return unusable(codes::EMPTY_FILE, "it is empty");
    }
    let mut batch = Batch::default();
    let mut scanner = Scanner::new(limits.row_bytes);
    scanner.split_at(sniffed.form.delimiter);
    scanner.scan(&sniffed.text, true, 1, &mut batch);
    let Some(mark) = batch.row(0) else {
        return unusable(codes::EMPTY_FILE, "it is empty");
    };
    if mark.fault.is_some() {
        return unusable(codes::NOT_TEXT, "its first line is no header that can be read");
    }
    if Batch::width(mark) > limits.columns {
        let message = format!("its header has more than {} columns", limits.columns);
        return unusable(codes::TOO_MANY_COLUMNS, &message);
    }
    if sniffed.is_undivided {
        let message = "no comma, semicolon, tab or bar divides its first line into columns";
        return unusable(codes::DELIMITER_NOT_FOUND, message);
    }
    Ok(batch.cells(mark).map(|cell| decode::trim(cell).to_owned()).collect())
}

/// Says that an encoding was guessed.
pub(crate) fn in_encoding(name: &str, encoding: &str) -> Problem {
    let message = format!("the file is not in UTF-8; it was read as {encoding}, which its bytes look like");
    of_file(Problem::warning(codes::ENCODING_GUESSED, message), name)
}

/// What a file is that is no text, by its first bytes.
pub(super) fn not_text(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => Some("a spreadsheet or a zip"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("an old spreadsheet"),
        [0x1f, 0x8b, ..] => Some("compressed with gzip"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Result<Vec<String>, String> {
        let limits = Limits::default();
        header_of(&sniff(bytes, limits.row_bytes), &limits).map_err(|problem| problem.code.into_owned())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_column() {
        assert_eq!(header(b"\xef\xbb\xbfsourcedId,name\r\n1,2").unwrap(), ["sourcedId", "name"]);
        assert_eq!(header(b"\"propertyName\",\"value\"").unwrap(), ["propertyName", "value"]);
    }

    #[test]
    fn what_is_no_text_is_told_by_its_first_bytes() {
        for bytes in [&b"PK\x03\x04abc"[..], b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0"] {
            assert!(not_text(bytes).is_some(), "{bytes:?}");
        }
        for bytes in [&b""[..], b"\xef\xbb\xbf", b"\r\n\n "] {
            assert_eq!(header(bytes), Err(codes::EMPTY_FILE.to_owned()), "{bytes:?}");
        }
        assert_eq!(header(&b"a,".repeat(2000)), Err(codes::TOO_MANY_COLUMNS.to_owned()));
        assert_eq!(header(b"sourcedId\n1\n"), Err(codes::DELIMITER_NOT_FOUND.to_owned()));
    }

    #[test]
    fn a_header_is_read_in_any_encoding_with_any_separator() {
        for text in [&b"\xff\xfea\0\t\0b\0\n\0"[..], b"sep=;\na;b\n", b"a|b\r1|2\r3|4", b"\0a\0,\0b\0\n"] {
            assert_eq!(header(text).unwrap(), ["a", "b"], "{text:?}");
        }
    }
}
