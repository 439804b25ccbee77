//! Writes a plan, in the order in which a host takes it: parents first, ends in reverse.

use roster_core::{EntityKind, Error, ErrorKind, Result};

use crate::{
    Batch, Digest, Key, Op, RecordState, Session, Span, VersionWrite, Write,
    known::NONE,
    plan::{Body, Ending, Move, Plan, Quarantining},
    spill::{Head, Place, Spill},
    stage::Census,
};

/// How much text goes to the store at a time.
const BATCH: usize = 1 << 20;
/// How many writes go to the store at a time.
const WRITES: usize = 4096;

/// A plan on its way into batches.
struct Applying<'a> {
    plan: &'a mut Plan,
    moves: std::vec::IntoIter<Move>,
    batch: Batch,
    seq: u64,
}

/// Writes the plan without ending the run; gives the last change's seq.
pub(crate) async fn apply(plan: &mut Plan, session: &mut dyn Session, last_seq: u64) -> Result<u64> {
    let census = Census::read(session.census().await?);
    let moves = plan.moves().await?.into_iter();
    let mut applying = Applying { plan, moves, batch: Batch::default(), seq: last_seq };
    let mut spare = Batch::default();
    loop {
        // While the store writes one batch, the next is made.
        let full = std::mem::replace(&mut applying.batch, spare);
        let (written, filled) = futures::join!(session.write(full), applying.fill());
        spare = written?;
        filled?;
        if applying.batch.is_empty() {
            break;
        }
    }
    applying.restamps(session).await?;
    applying.quarantine(session).await?;
    applying.census(census, session).await?;
    if !applying.batch.is_empty() {
        session.write(applying.batch).await?;
    }
    Ok(applying.seq)
}

