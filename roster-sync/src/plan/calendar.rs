//! Which ends are no surprise: those whose own date, or whose session's, has passed.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use roster_core::{Class, EntityKind, Record, Result, SourcedId, jiff};

use super::{BODIES, Draft};
use crate::Key;

/// What the dates of sessions and classes say, as far as they were looked up.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    sessions: Option<HashMap<SourcedId, Option<Date>>>,
    /// Classes, and whether they are over.
    classes: HashMap<SourcedId, bool>,
}

impl Calendar {
    /// Whether the record was to end before today.
    pub(super) fn has_passed(&self, record: &Record, today: Date) -> bool {
        match record {
            Record::AcademicSession(session) => passed(session.end, today),
            Record::Class(class) => self.is_over(class, today),
            Record::Enrollment(seat) => {
                passed(seat.end, today) || self.classes.get(&seat.class).copied().unwrap_or(false)
            }
            _ => false,
        }
    }

    fn is_over(&self, class: &Class, today: Date) -> bool {
        let ends = |id| self.sessions.as_ref().and_then(|sessions| sessions.get(id).copied().flatten());
        passed(class.end, today)
            || (!class.sessions.is_empty() && class.sessions.iter().all(|id| passed(ends(id), today)))
    }
}

fn passed(end: Option<Date>, today: Date) -> bool {
    end.is_some_and(|end| end < today)
}

impl Draft<'_> {
    /// Reads the sessions and classes that the dates of these records depend on, and that were not read yet.
    pub(super) async fn look_up(
        &mut self,
        records: &[Option<Record>],
        calendar: &mut Calendar,
    ) -> Result<()> {
        let mut classes = HashSet::new();
        let mut needs_sessions = false;
        for record in records.iter().flatten() {
            match record {
                Record::Class(_) => needs_sessions = true,
                Record::Enrollment(seat) if !calendar.classes.contains_key(&seat.class) => {
                    classes.insert(seat.class.clone());
                }
                _ => {}
            }
        }
        if calendar.sessions.is_none() && (needs_sessions || !classes.is_empty()) {
            calendar.sessions = Some(self.ends_of_sessions().await?);
        }
        let known = &self.plan.stage.known;
        let find = |class: &SourcedId| known.find(Key::of(EntityKind::Class, class));
        let mut places: Vec<_> = classes.iter().filter_map(find).collect();
        // The store reads them faster in its own order.
        places.sort_unstable();
        for places in places.chunks(BODIES) {
            for record in self.stored(places).await?.into_iter().flatten() {
                if let Record::Class(class) = record {
                    let over = calendar.is_over(&class, self.ground.today);
                    calendar.classes.insert(class.id, over);
                }
            }
        }
        Ok(())
    }

    async fn ends_of_sessions(&mut self) -> Result<HashMap<SourcedId, Option<Date>>> {
        let mut sessions = HashMap::new();
        for places in self.active_of(EntityKind::AcademicSession).chunks(BODIES) {
            for record in self.stored(places).await?.into_iter().flatten() {
                if let Record::AcademicSession(session) = record {
                    sessions.insert(session.id.clone(), session.end);
                }
            }
        }
        Ok(sessions)
    }
}
