//! What the store has, at its narrowest, to be looked up a million times.

use std::{hint::black_box, sync::OnceLock};

use roster_core::EntityKind;

use crate::{Digest, Key, Pair, RecordState};

/// Marks of a record during one run.
pub(crate) mod mark {
    /// It was delivered.
    pub(crate) const SEEN: u8 = 1;
    /// A problem protects it.
    pub(crate) const PROTECTED: u8 = 1 << 1;
    /// The vendor says that it is gone.
    pub(crate) const DELETED: u8 = 1 << 2;
    /// It was delivered as it had not been: its body is staged.
    pub(crate) const STAGED: u8 = 1 << 3;
    /// It will end.
    pub(crate) const ENDING: u8 = 1 << 4;
    /// It will be quarantined, or stay so.
    pub(crate) const QUARANTINED: u8 = 1 << 5;
    /// It is the same as one that was delivered under another id.
    pub(crate) const REKEYED: u8 = 1 << 6;
    /// A version of it will be written, other than an end.
    pub(crate) const CHANGED: u8 = 1 << 7;
}

/// No record.
pub(crate) const NONE: u32 = u32::MAX;

/// The records of a roster that have a uid, in the order of uids.
///
/// A source delivers in much the same order every night, and uids follow the order of the first: so the record after the
/// last one found is guessed first, which costs no search and reads memory in order. An index finds the others.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pairs: Vec<(Key, Digest)>,
    uids: Vec<u64>,
    seqs: Vec<u64>,
    what: Vec<(EntityKind, RecordState)>,
    /// Of this run.
    marks: Vec<u8>,
    /// Made when a guess fails for the first time: most nights need it late, and some never.
    index: OnceLock<Index>,
    guess: usize,
    is_complete: bool,
}

/// How many marks are passed over together.
const BLOCK: usize = 256;

/// How far ahead is looked, for rows that were dropped.
const AHEAD: usize = 8;

impl Known {
    /// Adds what the store gave, in its order.
    pub(crate) fn extend(&mut self, pairs: Vec<Pair>) {
        for pair in pairs {
            self.pairs.push((pair.key, pair.digest));
            self.uids.push(pair.uid);
            self.seqs.push(pair.seq);
            self.what.push((pair.kind, pair.state));
        }
        self.marks.resize(self.pairs.len(), 0);
    }