impl Applying<'_> {
    /// Fills the batch with the next changes.
    async fn fill(&mut self) -> Result<()> {
        while !self.is_full()
            && let Some(next) = self.moves.next()
        {
            match next {
                Move::Step(number) => self.step(number).await?,
                Move::Create(entry) => self.create(entry).await?,
                Move::End(number) => self.end(number),
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.batch.bytes() >= BATCH || self.batch.writes().len() >= WRITES
    }

    async fn send(&mut self, session: &mut dyn Session) -> Result<()> {
        if self.is_full() {
            self.batch = session.write(std::mem::take(&mut self.batch)).await?;
        }
        Ok(())
    }

    async fn step(&mut self, number: usize) -> Result<()> {
        let Some(step) = self.plan.steps.get(number) else { return Ok(()) };
        let spilled = self.plan.merged.read(step.body).await?;
        let body = self.batch.add_text(text(spilled.body)?);
        let from = step.from.as_ref().map(|from| self.batch.add_text(from));
        let (links, changed) = (spilled.head.links, step.changed.bits());
        let (known, blank) = (step.known, step.blank);
        let version = self.version(step.op, step.kind, known, step.key, step.digest, body);
        self.put(VersionWrite { links, changed, from, ..version }, blank);
        Ok(())
    }

    async fn create(&mut self, entry: u32) -> Result<()> {
        let Some(entry) = self.plan.stage.entries.get(entry).copied() else { return Ok(()) };
        let spilled = self.plan.stage.spill.read(entry.body).await?;
        let body = self.batch.add_text(text(spilled.body)?);
        let Head { digest, links, .. } = spilled.head;
        let version = self.version(Op::Create, entry.kind, NONE, entry.key, digest, body);
        self.put(VersionWrite { links, ..version }, false);
        Ok(())
    }

    fn end(&mut self, number: usize) {
        let known = &self.plan.stage.known;
        let Some(end) = self.plan.ends.get(number) else { return };
        let Ending { known: place, id, blank, quarantined, suppressed } = end;
        let (Some(key), Some(digest)) = (known.key(*place), known.digest(*place)) else { return };
        let (kind, place, blank) = (known.kind(*place), *place, *blank);
        let state = match (suppressed, quarantined) {
            (true, _) => RecordState::Suppressed,
            (false, true) => RecordState::Quarantined,
            (false, false) => RecordState::Ended,
        };
        let body = self.batch.tombstone(kind, id);
        let version = self.version(Op::End, kind, place, key, digest, body);
        self.put(VersionWrite { state, ..version }, blank);
    }

    /// The next version of a record, or the first one.
    fn version(
        &self,
        op: Op,
        kind: EntityKind,
        place: u32,
        key: Key,
        digest: Digest,
        body: Span,
    ) -> VersionWrite {
        let (known, seq) = (&self.plan.stage.known, self.seq + 1);
        let (uid, before) =
            if place == NONE { (seq, None) } else { (known.uid(place), Some(known.seq(place))) };
        let (state, links, changed, from) = (RecordState::Active, (0, 0), 0, None);
        VersionWrite { seq, uid, op, kind, before, key, digest, state, links, changed, from, body }
    }

    fn put(&mut self, version: VersionWrite, blank: bool) {
        self.seq = version.seq;
        self.batch.push(Write::Version(version));
        if blank && let Some(seq) = version.before {
            self.batch.push(Write::Blank { uid: version.uid, seq });
        }
    }

    async fn restamps(&mut self, session: &mut dyn Session) -> Result<()> {
        for (known, digest) in std::mem::take(&mut self.plan.restamps) {
            self.batch.push(Write::Restamp { uid: self.plan.stage.known.uid(known), digest });
            self.send(session).await?;
        }
        Ok(())
    }

    async fn quarantine(&mut self, session: &mut dyn Session) -> Result<()> {
        for key in std::mem::take(&mut self.plan.out_of_quarantine) {
            self.batch.push(Write::Unquarantine { key });
            self.send(session).await?;
        }
        for uid in std::mem::take(&mut self.plan.forgotten) {
            self.batch.push(Write::State { uid, state: RecordState::Ended });
        }
        for uid in std::mem::take(&mut self.plan.suppressed) {
            self.batch.push(Write::State { uid, state: RecordState::Suppressed });
        }
        for (uid, seq) in std::mem::take(&mut self.plan.blanks) {
            self.batch.push(Write::Blank { uid, seq });
            self.send(session).await?;
        }
        for row in std::mem::take(&mut self.plan.into_quarantine) {
            self.quarantine_one(&row, session).await?;
            self.send(session).await?;
        }
        Ok(())
    }

    async fn quarantine_one(&mut self, row: &Quarantining, session: &mut dyn Session) -> Result<()> {
        let body = match row.body {
            Body::Received(place) => {
                Some(put_text(&mut self.batch, &mut self.plan.stage.spill, place).await?)
            }
            Body::Merged(place) => Some(put_text(&mut self.batch, &mut self.plan.merged, place).await?),
            Body::Stored(place) => {
                let seq = self.plan.stage.known.seq(place);
                let body = session.bodies(vec![seq]).await?.pop().flatten().ok_or_else(crate::spill::lost)?;
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

    async fn census(&mut self, before: Census, session: &mut dyn Session) -> Result<()> {
        let changed = std::mem::take(&mut self.plan.census);
        for (kind, group, difference) in changed.sorted() {
            let count = u64::try_from(before.count(kind, group) + difference).unwrap_or(0);
            let group = self.batch.add_text(&group.to_string());
            self.batch.push(Write::Census { kind, group, count });
            self.send(session).await?;
        }
        Ok(())
    }
}

async fn put_text(batch: &mut Batch, spill: &mut Spill, place: Place) -> Result<Span> {
    Ok(batch.add_text(text(spill.read(place).await?.body)?))
}

fn text(body: &[u8]) -> Result<&str> {
    std::str::from_utf8(body).map_err(|_| {
        let message = "a record that was kept for the plan is no text any more";
        Error::new(ErrorKind::Decode, "host", "writing the plan", message)
    })
}
