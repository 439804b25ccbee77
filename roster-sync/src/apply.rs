//! Writes a plan, in the order in which a host takes it: parents first, ends in reverse.

use std::collections::HashMap;

use roster_core::{EntityKind, Error, ErrorKind, Record, Result, SourcedId};

use crate::{
    Batch, Op, RecordState, Session, VersionWrite, Write,
    known::NONE,
    plan::{Body, Ending, Plan, Quarantining, Step},
    record,
    spill::{Head, Place},
    stage::Census,
};

/// How much text goes to the store at a time.
const BATCH: usize = 256 << 10;
/// How many writes go to the store at a time.
const WRITES: usize = 4096;

/// A plan on its way into the store.
struct Applying<'a> {
    plan: &'a mut Plan,
    session: &'a mut dyn Session,
    batch: Batch,
    seq: u64,
}

/// Writes the plan without ending the run; gives the last change's seq.
pub(crate) async fn apply(plan: &mut Plan, session: &mut dyn Session, last_seq: u64) -> Result<u64> {
    let census = Census::read(session.census().await?);
    let mut applying = Applying { plan, session, batch: Batch::default(), seq: last_seq };
    for kind in EntityKind::ALL {
        applying.steps(kind, |op| matches!(op, Op::Rekey | Op::Restore)).await?;
        applying.creates(kind).await?;
        applying.steps(kind, |op| matches!(op, Op::Create | Op::Update)).await?;
    }
    for kind in EntityKind::ALL.into_iter().rev() {
        applying.ends(kind).await?;
    }
    applying.restamps().await?;
    applying.quarantine().await?;
    applying.census(census).await?;
    applying.send(true).await?;
    Ok(applying.seq)
}

