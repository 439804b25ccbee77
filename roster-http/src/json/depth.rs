//! How deep an answer is nested. What is passed over unread counts too.

/// The levels that are followed.
pub(super) const MOST_LEVELS: usize = 64;

/// Blocks are counted as a whole, which a processor does many bytes at a time. In one of this size no list of empty lists has
/// [`MOST_LEVELS`] brackets.
const BLOCK: usize = 128;

/// Whether lists and objects are nested deeper than [`MOST_LEVELS`].
pub(super) fn is_too_deep(json: &[u8]) -> bool {
    may_be_too_deep(json) && is_deeper_than(json, MOST_LEVELS)
}

/// A first look, which takes brackets inside of texts for nesting too.
fn may_be_too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    json.chunks(BLOCK).any(|block| {
        let (opened, closed) = brackets(block);
        let deepest = depth + usize::from(opened);
        depth = deepest.saturating_sub(usize::from(closed));
        deepest > MOST_LEVELS
    })
}

/// How many brackets of either form a block opens, and closes. One bit makes a square bracket a curly one.
fn brackets(block: &[u8]) -> (u8, u8) {
    const CURLY: u8 = 0x20;
    block.iter().map(|byte| byte | CURLY).fold((0, 0), |(opened, closed), byte| {
        (opened + u8::from(byte == b'{'), closed + u8::from(byte == b'}'))
    })
}

fn is_deeper_than(json: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    json.iter().any(|byte| {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > most
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_do_not_count() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(
            !is_too_deep(nested(MOST_LEVELS).as_bytes()) && is_too_deep(nested(MOST_LEVELS + 1).as_bytes())
        );
        let texts = format!("[{}]", vec![r#""[{\"[""#; 500].join(","));
        assert!(may_be_too_deep(texts.as_bytes()) && !is_too_deep(texts.as_bytes()));
        let objects = "{\"a\":".repeat(MOST_LEVELS + 1);
        assert!(is_too_deep(objects.as_bytes()));
    }
}
