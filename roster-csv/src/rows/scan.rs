//! The scanner: RFC 4180 with the leniency that real files need, and with limits.

use memchr::{memchr, memchr2};

use super::{
    batch::{Batch, Fault, RowMark, span},
    split,
};
use crate::keys::Seen;

/// Finds the rows of one file, chunk by chunk.
pub(crate) struct Scanner {
    /// Bytes read and not yet given out: the beginning of a row whose end is not here yet.
    rest: Vec<u8>,
    /// The physical line on which `rest` begins.
    line: u64,
    row_bytes: usize,
    /// How many cells a row should have, once the header has told. A row with a line break in a cell and another number of
    /// cells is one whose quote was not closed.
    width: Option<usize>,
    /// The columns that hold keys, to be hashed.
    key_columns: Vec<usize>,
    /// The rest of a row that is too long is being passed over.
    skipping: bool,
    scratch: String,
}

/// What was found at the start of a text.
struct Found {
    mark: RowMark,
    /// Bytes of the row, its line break included.
    length: usize,
    /// Lines of the row.
    lines: u64,
}

/// What one look at a cell's closing quote told.
enum Quoted {
    /// The cell ends here; whether text followed the quote.
    Closed { end: usize, stray: bool },
    /// The text ends before the cell does.
    Open,
    /// The quote must have been meant as text: what follows its partner on a later line is no separator.
    Unclosed,
}

impl Scanner {
    pub(crate) fn new(row_bytes: usize) -> Self {
        Self {
            rest: Vec::new(),
            line: 1,
            row_bytes,
            width: None,
            key_columns: Vec::new(),
            skipping: false,
            scratch: String::new(),
        }
    }

    /// Says how many cells a row should have.
    pub(crate) fn expect_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// Says which columns hold keys.
    pub(crate) fn hash_columns(&mut self, columns: Vec<usize>) {
        self.key_columns = columns;
    }

    /// Fills `batch` with the rows that are complete after `chunk`; with all that are left if it is the `last` one.
    ///
    /// At most `rows` are given out; what is left stays for the next call, which may bring an empty chunk. Returns whether
    /// there may be more rows in what was read so far.
    pub(crate) fn scan(&mut self, chunk: &[u8], last: bool, rows: usize, batch: &mut Batch) -> bool {
        batch.rows.clear();
        batch.cells.clear();
        let mut text = std::mem::take(&mut batch.text).into_bytes();
        text.clear();
        text.append(&mut self.rest);
        text.extend_from_slice(chunk);

        let mut at = 0;
        let mut more = false;
        loop {
            if self.skipping {
                at = self.skip(&text, at);
            }
            if at >= text.len() {
                break;
            }
            if batch.rows.len() >= rows {
                more = true;
                break;
            }
            let Some(found) = self.row(&text, at, last, &mut batch.cells) else {
                break;
            };
            at += found.length;
            self.line += found.lines;
            batch.rows.push(found.mark);
        }
        self.rest.extend_from_slice(text.get(at..).unwrap_or(&[]));
        text.truncate(at);
        unquote(&mut text, batch);
        let suspect = look_at_ends(&text, batch);
        batch.text = checked(text, suspect, batch);
        batch.hash(&self.key_columns, &mut self.scratch);
        more
    }

    /// Passes over the rest of a row that is too long.
    fn skip(&mut self, text: &[u8], at: usize) -> usize {
        let rest = text.get(at..).unwrap_or(&[]);
        match memchr(b'\n', rest) {
            Some(end) => {
                self.skipping = false;
                self.line += 1;
                at + end + 1
            }
            None => text.len(),
        }
    }

    /// The row that begins at `at`, or `None` if its end is not here yet.
    fn row(&mut self, text: &[u8], at: usize, last: bool, cells: &mut Vec<(u32, u32)>) -> Option<Found> {
        let rest = text.get(at..)?;
        match memchr2(b'\n', b'"', rest) {
            Some(end) if rest.get(end) == Some(&b'\n') => Some(self.plain(rest, at, end, true, cells)),
            None if last => Some(self.plain(rest, at, rest.len(), false, cells)),
            None if rest.len() > self.row_bytes => Some(self.too_long(rest, at, cells)),
            None => None,
            Some(_) => self.quoted(rest, at, last, cells),
        }
    }

