//! The ids seen, sixteen bytes each.

pub(crate) use roster_core::hashed::{HashedMap, HashedSet, hash};

/// A set of ids: eight bytes each, with open addressing.
///
/// The tables of this module are our own, because a look-up in a large table is a wait for memory, and only a table that can be
/// [touched](Self::touch_all) lets many waits pass at once.
#[derive(Default)]
pub(crate) struct Ids {
    /// Hashed ids; 0 stands for an empty slot. A power of two of them, at most three quarters full.
    slots: Vec<u64>,
    filled: usize,
}

impl Ids {
    /// Whether the id is there.
    #[inline]
    pub(crate) fn contains(&self, id: u64) -> bool {
        let id = id.max(1);
        self.slots.get(self.find(id)) == Some(&id)
    }

    /// Which of up to 64 ids are not there, a bit each. No id, which is an empty text, is not missing.
    pub(crate) fn missing(&self, ids: impl Iterator<Item = u64> + Clone) -> u64 {
        let none = hash("");
        self.touch_all(ids.clone());
        let mut bits = 0;
        for (index, id) in ids.enumerate() {
            // Nearly all are there, where a look-up begins.
            let is_there = self.slots.get(home(id, self.slots.len())) == Some(&id.max(1));
            if !is_there && id != none && !self.contains(id) {
                bits |= 1 << index;
            }
        }
        bits
    }

    /// Looks at the slots that later look-ups of `ids` will begin with, so that they are near by then: many waits for memory
    /// pass at once, and not one by one.
    #[inline]
    pub(crate) fn touch_all(&self, ids: impl Iterator<Item = u64>) {
        touch_all(&self.slots, ids);
    }

    /// Puts an id in. Returns whether it is new.
    #[inline]
    pub(crate) fn insert(&mut self, id: u64) -> bool {
        if is_full(self.filled, self.slots.len()) {
            self.grow();
        }
        let id = id.max(1);
        let at = self.find(id);
        match self.slots.get_mut(at) {
            Some(slot) if *slot == 0 => {
                *slot = id;
                self.filled += 1;
                true
            }
            _ => false,
        }
    }

    /// The slot of the id, or the empty one where it would be put. There is always an empty slot, unless there is none at all.
    #[inline]
    fn find(&self, id: u64) -> usize {
        let mut at = home(id, self.slots.len());
        while self.slots.get(at).is_some_and(|there| *there != 0 && *there != id) {
            at = home(at as u64 + 1, self.slots.len());
        }
        at
    }

    /// Makes room for about `ids` at once.
    pub(crate) fn expect(&mut self, ids: u64) {
        let slots = slots_for(ids);
        if slots > self.slots.len() {
            self.grow_to(slots);
        }
    }

    fn grow(&mut self) {
        self.grow_to((self.slots.len() * 2).max(64));
    }

    fn grow_to(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, empty(slots));
        for id in old.into_iter().filter(|id| *id != 0) {
            let at = self.find(id);
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = id;
            }
        }
    }
}

/// Ids, each with a hash of what its row says: sixteen bytes each, in the order in which they came, so that they are written
/// one after the other. What is looked up at random is small: four bytes an id.
#[derive(Default)]
pub(crate) struct Keys {
    entries: Vec<[u64; 2]>,
    /// The number of an entry, from 1, in as many low bits as a number may need; in the bits above it some of the id's own,
    /// which tell most others apart. 0 stands for an empty slot. A power of two of them, at most three quarters full.
    slots: Vec<u32>,
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
    #[inline]
    pub(crate) fn enter(&mut self, id: u64, row: u64) -> Seen {
        let row = row.max(1);
        match self.meet(id, row) {
            None => Seen::First,
            Some(there) if *there == row => Seen::Identical,
            Some(there) => {
                *there = CONFLICT;
                Seen::Conflict
            }
        }
    }

    /// What was entered with an id first; if there is nothing yet, `says` is.
    #[inline]
    pub(crate) fn meet(&mut self, id: u64, says: u64) -> Option<&mut u64> {
        if is_full(self.entries.len(), self.slots.len()) {
            self.grow((self.slots.len() * 2).max(64));
        }
        let numbers = self.numbers();
        let tag = tag(id) & !numbers;
        let mut at = home(id, self.slots.len());
        while let Some(slot) = self.slots.get(at).copied().filter(|slot| *slot != 0) {
            let number = (slot & numbers) as usize - 1;
            let is_it =
                slot & !numbers == tag && self.entries.get(number).is_some_and(|[there, _]| *there == id);
            if is_it {
                return self.entries.get_mut(number).map(|[_, says]| says);
            }
            at = home(at as u64 + 1, self.slots.len());
        }
        self.entries.push([id, says]);
        self.put(at, tag, self.entries.len());
        None
    }

