//! How deep an answer is nested. What is passed over unread counts too.

use super::scan::Marks;

/// The levels that are followed.
pub(super) const MOST_LEVELS: usize = 64;

/// Whether lists and objects are nested deeper than [`MOST_LEVELS`]. Brackets in texts are none, be they opened or closed: texts are passed
/// over, many bytes at a time.
pub(super) fn is_too_deep(json: &[u8]) -> bool {
    let mut marks = Marks::NONE;
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at = behind_text(json, at, &mut marks),
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

/// Where a text is over that begins there, of which the first quote is passed.
fn behind_text(json: &[u8], begin: usize, marks: &mut Marks) -> usize {
    let mut at = begin;
    loop {
        at = marks.first_from(json, at);
        match json.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return at,
        }
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
