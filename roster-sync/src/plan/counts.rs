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
        for (kind, number) in self.plan.stage.unchanged() {
            of(kind, &mut |counts| counts.unchanged += number);
        }
        for (known, _) in &self.plan.restamps {
            of(self.plan.stage.known.kind(*known), &mut |counts| counts.unchanged += 1);
        }
        for (_, entry) in self.plan.stage.entries.iter().filter(|(_, entry)| entry.is_create()) {
            of(entry.kind, &mut |counts| counts.created += 1);
        }
        for step in &self.plan.steps {
            let delivered = step.known == crate::known::NONE
                || self.plan.stage.known.has(step.known, mark::SEEN | mark::STAGED)
                || step.op != Op::Update;
            of(step.kind, &mut |counts| match step.op {
                Op::Create => counts.created += 1,
                Op::Restore => counts.restored += 1,
                Op::Rekey => counts.rekeyed += 1,
                _ if delivered => counts.updated += 1,
                _ => {}
            });
        }
        // One that was as it was, and now names a re-keyed record otherwise, is counted as updated alone.
        for step in self.plan.steps.iter().filter(|step| step.op == Op::Update) {
            if step.known != crate::known::NONE
                && self.plan.stage.known.has(step.known, mark::SEEN)
                && !self.plan.stage.known.has(step.known, mark::STAGED)
            {
                of(step.kind, &mut |counts| counts.unchanged = counts.unchanged.saturating_sub(1));
            }
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
            // It was as it was, and is not counted as such.
            if let super::Body::Stored(_) = row.body {
                of(row.kind, &mut |counts| counts.unchanged = counts.unchanged.saturating_sub(1));
            }
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
        for place in stage.known.places() {
            if stage.known.has(place, mark::PROTECTED) && stage.known.is_active(place) {
                of(stage.known.kind(place), &mut |counts| counts.protected += 1);
            }
        }
    }
}
