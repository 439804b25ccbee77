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

/// A table of hashed keys, with what is kept for each.
///
/// It is our own, with open addressing, because a look-up in a large table is a wait for memory, and only a table that can be
/// [touched](Self::touch_all) lets many waits pass at once.
pub(crate) struct Table<const N: usize> {
    /// Keys with what is kept beside them; a key of 0 stands for an empty slot. A power of two of them, at most three quarters
    /// full.
    slots: Vec<[u64; N]>,
    filled: usize,
}

/// A set of ids: eight bytes each.
pub(crate) type Ids = Table<1>;

/// Ids, each with a hash of what its row says: sixteen bytes each.
pub(crate) type Keys = Table<2>;

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self { slots: Vec::new(), filled: 0 }
    }
}

impl<const N: usize> Table<N> {
    /// Whether the key is there.
    #[inline]
    pub(crate) fn contains(&self, key: u64) -> bool {
        let key = key.max(1);
        self.slots.get(self.find(key)).is_some_and(|slot| first(slot) == key)
    }

    /// Looks at the slots that later look-ups of `keys` will begin with, so that they are near by then: many waits for memory
    /// pass at once, and not one by one.
    #[inline]
    pub(crate) fn touch_all(&self, keys: impl Iterator<Item = u64>) {
        let slots = keys.map(|key| self.slots.get(self.home(key)).map_or(0, first));
        std::hint::black_box(slots.fold(0, |sum, slot| sum ^ slot));
    }

    /// Puts the key in, if it is not there. Returns its slot, and whether it is new.
    #[inline]
    fn put(&mut self, key: u64) -> (&mut [u64; N], bool) {
        if self.filled * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let key = key.max(1);
        let at = self.find(key);
        #[expect(
            clippy::indexing_slicing,
            reason = "`find` stays within a table that is not empty, and after growing it is not"
        )]
        let slot = &mut self.slots[at];
        let new = first(slot) == 0;
        if let Some(there) = slot.first_mut().filter(|_| new) {
            *there = key;
            self.filled += 1;
        }
        (slot, new)
    }

    /// Where a look-up of the key begins.
    #[expect(clippy::cast_possible_truncation, reason = "it is masked anyway")]
    fn home(&self, key: u64) -> usize {
        key as usize & self.slots.len().wrapping_sub(1)
    }

    /// The slot of the key, or the empty one where it would be put. There is always an empty slot, unless there is none at all.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.slots.get(at).map(first).is_some_and(|there| there != 0 && there != key) {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    /// Makes room for about `keys` at once, so that the table need not grow step by step. It is a guess: at most a million
    /// is believed.
    pub(crate) fn expect(&mut self, keys: u64) {
        let keys = usize::try_from(keys.min(1 << 20)).unwrap_or(0);
        let slots = (keys * 4 / 3 + 1).next_power_of_two();
        if self.filled == 0 && slots > self.slots.len() {
            self.slots = vec![[0; N]; slots];
        }
    }

    fn grow(&mut self) {
        let larger = vec![[0; N]; (self.slots.len() * 2).max(64)];
        let old = std::mem::replace(&mut self.slots, larger);
        self.filled = 0;
        for slot in old.into_iter().filter(|slot| first(slot) != 0) {
            *self.put(first(&slot)).0 = slot;
        }
    }
}

#[inline]
fn first<const N: usize>(slot: &[u64; N]) -> u64 {
    slot.first().copied().unwrap_or(0)
}

impl Ids {
    /// Puts an id in. Returns whether it is new.
    pub(crate) fn insert(&mut self, id: u64) -> bool {
        self.put(id).1
    }
}

/// What a row's id tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// For the first time.
    First,
    /// All rows with this id say the same so far.
    Identical,
    /// Rows with this id say different things.
    Conflict,
}

/// Stands for an id whose rows say different things.
const CONFLICT: u64 = 0;

impl Keys {
    /// Enters a row.
    pub(crate) fn enter(&mut self, id: u64, row: u64) -> Seen {
        let row = row.max(1);
        let ([_, there], new) = self.put(id);
        if new {
            *there = row;
            Seen::First
        } else if *there == row {
            Seen::Identical
        } else {
            *there = CONFLICT;
            Seen::Conflict
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_says_two_things_is_in_conflict_for_good() {
        let mut keys = Keys::default();
        assert_eq!(keys.enter(7, 1), Seen::First);
        assert_eq!(keys.enter(7, 1), Seen::Identical);
        assert_eq!(keys.enter(7, 2), Seen::Conflict);
        assert_eq!(keys.enter(7, 1), Seen::Conflict);
        assert!(keys.contains(7) && !keys.contains(8));
    }

    proptest::proptest! {
        #[test]
        fn holds_what_a_set_holds(ids in proptest::collection::vec(0_u64..500, 0..900), spread: bool) {
            let spread = |id: u64| if spread { id.max(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) } else { id.max(1) };
            let (mut table, mut set) = (Ids::default(), std::collections::HashSet::new());
            for id in ids.iter().copied().map(spread) {
                proptest::prop_assert_eq!(table.insert(id), set.insert(id));
            }
            for id in (0_u64..600).map(spread) {
                proptest::prop_assert_eq!(table.contains(id), set.contains(&id));
            }
        }
    }
}
