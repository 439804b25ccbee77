//! Rows without quotes, sixty-four bytes at once: where their cells begin, and whether anything in them has to be looked at.

use wide::i8x16;

use super::batch::{Batch, Fault, RowMark};

/// What the bytes of some rows are like, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looks {
    /// A cell begins or ends with something that may have to be taken off, or a control character stands somewhere.
    pub(super) untidy: bool,
    /// A byte is no ASCII.
    pub(super) wide: bool,
}

impl Looks {
    /// Nothing odd was seen yet.
    pub(super) const PLAIN: Self = Self { untidy: false, wide: false };
}

/// Where reading goes on.
pub(super) struct Lines {
    /// Where the first row begins that was not taken in.
    pub(super) at: usize,
    /// The physical line on which that is.
    pub(super) line: u64,
}

impl Lines {
    /// Takes in the rows from here on, until one has a quote or its end is not here, or the batch has as many as it may.
    pub(super) fn take(
        &mut self,
        text: &[u8],
        (rows, row_bytes): (usize, usize),
        batch: &mut Batch,
        looks: &mut Looks,
    ) {
        let rest = text.get(self.at..).unwrap_or(&[]);
        let (blocks, tail) = rest.as_chunks::<64>();
        // What is no separator and not odd stands where no byte is.
        let mut last = [b'x'; 64];
        if let Some(front) = last.get_mut(..tail.len()) {
            front.copy_from_slice(tail);
        }
        let mut edge = Edge { separator: true, odd: false, open: false };
        let mut first = batch.starts.len();
        batch.starts.push(narrow(self.at));
        let mut base = narrow(self.at);
        for block in blocks.iter().chain([&last]) {
            let Block { mut hits, newlines, has_quote, is_odd } = Block::of(block);
            if is_odd || edge.is_open() {
                edge.look(block, hits, looks);
            }
            edge.separator = hits >> 63 == 1;
            if has_quote {
                // A quote ends it: what stands before it may be rows still.
                let quotes = which(block, |bytes| bytes.simd_eq(all(b'"')));
                hits &= (quotes & quotes.wrapping_neg()).wrapping_sub(1);
            }
            while hits != 0 {
                let hit = hits.trailing_zeros();
                hits &= hits - 1;
                let next = base + hit + 1;
                batch.starts.push(next);
                if newlines >> hit & 1 == 0 {
                    continue;
                }
                self.end_row(text, first, next as usize, row_bytes, batch);
                if batch.rows.len() >= rows {
                    return;
                }
                first = batch.starts.len();
                batch.starts.push(next);
            }
            if has_quote {
                break;
            }
            base += 64;
        }
        looks.untidy |= edge.open;
        batch.starts.truncate(first);
    }

    /// Enters the row whose cells begin at `first` among the starts, and which ends before `next`.
    #[inline]
    fn end_row(&mut self, text: &[u8], first: usize, next: usize, row_bytes: usize, batch: &mut Batch) {
        // The carriage return before the line feed is none of the last cell's.
        if next - self.at > 1
            && text.get(next - 2) == Some(&b'\r')
            && let Some(end) = batch.starts.last_mut()
        {
            *end -= 1;
        }
        let width = narrow(batch.starts.len() - first - 1);
        let mut mark = RowMark::new(self.line, narrow(first), width);
        if next - self.at > row_bytes {
            mark.fault = Some(Fault::TooLong);
        }
        batch.rows.push(mark);
        self.at = next;
        self.line += 1;
    }
}

/// What sixty-four bytes are.
struct Block {
    /// A bit for each comma and line feed.
    hits: u64,
    /// A bit for each line feed.
    newlines: u64,
    has_quote: bool,
    /// Some byte is neither a visible ASCII character nor a line feed.
    is_odd: bool,
}

impl Block {
    #[inline]
    fn of(block: &[u8; 64]) -> Self {
        let (mut hits, mut newlines) = (0, 0);
        let (mut plain, mut quotes) = (!i8x16::ZERO, i8x16::ZERO);
        for (shift, bytes) in parts(block) {
            let feeds = bytes.simd_eq(all(b'\n'));
            let separators = bytes.simd_eq(all(b',')) | feeds;
            plain &= is_visible(bytes) | feeds;
            quotes |= bytes.simd_eq(all(b'"'));
            hits |= u64::from(separators.to_bitmask()) << shift;
            newlines |= u64::from(feeds.to_bitmask()) << shift;
        }
        Self { hits, newlines, has_quote: quotes.any(), is_odd: !plain.all() }
    }
}

/// The bytes in vectors, each with the bit of its first byte.
#[inline]
fn parts(block: &[u8; 64]) -> impl Iterator<Item = (u32, i8x16)> {
    let (parts, _) = block.as_chunks::<16>();
    (0..).step_by(16).zip(parts.iter().map(|part| i8x16::new(part.map(u8::cast_signed))))
}