    /// A row without quotes.
    #[inline]
    fn plain(
        &self,
        rest: &[u8],
        at: usize,
        end: usize,
        terminated: bool,
        cells: &mut Vec<(u32, u32)>,
    ) -> Found {
        let line = rest.get(..end).unwrap_or(rest);
        let length = line.len() + usize::from(terminated);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let first = cells.len();
        let (mut start, end) = range(at, at + line.len());
        split::commas(line, start, |comma| {
            cells.push((start, comma));
            start = comma + 1;
        });
        cells.push((start, end));
        let mut mark = self.mark(cell_range(first, cells.len()));
        mark.unterminated = !terminated;
        if length > self.row_bytes {
            mark.fault = Some(Fault::TooLong);
        }
        Found { mark, length, lines: 1 }
    }

    /// A row that outgrows the limit before its end is in sight: what is here of it tells its id.
    fn too_long(&mut self, rest: &[u8], at: usize, cells: &mut Vec<(u32, u32)>) -> Found {
        self.skipping = true;
        let mut found = self.plain(rest, at, rest.len(), false, cells);
        found.mark.fault = Some(Fault::TooLong);
        found.mark.unterminated = false;
        // The line ends where the skipping ends, and is counted there.
        Found { lines: 0, ..found }
    }

    /// A row with at least one quote.
    fn quoted(&mut self, rest: &[u8], at: usize, last: bool, cells: &mut Vec<(u32, u32)>) -> Option<Found> {
        let first = cells.len();
        let mut mark = self.mark(cell_range(first, first));
        mark.has_quote = true;
        // Where the first quote that reaches over a line's end was opened.
        let mut crossing = None;
        let mut start = 0;
        loop {
            let end = if rest.get(start) == Some(&b'"') {
                match closing(rest, start, last) {
                    Quoted::Closed { end, stray } => {
                        mark.has_stray_quote |= stray;
                        if memchr(b'\n', rest.get(start..end).unwrap_or(&[])).is_some() {
                            mark.has_newline = true;
                            crossing.get_or_insert(start);
                        }
                        end
                    }
                    Quoted::Unclosed => return Some(self.unclosed(rest, at, start, first, cells)),
                    Quoted::Open if last || rest.len() > self.row_bytes => {
                        return Some(self.unclosed(rest, at, start, first, cells));
                    }
                    Quoted::Open => {
                        cells.truncate(first);
                        return None;
                    }
                }
            } else {
                let tail = rest.get(start..).unwrap_or(&[]);
                match memchr2(b',', b'\n', tail) {
                    Some(end) => start + end,
                    None if last => rest.len(),
                    None if rest.len() > self.row_bytes => {
                        cells.truncate(first);
                        return Some(self.too_long(rest, at, cells));
                    }
                    None => {
                        cells.truncate(first);
                        return None;
                    }
                }
            };
            let separator = rest.get(end).copied();
            let cell_end = match separator {
                Some(b',') => end,
                _ if end > start && rest.get(end - 1) == Some(&b'\r') => end - 1,
                _ => end,
            };
            cells.push(range(at + start, at + cell_end));
            if separator == Some(b',') {
                start = end + 1;
                continue;
            }
            mark.cells = cell_range(first, cells.len());
            mark.unterminated = separator.is_none();
            let length = end + usize::from(separator.is_some());
            let odd = self.width.is_some_and(|width| width != mark.cells.len()) || length > self.row_bytes;
            if let Some(opened) = crossing.filter(|_| odd) {
                return Some(self.unclosed(rest, at, opened, first, cells));
            }
            if length > self.row_bytes {
                mark.fault = Some(Fault::TooLong);
            }
            let lines = newlines(rest.get(..end).unwrap_or(&[])) + 1;
            return Some(Found { mark, length, lines });
        }
    }

    /// Cuts the row at the end of the line on which a quote was opened and not closed: the lines after it are rows again.
    fn unclosed(
        &self,
        rest: &[u8],
        at: usize,
        opened: usize,
        first: usize,
        cells: &mut Vec<(u32, u32)>,
    ) -> Found {
        let from_quote = rest.get(opened..).unwrap_or(&[]);
        let end = memchr(b'\n', from_quote).map_or(rest.len(), |end| opened + end);
        let before = newlines(rest.get(..opened).unwrap_or(&[]));
        // The cells before the quote are sound; the one that it opens is not given out.
        cells.truncate(
            first + cells.iter().skip(first).take_while(|cell| (cell.0 as usize) < at + opened).count(),
        );
        let mut mark = self.mark(cell_range(first, cells.len()));
        mark.has_quote = true;
        mark.fault = Some(Fault::UnclosedQuote { line: self.line + before });
        mark.unterminated = end == rest.len();
        Found { mark, length: end + usize::from(end < rest.len()), lines: before + 1 }
    }

