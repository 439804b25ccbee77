//! The scanner: RFC 4180 with the leniency that real files need, and with limits.

use memchr::{memchr, memchr_iter, memchr2};

use super::{
    batch::{Batch, Fault, RowMark},
    clean::{checked, look_at_ends, unquote},
    lines::{Lines, Looks, narrow},
    separator, unwrap,
};

/// Finds the rows of one file, chunk by chunk.
pub(crate) struct Scanner {
    /// Bytes read and not yet given out: the beginning of a row whose end is not here yet.
    rest: Vec<u8>,
    /// The bytes of the next batch, `filled` of them, the rest among them.
    text: Vec<u8>,
    filled: usize,
    /// Where the first row of `text` begins: after the byte order mark.
    begin: usize,
    /// The physical line on which that is.
    line: u64,
    row_bytes: usize,
    /// How many cells a row should have, once the header has told. A row with a line break in a cell and another number of
    /// cells is one whose quote was not closed.
    width: Option<usize>,
    /// The columns that hold keys, to be hashed.
    key_columns: Vec<usize>,
    /// What stands between cells.
    delimiter: u8,
    /// How many of the bytes at hand were looked at for that already.
    exchanged: usize,
    /// The rest of a row that is too long is being passed over.
    skipping: bool,
    scratch: Vec<u8>,
}

/// How far the row reaches that was found at the start of a text.
struct Found {
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
            text: Vec::new(),
            filled: 0,
            begin: 0,
            line: 1,
            row_bytes,
            width: None,
            key_columns: Vec::new(),
            delimiter: separator::USUAL,
            exchanged: 0,
            skipping: false,
            scratch: Vec::new(),
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

    /// Says what stands between cells, if it is no comma.
    pub(crate) fn split_at(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Says on which physical line the rows begin.
    pub(crate) fn begin_on(&mut self, line: u64) {
        self.line = line;
    }

    /// Room for bytes in the buffer that `batch` brings. What is there of an old text is written over, so that nothing has to
    /// be zeroed.
    pub(crate) fn room(&mut self, batch: &mut Batch, length: usize) -> &mut [u8] {
        self.text = std::mem::take(&mut batch.text).into_bytes();
        self.filled = self.rest.len();
        self.text.resize(self.filled + length, 0);
        if let Some(front) = self.text.get_mut(..self.filled) {
            front.copy_from_slice(&self.rest);
        }
        self.rest.clear();
        self.text.get_mut(self.filled..).unwrap_or(&mut [])
    }

    /// Takes in the first `count` bytes of that room, and shows them.
    pub(crate) fn fill(&mut self, count: usize) -> &[u8] {
        let from = self.filled;
        self.filled += count;
        self.text.get(from..self.filled).unwrap_or(&[])
    }

    /// The last `count` bytes that were filled in.
    pub(crate) fn last(&self, count: usize) -> &[u8] {
        self.text.get(self.filled.saturating_sub(count)..self.filled).unwrap_or(&[])
    }

    /// Puts other text in the place of the last `count` bytes.
    pub(crate) fn replace(&mut self, count: usize, text: &[u8]) {
        self.filled -= count;
        self.text.truncate(self.filled);
        self.text.extend_from_slice(text);
        self.filled = self.text.len();
    }

    /// Passes over the first bytes of the file, which are no text.
    pub(crate) fn pass_over(&mut self, count: usize) {
        self.begin = count;
    }

    /// Fills `batch` with the rows that are complete after `chunk`, as [`rows`](Self::rows) does.
    pub(crate) fn scan(&mut self, chunk: &[u8], last: bool, rows: usize, batch: &mut Batch) -> bool {
        self.room(batch, chunk.len()).copy_from_slice(chunk);
        self.fill(chunk.len());
        self.rows(last, rows, batch)
    }

    /// Fills `batch`, whose buffer was filled, with the rows that are complete; with all that are left if there are no more
    /// bytes (`last`).
    ///
    /// At most `rows` are given out; what is left stays for the next call, for which no bytes need to come. Returns whether
    /// there may be more rows in what was read so far.
    pub(crate) fn rows(&mut self, last: bool, rows: usize, batch: &mut Batch) -> bool {
        batch.rows.clear();
        batch.starts.clear();
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.filled);
        separator::exchange(text.get_mut(self.exchanged..).unwrap_or(&mut []), self.delimiter);

        let mut at = std::mem::take(&mut self.begin);
        let mut more = false;
        let mut looks = Looks::PLAIN;
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
            let mut lines = Lines { at, line: self.line };
            lines.take(&text, (rows, self.row_bytes), batch, &mut looks);
            if lines.at > at {
                (at, self.line) = (lines.at, lines.line);
                continue;
            }
            let Some(found) = self.row(&text, at, last, batch) else {
                break;
            };
            // A row with a quote is looked at when its quotes are off.
            looks.untidy |= batch.rows.last().is_none_or(|mark| !mark.has_quote);
            looks.wide |= !text.get(at..at + found.length).is_some_and(<[u8]>::is_ascii);
            at += found.length;
            self.line += found.lines;
        }
        self.rest.extend_from_slice(text.get(at..).unwrap_or(&[]));
        text.truncate(at);
        self.exchanged = self.rest.len();
        unquote(&mut text, batch);
        separator::restore(&mut text, batch, self.delimiter);
        unwrap::unwrap(&mut text, batch);
        let suspect = look_at_ends(&text, batch, looks.untidy);
        batch.text = checked(text, suspect, batch);
        batch.is_ascii = !looks.wide;
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

