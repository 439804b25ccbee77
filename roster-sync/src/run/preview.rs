//! A plan told change by change.

use std::fmt;

use roster_core::{EntityKind, FieldSet, Record, Result, SourcedId};

use crate::{
    Op, Session,
    known::NONE,
    plan::{Move, Plan},
    record,
};

/// A change that a plan would make.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PlannedChange {
    /// What would happen.
    pub op: Op,
    /// The kind.
    pub kind: EntityKind,
    /// The record's name for good; a new record has none yet.
    pub uid: Option<u64>,
    /// Its id after the change.
    pub id: SourcedId,
    /// Its id before a re-key.
    pub from: Option<SourcedId>,
    /// How it looks in the store.
    pub before: Option<Record>,
    /// How it would look.
    pub after: Option<Record>,
    /// The fields that would change.
    pub changed: FieldSet,
}

impl fmt::Debug for PlannedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlannedChange({} {} {:?})", self.op.as_str(), self.kind, self.id)
    }
}

/// How many bodies are read from the store at a time.
const BODIES: usize = 512;

/// Tells each change, in the order in which it would be applied.
pub(super) async fn tell(
    plan: &mut Plan,
    session: &mut dyn Session,
    change: &mut (dyn FnMut(PlannedChange) + Send),
) -> Result<()> {
    for moves in plan.moves().await?.chunks(BODIES) {
        let mut before = stored(plan, session, moves).await?.into_iter();
        for next in moves {
            let before = if plan.place(*next) == NONE { None } else { before.next().flatten() };
            if let Some(told) = PlannedChange::of(plan, *next, before).await? {
                change(told);
            }
        }
    }
    Ok(())
}

/// How the records that are known look in the store; one that was blanked is `None`.
async fn stored(plan: &Plan, session: &mut dyn Session, moves: &[Move]) -> Result<Vec<Option<Record>>> {
    let known = &plan.stage.known;
    let places: Vec<_> = moves.iter().map(|next| plan.place(*next)).filter(|place| *place != NONE).collect();
    let bodies = session.bodies(places.iter().map(|place| known.seq(*place)).collect()).await?;
    let records = places
        .iter()
        .zip(bodies)
        .map(|(place, body)| body.map(|body| record::read(known.kind(*place), body.as_bytes())).transpose());
    records.collect()
}

impl Plan {
    /// The record's place among the known; [`NONE`] for one that would be new.
    fn place(&self, next: Move) -> u32 {
        let place = match next {
            Move::Step(number) => self.steps.get(number).map(|step| step.known),
            Move::End(number) => self.ends.get(number).map(|end| end.known),
            Move::Create(_) => None,
        };
        place.unwrap_or(NONE)
    }
}

impl PlannedChange {
    async fn of(plan: &mut Plan, next: Move, before: Option<Record>) -> Result<Option<Self>> {
        let place = plan.place(next);
        let uid = (place != NONE).then(|| plan.stage.known.uid(place));
        let told = |op, kind, id| Self {
            op,
            kind,
            uid,
            id,
            from: None,
            before,
            after: None,
            changed: FieldSet::EMPTY,
        };
        Ok(match next {
            Move::Step(number) => {
                let Some(step) = plan.steps.get(number).cloned() else { return Ok(None) };
                let after = record::read(step.kind, plan.merged.read(step.body).await?.body)?;
                let told = told(step.op, step.kind, after.id().clone());
                Some(Self { from: step.from, after: Some(after), changed: step.changed, ..told })
            }
            Move::Create(entry) => {
                let Some(kind) = plan.stage.entries.get(entry).map(|entry| entry.kind) else {
                    return Ok(None);
                };
                let (after, _) = plan.stage.staged(kind, entry).await?;
                let told = told(Op::Create, kind, after.id().clone());
                Some(Self { after: Some(after), ..told })
            }
            Move::End(number) => {
                let id = plan.ends.get(number).map(|end| end.id.clone());
                id.map(|id| told(Op::End, plan.stage.known.kind(place), id))
            }
        })
    }
}
