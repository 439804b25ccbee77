//! Rows with text that may have been read in a wrong encoding once.

use memchr::memmem;

use super::batch::Batch;

impl Batch {
    /// Marks the rows that hold what a wrong encoding leaves behind. Most batches are ASCII, and cost one look.
    pub(crate) fn mark_garbled(&mut self) {
        let Self { text, starts, rows, is_ascii, .. } = self;
        if *is_ascii || text.is_ascii() {
            return;
        }
        let has_lost = memmem::find(text.as_bytes(), LOST).is_some();
        if !may_be_garbled(text.as_bytes(), has_lost) {
            return;
        }
        for mark in rows {
            let span = super::batch::span(starts.get(mark.range()).unwrap_or(&[]));
            mark.garbled = text.as_bytes().get(span).is_some_and(|row| may_be_garbled(row, has_lost));
        }
    }
}

/// What stands for a character that was lost.
const LOST: &[u8] = "\u{fffd}".as_bytes();

/// Whether a row may hold such text. The first byte of a character that takes several is one of `Â Ã Ä .. ô` in Windows-1252, and
/// those begin with the byte C3 in UTF-8; what follows is no ASCII either.
fn may_be_garbled(row: &[u8], has_lost: bool) -> bool {
    let leads = memchr::memchr_iter(0xc3, row);
    let is_led = |at: usize| {
        let (lead, next) = (row.get(at + 1).copied().unwrap_or(0), row.get(at + 2).copied().unwrap_or(0));
        (0x82..=0xb4).contains(&lead) && next >= 0x80
    };
    leads.into_iter().any(is_led) || has_lost && memmem::find(row, LOST).is_some()
}

#[cfg(test)]
mod tests {
    use super::may_be_garbled;

    #[test]
    fn tells_text_that_may_be_garbled() {
        for text in ["JosÃ©", "x,Oâ€™Brien", "Jos\u{fffd}", "ÌýAnn", "ðŸ˜€"] {
            assert!(may_be_garbled(text.as_bytes(), true), "{text}");
        }
        for text in ["José", "Zoë Núñez", "Ann", "王", "Ã"] {
            assert!(!may_be_garbled(text.as_bytes(), true), "{text}");
        }
    }
}