    /// Says that all is added: only then may a record be looked for.
    pub(crate) fn complete(&mut self) {
        self.is_complete = true;
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the next guess may fail just because the record was not added yet.
    #[inline]
    pub(crate) fn is_behind(&self) -> bool {
        !self.is_complete && self.guess + AHEAD > self.pairs.len()
    }

    fn index(&self) -> &Index {
        debug_assert!(self.is_complete, "what is not added yet can't be found");
        self.index.get_or_init(|| {
            let mut index = Index::with_room(self.pairs.len());
            for (place, (key, _)) in (0..).zip(&self.pairs) {
                index.put(key.half(), place);
            }
            index
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is a record of that kind, in whatever state.
    pub(crate) fn has_any(&self, kind: EntityKind) -> bool {
        self.what.iter().any(|(of, _)| *of == kind)
    }

    /// The places of all records.
    pub(crate) fn places(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.pairs.len()).unwrap_or(NONE)
    }

    /// The place of the record of that key among the next few: cheap, and often right.
    #[inline]
    pub(crate) fn guess(&mut self, key: Key) -> Option<u32> {
        let ahead = self.pairs.get(self.guess..)?;
        let ahead = ahead.get(..AHEAD).unwrap_or(ahead);
        let offset = ahead.iter().position(|(other, _)| *other == key)?;
        let place = self.guess + offset;
        self.guess = place + 1;
        u32::try_from(place).ok()
    }

    /// The place of the record of that key.
    pub(crate) fn find(&self, key: Key) -> Option<u32> {
        self.index()
            .find(key.half(), |place| self.pairs.get(place as usize).is_some_and(|(other, _)| *other == key))
    }

    /// The place of the record of that uid.
    pub(crate) fn place_of(&self, uid: u64) -> Option<u32> {
        self.uids.binary_search(&uid).ok().and_then(|place| u32::try_from(place).ok())
    }

    /// As [`find`](Self::find), and the next guess begins after it.
    pub(crate) fn find_and_follow(&mut self, key: Key) -> Option<u32> {
        let place = self.find(key)?;
        self.guess = place as usize + 1;
        Some(place)
    }

    /// The place of a record of that kind by half its key, for what stores only halves.
    pub(crate) fn find_half(&self, kind: EntityKind, half: u64) -> Option<u32> {
        self.index().find(half, |place| {
            self.pairs.get(place as usize).is_some_and(|(other, _)| other.half() == half)
                && self.kind(place) == kind
        })
    }

    /// Reads what [`find`](Self::find) will need for these keys, so that the waits for memory overlap.
    pub(crate) fn touch(&self, keys: impl Iterator<Item = Key> + Clone) {
        let there = |place: u32| {
            // A pair may lie across the border of what memory gives at a time.
            let pair = self.pairs.get(place as usize).map_or(0, |(key, digest)| key.half() ^ digest.half());
            pair ^ u64::from(self.marks(place)) ^ self.state(place) as u64
        };
        self.index().touch(keys.map(Key::half), there);
    }

    #[inline]
    pub(crate) fn digest(&self, place: u32) -> Option<Digest> {
        self.pairs.get(place as usize).map(|(_, digest)| *digest)
    }

    pub(crate) fn key(&self, place: u32) -> Option<Key> {
        self.pairs.get(place as usize).map(|(key, _)| *key)
    }

    pub(crate) fn uid(&self, place: u32) -> u64 {
        self.uids.get(place as usize).copied().unwrap_or(0)
    }

    /// The latest version.
    pub(crate) fn seq(&self, place: u32) -> u64 {
        self.seqs.get(place as usize).copied().unwrap_or(0)
    }

    pub(crate) fn kind(&self, place: u32) -> EntityKind {
        self.what.get(place as usize).map_or(EntityKind::Org, |(kind, _)| *kind)
    }

    #[inline]
    pub(crate) fn state(&self, place: u32) -> RecordState {
        self.what.get(place as usize).map_or(RecordState::Ended, |(_, state)| *state)
    }

    pub(crate) fn is_active(&self, place: u32) -> bool {
        self.state(place) == RecordState::Active
    }

    #[inline]
    pub(crate) fn marks(&self, place: u32) -> u8 {
        self.marks.get(place as usize).copied().unwrap_or(0)
    }

    /// The places of the records whose marks are so, in order. Where hardly any are, as on most nights, that takes little
    /// longer than to read the marks, which lie close together.
    pub(crate) fn marked(&self, is_so: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = u32> {
        // Looked at without a way out, many of them are compared at once.
        let has_one = move |block: &[u8]| block.iter().fold(false, |any, marks| any | is_so(*marks));
        let blocks = (0..).step_by(BLOCK).zip(self.marks.chunks(BLOCK));
        blocks.filter(move |(_, block)| has_one(block)).flat_map(move |(start, block)| {
            (start..).zip(block).filter(move |(_, marks)| is_so(**marks)).map(|(place, _)| place)
        })
    }

    pub(crate) fn has(&self, place: u32, mark: u8) -> bool {
        self.marks(place) & mark != 0
    }

    #[inline]
    pub(crate) fn set_marks(&mut self, place: u32, marks: u8) {
        if let Some(of) = self.marks.get_mut(place as usize) {
            *of = marks;
        }
    }

    pub(crate) fn mark(&mut self, place: u32, mark: u8) {
        self.set_marks(place, self.marks(place) | mark);
    }
}

/// Finds places by 64 bits: open addressing, half full at most.
///
/// A slot holds a place in as many low bits as a place may need, and above it some of the bits it is found by: these tell
/// most others apart, so that no look is wasted at what lies far away.
#[derive(Debug, Default)]
pub(crate) struct Index {
    slots: Vec<u32>,
    taken: usize,
}

impl Index {
    pub(crate) fn with_room(count: usize) -> Self {
        Self { slots: vec![NONE; (count * 2).next_power_of_two().max(64)], taken: 0 }
    }

    /// Adds a place. Whoever adds more than there was room for calls [`is_full`](Self::is_full) before.
    pub(crate) fn put(&mut self, half: u64, place: u32) {
        let tagged = tag(half) & !self.mask() | place & self.mask();
        for slot in self.probe(half) {
            if let Some(of) = self.slots.get_mut(slot)
                && *of == NONE
            {
                *of = tagged;
                self.taken += 1;
                return;
            }
        }
    }

    /// Whether it is half full, and wants to be made anew with more room.
    pub(crate) fn is_full(&self) -> bool {
        self.taken * 2 >= self.slots.len()
    }

    /// Finds a place; `is_it` tells whether it is the one.
    #[inline]
    pub(crate) fn find(&self, half: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let (mask, tag) = (self.mask(), tag(half) & !self.mask());
        for slot in self.probe(half) {
            match self.slots.get(slot).copied() {
                None | Some(NONE) => return None,
                Some(there) if there & !mask == tag && is_it(there & mask) => return Some(there & mask),
                Some(_) => {}
            }
        }
        None
    }

    /// Reads the slots that look-ups will begin with, then what lies at their places.
    pub(crate) fn touch(&self, halves: impl Iterator<Item = u64> + Clone, there: impl Fn(u32) -> u64) {
        let slot = |half| self.probe(half).next().and_then(|slot| self.slots.get(slot)).copied();
        black_box(halves.clone().fold(0, |sum, half| sum ^ slot(half).unwrap_or(0)));
        black_box(halves.fold(0, |sum, half| sum ^ self.find(half, |_| true).map_or(0, &there)));
    }

    /// The bits of a slot that hold a place: places are fewer than half the slots, so that [`NONE`] stands for none.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are at most 2^32 slots, since places have 32 bits"
    )]
    fn mask(&self) -> u32 {
        self.slots.len().wrapping_sub(1) as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
    fn probe(&self, half: u64) -> impl Iterator<Item = usize> + use<> {
        let (start, mask) = (half as usize, self.slots.len().wrapping_sub(1));
        (0..self.slots.len()).map(move |step| start.wrapping_add(step) & mask)
    }
}

/// Bits by which a slot is told from others: none of those that say where to look first.
#[inline]
const fn tag(half: u64) -> u32 {
    (half >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(uid: u64, id: &str) -> Pair {
        Pair {
            uid,
            key: Key::of(EntityKind::Person, id),
            digest: Digest::of(id.as_bytes()),
            seq: uid,
            kind: EntityKind::Person,
            state: RecordState::Active,
        }
    }

    #[test]
    fn records_are_found_by_guess_and_by_search() {
        let mut known = Known::default();
        known.extend((1..=1000).map(|uid| pair(uid, &uid.to_string())).collect());
        known.complete();
        let key = |id: &str| Key::of(EntityKind::Person, id);
        assert_eq!(
            (known.guess(key("1")), known.guess(key("2")), known.guess(key("5"))),
            (Some(0), Some(1), Some(4))
        );
        assert_eq!(known.guess(key("500")), None);
        assert_eq!(known.find_and_follow(key("500")), Some(499));
        assert_eq!(known.guess(key("501")), Some(500));
        assert_eq!(known.find(key("absent")), None);
        assert_eq!(known.find_half(EntityKind::Person, key("7").half()), Some(6));
        assert_eq!(known.find_half(EntityKind::Class, key("7").half()), None);
        assert!(known.has_any(EntityKind::Person) && !known.has_any(EntityKind::Class));
    }

    #[test]
    fn what_is_marked_is_found_wherever_it_lies() {
        let mut known = Known::default();
        known.extend((1..=1000).map(|uid| pair(uid, &uid.to_string())).collect());
        for place in [0, 255, 256, 511, 513, 999] {
            known.mark(place, mark::ENDING | mark::SEEN);
        }
        known.mark(600, mark::SEEN);
        let marked = |mark: u8| known.marked(|marks| marks & mark != 0).collect::<Vec<_>>();
        assert_eq!(marked(mark::ENDING), [0, 255, 256, 511, 513, 999]);
        assert_eq!(marked(mark::SEEN).len(), 7);
        assert!(marked(mark::STAGED).is_empty());
        assert_eq!(known.marked(|marks| marks == 0).count(), 993);
    }

    #[test]
    fn an_empty_store_knows_nobody() {
        let mut known = Known::default();
        known.complete();
        assert_eq!(known.find(Key::of(EntityKind::Org, "x")), None);
    }
}
