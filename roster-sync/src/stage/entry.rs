//! Records that are new or different, by place.

use roster_core::EntityKind;

use crate::{
    Key,
    known::{Index, NONE},
    spill::Place,
};

/// A record that is new or different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// Where its body lies.
    pub(crate) body: Place,
    /// Its place among the known, or [`NONE`].
    pub(crate) known: u32,
    pub(crate) kind: EntityKind,
    pub(crate) verdict: Verdict,
    /// What it hangs on, each by half its key: 0 for none.
    pub(crate) links: (u64, u64),
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is taken in.
    Live,
    /// A later event took it back, or said the same again otherwise.
    Withdrawn,
    /// It hangs on what is not there.
    Quarantined,
    /// It is one that is known, under another id.
    Rekeyed,
}

/// All of them, found by key. Of one key at most one is live.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    list: Vec<Entry>,
    index: Index,
}

impl Entry {
    /// Whether it makes a record that was not there.
    pub(crate) fn is_create(&self) -> bool {
        self.known == NONE && self.verdict == Verdict::Live
    }
}

impl Entries {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, place: u32) -> Option<&Entry> {
        self.list.get(place as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0..).zip(&self.list)
    }

    /// The places of those of a kind that are not withdrawn, in the order in which they came.
    pub(crate) fn of_kind(&self, kind: EntityKind) -> Vec<u32> {
        self.iter()
            .filter(|(_, entry)| entry.kind == kind && entry.verdict != Verdict::Withdrawn)
            .map(|(place, _)| place)
            .collect()
    }

    /// The entry of that key that is not withdrawn.
    pub(crate) fn find(&self, key: Key) -> Option<u32> {
        self.index.find(key.half(), |place| {
            self.get(place).is_some_and(|entry| entry.key == key && entry.verdict != Verdict::Withdrawn)
        })
    }

    /// The entry of that kind by half its key.
    pub(crate) fn find_half(&self, kind: EntityKind, half: u64) -> Option<u32> {
        self.index.find(half, |place| {
            self.get(place).is_some_and(|entry| {
                entry.key.half() == half && entry.kind == kind && entry.verdict != Verdict::Withdrawn
            })
        })
    }

    /// Reads what [`find_half`](Self::find_half) will need, so that the waits for memory overlap.
    pub(crate) fn touch(&self, halves: impl Iterator<Item = u64> + Clone) {
        self.index.touch(halves, |place| self.get(place).map_or(0, |entry| entry.key.half()));
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        if self.index.is_full() {
            self.index = Index::with_room(self.list.len() * 2);
            for (place, entry) in (0..).zip(&self.list) {
                self.index.put(entry.key.half(), place);
            }
        }
        let place = u32::try_from(self.list.len()).unwrap_or(NONE);
        self.index.put(entry.key.half(), place);
        self.list.push(entry);
    }

    /// Sets what becomes of it, and gives what would have.
    pub(crate) fn set_verdict(&mut self, place: u32, verdict: Verdict) -> Verdict {
        self.list
            .get_mut(place as usize)
            .map_or(Verdict::Withdrawn, |entry| std::mem::replace(&mut entry.verdict, verdict))
    }
}