    /// Takes in the row that begins at `at`, unless its end is not here yet.
    fn row(&mut self, text: &[u8], at: usize, last: bool, batch: &mut Batch) -> Option<Found> {
        let rest = text.get(at..)?;
        match memchr2(b'\n', b'"', rest) {
            Some(end) if rest.get(end) == Some(&b'\n') => Some(self.plain(rest, at, end, true, batch)),
            None if last => Some(self.plain(rest, at, rest.len(), false, batch)),
            None if rest.len() > self.row_bytes => Some(self.too_long(rest, at, batch)),
            None => None,
            Some(_) => self.quoted(rest, at, last, batch),
        }
    }

    /// A row without quotes that has no end, or is too long.
    fn plain(&self, rest: &[u8], at: usize, end: usize, terminated: bool, batch: &mut Batch) -> Found {
        let line = rest.get(..end).unwrap_or(rest);
        let length = line.len() + usize::from(terminated);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let first = batch.starts.len();
        batch.starts.push(narrow(at));
        batch.starts.extend(memchr_iter(b',', line).map(|comma| narrow(at + comma + 1)));
        batch.starts.push(narrow(at + line.len() + 1));
        let mut mark = self.mark(first, batch);
        mark.unterminated = !terminated;
        if length > self.row_bytes {
            mark.fault = Some(Fault::TooLong);
        }
        batch.rows.push(mark);
        Found { length, lines: 1 }
    }

    /// A row that outgrows the limit before its end is in sight: what is here of it tells its id.
    fn too_long(&mut self, rest: &[u8], at: usize, batch: &mut Batch) -> Found {
        self.skipping = true;
        let found = self.plain(rest, at, rest.len(), false, batch);
        if let Some(mark) = batch.rows.last_mut() {
            mark.fault = Some(Fault::TooLong);
            mark.unterminated = false;
        }
        // The line ends where the skipping ends, and is counted there.
        Found { lines: 0, ..found }
    }

    /// A row with at least one quote.
    fn quoted(&mut self, rest: &[u8], at: usize, last: bool, batch: &mut Batch) -> Option<Found> {
        let first = batch.starts.len();
        let (mut has_stray_quote, mut has_newline) = (false, false);
        // Where the first quote that reaches over a line's end was opened.
        let mut crossing = None;
        let mut start = 0;
        batch.starts.push(narrow(at));
        loop {
            let end = if rest.get(start) == Some(&b'"') {
                match closing(rest, start, last) {
                    Quoted::Closed { end, stray } => {
                        has_stray_quote |= stray;
                        if memchr(b'\n', rest.get(start..end).unwrap_or(&[])).is_some() {
                            has_newline = true;
                            crossing.get_or_insert(start);
                        }
                        end
                    }
                    Quoted::Unclosed => return Some(self.unclosed(rest, at, start, first, batch)),
                    Quoted::Open if last || rest.len() > self.row_bytes => {
                        return Some(self.unclosed(rest, at, start, first, batch));
                    }
                    Quoted::Open => {
                        batch.starts.truncate(first);
                        return None;
                    }
                }
            } else {
                let tail = rest.get(start..).unwrap_or(&[]);
                match memchr2(b',', b'\n', tail) {
                    Some(end) => start + end,
                    None if last => rest.len(),
                    None if rest.len() > self.row_bytes => {
                        batch.starts.truncate(first);
                        return Some(self.too_long(rest, at, batch));
                    }
                    None => {
                        batch.starts.truncate(first);
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
            batch.starts.push(narrow(at + cell_end + 1));
            if separator == Some(b',') {
                start = end + 1;
                continue;
            }
            let mut mark = self.mark(first, batch);
            let length = end + usize::from(separator.is_some());
            let odd = self.width.is_some_and(|width| width != Batch::width(&mark)) || length > self.row_bytes;
            if let Some(opened) = crossing.filter(|_| odd) {
                return Some(self.unclosed(rest, at, opened, first, batch));
            }
            mark.has_quote = true;
            mark.has_stray_quote = has_stray_quote;
            mark.has_newline = has_newline;
            mark.unterminated = separator.is_none();
            if length > self.row_bytes {
                mark.fault = Some(Fault::TooLong);
            }
            batch.rows.push(mark);
            let lines = newlines(rest.get(..end).unwrap_or(&[])) + 1;
            return Some(Found { length, lines });
        }
    }

    /// Cuts the row at the end of the line on which a quote was opened and not closed: the lines after it are rows again.
    fn unclosed(&self, rest: &[u8], at: usize, opened: usize, first: usize, batch: &mut Batch) -> Found {
        let from_quote = rest.get(opened..).unwrap_or(&[]);
        let end = memchr(b'\n', from_quote).map_or(rest.len(), |end| opened + end);
        let before = newlines(rest.get(..opened).unwrap_or(&[]));
        // The cells before the quote are sound; the one that it opens is not given out.
        let sound = batch.starts.iter().skip(first).take_while(|start| (**start as usize) <= at + opened);
        batch.starts.truncate(first + sound.count());
        let mut mark = self.mark(first, batch);
        mark.has_quote = true;
        mark.fault = Some(Fault::UnclosedQuote { line: self.line + before });
        mark.unterminated = end == rest.len();
        batch.rows.push(mark);
        Found { length: end + usize::from(end < rest.len()), lines: before + 1 }
    }

    /// A mark for the row whose cells begin at `first` among the batch's starts, which are all that was noted so far.
    fn mark(&self, first: usize, batch: &Batch) -> RowMark {
        RowMark::new(self.line, narrow(first), narrow(batch.starts.len() - first - 1))
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

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests;
