//! Where a page of records ended.

use std::fmt;

use roster_core::{Error, ErrorKind, Result};

use crate::Key;

/// The last record of a page. Those with a uid come first, by uid; then those that have none, by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Uid(u64),
    Key(Key),
}

impl Place {
    /// Before the first record.
    pub(crate) const START: Self = Self::Uid(0);

    /// As [`Page::next`](super::Page::next) had it.
    pub(crate) fn read(token: Option<&str>) -> Result<Self> {
        let Some(token) = token else { return Ok(Self::START) };
        let place = match token.split_at_checked(1) {
            Some(("u", uid)) => uid.parse().ok().map(Self::Uid),
            Some(("k", key)) => {
                u128::from_str_radix(key, 16).ok().map(|key| Self::Key(Key::from_bytes(key.to_be_bytes())))
            }
            _ => None,
        };
        place.ok_or_else(|| {
            let message = "the place to go on from is none that a page of records named; start without one";
            Error::new(ErrorKind::Config, "host", "reading the store", message)
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "u{uid}"),
            Self::Key(key) => write!(f, "k{:032x}", u128::from_be_bytes(key.to_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_core::EntityKind;

    use super::*;

    #[test]
    fn places_read_back_and_nothing_else_does() {
        for place in [Place::Uid(7), Place::Key(Key::of(EntityKind::Org, "s1"))] {
            assert_eq!(Place::read(Some(&place.to_string())).unwrap(), place);
        }
        for token in ["", "7", "u", "u-1", "kx", "é1"] {
            assert!(Place::read(Some(token)).is_err(), "{token}");
        }
    }
}
