//! Whether there are seats for all students.

use roster_core::EntityKind;

use super::Draft;
use crate::{Guard, Hold, Seats, memory::Overbooked, record::Group, stage::Census};

impl Draft<'_> {
    /// Counts the students who need a seat, now and after, and holds more than there are seats for. What somebody approved is not
    /// held again, so that the nights after can go on.
    pub(super) fn guard_seats(&mut self, census: &Census, holds: &mut Vec<Hold>) {
        let count = |census: &Census| census.count(EntityKind::Person, &Group::Seats);
        let now = count(census);
        let after = now + count(&self.plan.census);
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        let seats = Seats::new(whole(now), whole(after), self.ground.seats);
        self.plan.seats = seats;
        let Some(limit) = seats.limit else { return };
        let approved = self.ground.before.as_ref().and_then(|before| before.seats);
        if seats.after > Overbooked::most(approved, limit) {
            holds.push(Hold::new(
                Guard::Seats,
                Some(EntityKind::Person),
                None,
                seats.after,
                seats.now,
                limit,
            ));
        }
    }
}
