//! E-mail addresses that tell people apart, and those that do not.

use memchr::memchr;
use roster_core::decode;

/// Local parts that stand for no address at all.
const PLACEHOLDERS: [&str; 12] = [
    "noemail", "no-email", "no_email", "nomail", "noreply", "no-reply", "none", "na", "n/a", "null",
    "unknown", "test",
];

/// Whether an address can tell people apart: it is one, and no placeholder.
pub(crate) fn tells_apart(address: &str) -> bool {
    decode::is_email(address) && !is_placeholder(address)
}

/// Whether an address stands for none, such as `noemail@school.example`.
pub(crate) fn is_placeholder(address: &str) -> bool {
    let end = memchr(b'@', address.as_bytes()).unwrap_or(address.len());
    let local = address.get(..end).unwrap_or(address);
    PLACEHOLDERS.iter().any(|placeholder| local.eq_ignore_ascii_case(placeholder))
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
}
