//! Rows as they should be, sixty-four bytes at once: where their cells begin, and whether anything in them has to be looked at.

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
    /// Takes in the rows from here on, until a quote is met that is not as it should be, a row's end is not here, or the batch
    /// has as many as it may.
    pub(super) fn take(&mut self, text: &[u8], limits: (usize, usize), batch: &mut Batch, looks: &mut Looks) {
        let rest = text.get(self.at..).unwrap_or(&[]);
        let (blocks, tail) = rest.as_chunks::<64>();
        // What is no separator and not odd stands where no byte is.
        let mut last = [b'x'; 64];
        if let Some(front) = last.get_mut(..tail.len()) {
            front.copy_from_slice(tail);
        }
        let mut edge = Edge { separator: true, odd: false, lead: 0, open: false };
        let mut state = Quotes::default();
        let mut base = narrow(self.at);
        let mut to = Rows { text, limits, first: batch.starts.len(), batch };
        to.batch.starts.push(base);
        for block in blocks.iter().chain([&last]) {
            let Block { mut hits, newlines, has_quote, is_odd } = Block::of(block);
            let is_quoted = has_quote || state.is_open();
            let (mut quotes, mut amiss) = (0, 0);
            if is_quoted {
                quotes = which(block, |bytes| bytes.simd_eq(all(b'"')));
                amiss = state.judge(quotes, block, &mut hits, edge.separator);
            }
            if is_odd || edge.is_open() {
                edge.look(block, hits, newlines, looks);
            }
            edge.separator = hits >> 63 == 1;
            if !is_quoted {
                if self.enter(&mut to, base, (hits, newlines, 0), &mut false) {
                    return;
                }
                base += 64;
                continue;
            }
            // What stands before a quote that is amiss may be rows still.
            hits &= (amiss & amiss.wrapping_neg()).wrapping_sub(1);
            if self.enter(&mut to, base, (hits, newlines, quotes), &mut state.in_row) {
                return;
            }
            if amiss != 0 {
                break;
            }
            base += 64;
        }
        looks.untidy |= edge.open;
        to.batch.starts.truncate(to.first);
    }

    /// Enters the cells and rows that end in a block. Returns whether that is as many rows as there may be.
    #[expect(
        clippy::inline_always,
        reason = "it is called twice; as a function of its own it costs a quarter more of all that is done here"
    )]
    #[inline(always)]
    fn enter(
        &mut self,
        to: &mut Rows<'_>,
        base: u32,
        (mut hits, newlines, mut quotes): (u64, u64, u64),
        in_row: &mut bool,
    ) -> bool {
        while hits != 0 {
            let hit = hits.trailing_zeros();
            hits &= hits - 1;
            let next = base + hit + 1;
            to.batch.starts.push(next);
            if newlines >> hit & 1 == 0 {
                continue;
            }
            let of_row = quotes & ((1 << hit) - 1);
            quotes ^= of_row;
            let has_quote = std::mem::take(in_row) || of_row != 0;
            self.end_row(to, next as usize, has_quote);
            if to.batch.rows.len() >= to.limits.0 {
                return true;
            }
            to.first = to.batch.starts.len();
            to.batch.starts.push(next);
        }
        *in_row |= quotes != 0;
        false
    }

    /// Enters the row at hand, which ends before `next`.
    #[inline]
    fn end_row(&mut self, to: &mut Rows<'_>, next: usize, has_quote: bool) {
        let Rows { text, batch, first, limits: (_, row_bytes) } = to;
        // The carriage return before the line feed is none of the last cell's.
        if next - self.at > 1
            && text.get(next - 2) == Some(&b'\r')
            && let Some(end) = batch.starts.last_mut()
        {
            *end -= 1;
        }
        let width = narrow(batch.starts.len() - *first - 1);
        let mut mark = RowMark::new(self.line, narrow(*first), width);
        mark.has_quote = has_quote;
        if next - self.at > *row_bytes {
            mark.fault = Some(Fault::TooLong);
        }
        batch.rows.push(mark);
        self.at = next;
        self.line += 1;
    }
}

/// Where rows are entered.
struct Rows<'a> {
    text: &'a [u8],
    /// How many rows there may be, and how many bytes one may have.
    limits: (usize, usize),
    batch: &'a mut Batch,
    /// Where the cells of the row at hand begin among the starts.
    first: usize,
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

