//! How deep an answer is nested. What is passed over unread counts too.

use super::scan::plain_bytes;

/// The levels that are followed.
pub(super) const MOST_LEVELS: usize = 64;

/// Whether lists and objects are nested deeper than [`MOST_LEVELS`]. Brackets in texts are none, be they opened or closed: texts are passed
/// over, many bytes at a time.
pub(super) fn is_too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = behind_text(after),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_LEVELS {
            return true;
        }
    }
    false
}

/// What follows a text of which the first quote is passed.
fn behind_text(json: &[u8]) -> &[u8] {
    let mut rest = json;
    loop {
        rest = rest.get(plain_bytes(rest)..).unwrap_or_default();
        let passed = match rest.first() {
            Some(b'\\') => 2,
            Some(b'"') => return rest.get(1..).unwrap_or_default(),
            Some(_) => 1,
            None => return rest,
        };
        rest = rest.get(passed..).unwrap_or_default();
    }
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
        assert!(!is_too_deep(texts.as_bytes()));
        // Nor do those that seem to close what is open.
        for key in [r#"{"}":"#, r#"{"]}\"}\\":"#, "{\"}\n}\":"] {
            assert!(is_too_deep(key.repeat(MOST_LEVELS + 1).as_bytes()), "{key}");
            assert!(!is_too_deep(key.repeat(MOST_LEVELS).as_bytes()), "{key}");
        }
        assert!(!is_too_deep(b"\"") && !is_too_deep(b"\"\\") && !is_too_deep(b""));
    }
}
