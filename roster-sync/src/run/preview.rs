//! A plan told change by change.

use std::fmt;

use roster_core::{EntityKind, FieldSet, Record, Result, SourcedId};

use crate::{Op, Session, apply::merged, known::NONE, plan::Plan, record};

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
    for kind in EntityKind::ALL {
        let steps: Vec<_> = plan.steps.iter().filter(|step| step.kind == kind).cloned().collect();
        for step in steps {
            let after = merged(plan, &step).await?;
            let before = stored(plan, session, step.known).await?;
            let uid = (step.known != NONE).then(|| plan.stage.known.uid(step.known));
            let (id, from) = (after.id().clone(), step.from);
            change(PlannedChange {
                op: step.op,
                kind,
                uid,
                id,
                from,
                before,
                after: Some(after),
                changed: step.changed,
            });
        }
        let creates: Vec<_> = plan
            .stage
            .entries
            .iter()
            .filter(|(_, entry)| entry.kind == kind && entry.is_create())
            .map(|(place, _)| place)
            .collect();
        for place in creates {
            let (after, _) = plan.stage.staged(kind, place).await?;
            let id = after.id().clone();
            let (uid, from, before, changed) = (None, None, None, FieldSet::EMPTY);
            change(PlannedChange {
                op: Op::Create,
                kind,
                uid,
                id,
                from,
                before,
                after: Some(after),
                changed,
            });
        }
    }
    for kind in EntityKind::ALL.into_iter().rev() {
        let ends: Vec<_> =
            plan.ends.iter().rev().filter(|end| plan.stage.known.kind(end.known) == kind).cloned().collect();
        for end in ends {
            let before = stored(plan, session, end.known).await?;
            let uid = Some(plan.stage.known.uid(end.known));
            let (from, after, changed) = (None, None, FieldSet::EMPTY);
            change(PlannedChange { op: Op::End, kind, uid, id: end.id, from, before, after, changed });
        }
    }
    Ok(())
}

async fn stored(plan: &Plan, session: &mut dyn Session, known: u32) -> Result<Option<Record>> {
    if known == NONE {
        return Ok(None);
    }
    let body = session.bodies(vec![plan.stage.known.seq(known)]).await?.pop().flatten();
    body.map(|body| record::read(plan.stage.known.kind(known), body.as_bytes())).transpose()
}
