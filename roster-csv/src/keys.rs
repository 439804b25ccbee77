//! The ids seen, sixteen bytes each.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
};

use xxhash_rust::xxh3::xxh3_64;

/// A hash that is already one: no need to hash it again.
#[derive(Default)]
pub(crate) struct Prehashed(u64);

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

type Build = BuildHasherDefault<Prehashed>;

/// A set of hashed keys.
pub(crate) type HashedSet = HashSet<u64, Build>;

/// A map by hashed keys.
pub(crate) type HashedMap<V> = HashMap<u64, V, Build>;

/// The hash of a key. Two keys of a district of a million share one with a probability of 3 in 10^8.
pub(crate) fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// The ids of one kind that were seen in this pull, each with a hash of what its row says.
#[derive(Default)]
pub(crate) struct Keys {
    seen: HashedMap<u64>,
}

/// What a row's id tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// For the first time.
    First,
    /// The same row was there already.
    Identical,
    /// Another row with this id was there, and says something else.
    Conflict {
        /// Whether it was used.
        used: bool,
    },
    /// A row with this id was rejected.
    Rejected,
}

/// Stands for an id that can't be used any more.
const REJECTED: u64 = 0;
/// Set in a row's hash if the row was used.
const USED: u64 = 1;
/// Set in each row's hash, so that none is `REJECTED`.
const ROW: u64 = 2;

impl Keys {
    /// Enters a row. A conflict makes the id unusable.
    pub(crate) fn enter(&mut self, id: u64, row: u64, used: bool) -> Seen {
        let row = (row | ROW) & !USED;
        match self.seen.entry(id) {
            Entry::Vacant(place) => {
                place.insert(row | u64::from(used));
                Seen::First
            }
            Entry::Occupied(mut place) => match *place.get() {
                REJECTED => Seen::Rejected,
                there if there & !USED == row => Seen::Identical,
                there => {
                    place.insert(REJECTED);
                    Seen::Conflict { used: there & USED != 0 }
                }
            },
        }
    }

    /// Makes an id unusable. Returns whether a row with it was used before.
    pub(crate) fn reject(&mut self, id: u64) -> bool {
        self.seen.insert(id, REJECTED).is_some_and(|row| row & USED != 0)
    }

    /// Whether a row with this id was there, whatever became of it.
    pub(crate) fn contains(&self, id: u64) -> bool {
        self.seen.contains_key(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_says_two_things_is_used_for_none() {
        let mut keys = Keys::default();
        assert_eq!(keys.enter(7, 4, true), Seen::First);
        assert_eq!(keys.enter(7, 4, true), Seen::Identical);
        assert_eq!(keys.enter(7, 8, true), Seen::Conflict { used: true });
        assert_eq!(keys.enter(7, 4, true), Seen::Rejected);
        assert!(keys.contains(7) && !keys.contains(8));
    }

    #[test]
    fn rejecting_tells_whether_something_is_to_be_withdrawn() {
        let mut keys = Keys::default();
        assert!(!keys.reject(1));
        keys.enter(2, 0, true);
        keys.enter(3, 0, false);
        assert!(keys.reject(2) && !keys.reject(2) && !keys.reject(3));
    }
}
