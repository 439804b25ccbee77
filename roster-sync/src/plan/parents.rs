//! What hangs on what is not there.

use roster_core::{EntityKind, FieldSet, Record, Result, hashed::HashedSet};

use super::{BODIES, Body, Draft, Quarantining};
use crate::{
    Digest, Key, Op, RecordState,
    known::{NONE, mark},
    record::{self, parent_kinds},
    stage::{Entry, Verdict},
};

/// The kinds that hang on others, parents before what hangs on them.
const HANGING: [EntityKind; 3] = [EntityKind::Class, EntityKind::Enrollment, EntityKind::Relationship];
/// How many links are read from the store at a time.
const LINKS: usize = 4096;
/// How many entries' parents are looked up together.
const TOUCHED: usize = 64;

impl Draft<'_> {
    pub(super) async fn check_parents(&mut self) -> Result<()> {
        for kind in HANGING {
            self.check_entries(kind).await?;
            self.check_known(kind).await?;
            self.check_quarantine(kind).await?;
        }
        Ok(())
    }

    /// Whether a parent will stand in the roster. Of kinds that nobody asked for, nothing is known, and nothing demanded.
    pub(super) fn is_there(&self, kind: EntityKind, half: u64) -> bool {
        if half == 0 || !self.ground.asked.kinds.contains(&kind) || self.admitted.contains(&(kind, half)) {
            return true;
        }
        let stage = &self.plan.stage;
        if let Some(entry) = stage.entries.find_half(kind, half).and_then(|place| stage.entries.get(place)) {
            return matches!(entry.verdict, Verdict::Live | Verdict::Rekeyed);
        }
        stage.known.find_half(kind, half).is_some_and(|place| {
            stage.known.is_active(place)
                && !stage.known.has(place, mark::ENDING | mark::QUARANTINED | mark::REKEYED)
        })
    }

    fn lacks_parent(&self, kind: EntityKind, links: (u64, u64)) -> bool {
        let [first, second] = parent_kinds(kind);
        !first.is_none_or(|kind| self.is_there(kind, links.0))
            || !second.is_none_or(|kind| self.is_there(kind, links.1))
    }

    /// Records that are new or different.
    async fn check_entries(&mut self, kind: EntityKind) -> Result<()> {
        for places in self.plan.stage.entries.of_kind(kind).chunks(TOUCHED) {
            let entries = &self.plan.stage.entries;
            let links = places.iter().filter_map(|place| entries.get(*place)).map(|entry| entry.links);
            entries.touch(links.flat_map(|(first, second)| [first, second]));
            for place in places {
                let Some(entry) = self.plan.stage.entries.get(*place).copied() else { continue };
                if self.lacks_parent(kind, entry.links) {
                    self.check_entry(kind, *place, entry).await?;
                }
            }
        }
        Ok(())
    }

    async fn check_entry(&mut self, kind: EntityKind, place: u32, entry: Entry) -> Result<()> {
        let digest = self.plan.stage.spill.read(entry.body).await?.head.digest;
        let (record, taken) = self.plan.stage.staged(kind, place).await?;
        let Some(missing) = self.missing(&record) else { return Ok(()) };
        let body = self.body_to_keep(&entry, record, digest, taken).await?;
        self.plan.stage.entries.set_verdict(place, Verdict::Quarantined);
        if entry.known != NONE {
            self.quarantine_known(entry.known);
        }
        let again = self.plan.stage.quarantine.get(entry.key).is_some();
        self.plan.into_quarantine.push(Quarantining {
            key: entry.key,
            kind,
            digest,
            uid: self.uid_of(entry.known),
            missing,
            body,
            again,
        });
        Ok(())
    }

    /// What a record says when it comes out of quarantine: of one that is known also what was withheld tonight.
    async fn body_to_keep(
        &mut self,
        entry: &Entry,
        received: Record,
        digest: Digest,
        taken: FieldSet,
    ) -> Result<Body> {
        let tells_all = taken == FieldSet::all(entry.kind);
        let stored = match entry.known {
            NONE => None,
            _ if tells_all => None,
            known => self.stored(&[known]).await?.pop().flatten(),
        };
        let Some(stored) = stored else { return Ok(Body::Received(entry.body)) };
        let merged = record::merge(received, stored, taken);
        Ok(Body::Merged(self.keep(&merged, digest).await?))
    }

    fn quarantine_known(&mut self, place: u32) {
        self.plan.stage.known.mark(place, mark::QUARANTINED);
        if self.plan.stage.known.is_active(place) {
            self.plan.stage.known.mark(place, mark::ENDING);
        }
    }

    fn uid_of(&self, known: u32) -> Option<u64> {
        (known != NONE).then(|| self.plan.stage.known.uid(known))
    }

    /// The first parent that will not be there.
    fn missing(&self, record: &Record) -> Option<(EntityKind, roster_core::SourcedId)> {
        record::parents(record)
            .into_iter()
            .flatten()
            .find(|(kind, id)| !self.is_there(*kind, Key::of(*kind, id).half()))
            .map(|(kind, id)| (kind, id.clone()))
    }

    /// Records that are as they were, or that were not delivered, and lose a parent tonight.
    async fn check_known(&mut self, kind: EntityKind) -> Result<()> {
        let lost = self.lost(kind);
        if lost.is_empty() || !self.plan.stage.known.has_any(kind) {
            return Ok(());
        }
        let settled = mark::ENDING | mark::PROTECTED | mark::STAGED | mark::REKEYED;
        let linked = self.linked_to(&lost).await?;
        let known = &self.plan.stage.known;
        let is_protected = |place: &&u32| {
            known.kind(**place) == kind
                && known.has(**place, mark::PROTECTED)
                && !known.has(**place, mark::ENDING)
        };
        // What is protected tonight stays. It is to be looked at when it is delivered again, even if it says what it said.
        let unlike_any = Digest::of(&[]);
        self.plan.restamps.extend(linked.iter().filter(is_protected).map(|place| (*place, unlike_any)));
        let is_orphan = |place: &u32| known.kind(*place) == kind && !known.has(*place, settled);
        let orphans: Vec<_> = linked.into_iter().filter(is_orphan).collect();
        for places in orphans.chunks(BODIES) {
            let records = self.stored(places).await?;
            for (place, record) in places.iter().zip(records) {
                let missing = record.and_then(|record| self.missing(&self.renamed(record).0));
                if let Some(missing) = missing {
                    self.orphan(*place, kind, missing);
                }
            }
        }
        Ok(())
    }

    /// The active records that hang on those of these half keys, and a few others by chance.
    pub(super) async fn linked_to(&mut self, halves: &HashedSet) -> Result<Vec<u32>> {
        let known = &self.plan.stage.known;
        let mut linked = Vec::new();
        let mut place = 0;
        let mut links = self.session.links(0, LINKS).await?;
        while let Some(end) = links.last() {
            // While the store reads the next, these are looked at.
            let look = async {
                for link in &links {
                    while (place as usize) < known.len() && known.uid(place) < link.uid {
                        place += 1;
                    }
                    let hangs = halves.contains(&link.first) || halves.contains(&link.second);
                    if hangs && known.uid(place) == link.uid && known.is_active(place) {
                        linked.push(place);
                    }
                }
            };
            let (next, ()) = futures::join!(self.session.links(end.uid, LINKS), look);
            links = next?;
        }
        Ok(linked)
    }

    /// A known record whose parent goes: one that was delivered waits in quarantine, one that was not ends with it.
    fn orphan(&mut self, place: u32, kind: EntityKind, missing: (EntityKind, roster_core::SourcedId)) {
        let known = &mut self.plan.stage.known;
        if !known.has(place, mark::SEEN) {
            known.mark(place, mark::ENDING);
            return;
        }
        let (Some(key), Some(digest)) = (known.key(place), known.digest(place)) else { return };
        let uid = Some(known.uid(place));
        self.quarantine_known(place);
        let body = Body::Stored(place);
        self.plan.into_quarantine.push(Quarantining { key, kind, digest, uid, missing, body, again: false });
    }

    /// Half keys of the records that stood in the roster and will not.
    fn lost(&self, child: EntityKind) -> HashedSet {
        let known = &self.plan.stage.known;
        let parents = parent_kinds(child);
        known
            .marked(|marks| marks & mark::ENDING != 0)
            .filter(|place| {
                parents.contains(&Some(known.kind(*place)))
                    && self.ground.asked.kinds.contains(&known.kind(*place))
            })
            .filter_map(|place| known.key(place))
            .map(Key::half)
            .collect()
    }

    /// Records that were quarantined before and did not come otherwise tonight.
    async fn check_quarantine(&mut self, kind: EntityKind) -> Result<()> {
        let whole = self.is_whole(kind) || self.no_longer_asked(kind);
        let mut ready = Vec::new();
        let held: Vec<_> = self
            .plan
            .stage
            .quarantine
            .sorted()
            .into_iter()
            .filter(|(_, held)| held.kind == kind)
            .map(|(key, held)| (key, held.clone()))
            .collect();
        for (key, held) in held {
            let entry =
                self.plan.stage.entries.find(key).and_then(|place| self.plan.stage.entries.get(place));
            if let Some(entry) = entry {
                if entry.verdict != Verdict::Quarantined {
                    self.plan.out_of_quarantine.push(key);
                }
            } else if held.protected {
                // It stays where it is.
            } else if held.deleted || (!held.seen && whole) {
                self.plan.out_of_quarantine.push(key);
                self.plan.forgotten.extend(held.uid);
            } else if self.is_there(held.missing.0, Key::of(held.missing.0, &held.missing.1).half()) {
                ready.push((key, held));
            }
        }
        for held in ready.chunks(BODIES) {
            self.take_in(kind, held).await?;
        }
        Ok(())
    }

    /// Takes in what waited for a parent that is there now, unless the other one is missing.
    async fn take_in(&mut self, kind: EntityKind, ready: &[(Key, crate::stage::Held)]) -> Result<()> {
        let bodies = self.session.quarantined_bodies(ready.iter().map(|(key, _)| *key).collect()).await?;
        for ((key, held), body) in ready.iter().zip(bodies) {
            let Some(body) = body else { continue };
            let record = record::read(kind, body.as_bytes())?;
            if let Some(missing) = self.missing(&record) {
                self.plan.into_quarantine.push(Quarantining {
                    key: *key,
                    kind,
                    digest: held.digest,
                    uid: held.uid,
                    missing,
                    body: Body::AsItIs,
                    again: true,
                });
                continue;
            }
            self.admitted.insert((kind, key.half()));
            self.plan.out_of_quarantine.push(*key);
            let known = held.uid.and_then(|_| self.plan.stage.known.find(*key)).unwrap_or(NONE);
            let suppressed = known != NONE && self.plan.stage.known.state(known) == RecordState::Suppressed;
            if !suppressed {
                let (op, changed) = match known {
                    NONE => (Op::Create, FieldSet::EMPTY),
                    _ => (Op::Restore, FieldSet::all(kind)),
                };
                self.step(op, known, &record, held.digest, changed).await?;
            }
        }
        Ok(())
    }
}