    fn mark(&self, cells: std::ops::Range<u32>) -> RowMark {
        RowMark {
            line: self.line,
            cells,
            fault: None,
            has_newline: false,
            has_stray_quote: false,
            has_quote: false,
            unterminated: false,
            padded: false,
            seen: Seen::First,
        }
    }
}

/// Where a cell that opens with a quote at `start` ends.
fn closing(rest: &[u8], start: usize, last: bool) -> Quoted {
    let mut from = start + 1;
    while let Some(at) = memchr(b'"', rest.get(from..).unwrap_or(&[])) {
        let quote = from + at;
        match rest.get(quote + 1) {
            Some(b'"') => from = quote + 2,
            Some(b',' | b'\n') => {
                return Quoted::Closed { end: quote + 1, stray: false };
            }
            Some(b'\r') if rest.get(quote + 2) == Some(&b'\n') => {
                return Quoted::Closed { end: quote + 2, stray: false };
            }
            // Whether a line feed follows is not known yet.
            Some(b'\r') if rest.len() == quote + 2 => {
                return if last { Quoted::Closed { end: quote + 2, stray: false } } else { Quoted::Open };
            }
            Some(_) if memchr(b'\n', rest.get(start..quote).unwrap_or(&[])).is_some() => {
                return Quoted::Unclosed;
            }
            // Text after the closing quote: up to the next separator.
            Some(_) => {
                let after = rest.get(quote + 1..).unwrap_or(&[]);
                return match memchr2(b',', b'\n', after) {
                    Some(end) => Quoted::Closed { end: quote + 1 + end, stray: true },
                    None if last => Quoted::Closed { end: rest.len(), stray: true },
                    None => Quoted::Open,
                };
            }
            None if last => {
                return Quoted::Closed { end: rest.len(), stray: false };
            }
            None => return Quoted::Open,
        }
    }
    Quoted::Open
}

