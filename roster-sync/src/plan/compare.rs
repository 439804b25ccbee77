//! What is new in the records that are known.

use roster_core::{EntityKind, FieldSet, Record, Result};

use super::{BODIES, Draft, Ending, Step};
use crate::{
    Digest, Key, Op,
    known::{NONE, mark},
    record::{self, derived_id, differ},
    stage::Verdict,
};

impl Draft<'_> {
    pub(super) async fn compare(&mut self) -> Result<()> {
        self.plan.census = std::mem::take(&mut self.plan.stage.arrivals);
        self.compare_delivered().await?;
        self.compare_rekeyed().await?;
        self.rename_the_rest().await?;
        self.erase_the_rest().await?;
        self.uncount_what_is_not_created().await
    }

    async fn compare_delivered(&mut self) -> Result<()> {
        let delivered: Vec<(u32, u32)> = self
            .plan
            .stage
            .entries
            .iter()
            .filter(|(_, entry)| entry.known != NONE && entry.verdict == Verdict::Live)
            .map(|(place, entry)| (place, entry.known))
            .collect();
        for chunk in delivered.chunks(BODIES) {
            let places: Vec<_> = chunk.iter().map(|(_, known)| *known).collect();
            let stored = self.stored(&places).await?;
            for ((entry, known), stored) in chunk.iter().zip(stored) {
                self.compare_one(*entry, *known, stored).await?;
            }
        }
        Ok(())
    }

    async fn compare_one(&mut self, entry: u32, known: u32, stored: Option<Record>) -> Result<()> {
        let kind = self.plan.stage.known.kind(known);
        let (received, digest, taken) = self.received(kind, entry).await?;
        let Some(stored) = stored else {
            // It was blanked: what was received is all there is.
            let (op, changed) = (self.op_of(known), FieldSet::all(kind));
            return self.step(op, known, received, digest, changed).await;
        };
        let merged = record::merge(received, stored.clone(), taken);
        let active = self.plan.stage.known.is_active(known);
        let changed = differ(&stored, &merged);
        if active && changed.is_empty() {
            self.plan.restamps.push((known, digest));
            return Ok(());
        }
        if active {
            self.plan.census.add(&stored, -1);
        }
        let erased = self.erases(&stored, &merged);
        let (renamed, _) = self.renamed(stored);
        let by_reference = active && differ(&renamed, &merged).is_empty();
        if active && !by_reference {
            self.plan.effects.update(&renamed);
        }
        self.step(self.op_of(known), known, merged, digest, changed).await?;
        if let Some(step) = self.plan.steps.last_mut() {
            (step.by_reference, step.blank) = (by_reference, erased);
        }
        Ok(())
    }

    /// Reads what was received, with the fields that it decides.
    pub(super) async fn received(
        &mut self,
        kind: EntityKind,
        entry: u32,
    ) -> Result<(Record, Digest, FieldSet)> {
        let body =
            self.plan.stage.entries.get(entry).map(|entry| entry.body).ok_or_else(crate::spill::lost)?;
        let spilled = self.plan.stage.spill.read(body).await?;
        Ok((record::read(kind, spilled.body)?, spilled.head.digest, spilled.head.taken))
    }

    fn op_of(&self, known: u32) -> Op {
        if self.plan.stage.known.is_active(known) { Op::Update } else { Op::Restore }
    }

    /// Whether what the host no longer asks for goes away with this change.
    fn erases(&self, stored: &Record, merged: &Record) -> bool {
        let erased = self.plan.stage.mask(stored.kind()).erased;
        !differ(stored, merged).common(erased).is_empty()
    }

    async fn step(
        &mut self,
        op: Op,
        known: u32,
        record: Record,
        digest: Digest,
        changed: FieldSet,
    ) -> Result<()> {
        self.plan.census.add(&record, 1);
        let kind = record.kind();
        let key = Key::of(kind, record.id());
        let body = self.keep(&record, digest).await?;
        let (from, by_reference, blank) = (None, false, false);
        self.plan.steps.push(Step { op, kind, known, key, body, digest, changed, from, by_reference, blank });
        Ok(())
    }

    /// Takes in what was quarantined.
    pub(super) async fn admit(&mut self, known: u32, key: Key, record: Record, digest: Digest) -> Result<()> {
        debug_assert_eq!(key, Key::of(record.kind(), record.id()));
        let op = if known == NONE { Op::Create } else { Op::Restore };
        // The census is begun anew in `compare`; what is taken in before is counted among the arrivals.
        self.plan.stage.arrivals.add(&record, 1);
        let kind = record.kind();
        let body = self.keep(&record, digest).await?;
        let changed = if known == NONE { FieldSet::EMPTY } else { FieldSet::all(kind) };
        let (from, by_reference, blank) = (None, false, false);
        self.plan.steps.push(Step { op, kind, known, key, body, digest, changed, from, by_reference, blank });
        Ok(())
    }

    async fn compare_rekeyed(&mut self) -> Result<()> {
        let pairs = std::mem::take(&mut self.pairs);
        for chunk in pairs.chunks(BODIES) {
            let places: Vec<_> = chunk.iter().map(|(known, _)| *known).collect();
            let stored = self.stored(&places).await?;
            for ((known, entry), stored) in chunk.iter().zip(stored) {
                if let Some(stored) = stored {
                    self.rekey_one(*known, *entry, stored).await?;
                }
            }
        }
        self.pairs = pairs;
        Ok(())
    }

    async fn rekey_one(&mut self, known: u32, entry: Option<u32>, stored: Record) -> Result<()> {
        let kind = stored.kind();
        let from = stored.id().clone();
        let (renamed, _) = self.renamed(stored.clone());
        let (merged, digest) = if let Some(entry) = entry {
            let (received, digest, taken) = self.received(kind, entry).await?;
            (record::merge(received, renamed, taken), digest)
        } else {
            // Nobody delivered it: it follows its parts.
            let mut renamed = renamed;
            if let Some(id) = derived_id(&renamed) {
                record::set_id(&mut renamed, id);
            }
            (renamed, self.plan.stage.known.digest(known).ok_or_else(crate::spill::lost)?)
        };
        let changed = differ(&stored, &merged);
        self.plan.census.add(&stored, -1);
        self.step(Op::Rekey, known, merged, digest, changed).await?;
        if let Some(step) = self.plan.steps.last_mut() {
            step.from = Some(from);
        }
        Ok(())
    }

    /// Records that were not delivered and name one that was re-keyed.
    async fn rename_the_rest(&mut self) -> Result<()> {
        if self.rekeys.is_empty() {
            return Ok(());
        }
        for places in self.untouched().chunks(BODIES) {
            let stored = self.stored(places).await?;
            for (known, stored) in places.iter().zip(stored) {
                let Some(stored) = stored else { continue };
                let (renamed, differs) = self.renamed(stored.clone());
                if !differs {
                    continue;
                }
                let was_derived = derived_id(&stored).as_ref() == Some(stored.id());
                if was_derived {
                    self.rekey_one(*known, None, stored).await?;
                    continue;
                }
                let Some(digest) = self.plan.stage.known.digest(*known) else { continue };
                let changed = differ(&stored, &renamed);
                self.plan.census.add(&stored, -1);
                self.step(Op::Update, *known, renamed, digest, changed).await?;
                if let Some(step) = self.plan.steps.last_mut() {
                    step.by_reference = true;
                }
            }
        }
        Ok(())
    }

    /// Active records that nothing has been decided about.
    fn untouched(&self) -> Vec<u32> {
        let known = &self.plan.stage.known;
        let settled = mark::ENDING | mark::STAGED | mark::REKEYED;
        known.places().filter(|place| known.is_active(*place) && !known.has(*place, settled)).collect()
    }

    /// People who were not delivered, and hold what the host no longer asks for.
    async fn erase_the_rest(&mut self) -> Result<()> {
        let asked = &self.ground.asked;
        let narrower = self.ground.before.as_ref().is_some_and(|before| {
            !before.asked.sensitive.is_subset(&asked.sensitive) || (before.asked.extra && !asked.extra)
        });
        if !narrower {
            return Ok(());
        }
        let known = &self.plan.stage.known;
        let unseen: Vec<_> =
            self.untouched().into_iter().filter(|place| !known.has(*place, mark::SEEN)).collect();
        for places in unseen.chunks(BODIES) {
            let stored = self.stored(places).await?;
            for (known, stored) in places.iter().zip(stored) {
                let Some(stored) = stored else { continue };
                let kind = stored.kind();
                let erased = self.plan.stage.mask(kind).erased;
                let bare = record::bare(kind, stored.id());
                let merged = record::merge(bare, stored.clone(), erased);
                let changed = differ(&stored, &merged);
                let Some(digest) = self.plan.stage.known.digest(*known) else { continue };
                if !changed.is_empty() {
                    self.plan.census.add(&stored, -1);
                    self.step(Op::Update, *known, merged, digest, changed).await?;
                    if let Some(step) = self.plan.steps.last_mut() {
                        step.blank = true;
                    }
                }
            }
        }
        Ok(())
    }

    /// Entries were counted when they came; those that make no record are taken out again.
    async fn uncount_what_is_not_created(&mut self) -> Result<()> {
        let not_created: Vec<_> = self
            .plan
            .stage
            .entries
            .iter()
            .filter(|(_, entry)| entry.known == NONE && entry.verdict != Verdict::Live)
            .map(|(place, entry)| (place, entry.kind))
            .collect();
        for (place, kind) in not_created {
            let (record, ..) = self.received(kind, place).await?;
            self.plan.census.add(&record, -1);
        }
        Ok(())
    }

    /// The records that end, as they look.
    pub(super) async fn end(&mut self) -> Result<()> {
        let known = &self.plan.stage.known;
        let ending: Vec<_> = known
            .places()
            .filter(|place| known.has(*place, mark::ENDING) && !known.has(*place, mark::REKEYED))
            .collect();
        let drops = self.drops_contacts();
        let mut calendar = super::guards::Calendar::default();
        for places in ending.chunks(BODIES) {
            let stored = self.stored(places).await?;
            for (known, stored) in places.iter().zip(stored) {
                let stored = stored.ok_or_else(crate::spill::lost)?;
                let expected = self.has_passed(&stored, &mut calendar).await?;
                self.plan.census.add(&stored, -1);
                if !expected {
                    self.plan.effects.end(&stored);
                }
                let blank = drops
                    && match &stored {
                        Record::Relationship(_) => true,
                        Record::Person(person) => person.is_contact(),
                        _ => self.dropped.contains(known),
                    };
                let quarantined = self.plan.stage.known.has(*known, mark::QUARANTINED);
                let id = stored.id().clone();
                self.plan.ends.push(Ending { known: *known, id, blank, quarantined });
            }
        }
        Ok(())
    }
}
