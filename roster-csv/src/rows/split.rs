//! Looks at many bytes at once: whether a text is plain.

/// Whether a text holds visible ASCII characters only.
#[inline]
pub(super) fn is_graphic(text: &[u8]) -> bool {
    none(text, |byte| !is_graphic_byte(byte))
}

/// Whether a text holds no control character but line feeds and tabs.
#[expect(clippy::needless_bitwise_bool, reason = "without branches it becomes vector instructions")]
pub(super) fn is_without_control(text: &[u8]) -> bool {
    none(text, |byte| (byte < 0x20) & (byte != b'\n') & (byte != b'\t') | (byte == 0x7f))
}

/// How many commas a text holds. Most texts are short, and few bytes are not worth a call.
#[inline]
pub(crate) fn commas(text: &[u8]) -> usize {
    let count = |bytes: &[u8]| bytes.iter().fold(0_u8, |count, byte| count + u8::from(*byte == b','));
    // As many as a byte can count.
    text.chunks(255).map(|bytes| usize::from(count(bytes))).sum()
}

const fn is_graphic_byte(byte: u8) -> bool {
    // One comparison instead of two.
    byte.wrapping_sub(b'!') <= b'~' - b'!'
}

/// Whether no byte is odd. A block is looked at without an early end, so that vector instructions can be made of it.
#[inline]
fn none(text: &[u8], is_odd: impl Fn(u8) -> bool) -> bool {
    let any = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | u8::from(is_odd(*byte))) != 0;
    let (blocks, rest) = text.as_chunks::<32>();
    !blocks.iter().any(|block| any(block))
        // The last block may overlap the one before it: cheaper than the odd bytes one by one.
        && !match text.last_chunk::<32>() {
            Some(last) if !rest.is_empty() => any(last),
            Some(_) => false,
            None => any(rest),
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_commas(text in "[,a]{0,600}", all: bool) {
            let text = if all { ",".repeat(text.len()) } else { text };
            prop_assert_eq!(super::commas(text.as_bytes()), text.matches(',').count());
        }

        #[test]
        fn graphic_text_holds_graphic_bytes_only(mut line in proptest::collection::vec(0x21_u8..0x7f, 1..80), at: usize, byte: u8) {
            prop_assert!(super::is_graphic(&line));
            let at = at % line.len();
            line[at] = byte;
            prop_assert_eq!(super::is_graphic(&line), byte.is_ascii_graphic());
            prop_assert_eq!(super::is_without_control(&line), !byte.is_ascii_control() || byte == b'\n' || byte == b'\t');
        }
    }
}