    /// As [`Ids::touch_all`].
    #[inline]
    pub(crate) fn touch_all(&self, ids: impl Iterator<Item = u64>) {
        touch_all(&self.slots, ids);
    }

    /// Makes room for about `ids` at once.
    pub(crate) fn expect(&mut self, ids: u64) {
        // What is not written of the room costs nothing, and entries that outgrow theirs are all written again elsewhere.
        self.entries.reserve(believed(ids));
        let slots = slots_for(self.entries.len() as u64 + ids);
        if slots > self.slots.len() {
            self.grow(slots);
        }
    }

    /// The bits of a slot that hold a number. There are more slots than entries, so that a number never needs more.
    fn numbers(&self) -> u32 {
        u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
    }

    fn put(&mut self, at: usize, tag: u32, number: usize) {
        if let (Some(slot), Ok(number)) = (self.slots.get_mut(at), u32::try_from(number)) {
            *slot = tag | number;
        }
    }

    fn grow(&mut self, slots: usize) {
        self.slots = empty(slots);
        let numbers = self.numbers();
        for index in 0..self.entries.len() {
            let id = self.entries.get(index).map_or(0, |[id, _]| *id);
            let mut at = home(id, slots);
            while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                at = home(at as u64 + 1, slots);
            }
            self.put(at, tag(id) & !numbers, index + 1);
        }
    }
}

/// Where a look-up begins. Its bits are none of the [`tag`]'s.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "it is masked anyway")]
const fn home(id: u64, slots: usize) -> usize {
    id as u32 as usize & slots.wrapping_sub(1)
}

#[inline]
const fn tag(id: u64) -> u32 {
    (id >> 32) as u32
}

const fn is_full(filled: usize, slots: usize) -> bool {
    filled * 4 >= slots * 3
}

/// Empty slots, each written once: a page that is read before it is written is brought in twice, and the second time all
/// threads are interrupted.
fn empty<T: Copy + Default>(slots: usize) -> Vec<T> {
    let mut empty = Vec::new();
    empty.resize(slots, T::default());
    empty
}

/// How many ids a guess is believed to tell of: a million at most.
fn believed(ids: u64) -> usize {
    usize::try_from(ids.min(1 << 20)).unwrap_or(0)
}

/// How many slots about `ids` need.
fn slots_for(ids: u64) -> usize {
    (believed(ids) * 4 / 3 + 1).next_power_of_two()
}

#[inline]
fn touch_all<T: Copy + Into<u64>>(slots: &[T], ids: impl Iterator<Item = u64>) {
    let seen = ids.map(|id| slots.get(home(id, slots.len())).copied().map_or(0, Into::into));
    std::hint::black_box(seen.fold(0, |sum, slot: u64| sum ^ slot));
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
        assert_eq!(keys.enter(8, 2), Seen::First);
    }

    proptest::proptest! {
        #[test]
        fn tells_what_a_map_tells(rows in proptest::collection::vec((0_u64..300, 1_u64..3), 0..900), spread: bool, expected in 0_u64..900) {
            // Ids that differ in their high half alone begin at one slot.
            let spread = |id: u64| if spread { id.wrapping_mul(0x9e37_79b9_7f4a_7c15) } else { id << 40 };
            let (mut keys, mut map) = (Keys::default(), std::collections::HashMap::new());
            keys.expect(expected);
            for (id, row) in rows {
                let wanted = match map.entry(id) {
                    std::collections::hash_map::Entry::Vacant(free) => {
                        free.insert(row);
                        Seen::First
                    }
                    std::collections::hash_map::Entry::Occupied(there) if *there.get() == row => Seen::Identical,
                    std::collections::hash_map::Entry::Occupied(mut there) => {
                        there.insert(CONFLICT);
                        Seen::Conflict
                    }
                };
                proptest::prop_assert_eq!(keys.enter(spread(id), row), wanted);
            }
        }

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