impl Applying<'_> {
    async fn send(&mut self, all: bool) -> Result<()> {
        let full = self.batch.bytes() >= BATCH || self.batch.writes().len() >= WRITES;
        if full || (all && !self.batch.is_empty()) {
            self.batch = self.session.write(std::mem::take(&mut self.batch)).await?;
        }
        Ok(())
    }

    async fn steps(&mut self, kind: EntityKind, wanted: fn(Op) -> bool) -> Result<()> {
        let steps: Vec<_> =
            self.plan.steps.iter().filter(|step| step.kind == kind && wanted(step.op)).cloned().collect();
        for step in steps {
            self.step(&step).await?;
            self.send(false).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<()> {
        self.seq += 1;
        let spilled = self.plan.merged.read(step.body).await?;
        let body = self.batch.add_text(text(spilled.body)?);
        let from = step.from.as_ref().map(|from| self.batch.add_text(from));
        let known = &self.plan.stage.known;
        let (uid, before) = if step.known == NONE {
            (self.seq, None)
        } else {
            (known.uid(step.known), Some(known.seq(step.known)))
        };
        self.batch.push(Write::Version(VersionWrite {
            seq: self.seq,
            uid,
            op: step.op,
            kind: step.kind,
            before,
            key: step.key,
            digest: step.digest,
            state: RecordState::Active,
            links: spilled.head.links,
            changed: step.changed.bits(),
            from,
            body,
        }));
        if step.blank
            && let Some(seq) = before
        {
            self.batch.push(Write::Blank { uid, seq });
        }
        Ok(())
    }

    /// New records, as they were received. Orgs and sessions may hang on one another, so parents go first.
    async fn creates(&mut self, kind: EntityKind) -> Result<()> {
        let mut places: Vec<u32> = self
            .plan
            .stage
            .entries
            .iter()
            .filter(|(_, entry)| entry.kind == kind && entry.is_create())
            .map(|(place, _)| place)
            .collect();
        if matches!(kind, EntityKind::Org | EntityKind::AcademicSession) {
            places = self.parents_first(kind, places).await?;
        }
        for place in places {
            let Some(entry) = self.plan.stage.entries.get(place).copied() else { continue };
            self.seq += 1;
            let spilled = self.plan.stage.spill.read(entry.body).await?;
            let body = self.batch.add_text(text(spilled.body)?);
            let Head { digest, links, .. } = spilled.head;
            self.batch.push(Write::Version(VersionWrite {
                seq: self.seq,
                uid: self.seq,
                op: Op::Create,
                kind,
                before: None,
                key: entry.key,
                digest,
                state: RecordState::Active,
                links,
                changed: 0,
                from: None,
                body,
            }));
            self.send(false).await?;
        }
        Ok(())
    }

    async fn parents_first(&mut self, kind: EntityKind, places: Vec<u32>) -> Result<Vec<u32>> {
        let mut parents: HashMap<SourcedId, Option<SourcedId>> = HashMap::new();
        let mut ids = Vec::with_capacity(places.len());
        for place in places {
            let (record, _) = self.plan.stage.staged(kind, place).await?;
            let parent = match &record {
                Record::Org(org) => org.parent.clone(),
                Record::AcademicSession(session) => session.parent.clone(),
                _ => None,
            };
            parents.insert(record.id().clone(), parent);
            ids.push((place, record.id().clone()));
        }
        let depth = |id: &SourcedId| {
            // Somebody may be their own ancestor: no chain is longer than there are records.
            let chain = std::iter::successors(Some(id), |id| parents.get(*id).and_then(Option::as_ref));
            chain.take(parents.len() + 1).count()
        };
        let mut ordered: Vec<_> = ids.iter().map(|(place, id)| (depth(id), *place)).collect();
        ordered.sort_unstable();
        Ok(ordered.into_iter().map(|(_, place)| place).collect())
    }

    /// Latest first: uids grow from parents to what hangs on them.
    async fn ends(&mut self, kind: EntityKind) -> Result<()> {
        let known = &self.plan.stage.known;
        let ends: Vec<Ending> =
            self.plan.ends.iter().rev().filter(|end| known.kind(end.known) == kind).cloned().collect();
        for end in ends {
            let known = &self.plan.stage.known;
            let (Some(key), Some(digest)) = (known.key(end.known), known.digest(end.known)) else { continue };
            let (uid, before) = (known.uid(end.known), known.seq(end.known));
            self.seq += 1;
            let body = self.batch.tombstone(kind, &end.id);
            self.batch.push(Write::Version(VersionWrite {
                seq: self.seq,
                uid,
                op: Op::End,
                kind,
                before: Some(before),
                key,
                digest,
                state: if end.quarantined { RecordState::Quarantined } else { RecordState::Ended },
                links: (0, 0),
                changed: 0,
                from: None,
                body,
            }));
            if end.blank {
                self.batch.push(Write::Blank { uid, seq: before });
            }
            self.send(false).await?;
        }
        Ok(())
    }

    async fn restamps(&mut self) -> Result<()> {
        for (known, digest) in std::mem::take(&mut self.plan.restamps) {
            self.batch.push(Write::Restamp { uid: self.plan.stage.known.uid(known), digest });
            self.send(false).await?;
        }
        Ok(())
    }

    async fn quarantine(&mut self) -> Result<()> {
        for key in std::mem::take(&mut self.plan.out_of_quarantine) {
            self.batch.push(Write::Unquarantine { key });
            self.send(false).await?;
        }
        for uid in std::mem::take(&mut self.plan.forgotten) {
            self.batch.push(Write::State { uid, state: RecordState::Ended });
        }
        for row in std::mem::take(&mut self.plan.into_quarantine) {
            self.quarantine_one(&row).await?;
            self.send(false).await?;
        }
        Ok(())
    }

    async fn quarantine_one(&mut self, row: &Quarantining) -> Result<()> {
        let body = match row.body {
            Body::Received(place) => Some(self.received(place).await?),
            Body::Stored(place) => {
                let seq = self.plan.stage.known.seq(place);
                let body =
                    self.session.bodies(vec![seq]).await?.pop().flatten().ok_or_else(crate::spill::lost)?;
                Some(self.batch.add_text(&body))
            }
            Body::AsItIs => None,
        };
        let missing = self.batch.add_text(&row.missing.1);
        if let Some(uid) = row.uid {
            self.batch.push(Write::State { uid, state: RecordState::Quarantined });
        }
        self.batch.push(Write::Quarantine {
            key: row.key,
            kind: row.kind,
            digest: row.digest,
            uid: row.uid,
            missing_kind: row.missing.0,
            missing,
            body,
        });
        Ok(())
    }

    async fn received(&mut self, place: Place) -> Result<crate::Span> {
        let spilled = self.plan.stage.spill.read(place).await?;
        Ok(self.batch.add_text(text(spilled.body)?))
    }

    async fn census(&mut self, before: Census) -> Result<()> {
        let changed = std::mem::take(&mut self.plan.census);
        for (kind, group, difference) in changed.sorted() {
            let count = u64::try_from(before.count(kind, group) + difference).unwrap_or(0);
            let group = self.batch.add_text(&group.to_string());
            self.batch.push(Write::Census { kind, group, count });
            self.send(false).await?;
        }
        Ok(())
    }
}

fn text(body: &[u8]) -> Result<&str> {
    std::str::from_utf8(body).map_err(|_| {
        let message = "a record that was kept for the plan is no text any more";
        Error::new(ErrorKind::Decode, "host", "writing the plan", message)
    })
}

/// The body of a record, for those who show a plan.
pub(crate) async fn merged(plan: &mut Plan, step: &Step) -> Result<Record> {
    let spilled = plan.merged.read(step.body).await?;
    record::read(step.kind, spilled.body)
}
