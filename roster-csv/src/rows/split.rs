//! Finds the commas of a line that has no quotes, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const COMMAS: u64 = ONES * b',' as u64;

/// Calls `found` with the position of each comma, in a text in which the line begins at `base`.
#[inline]
pub(super) fn commas(line: &[u8], mut base: u32, mut found: impl FnMut(u32)) {
    let (words, rest) = line.as_chunks::<8>();
    for word in words {
        let other = u64::from_le_bytes(*word) ^ COMMAS;
        // The high bit of each byte that was a comma, exactly: no borrow runs from one byte into the next.
        let mut hits = !(((other & LOW) + LOW) | other | LOW);
        while hits != 0 {
            found(base + hits.trailing_zeros() / 8);
            hits &= hits - 1;
        }
        base += 8;
    }
    for byte in rest {
        if *byte == b',' {
            found(base);
        }
        base += 1;
    }
}

/// Whether a line holds visible ASCII characters only.
#[inline]
pub(super) fn is_graphic(line: &[u8]) -> bool {
    // A fold does not end early, so that the bytes of a chunk are looked at together.
    let graphic = |bytes: &[u8]| bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic());
    // The last chunk may overlap the one before it: cheaper than the odd bytes one by one.
    match line.last_chunk::<16>() {
        Some(last) => graphic(last) && line.as_chunks::<16>().0.iter().all(|chunk| graphic(chunk)),
        None => graphic(line),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn graphic_lines_hold_graphic_bytes_only(mut line in proptest::collection::vec(0x21_u8..0x7f, 1..80), at: usize, byte: u8) {
            prop_assert!(super::is_graphic(&line));
            let at = at % line.len();
            line[at] = byte;
            prop_assert_eq!(super::is_graphic(&line), byte.is_ascii_graphic());
        }

        #[test]
        fn finds_what_a_plain_loop_finds(line in proptest::collection::vec(prop_oneof![Just(b','), any::<u8>()], 0..200)) {
            let mut found = Vec::new();
            super::commas(&line, 0, |at| found.push(at as usize));
            let plain: Vec<_> = line.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at).collect();
            prop_assert_eq!(found, plain);
        }
    }
}
