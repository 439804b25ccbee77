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

/// Tells each change, in the order in which it would be applied.
pub(super) async fn tell(
    plan: &mut Plan,
    session: &mut dyn Session,
    change: &mut (dyn FnMut(PlannedChange) + Send),
) -> Result<()> {
    for next in plan.moves().await? {
        change(match next {
            Move::Step(number) => {
                let Some(step) = plan.steps.get(number).cloned() else { continue };
                let after = record::read(step.kind, plan.merged.read(step.body).await?.body)?;
                let told = PlannedChange::of(plan, session, step.op, step.known, after.id().clone()).await?;
                PlannedChange {
                    kind: step.kind,
                    from: step.from,
                    after: Some(after),
                    changed: step.changed,
                    ..told
                }
            }
            Move::Create(entry) => {
                let Some(kind) = plan.stage.entries.get(entry).map(|entry| entry.kind) else { continue };
                let (after, _) = plan.stage.staged(kind, entry).await?;
                let told = PlannedChange::of(plan, session, Op::Create, NONE, after.id().clone()).await?;
                PlannedChange { kind, after: Some(after), ..told }
            }
            Move::End(number) => {
                let Some(end) = plan.ends.get(number).cloned() else { continue };
                PlannedChange::of(plan, session, Op::End, end.known, end.id).await?
            }
        });
    }
    Ok(())
}

impl PlannedChange {
    /// What the store knows of it.
    async fn of(plan: &Plan, session: &mut dyn Session, op: Op, known: u32, id: SourcedId) -> Result<Self> {
        let before = stored(plan, session, known).await?;
        let uid = (known != NONE).then(|| plan.stage.known.uid(known));
        let kind = plan.stage.known.kind(known);
        Ok(Self { op, kind, uid, id, from: None, before, after: None, changed: FieldSet::EMPTY })
    }
}

async fn stored(plan: &Plan, session: &mut dyn Session, known: u32) -> Result<Option<Record>> {
    if known == NONE {
        return Ok(None);
    }
    let body = session.bodies(vec![plan.stage.known.seq(known)]).await?.pop().flatten();
    body.map(|body| record::read(plan.stage.known.kind(known), body.as_bytes())).transpose()
}
