//! The order in which a plan is applied, and told.

use std::collections::HashMap;

use roster_core::{EntityKind, Record, Result, SourcedId};

use super::Plan;
use crate::Op;

/// One change of a plan, by its number there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    /// One of the steps.
    Step(usize),
    /// An entry that becomes a record.
    Create(u32),
    /// One of the ends.
    End(usize),
}

impl Plan {
    /// All changes, parents before what hangs on them; then the ends, in reverse.
    ///
    /// Within a kind, what comes back stands before what is new, since the new may hang on it.
    pub(crate) async fn moves(&mut self) -> Result<Vec<Move>> {
        let mut moves = Vec::new();
        for kind in EntityKind::ALL {
            self.add_steps(kind, |op| matches!(op, Op::Rekey | Op::Restore), &mut moves);
            moves.extend(self.creates(kind).await?.into_iter().map(Move::Create));
            self.add_steps(kind, |op| matches!(op, Op::Create | Op::Update), &mut moves);
        }
        for kind in EntityKind::ALL.into_iter().rev() {
            // Latest first: uids grow from parents to what hangs on them.
            let ends = self.ends.iter().enumerate().rev();
            let of_kind = ends.filter(|(_, end)| self.stage.known.kind(end.known) == kind);
            moves.extend(of_kind.map(|(number, _)| Move::End(number)));
        }
        Ok(moves)
    }

    fn add_steps(&self, kind: EntityKind, wanted: fn(Op) -> bool, moves: &mut Vec<Move>) {
        let steps = self.steps.iter().enumerate();
        let of_kind = steps.filter(|(_, step)| step.kind == kind && wanted(step.op));
        moves.extend(of_kind.map(|(number, _)| Move::Step(number)));
    }

    /// New records, as they came. Orgs and sessions may hang on one another, so there parents go first.
    async fn creates(&mut self, kind: EntityKind) -> Result<Vec<u32>> {
        let entries = self.stage.entries.iter();
        let places =
            entries.filter(|(_, entry)| entry.kind == kind && entry.is_create()).map(|(place, _)| place);
        let places: Vec<_> = places.collect();
        if !matches!(kind, EntityKind::Org | EntityKind::AcademicSession) {
            return Ok(places);
        }
        let mut parents: HashMap<SourcedId, Option<SourcedId>> = HashMap::new();
        let mut ids = Vec::with_capacity(places.len());
        for place in places {
            let (record, _) = self.stage.staged(kind, place).await?;
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
}
