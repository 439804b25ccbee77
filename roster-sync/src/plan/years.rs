//! Classes that moved on with the school year.

use std::collections::HashMap;

use roster_core::{ClassField, EntityKind, FieldSet, Record, Result, SourcedId};

use super::{BODIES, Draft};
use crate::{
    known::{NONE, mark},
    stage::Verdict,
};

/// The years that sources made up.
#[derive(Debug, Default)]
pub(super) struct MadeUp {
    /// By id; whether it stands there after the run.
    years: HashMap<SourcedId, bool>,
}

impl MadeUp {
    fn knows(&self, id: &SourcedId) -> bool {
        self.years.contains_key(id)
    }

    fn stays(&self, id: &SourcedId) -> bool {
        self.years.get(id).copied().unwrap_or(false)
    }
}

impl Draft<'_> {
    /// Whether all that changed of a class is the year that its source made up for it: on one day of the year that happens to every
    /// class, and is nobody's mistake. A year of the vendor's own is data like any other, and so is one that is not there.
    pub(super) async fn moved_on(
        &mut self,
        before: &Record,
        after: &Record,
        changed: FieldSet,
    ) -> Result<bool> {
        let (Record::Class(before), Record::Class(after)) = (before, after) else { return Ok(false) };
        if changed != FieldSet::of([ClassField::Sessions]) || after.sessions.is_empty() {
            return Ok(false);
        }
        if self.made_up.is_none() {
            self.made_up = Some(self.made_up_years().await?);
        }
        let Some(years) = &self.made_up else { return Ok(false) };
        let left = before.sessions.iter().filter(|id| !after.sessions.contains(id));
        let entered = after.sessions.iter().filter(|id| !before.sessions.contains(id));
        Ok(left.into_iter().all(|id| years.knows(id)) && entered.into_iter().all(|id| years.stays(id)))
    }

    async fn made_up_years(&mut self) -> Result<MadeUp> {
        let kind = EntityKind::AcademicSession;
        let mut made_up = MadeUp::default();
        let known = &self.plan.stage.known;
        let places: Vec<_> = known.places().filter(|place| known.kind(*place) == kind).collect();
        for places in places.chunks(BODIES) {
            let stored = self.stored(places).await?;
            for (place, record) in places.iter().zip(stored) {
                let known = &self.plan.stage.known;
                let stays = known.is_active(*place) && !known.has(*place, mark::ENDING);
                if let Some(Record::AcademicSession(session)) = record
                    && session.derived
                {
                    made_up.years.insert(session.id, stays);
                }
            }
        }
        let entries = &self.plan.stage.entries;
        let arrived =
            entries.iter().filter(|(_, entry)| entry.kind == kind && entry.verdict == Verdict::Live);
        let arrived: Vec<_> = arrived.map(|(place, entry)| (place, entry.known)).collect();
        for (place, known) in arrived {
            let (Record::AcademicSession(session), ..) = self.received(kind, place).await? else { continue };
            let is_new = known == NONE || !self.plan.stage.known.is_active(known);
            if session.derived && is_new {
                made_up.years.insert(session.id, true);
            } else if !session.derived {
                // The vendor has it now.
                made_up.years.remove(&session.id);
            }
        }
        Ok(made_up)
    }
}
