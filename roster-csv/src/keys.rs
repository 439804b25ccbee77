//! The ids seen, sixteen bytes each.

use std::{
    collections::{HashMap, HashSet},
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

/// The ids of one kind that were seen in this pull, each with a hash of what its row says: sixteen bytes an id.
///
/// A table of our own, with open addressing, because a look-up in a large table is a wait for memory, and only a table that
/// can be [touched](Self::touch) lets many waits pass at once. It made reading a district twice as fast.
#[derive(Default)]
pub(crate) struct Keys {
    /// Id and row; an id of 0 stands for an empty slot. A power of two of them, at most three quarters full.
    slots: Vec<[u64; 2]>,
    filled: usize,
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
        let (there, new) = self.slot(id, row | u64::from(used));
        match *there {
            _ if new => Seen::First,
            REJECTED => Seen::Rejected,
            before if before & !USED == row => Seen::Identical,
            before => {
                *there = REJECTED;
                Seen::Conflict { used: before & USED != 0 }
            }
        }
    }

    /// Makes an id unusable. Returns whether a row with it was used before.
    pub(crate) fn reject(&mut self, id: u64) -> bool {
        let (there, _) = self.slot(id, REJECTED);
        std::mem::replace(there, REJECTED) & USED != 0
    }

    /// Whether a row with this id was there, whatever became of it.
    pub(crate) fn contains(&self, id: u64) -> bool {
        let id = id.max(1);
        self.probe(id).any(|slot| slot == id)
    }

    /// Looks at the slot that a later look-up of `id` will begin with, so that it is near by then.
    pub(crate) fn touch(&self, id: u64) -> u64 {
        self.slots.get(self.home(id)).map_or(0, |[id, _]| *id)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is masked anyway")]
    fn home(&self, id: u64) -> usize {
        id as usize & self.slots.len().wrapping_sub(1)
    }

    /// The ids from the home of `id` on, up to the first empty slot.
    fn probe(&self, id: u64) -> impl Iterator<Item = u64> {
        let (before, from) = self.slots.split_at(self.home(id).min(self.slots.len()));
        from.iter().chain(before).map(|[id, _]| *id).take_while(|id| *id != 0)
    }

    /// What is kept for an id, and whether `row` was put there just now.
    fn slot(&mut self, id: u64, row: u64) -> (&mut u64, bool) {
        if self.filled * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let id = id.max(1);
        let steps = self.probe(id).take_while(|there| *there != id).count();
        let at = (self.home(id) + steps) & (self.slots.len() - 1);
        #[expect(clippy::indexing_slicing, reason = "`at` is masked with the length, which is at least 64 here")]
        let [there, kept] = &mut self.slots[at];
        let new = *there == 0;
        if new {
            (*there, *kept) = (id, row);
            self.filled += 1;
        }
        (kept, new)
    }

    fn grow(&mut self) {
        let larger = vec![[0, 0]; (self.slots.len() * 2).max(64)];
        let old = std::mem::replace(&mut self.slots, larger);
        self.filled = 0;
        for [id, row] in old.into_iter().filter(|[id, _]| *id != 0) {
            self.slot(id, row);
        }
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

    proptest::proptest! {
        #[test]
        fn holds_what_a_map_holds(ids in proptest::collection::vec(0_u64..500, 0..900)) {
            let (mut keys, mut seen) = (Keys::default(), std::collections::HashSet::new());
            for id in ids.iter().map(|id| id.max(&1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
                let first = keys.enter(id, 4, true) == Seen::First;
                proptest::prop_assert_eq!(first, seen.insert(id));
            }
            for id in (0_u64..600).map(|id| id.max(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
                proptest::prop_assert_eq!(keys.contains(id), seen.contains(&id));
            }
        }
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
