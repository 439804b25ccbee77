//! Who is gone: by the vendor's word, by absence, or because the host no longer asks.

use roster_core::{EntityKind, Record, Result, SensitiveField};

use super::{BODIES, Cover, Draft};
use crate::known::mark;

impl Draft<'_> {
    pub(super) async fn find_absent(&mut self) -> Result<()> {
        let mut in_doubt = Vec::new();
        let whole = EntityKind::ALL.map(|kind| self.is_whole(kind));
        let gone_by_request = EntityKind::ALL.map(|kind| self.no_longer_asked(kind));
        let is = |of: &[bool], kind: EntityKind| of.get(kind as usize).copied().unwrap_or(false);
        let mut candidates = EntityKind::ALL.map(|_| Vec::new());
        let known = &mut self.plan.stage.known;
        let all_asked = !gone_by_request.contains(&true);
        let in_question = move |marks: u8| {
            (!all_asked || marks & (mark::SEEN | mark::DELETED) != mark::SEEN) && marks & mark::PROTECTED == 0
        };
        let places: Vec<_> = known.marked(in_question).filter(|place| known.is_active(*place)).collect();
        for place in places {
            let (kind, marks) = (known.kind(place), known.marks(place));
            let is_absent = marks & mark::SEEN == 0;
            if marks & mark::DELETED != 0 || is(&gone_by_request, kind) || (is_absent && is(&whole, kind)) {
                known.mark(place, mark::ENDING);
            } else if is_absent && let Some(candidates) = candidates.get_mut(kind as usize) {
                candidates.push(place);
            }
        }
        for (kind, candidates) in EntityKind::ALL.into_iter().zip(candidates) {
            self.end_what_is_covered(kind, &candidates).await?;
            in_doubt.extend(candidates);
        }
        if self.drops_contacts() {
            self.end_contacts(&in_doubt).await?;
        }
        Ok(())
    }

    /// How many active records of a kind there are.
    pub(super) fn count_active_of(&self, kind: EntityKind) -> usize {
        let known = &self.plan.stage.known;
        known.places().filter(|place| known.kind(*place) == kind && known.is_active(*place)).count()
    }

    /// The places of the active records of a kind.
    pub(super) fn active_of(&self, kind: EntityKind) -> Vec<u32> {
        let known = &self.plan.stage.known;
        known.places().filter(|place| known.kind(*place) == kind && known.is_active(*place)).collect()
    }

    async fn end_what_is_covered(&mut self, kind: EntityKind, candidates: &[u32]) -> Result<()> {
        if self.covers.get(kind as usize).is_none_or(Cover::is_nothing) {
            return Ok(());
        }
        for places in candidates.chunks(BODIES) {
            let records = self.stored(places).await?;
            let Some(cover) = self.covers.get(kind as usize) else { break };
            for (place, record) in places.iter().zip(records) {
                if record.is_some_and(|record| cover.covers(&record)) {
                    self.plan.stage.known.mark(*place, mark::ENDING);
                }
            }
        }
        Ok(())
    }

    /// Whether the last run that counted asked for the kind, and this one does not.
    pub(super) fn no_longer_asked(&self, kind: EntityKind) -> bool {
        let before = self.ground.before.as_ref();
        before.is_some_and(|before| before.asked.kinds.contains(&kind))
            && !self.ground.asked.kinds.contains(&kind)
    }

    /// Whether contacts were asked for, and are not any longer.
    pub(super) fn drops_contacts(&self) -> bool {
        let contacts = SensitiveField::Contacts;
        self.ground.before.as_ref().is_some_and(|before| before.asked.sensitive.contains(&contacts))
            && !self.ground.asked.sensitive.contains(&contacts)
    }

    async fn end_contacts(&mut self, unseen: &[u32]) -> Result<()> {
        let people: Vec<_> = unseen
            .iter()
            .copied()
            .filter(|place| self.plan.stage.known.kind(*place) == EntityKind::Person)
            .collect();
        for places in people.chunks(BODIES) {
            let records = self.stored(places).await?;
            for (place, record) in places.iter().zip(records) {
                if matches!(record, Some(Record::Person(person)) if person.is_contact()) {
                    self.plan.stage.known.mark(*place, mark::ENDING);
                }
            }
        }
        Ok(())
    }
}
