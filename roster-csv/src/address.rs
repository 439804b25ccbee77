//! E-mail addresses that tell people apart, and those that do not.

use roster_core::decode;
use wide::u8x16;

/// Local parts that stand for no address at all.
const PLACEHOLDERS: [&str; 12] = [
    "noemail", "no-email", "no_email", "nomail", "noreply", "no-reply", "none", "na", "n/a", "null",
    "unknown", "test",
];

/// Whether an address can tell people apart: it is one, and no placeholder.
pub(crate) fn tells_apart(address: &str) -> bool {
    match plain_local(address) {
        Some(local) => !stands_for_none(local),
        None => decode::is_email(address) && !is_placeholder(address),
    }
}

/// As [`decode::is_email`].
pub(crate) fn is_address(text: &str) -> bool {
    plain_local(text).is_some() || decode::is_email(text)
}

/// Whether an address stands for none, such as `noemail@school.example`.
pub(crate) fn is_placeholder(address: &str) -> bool {
    stands_for_none(address.split('@').next().unwrap_or(""))
}

fn stands_for_none(local: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| local.eq_ignore_ascii_case(placeholder))
}

/// The local part of an address as most are: short, and of visible ASCII characters. `None` does not say that it is none.
fn plain_local(address: &str) -> Option<&str> {
    if address.len() >= 64 {
        return None;
    }
    let (mut signs, mut visible) = (0_u64, !u8x16::ZERO);
    each_block(address.as_bytes(), |from, bytes| {
        signs |= u64::from(bytes.simd_eq(u8x16::splat(b'@')).to_bitmask()) << from;
        visible &= bytes.max(u8x16::splat(b'!')).min(u8x16::splat(b'~')).simd_eq(bytes);
    });
    let at = signs.trailing_zeros() as usize;
    let is_address = signs.is_power_of_two() && at > 0 && at + 1 < address.len();
    address.get(..at).filter(|_| is_address && visible.all())
}

/// Looks at a text sixteen bytes at once, each time with where they begin. The last ones may overlap those before; of a text that has
/// fewer, what is missing is an `x`.
#[inline]
pub(crate) fn each_block(text: &[u8], mut look: impl FnMut(usize, u8x16)) {
    let (blocks, rest) = text.as_chunks::<16>();
    for (index, block) in blocks.iter().enumerate() {
        look(index * 16, u8x16::new(*block));
    }
    match text.last_chunk::<16>() {
        Some(last) if !rest.is_empty() => look(text.len() - 16, u8x16::new(*last)),
        Some(_) => {}
        None => {
            let mut last = [b'x'; 16];
            if let Some(front) = last.get_mut(..rest.len()) {
                front.copy_from_slice(rest);
            }
            look(0, u8x16::new(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_tell_nobody_apart() {
        assert!(tells_apart("ann.lee@x.example"));
        for address in ["noemail@x.example", "None@x.example", "none", "N/A", "", "ann at x.example"] {
            assert!(!tells_apart(address), "{address}");
        }
    }
    proptest::proptest! {
        #[test]
        fn a_quick_look_tells_what_a_long_one_tells(address in "[@a-dN _.é]{0,4}[a-z.@A-Zé]{0,70}") {
            let told = decode::is_email(&address) && !is_placeholder(&address);
            proptest::prop_assert_eq!(tells_apart(&address), told);
        }
    }
}
