//! Text that was read in the wrong encoding and saved so.

use encoding_rs::WINDOWS_1252;

/// The text as it was before UTF-8 was taken for Windows-1252 or Latin-1, if it can be told exactly: every character goes back to a
/// byte, and the bytes are UTF-8.
///
/// Never asked about ids or e-mail addresses: those are kept as they are.
pub(crate) fn repaired(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes = text.chars().map(byte_of).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok().filter(|repaired| repaired != text && !has_control(repaired))
}

/// Whether a text holds what is left of a character that was lost: it can't be told any more what stood there.
pub(crate) fn has_lost_text(text: &str) -> bool {
    // A no-break space that went through a Chinese encoding comes out as the second.
    text.contains('\u{fffd}') || text.contains("Ìý")
}

/// The byte that Windows-1252, or Latin-1 where that has none, reads as the character.
fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    if code < 0x100 {
        return u8::try_from(code).ok();
    }
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = WINDOWS_1252.encode(character.encode_utf8(&mut buffer));
    match (&*bytes, unmappable) {
        (&[byte], false) => Some(byte),
        _ => None,
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_what_was_read_as_windows_1252_or_latin_1() {
        assert_eq!(repaired("JosÃ©").as_deref(), Some("José"));
        assert_eq!(repaired("NÃºÃ±ez").as_deref(), Some("Núñez"));
        assert_eq!(repaired("Oâ€™Brien").as_deref(), Some("O’Brien"));
        assert_eq!(repaired("GarcÃ\u{ad}a").as_deref(), Some("García"));
    }

    #[test]
    fn leaves_names_that_only_look_odd() {
        for name in ["José", "Núñez", "Ann", "Ã", "Åse", "Łukasz", "Jos\u{e3}o", "王"] {
            assert_eq!(repaired(name), None, "{name}");
        }
        // Both spellings in one text: not every run goes back.
        assert_eq!(repaired("José GarcÃ\u{ad}a"), None);
        assert!(has_lost_text("Jos\u{fffd}") && has_lost_text("AnnÌýLee") && !has_lost_text("Ìne"));
    }
}
