//! Ids as hashes of eight bytes, for sources that have to remember many of them.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_nano_inline};

/// The hash of an id. Two ids of a district of a million share one with a probability of 3 in 10^8.
#[inline]
#[must_use]
pub fn hash(id: &str) -> u64 {
    hash_bytes(id.as_bytes())
}

/// The hash of bytes: rapidhash V3 in its form for short ones, the same on every machine and in every release, so that it may be
/// kept in a cursor.
#[inline]
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    rapidhash_v3_nano_inline::<true, false>(bytes, &DEFAULT_RAPID_SECRETS)
}

/// A set of hashed ids.
pub type HashedSet = HashSet<u64, BuildHasherDefault<Prehashed>>;

/// A map by hashed ids.
pub type HashedMap<V> = HashMap<u64, V, BuildHasherDefault<Prehashed>>;

/// The hash of what is a hash already: itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
