//! Finds the commas of a line that has no quotes, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const COMMAS: u64 = ONES * b',' as u64;

/// Calls `found` with the position of each comma.
#[inline]
pub(super) fn commas(line: &[u8], mut found: impl FnMut(usize)) {
    let (words, rest) = line.as_chunks::<8>();
    let mut base = 0;
    for word in words {
        let other = u64::from_le_bytes(*word) ^ COMMAS;
        // The high bit of each byte that was a comma, exactly: no borrow runs from one byte into the next.
        let mut hits = !(((other & LOW) + LOW) | other | LOW);
        while hits != 0 {
            found(base + (hits.trailing_zeros() / 8) as usize);
            hits &= hits - 1;
        }
        base += 8;
    }
    for (offset, byte) in rest.iter().enumerate() {
        if *byte == b',' {
            found(base + offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_plain_loop_finds(line in proptest::collection::vec(prop_oneof![Just(b','), any::<u8>()], 0..200)) {
            let mut found = Vec::new();
            super::commas(&line, |at| found.push(at));
            let plain: Vec<_> = line.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at).collect();
            prop_assert_eq!(found, plain);
        }
    }
}
