//! Looks for what ends a text, many bytes at a time.

use wide::u8x16;

/// The bytes that are looked at together.
const BLOCK: usize = 64;

/// Where a text has quotes, backslashes and control characters, found a block at a time.
pub(super) struct Marks {
    /// Where the block at hand begins; none is before the first look.
    begin: usize,
    /// A bit for each of its bytes that is one of these.
    found: u64,
}

impl Marks {
    pub(super) const NONE: Self = Self { begin: usize::MAX, found: 0 };

    /// Where the first of them is, from there on; the end of the text if there is none.
    #[inline]
    pub(super) fn first_from(&mut self, text: &[u8], at: usize) -> usize {
        let within = at % BLOCK;
        let begin = at - within;
        if self.begin != begin {
            self.look(text, begin);
        }
        let found = self.found >> within;
        if found != 0 { at + found.trailing_zeros() as usize } else { self.behind(text) }
    }

    /// The first in the blocks behind the one at hand.
    fn behind(&mut self, text: &[u8]) -> usize {
        loop {
            let begin = self.begin.saturating_add(BLOCK);
            if begin >= text.len() {
                return text.len();
            }
            self.look(text, begin);
            if self.found != 0 {
                return begin + self.found.trailing_zeros() as usize;
            }
        }
    }

    #[inline]
    fn look(&mut self, text: &[u8], begin: usize) {
        let rest = text.get(begin..).unwrap_or_default();
        self.begin = begin;
        self.found = if let Some(block) = rest.first_chunk() {
            marks(block)
        } else {
            // Where no byte is, none is marked.
            let mut last = [b' '; BLOCK];
            if let Some(front) = last.get_mut(..rest.len()) {
                front.copy_from_slice(rest);
            }
            marks(&last)
        };
    }
}

/// A bit for each byte that is a quote, a backslash or a control character.
#[inline]
fn marks(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let mut marks = 0;
    for (shift, part) in (0..).step_by(16).zip(parts) {
        let bytes = u8x16::new(*part);
        let quotes = bytes.simd_eq(u8x16::splat(b'"'));
        let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
        let controls = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
        marks |= u64::from((quotes | backslashes | controls).to_bitmask()) << shift;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_each_byte_wherever_one_looks_first() {
        let texts = [
            String::new(),
            "é~\u{7f}!#[]".repeat(20),
            "\"a\\b\u{1f} \u{80}\n".repeat(17),
            format!("{}\"{}\\{}\0", "x".repeat(63), "é".repeat(64), "y".repeat(100)),
        ];
        for text in &texts {
            let bytes = text.as_bytes();
            let first = |at: usize| {
                let found = bytes.iter().skip(at).position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
                found.map_or(bytes.len(), |plain| at + plain)
            };
            let mut forwards = Marks::NONE;
            for at in 0..=bytes.len() {
                assert_eq!(forwards.first_from(bytes, at), first(at), "{text:?} {at}");
                let mut afresh = Marks::NONE;
                assert_eq!(afresh.first_from(bytes, at), first(at), "{text:?} {at}");
            }
            assert_eq!(forwards.first_from(bytes, bytes.len() + 70), bytes.len());
        }
    }
}
