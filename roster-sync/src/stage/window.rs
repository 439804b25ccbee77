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
pub(super) const SIZE: usize = 64;

/// A record that was not where it was guessed.
#[derive(Debug)]
pub(super) struct Waiting {
    record: Record,
    key: Key,
    digest: Digest,
    mask: Mask,
}

impl Stage {
    #[inline]
    pub(super) fn upsert(&mut self, record: Record, unseen: FieldSet) -> Taken {
        let kind = record.kind();
        let mask = self.mask(kind).without(unseen);
        let key = Key::of(kind, record.id());
        let digest = record::digest(&record, mask, &mut self.buffer);
        // While others wait, all wait: a record that comes twice must be taken in order.
        if self.window.is_empty()
            && let Some(place) = self.known.guess(key)
            && self.known.digest(place) == Some(digest)
            && self.known.is_active(place)
            && self.known.marks(place) & !mark::SEEN == 0
        {
            self.set_marks(place, mark::SEEN);
            return Taken::Done;
        }
        self.window.push(Waiting { record, key, digest, mask });
        if self.window.len() < SIZE { Taken::Done } else { Taken::Full }
    }

    /// Takes in all that wait, in order.
    pub(super) async fn flush(&mut self) -> Result<()> {
        if self.window.is_empty() {
            return Ok(());
        }
        let mut window = std::mem::take(&mut self.window);
        self.known.touch(window.iter().map(|waiting| waiting.key));
        for waiting in window.drain(..) {
            if self.rejected.contains_key(&waiting.key) {
                continue;
            }
            match self.known.find_and_follow(waiting.key) {
                Some(place) => self.known_record(place, waiting).await?,
                None => self.unknown_record(waiting).await?,
            }
        }
        self.window = window;
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
        let head = Head { digest, links: record::links(&record), taken };
        let body = self.spill.add(head, &record)?;
        self.spill.relax().await?;
        self.entries.push(Entry { key, body, known, kind, verdict: Verdict::Live });
        Ok(())
    }

    /// Reads a staged record back, with the fields that it decides.
    pub(crate) async fn staged(&mut self, kind: EntityKind, entry: u32) -> Result<(Record, FieldSet)> {
        let body = self.entries.get(entry).map(|entry| entry.body).ok_or_else(crate::spill::lost)?;
        let spilled = self.spill.read(body).await?;
        Ok((record::read(kind, spilled.body)?, spilled.head.taken))
    }
}