/// Takes the quotes off the cells that have some, in place. What becomes free is filled with blanks.
fn unquote(text: &mut [u8], batch: &mut Batch) {
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
fn look_at_ends(text: &[u8], batch: &mut Batch) -> bool {
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
fn checked(text: Vec<u8>, control: bool, batch: &mut Batch) -> String {
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

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Marks fit in 32 bits: a batch is a chunk and at most one row, and both are far below 4 GiB.
fn range(start: usize, end: usize) -> (u32, u32) {
    (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
}

fn cell_range(start: usize, end: usize) -> std::ops::Range<u32> {
    let (start, end) = range(start, end);
    start..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Scans `bytes` in chunks of `size`, giving out at most `rows` rows at a time.
    fn scan(bytes: &[u8], size: usize, rows: usize, width: Option<usize>) -> Vec<(RowMark, Vec<String>)> {
        let mut scanner = Scanner::new(1 << 10);
        if let Some(width) = width {
            scanner.expect_width(width);
        }
        let mut batch = Batch::default();
        let mut all = Vec::new();
        let mut chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        chunks.push(&[]);
        let last = chunks.len() - 1;
        for (index, chunk) in chunks.into_iter().enumerate() {
            let mut more = scanner.scan(chunk, index == last, rows, &mut batch);
            loop {
                for mark in &batch.rows {
                    all.push((mark.clone(), batch.cells(mark).map(str::to_owned).collect()));
                }
                if !more {
                    break;
                }
                more = scanner.scan(&[], index == last, rows, &mut batch);
            }
        }
        all
    }

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        scan(text.as_bytes(), 1 << 16, 100, None)
            .into_iter()
            .map(|(mark, cells)| (mark.line, cells))
            .collect()
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn lines_are_counted_over_blank_lines_and_line_breaks_in_cells() {
        assert_eq!(
            rows("a,b\n\n1,\"x\ny\"\r\n2,z"),
            [row(1, &["a", "b"]), row(2, &[""]), row(3, &["1", "x\ny"]), row(5, &["2", "z"])]
        );
    }

    #[test]
    fn quotes_inside_cells() {
        assert_eq!(
            rows("\"say \"\"hi\"\"\",\"\",Bob \"Bo\" S\n"),
            [row(1, &["say \"hi\"", "", "Bob \"Bo\" S"])]
        );
        let (mark, cells) = scan(b"\"ab\"cd,e\n", 4, 9, None).remove(0);
        assert!(mark.has_stray_quote && mark.fault.is_none());
        assert_eq!(cells, ["abcd", "e"]);
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_line_alone() {
        for text in [
            "1,\"a,b\n2,c,d\n3,e,f\n",
            "1,\"a,b\n2,\"c\",d\n3,e,f\n",
            "1,\"a\n2,c,d\"\n3,e,f\n",
            "1,\"a,b\r\n2,c,\"d\"\r\n3,e,f\r\n",
        ] {
            let found = scan(text.as_bytes(), 5, 2, Some(3));
            let faults: Vec<_> = found.iter().map(|(mark, _)| (mark.line, mark.fault)).collect();
            assert_eq!(faults[0], (1, Some(Fault::UnclosedQuote { line: 1 })), "{text}");
            assert_eq!(found[0].1, ["1"], "{text}");
            assert_eq!((faults[1], faults[2]), ((2, None), (3, None)), "{text}");
        }
    }

    #[test]
    fn the_line_told_is_the_one_where_the_quote_opened() {
        let found = scan(b"\"x\ny\",\"a\nb,c\nd,e\n", 64, 9, Some(2));
        assert_eq!(found[0].0.fault, Some(Fault::UnclosedQuote { line: 2 }));
        assert_eq!((found[1].0.line, found[1].1.len()), (3, 2));
    }

    #[test]
    fn a_row_over_the_limit_is_passed_over_and_tells_its_id() {
        let text = format!("1,{}\n2,b\n", "x".repeat(5000));
        let found = scan(text.as_bytes(), 700, 9, None);
        assert_eq!((found[0].0.fault, found[0].1[0].as_str()), (Some(Fault::TooLong), "1"));
        assert_eq!((found[1].0.line, found[1].0.fault, found[1].1[0].as_str()), (2, None, "2"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn wrong_bytes_mark_their_row_and_cell() {
        let found = scan(b"1,Ren\xe9,z\n2,Ren\xc3\xa9,z\n3,a\0,z\n", 3, 9, None);
        assert_eq!(found[0].0.fault, Some(Fault::InvalidUtf8 { cell: 1 }));
        assert_eq!((found[1].0.fault, found[1].1[1].as_str()), (None, "Ren\u{e9}"));
        assert_eq!(found[2].0.fault, Some(Fault::ControlCharacter { cell: 1 }));
    }

    #[test]
    fn a_carriage_return_that_stands_alone_is_a_fault_and_one_before_a_line_feed_is_none() {
        let found = scan(b"a,b\rc,d\n1,\"x\r\ny\"\r\n", 3, 9, None);
        assert_eq!(found[0].0.fault, Some(Fault::LineEnds));
        assert_eq!((found[1].0.fault, found[1].1[1].as_str()), (None, "x\r\ny"));
    }

    #[test]
    fn a_row_without_a_line_break_at_the_end_says_so() {
        let found = scan(b"a\n\"b\"", 2, 9, None);
        assert!(!found[0].0.unterminated && found[1].0.unterminated);
        assert_eq!(found[1].1, ["b"]);
    }

    /// Cells as a tidy writer may write them.
    fn tidy_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
        let cell = "([a-z,\"\n é]|\r\n){0,9}";
        (1_usize..5).prop_flat_map(move |width| {
            proptest::collection::vec(proptest::collection::vec(cell, width..=width), 1..9)
        })
    }

    proptest! {
        #[test]
        fn reads_what_the_csv_crate_writes(rows in tidy_rows(), size in 1_usize..50, at_once in 1_usize..4, crlf: bool) {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let found = scan(&bytes, size, at_once, Some(rows[0].len()));
            prop_assert!(found.iter().all(|(mark, _)| mark.fault.is_none()));
            prop_assert_eq!(found.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>(), rows);
        }

        #[test]
        fn any_bytes_give_the_same_rows_whatever_the_chunks(
            bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300),
            size in 1_usize..40,
            at_once in 1_usize..5,
        ) {
            let describe = |found: Vec<(RowMark, Vec<String>)>| {
                found.into_iter().map(|(mark, cells)| (mark.line, mark.fault, cells)).collect::<Vec<_>>()
            };
            let whole = describe(scan(&bytes, bytes.len().max(1), 1000, Some(2)));
            prop_assert_eq!(describe(scan(&bytes, size, at_once, Some(2))), whole);
        }

        #[test]
        fn every_physical_line_belongs_to_one_row(bytes in proptest::collection::vec(
            prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'x')], 0..300,
        )) {
            let found = scan(&bytes, 64, 100, Some(2));
            let lines: Vec<_> = found.iter().map(|(mark, _)| mark.line).collect();
            prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(lines.last().copied().unwrap_or(0) <= newlines(&bytes) + 1);
        }
    }
}
