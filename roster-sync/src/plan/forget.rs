//! What a host asks for now and did not before, and the other way round.

use roster_core::{EntityKind, FieldSet, Record, Result};

use super::{BODIES, Draft};
use crate::{RecordState, known::mark, memory::Asked, stage::not_asked};

impl Draft<'_> {
    /// The fields that the last run that counted asked for, and this one does not.
    pub(super) fn dropped(&self, kind: EntityKind) -> FieldSet {
        let hidden = |asked: &Asked| not_asked(kind, &asked.sensitive, asked.extra);
        let before = self.ground.before.as_ref().map(|before| hidden(&before.asked));
        before.map_or(FieldSet::EMPTY, |before| hidden(&self.ground.asked).minus(before))
    }

    /// The fields that the last run that counted did not ask for, and this one does.
    pub(super) fn added(&self, kind: EntityKind) -> FieldSet {
        let hidden = |asked: &Asked| not_asked(kind, &asked.sensitive, asked.extra);
        let before = self.ground.before.as_ref().map(|before| hidden(&before.asked));
        before.map_or(FieldSet::EMPTY, |before| before.minus(hidden(&self.ground.asked)))
    }

    /// What the host no longer asks for stands in earlier versions too, and in records that ended long ago. The former are
    /// blanked, and of the latter all.
    pub(super) async fn forget(&mut self) -> Result<()> {
        for kind in EntityKind::ALL {
            let fields = !self.dropped(kind).is_empty();
            let contacts =
                self.drops_contacts() && matches!(kind, EntityKind::Person | EntityKind::Relationship);
            if fields {
                self.blank_what_is_written(kind);
            }
            if fields || contacts {
                let gone = self.blank_what_stays(kind, fields);
                self.blank_what_is_gone(kind, fields, &gone).await?;
            }
        }
        Ok(())
    }

    fn blank_what_is_written(&mut self, kind: EntityKind) {
        self.plan.steps.iter_mut().filter(|step| step.kind == kind).for_each(|step| step.blank = true);
        let known = &self.plan.stage.known;
        let ends = self.plan.ends.iter_mut();
        ends.filter(|end| known.kind(end.known) == kind).for_each(|end| end.blank = true);
    }

    /// Gives the places of those that do not stand in the roster.
    fn blank_what_stays(&mut self, kind: EntityKind, fields: bool) -> Vec<u32> {
        let known = &self.plan.stage.known;
        let mut gone = Vec::new();
        let settled = mark::CHANGED | mark::ENDING;
        for place in known.places().filter(|place| known.kind(*place) == kind && !known.has(*place, settled))
        {
            match known.state(place) {
                RecordState::Suppressed => {}
                RecordState::Active => {
                    let (uid, seq) = (known.uid(place), known.seq(place));
                    // Its name is its first version's seq.
                    if fields && seq > uid {
                        self.plan.blanks.push((uid, seq - 1));
                    }
                }
                _ => gone.push(place),
            }
        }
        gone
    }

    async fn blank_what_is_gone(&mut self, kind: EntityKind, fields: bool, gone: &[u32]) -> Result<()> {
        for places in gone.chunks(BODIES) {
            let is_contact = |record: Option<Record>| matches!(record, Some(Record::Person(person)) if person.is_contact());
            let records = if fields || kind == EntityKind::Relationship {
                vec![None; places.len()]
            } else {
                self.stored(places).await?
            };
            let known = &self.plan.stage.known;
            for (place, record) in places.iter().zip(records) {
                if fields || kind == EntityKind::Relationship || is_contact(record) {
                    self.plan.blanks.push((known.uid(*place), known.seq(*place)));
                }
            }
        }
        Ok(())
    }
}
