//! Records on their way to their place among the known.

use roster_core::{EntityKind, FieldSet, Record, Result};

use super::{Stage, Taken, Verdict, entry::Entry};
use crate::{
    Digest, Key, RecordState,
    known::{NONE, mark},
    record::{self, Mask},
    spill::Head,
};

/// How many records are looked up together, so that the waits for memory overlap.
const SIZE: usize = 64;
/// How many may wait while the store is still being read.
const PATIENCE: usize = 4 * 1024;

/// Records that were not where they were guessed, in order.
#[derive(Debug)]
pub(super) struct Window {
    waiting: Vec<Waiting>,
    /// A bit for some of the bits of each key that waits. A record that comes twice must be taken in order, so that one whose
    /// bit is set waits too; the others may pass.
    keys: Box<[u64; 1024]>,
}

#[derive(Debug)]
struct Waiting {
    record: Record,
    key: Key,
    digest: Digest,
    mask: Mask,
}

impl Default for Window {
    fn default() -> Self {
        Self { waiting: Vec::new(), keys: Box::new([0; 1024]) }
    }
}

impl Window {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether a record of that key may be among them.
    #[inline]
    fn may_hold(&self, key: Key) -> bool {
        let (word, bit) = place(key);
        !self.waiting.is_empty() && self.keys.get(word).is_some_and(|keys| keys >> bit & 1 == 1)
    }

    fn push(&mut self, waiting: Waiting) {
        let (word, bit) = place(waiting.key);
        if let Some(keys) = self.keys.get_mut(word) {
            *keys |= 1 << bit;
        }
        self.waiting.push(waiting);
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.keys.fill(0);
    }
}

/// Which word and bit of a window stand for a key.
#[inline]
const fn place(key: Key) -> (usize, u32) {
    let half = key.half() >> 40;
    (half as usize >> 6 & 0x3ff, half as u32 & 63)
}

impl Stage {
    #[inline]
    pub(super) fn upsert(&mut self, record: Record, unseen: FieldSet) -> Taken {
        let kind = record.kind();
        let mask = self.mask(kind).without(unseen);
        let key = Key::of(kind, record.id());
        let digest = record::digest(&record, mask, &mut self.buffer);
        if !self.window.may_hold(key)
            && let Some(place) = self.known.guess(key)
            && self.is_as_it_was(place, digest)
        {
            self.set_marks(place, mark::SEEN);
            return Taken::Done;
        }
        self.window.push(Waiting { record, key, digest, mask });
        let most = if self.known.is_complete() { SIZE } else { PATIENCE };
        if self.window.waiting.len() < most { Taken::Done } else { Taken::Full }
    }

    /// Whether nothing is to be done about a record but to note that it was seen.
    #[inline]
    fn is_as_it_was(&self, place: u32, digest: Digest) -> bool {
        self.known.digest(place) == Some(digest)
            && self.known.is_active(place)
            && self.known.marks(place) & !mark::SEEN == 0
    }

    /// Takes in all that wait, in order.
    pub(super) async fn flush(&mut self) -> Result<()> {
        let mut waiting = std::mem::take(&mut self.window.waiting);
        self.window.clear();
        for some in waiting.chunks(SIZE) {
            self.known.touch(some.iter().map(|waiting| waiting.key));
        }
        for waiting in waiting.drain(..) {
            match self.known.find_and_follow(waiting.key) {
                Some(place) if self.is_as_it_was(place, waiting.digest) => {
                    self.set_marks(place, mark::SEEN);
                }
                _ if self.rejected.contains_key(&waiting.key) => {}
                Some(place) => self.known_record(place, waiting).await?,
                None => self.unknown_record(waiting).await?,
            }
        }
        self.window.waiting = waiting;
        Ok(())
    }

    async fn known_record(&mut self, place: u32, waiting: Waiting) -> Result<()> {
        let marks = self.known.marks(place);
        if marks & mark::PROTECTED != 0 {
            return Ok(());
        }
        let as_it_was = match self.known.state(place) {
            RecordState::Suppressed => {
                self.protect(waiting.key, waiting.record.kind());
                return Ok(());
            }
            RecordState::Active => self.known.digest(place) == Some(waiting.digest),
            RecordState::Quarantined => self.is_held(waiting.key, waiting.digest),
            RecordState::Ended => false,
        };
        let marks = marks & !mark::DELETED | mark::SEEN;
        if as_it_was {
            // It may have been otherwise a moment ago, in a feed.
            self.drop_entry(waiting.key);
            self.set_marks(place, marks & !mark::STAGED);
            return Ok(());
        }
        self.set_marks(place, marks | mark::STAGED);
        self.add(place, waiting).await
    }

    async fn unknown_record(&mut self, waiting: Waiting) -> Result<()> {
        if self.is_held(waiting.key, waiting.digest) {
            self.drop_entry(waiting.key);
            return Ok(());
        }
        self.add(NONE, waiting).await
    }

    /// Whether it is quarantined and says what it said; then that is noted.
    fn is_held(&mut self, key: Key, digest: Digest) -> bool {
        let same = self.quarantine.get(key).is_some_and(|held| held.digest == digest);
        self.change_held(key, |held| (held.seen, held.deleted) = (same, false));
        same
    }

    async fn add(&mut self, known: u32, waiting: Waiting) -> Result<()> {
        let Waiting { mut record, key, digest, mask } = waiting;
        let kind = record.kind();
        let mut taken = mask.taken();
        if let Some(place) = self.entries.find(key) {
            if taken != FieldSet::all(kind) {
                let (earlier, decided) = self.staged(kind, place).await?;
                record = record::merge(record, earlier, taken);
                taken = taken.union(decided);
            }
            self.set_verdict(place, Verdict::Withdrawn);
        }
        if known == NONE {
            self.arrivals.add(&record, 1);
        }
        self.targets.note(&record);
        let links = record::links(&record);
        let head = Head { digest, links, taken };
        let body = self.spill.add(head, &record)?;
        self.spill.relax().await?;
        self.entries.push(Entry { key, body, known, kind, verdict: Verdict::Live, links });
        Ok(())
    }

    /// Reads a staged record back, with the fields that it decides.
    pub(crate) async fn staged(&mut self, kind: EntityKind, entry: u32) -> Result<(Record, FieldSet)> {
        let body = self.entries.get(entry).map(|entry| entry.body).ok_or_else(crate::spill::lost)?;
        let spilled = self.spill.read(body).await?;
        Ok((record::read(kind, spilled.body)?, spilled.head.taken))
    }
}
