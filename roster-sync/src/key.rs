//! Fixed-size names of records and of what they said.

use std::fmt;

use roster_core::EntityKind;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// Names a record within a roster: the hash of its kind and its vendor's id. An id has any length, and a key 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u128);

impl Key {
    /// The key of the record of that kind and id.
    #[inline]
    pub fn of(kind: EntityKind, id: &str) -> Self {
        Self(xxh3_128_with_seed(id.as_bytes(), 1 + kind as u64))
    }

    /// Half of it: enough to find candidates by, not to decide by.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "half of the key is wanted")]
    pub const fn half(self) -> u64 {
        self.0 as u64
    }

    /// For those who store it.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// As it was stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:032x})", self.0)
    }
}

/// What a record said when it was received: the hash of its canonical bytes, of the fields that could be seen, and of the
/// form of those bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(u128);

impl Digest {
    /// The digest of these bytes.
    #[inline]
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxh3_128(bytes))
    }

    /// Half of it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "half of the digest is wanted")]
    pub(crate) const fn half(self) -> u64 {
        self.0 as u64
    }

    /// For those who store it.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// As it was stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({:032x})", self.0)
    }
}
