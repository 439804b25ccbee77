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
        let mut ids = Vec::with_capacity(places.len());
        for place in &places {
            let (record, _) = self.stage.staged(kind, *place).await?;
            let parent = match &record {
                Record::Org(org) => org.parent.clone(),
                Record::AcademicSession(session) => session.parent.clone(),
                _ => None,
            };
            ids.push((record.id().clone(), parent));
        }
        Ok(parents_first(&ids).into_iter().filter_map(|at| places.get(at).copied()).collect())
    }
}

/// The numbers of these ids in an order in which each stands behind its parent, and else as they came.
fn parents_first(ids: &[(SourcedId, Option<SourcedId>)]) -> Vec<usize> {
    let numbers: HashMap<_, _> = ids.iter().zip(0..).map(|((id, _), at)| (id, at)).collect();
    let mut is_met = vec![false; ids.len()];
    let mut ordered = Vec::with_capacity(ids.len());
    let mut chain = Vec::new();
    for start in 0..ids.len() {
        // Up to somebody whose place is known. Who is their own ancestor is met again there, too.
        let mut next = Some(start);
        while let Some(at) = next
            && let Some(met) = is_met.get_mut(at)
            && !std::mem::replace(met, true)
        {
            chain.push(at);
            let parent = ids.get(at).and_then(|(_, parent)| parent.as_ref());
            next = parent.and_then(|parent| numbers.get(parent).copied());
        }
        ordered.extend(chain.drain(..).rev());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(ids: &[(&str, Option<&str>)]) -> Vec<usize> {
        let ids: Vec<_> =
            ids.iter().map(|(id, parent)| ((*id).into(), parent.map(SourcedId::from))).collect();
        parents_first(&ids)
    }

    #[test]
    fn parents_stand_before_their_children_and_the_rest_as_it_came() {
        let ids = [
            ("c", Some("b")),
            ("x", None),
            ("b", Some("a")),
            ("a", None),
            ("y", Some("absent")),
            ("d", Some("a")),
        ];
        assert_eq!(ordered(&ids), [3, 2, 0, 1, 4, 5]);
    }

    #[test]
    fn who_is_their_own_ancestor_has_a_place_too() {
        assert_eq!(ordered(&[("a", Some("a")), ("b", Some("c")), ("c", Some("b"))]), [0, 2, 1]);
    }

    /// Each school its own parent, or all in one circle: some export does it, and a look at all for each would take an hour.
    #[test]
    fn many_of_them_take_no_longer() {
        let count = 200_000;
        for step in [0, 1] {
            let id = |number: usize| SourcedId::from(format!("s{}", number % count));
            let ids: Vec<_> = (0..count).map(|number| (id(number), Some(id(number + step)))).collect();
            assert_eq!(parents_first(&ids).len(), count);
        }
    }
}
