//! Counts of the plan: each id seen in exactly one.

use roster_core::EntityKind;

use super::Draft;
use crate::{KindCounts, Op, known::mark};

/// Counts one record of a kind.
type CountOne<'a> = dyn FnMut(EntityKind, &mut dyn FnMut(&mut KindCounts)) + 'a;

impl Draft<'_> {
    pub(super) fn count(&mut self) {
        let mut counts = std::mem::take(&mut self.plan.counts);
        let mut of = |kind: EntityKind, change: &mut dyn FnMut(&mut KindCounts)| {
            change(counts.entry(kind).or_default());
        };
        let stage = &self.plan.stage;
        let mut unchanged = EntityKind::ALL.map(|_| 0);
        for place in stage.known.places() {
            let marks = stage.known.marks(place) & (mark::SEEN | mark::CHANGED | mark::QUARANTINED);
            if marks == mark::SEEN
                && stage.known.is_active(place)
                && let Some(unchanged) = unchanged.get_mut(stage.known.kind(place) as usize)
            {
                *unchanged += 1;
            }
        }
        for (kind, unchanged) in EntityKind::ALL.into_iter().zip(unchanged).filter(|(_, count)| *count > 0) {
            of(kind, &mut |counts| counts.unchanged = unchanged);
        }
        for (_, entry) in stage.entries.iter().filter(|(_, entry)| entry.is_create()) {
            of(entry.kind, &mut |counts| counts.created += 1);
        }
        for step in &self.plan.steps {
            // An update of what was not delivered is of no id seen.
            let delivered = stage.known.has(step.known, mark::SEEN);
            of(step.kind, &mut |counts| match step.op {
                Op::Create => counts.created += 1,
                Op::Restore => counts.restored += 1,
                Op::Rekey => counts.rekeyed += 1,
                _ if delivered => counts.updated += 1,
                _ => {}
            });
        }
        self.count_the_rest(&mut of);
        for counts in counts.values_mut() {
            counts.seen = counts.created
                + counts.updated
                + counts.unchanged
                + counts.restored
                + counts.rekeyed
                + counts.rejected
                + counts.quarantined;
        }
        self.plan.counts = counts;
    }

    fn count_the_rest(&self, of: &mut CountOne<'_>) {
        let stage = &self.plan.stage;
        for kind in stage.rejected.values() {
            of(*kind, &mut |counts| counts.rejected += 1);
        }
        for row in self.plan.into_quarantine.iter().filter(|row| !matches!(row.body, super::Body::AsItIs)) {
            of(row.kind, &mut |counts| counts.quarantined += 1);
        }
        let leaving: std::collections::HashSet<_> = self.plan.out_of_quarantine.iter().collect();
        for (key, held) in stage.quarantine.sorted() {
            if held.seen && !held.protected && !leaving.contains(&key) && stage.entries.find(key).is_none() {
                of(held.kind, &mut |counts| counts.quarantined += 1);
            }
        }
        for ending in &self.plan.ends {
            of(stage.known.kind(ending.known), &mut |counts| counts.ended += 1);
        }
        for place in stage.known.marked(|marks| marks & mark::PROTECTED != 0) {
            if stage.known.is_active(place) {
                of(stage.known.kind(place), &mut |counts| counts.protected += 1);
            }
        }
    }
}
