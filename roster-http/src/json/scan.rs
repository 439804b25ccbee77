//! Looks for what ends a text, many bytes at a time.

/// Looks for a backslash or a control character, many bytes at a time.
pub(super) fn is_simple(text: &[u8]) -> bool {
    const BLOCK: usize = 128;
    let is_odd = |byte: &u8| u8::from(*byte < 0x20) | u8::from(*byte == b'\\');
    text.chunks(BLOCK).all(|block| block.iter().fold(0, |found, byte| found | is_odd(byte)) == 0)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// The top bit of each byte that is zero; above the first of them there may be more.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// How many bytes of a text come before a quote.
#[inline]
pub(super) fn bytes_before_quote(text: &[u8]) -> usize {
    bytes_before(text, |word| zeros(word ^ QUOTES), |byte| byte == b'"')
}

/// How many bytes of a text come before a quote, a backslash or a control character.
#[inline]
pub(super) fn plain_bytes(text: &[u8]) -> usize {
    let in_word = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        controls | zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES)
    };
    bytes_before(text, in_word, |byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// How many bytes come before the first that is looked for. `in_word` marks it by the top bit of its byte, which is the lowest that is set.
#[inline]
fn bytes_before(text: &[u8], in_word: impl Fn(u64) -> u64, is_it: impl Fn(u8) -> bool) -> usize {
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let found = in_word(u64::from_le_bytes(*eight));
        if found != 0 {
            return text.len() - rest.len() + (found.trailing_zeros() / 8) as usize;
        }
        rest = after;
    }
    text.len() - rest.len() + rest.iter().take_while(|byte| !is_it(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_end_at_the_first_that_is_not() {
        for end in ["\"", "\\", "\n", "\0", "\u{1f}"] {
            for before in 0..20 {
                let text =
                    format!("{}{end}é\"\\", "é~ !#[]".chars().cycle().take(before).collect::<String>());
                let length = text.find(['"', '\\', '\n', '\0', '\u{1f}']).unwrap();
                assert_eq!(plain_bytes(text.as_bytes()), length, "{text:?}");
            }
        }
        assert_eq!(plain_bytes("é\u{7f}abcdefgh".as_bytes()), 11);
        assert_eq!(bytes_before_quote("é\\\u{1}!#abcdefgh\"\"".as_bytes()), 14);
        assert!(is_simple("é\u{7f}\" ".as_bytes()) && !is_simple(b"a\\") && !is_simple(b"\n"));
    }
}