/// Which bytes begin a character of two that is a letter or the like: C3 to DF.
#[inline]
fn is_lead_of_letter(bytes: i8x16) -> i8x16 {
    bytes.simd_gt(all(0xc2)) & bytes.simd_lt(all(0xe0))
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
    /// The first of a letter of two bytes: 1, else 0.
    lead: u64,
    /// A carriage return, which only a line feed may follow.
    open: bool,
}

impl Edge {
    const fn is_open(&self) -> bool {
        self.odd || self.lead != 0 || self.open
    }

    /// Looks at a block with odd bytes, or after one that ended with such a byte. Few texts have any but blanks within cells.
    #[inline(never)]
    fn look(&mut self, block: &[u8; 64], hits: u64, newlines: u64, looks: &mut Looks) {
        let is = |byte: u8| which(block, move |bytes| bytes.simd_eq(all(byte)));
        let odd = !which(block, is_visible) & !newlines;
        let strange = odd & !is(b' ');
        let returns = if strange == 0 { 0 } else { is(b'\r') };
        // The bytes that begin a letter of two, and those that end one: no letter is taken off a cell.
        let (mut leads, mut ends) = (0, 0);
        if strange != 0 {
            let wide = which(block, |bytes| bytes);
            leads = which(block, is_lead_of_letter);
            ends = (leads << 1 | self.lead) & wide;
            // A line ends with a return and a feed, or with the feed alone. Whether one follows the last byte is seen in the next
            // block.
            let lone = returns & !(newlines >> 1) & !(1 << 63);
            looks.wide |= wide != 0;
            looks.untidy |= lone | strange & !(returns | is(b'\t') | wide) != 0;
        }
        let odd = odd & !returns;
        let separators = hits | returns;
        let after = separators << 1 | u64::from(self.separator);
        looks.untidy |= odd & !leads & after != 0
            || odd & !ends & separators >> 1 != 0
            || self.odd && separators & 1 == 1
            || self.open && newlines & 1 == 0;
        self.open = returns >> 63 == 1;
        self.odd = (odd & !ends) >> 63 == 1;
        self.lead = leads >> 63;
    }
}

/// Cells in quotes, followed from block to block.
#[derive(Default)]
struct Quotes {
    /// The cell at hand was opened by a quote, and not closed.
    inside: bool,
    /// The last byte closed a cell: only a separator may follow.
    closed: bool,
    /// The row at hand has one.
    in_row: bool,
}

impl Quotes {
    const fn is_open(&self) -> bool {
        self.inside || self.closed || self.in_row
    }

    /// Takes the separators inside of quotes out of `hits`. Returns a bit for each byte that is not as it should be: a quote that
    /// neither opens nor closes a whole cell, what follows one that closes, and a line feed inside.
    #[inline(never)]
    fn judge(&mut self, quotes: u64, block: &[u8; 64], hits: &mut u64, after_separator: bool) -> u64 {
        // A bit for each byte before which, itself among them, the number of quotes is odd.
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        if self.inside {
            inside = !inside;
        }
        let newlines = which(block, |bytes| bytes.simd_eq(all(b'\n')));
        let returns = which(block, |bytes| bytes.simd_eq(all(b'\r'))) & newlines >> 1;
        *hits &= !inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let ends = *hits | returns;
        let amiss = opening & !(*hits << 1 | u64::from(after_separator))
            | closing & !(ends >> 1) & !(1 << 63)
            | u64::from(self.closed && ends & 1 == 0)
            | newlines & inside;
        self.inside = inside >> 63 == 1;
        self.closed = closing >> 63 == 1;
        amiss
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
            8 => Just(b'a'), 2 => Just(b','), 2 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(b' '), 1 => Just(b'\t'), 1 => Just(0xc3), 1 => Just(0xa9), 1 => Just(0xc2), 1 => Just(0xe0), 1 => Just(0), 1 => Just(0x7f),
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
        fn a_quote_amiss_ends_it_before_its_row(
            before in "(([a,]|,\"[a,]{0,40}\",){0,30}\n){0,5}",
            row in "[a,]{0,70}(a\"|,\"\"\"|,\"a\"a|,\"a,\n)[a,\"\n]{0,70}",
        ) {
            let (_, _, at) = taken(format!("{before}{row}").as_bytes());
            prop_assert_eq!(at, before.len());
        }
    }
}
