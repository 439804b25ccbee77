//! What is new in the records that are known.

use std::collections::{BTreeSet, HashSet};

use roster_core::{
    AcademicSessionField, CourseField, EntityKind, FieldSet, Record, Result, hashed::HashedSet,
};

use super::{BODIES, Draft, Ending, Step, notes::may_name};
use crate::{
    Digest, Key, Op,
    known::{NONE, mark},
    record::{self, derived_id, differ},
    stage::Verdict,
};

impl Draft<'_> {
    pub(super) async fn compare(&mut self) -> Result<()> {
        self.compare_delivered().await?;
        self.compare_rekeyed().await?;
        self.change_the_rest().await?;
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
            self.step(op, known, &received, digest, changed).await?;
            return Ok(());
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
        let erased = self.plan.stage.mask(kind).erased;
        let (renamed, _) = self.renamed(stored);
        // Where nothing changed but ids of re-keyed records, fields newly asked for, numbers of courses and terms, and the year that
        // a source made up, no guard counts it.
        let counted = differ(&renamed, &merged).minus(self.added(kind));
        let is_quiet = counted.is_empty() || is_numbered_anew(kind, counted);
        if active && !is_quiet && !self.moved_on(&renamed, &merged, counted).await? {
            self.plan.effects.update(&renamed);
        }
        let step = self.step(self.op_of(known), known, &merged, digest, changed).await?;
        // What the host no longer asks for goes away, and so must the versions that hold it.
        step.blank = !changed.common(erased).is_empty();
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

    /// Plans a change of one record, and counts it in its groups.
    pub(super) async fn step(
        &mut self,
        op: Op,
        known: u32,
        record: &Record,
        digest: Digest,
        changed: FieldSet,
    ) -> Result<&mut Step> {
        self.plan.census.add(record, 1);
        self.plan.stage.known.mark(known, mark::CHANGED);
        let kind = record.kind();
        let key = Key::of(kind, record.id());
        let body = self.keep(record, digest).await?;
        let step = Step { op, kind, known, key, body, digest, changed, from: None, blank: false };
        self.plan.steps.push(step);
        self.plan.steps.last_mut().ok_or_else(crate::spill::lost)
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
            (renamed, self.digest_to_keep(known))
        };
        let changed = differ(&stored, &merged);
        self.plan.census.add(&stored, -1);
        self.step(Op::Rekey, known, &merged, digest, changed).await?.from = Some(from);
        Ok(())
    }

    /// Records that came as they were, or did not come: they may name one that was re-keyed, or hold what the host no
    /// longer asks for.
    async fn change_the_rest(&mut self) -> Result<()> {
        let asked = &self.ground.asked;
        let erases = self.ground.before.as_ref().is_some_and(|before| {
            !before.asked.sensitive.is_subset(&asked.sensitive) || (before.asked.extra && !asked.extra)
        });
        if self.rekeys.is_empty() && !erases {
            return Ok(());
        }
        let linked = self.linked_to_rekeyed().await?;
        let known = &self.plan.stage.known;
        let settled = mark::ENDING | mark::STAGED | mark::REKEYED;
        let rest = known.places().filter(|place| known.is_active(*place) && !known.has(*place, settled));
        let rekeyed: BTreeSet<_> = self.rekeys.keys().map(|(kind, _)| *kind).collect();
        let naming: BTreeSet<_> = EntityKind::ALL
            .into_iter()
            .filter(|kind| rekeyed.iter().any(|named| may_name(*kind, *named)))
            .collect();
        let names = |place: u32| naming.contains(&known.kind(place)) || linked.contains(&place);
        // What was delivered as it was holds nothing that is not asked for: its digest would differ.
        let rest = rest.filter(|place| names(*place) || (erases && !known.has(*place, mark::SEEN)));
        let rest: Vec<_> = rest.collect();
        for places in rest.chunks(BODIES) {
            let stored = self.stored(places).await?;
            for (known, stored) in places.iter().zip(stored) {
                if let Some(stored) = stored {
                    self.change_one(*known, stored, erases).await?;
                }
            }
        }
        Ok(())
    }

    /// What a record that was not delivered otherwise is known by. One that was not delivered at all is read when it comes
    /// next, even if it says what it said: that may no longer be what stands here.
    fn digest_to_keep(&self, known: u32) -> Digest {
        let stage = &self.plan.stage.known;
        stage.digest(known).filter(|_| stage.has(known, mark::SEEN)).unwrap_or_else(|| Digest::of(&[]))
    }

    /// What hangs on re-keyed records: found without reading a body, so that one pupil's new id costs no look at all seats.
    async fn linked_to_rekeyed(&mut self) -> Result<HashSet<u32>> {
        let halves: HashedSet = self.rekeys.keys().map(|(kind, from)| Key::of(*kind, from).half()).collect();
        if halves.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self.linked_to(&halves).await?.into_iter().collect())
    }

    async fn change_one(&mut self, known: u32, stored: Record, narrower: bool) -> Result<()> {
        let kind = stored.kind();
        let (mut record, differs) = self.renamed(stored.clone());
        if differs && derived_id(&stored).as_ref() == Some(stored.id()) {
            return self.rekey_one(known, None, stored).await;
        }
        let erased = self.plan.stage.mask(kind).erased;
        if narrower {
            record = record::merge(record::bare(kind, stored.id()), record, erased);
        }
        let changed = differ(&stored, &record);
        if !changed.is_empty() {
            let digest = self.digest_to_keep(known);
            self.plan.census.add(&stored, -1);
            let step = self.step(Op::Update, known, &record, digest, changed).await?;
            step.blank = !changed.common(erased).is_empty();
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
        let ends = |marks: u8| marks & (mark::ENDING | mark::REKEYED) == mark::ENDING;
        let ending: Vec<_> = known.marked(ends).collect();
        let drops = self.drops_contacts();
        let mut calendar = super::calendar::Calendar::default();
        for places in ending.chunks(BODIES) {
            let stored = self.stored(places).await?;
            self.look_up(&stored, &mut calendar).await?;
            for (known, stored) in places.iter().zip(stored) {
                let stored = stored.ok_or_else(crate::spill::lost)?;
                let expected = calendar.has_passed(&stored, self.ground.today);
                self.plan.census.add(&stored, -1);
                if !expected {
                    self.plan.effects.end(&stored);
                }
                let blank = drops
                    && match &stored {
                        Record::Relationship(_) => true,
                        Record::Person(person) => person.is_contact(),
                        _ => false,
                    };
                let quarantined = self.plan.stage.known.has(*known, mark::QUARANTINED);
                let id = stored.id().clone();
                self.plan.ends.push(Ending { known: *known, id, blank, quarantined, suppressed: false });
            }
        }
        Ok(())
    }
}

/// Whether all that changed of a course or term is what a vendor numbers it. Where courses and terms are told apart by what they say,
/// the vendor makes their numbers anew whenever the term does, for all of them at once, and nobody signs in by one.
fn is_numbered_anew(kind: EntityKind, changed: FieldSet) -> bool {
    match kind {
        EntityKind::Course => changed == FieldSet::of([CourseField::Identifiers]),
        EntityKind::AcademicSession => changed == FieldSet::of([AcademicSessionField::Identifiers]),
        _ => false,
    }
}