#[inline]
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// Which bytes are visible ASCII characters: one more is the greatest of all for `~`, and the least of all for what follows it.
#[inline]
fn is_visible(bytes: i8x16) -> i8x16 {
    (bytes + all(1)).simd_gt(all(b'!'))
}

/// A bit for each byte that is so.
#[inline]
fn which(block: &[u8; 64], is: impl Fn(i8x16) -> i8x16) -> u64 {
    parts(block).fold(0, |bits, (shift, bytes)| bits | u64::from(is(bytes).to_bitmask()) << shift)
}

/// What the last byte of the block before was.
struct Edge {
    /// A separator, or nothing: a cell begins after it.
    separator: bool,
    /// Odd, so that what follows tells whether a cell ended with it.
    odd: bool,
    /// A carriage return, which only a line feed may follow.
    open: bool,
}

impl Edge {
    const fn is_open(&self) -> bool {
        self.odd || self.open
    }

    /// Looks at a block with odd bytes, or after one that ended with such a byte. Few texts have any but blanks within cells.
    #[inline(never)]
    fn look(&mut self, block: &[u8; 64], hits: u64, looks: &mut Looks) {
        let is = |byte: u8| which(block, move |bytes| bytes.simd_eq(all(byte)));
        let visible = which(block, is_visible);
        let (newlines, returns, wide) = (is(b'\n'), is(b'\r'), which(block, |bytes| bytes));
        let odd = !visible & !newlines & !returns;
        // A line ends with a return and a feed, or with the feed alone. Whether one follows the last byte is seen in the next block.
        let lone = returns & !(newlines >> 1) & !(1 << 63);
        let is_cut = self.open && newlines & 1 == 0;
        let separators = hits | returns;
        let after = separators << 1 | u64::from(self.separator);
        let is_end = odd & (after | separators >> 1) != 0 || self.odd && separators & 1 == 1;
        let control = odd & !(is(b' ') | is(b'\t') | wide);
        self.open = returns >> 63 == 1;
        self.odd = odd >> 63 == 1;
        looks.wide |= wide != 0;
        looks.untidy |= lone | control != 0 || is_end || is_cut;
    }
}

/// Marks fit in 32 bits: a batch is a chunk and at most one row, and both are far below 4 GiB.
pub(super) fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::clean::look_at_ends;

    /// The bytes that mean something, and some that do not.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            8 => Just(b'a'), 2 => Just(b','), 2 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(b' '), 1 => Just(b'\t'), 1 => Just(0xc3), 1 => Just(0), 1 => Just(0x7f),
            1 => Just(b'~'), 1 => Just(b'!'),
        ];
        prop_oneof![
            proptest::collection::vec(byte, 0..300),
            // Lines as most files have them, so that plain ones are met too.
            "([a-c ]{0,9}[a-c],){0,40}[a-c]{1,40}(\r?\n([a-c]{1,9},){0,20}[a-c]{1,40}){0,9}\r?\n"
                .prop_map(String::into_bytes),
        ]
    }

    fn taken(text: &[u8]) -> (Batch, Looks, usize) {
        let (mut batch, mut looks) = (Batch::default(), Looks::PLAIN);
        let mut lines = Lines { at: 0, line: 1 };
        lines.take(text, (usize::MAX, usize::MAX), &mut batch, &mut looks);
        (batch, looks, lines.at)
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_loop_finds(text in bytes()) {
            let (batch, _, at) = taken(&text);
            let whole = memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1);
            prop_assert_eq!(at, whole);
            let lines = text[..whole].split_inclusive(|byte| *byte == b'\n');
            let mut begin = 0;
            for (line, mark) in lines.zip(&batch.rows) {
                let inner = line.strip_suffix(b"\n").unwrap();
                let inner = inner.strip_suffix(b"\r").unwrap_or(inner);
                let mut starts = vec![begin];
                for cell in inner.split(|byte| *byte == b',') {
                    starts.push(starts.last().unwrap() + narrow(cell.len()) + 1);
                }
                prop_assert_eq!(&batch.starts[mark.range()], &starts[..]);
                begin += narrow(line.len());
            }
            let last = batch.rows.last().map_or(0, |mark| mark.line);
            prop_assert_eq!(last, memchr::memchr_iter(b'\n', &text).count() as u64);
        }

        #[test]
        fn what_is_plain_needs_no_look(text in bytes()) {
            let (mut batch, looks, at) = taken(&text);
            prop_assert!(looks.wide || text[..at].is_ascii());
            let control = look_at_ends(&text[..at], &mut batch, true);
            let is_odd = control || batch.rows.iter().any(|mark| mark.padded);
            prop_assert!(looks.untidy || !is_odd);
            // What it can't tell is at the edge of the text alone.
            prop_assert!(is_odd || !looks.untidy || at < text.len());
        }

        #[test]
        fn a_quote_ends_it_before_its_row(before in "([a,]{0,70}\n){0,5}", row in "[a,]{0,70}\"[a,\"\n]{0,70}") {
            let (_, _, at) = taken(format!("{before}{row}").as_bytes());
            prop_assert_eq!(at, before.len());
        }
    }
}
