//! Rows that are several records each: every one ends in exactly one count all the same.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use roster_core::{EntityKind, PartialCode, RowCounts, table::Rows};

use super::{
    engine::{At, Engine},
    judge::{Odd, Outcome},
    references::place,
};
use crate::{keys::Keys, survey::Survey};

/// What became of the rows of such files.
#[derive(Default)]
pub(crate) struct Folded(BTreeMap<Arc<str>, Fates>);

/// What became of the rows of one file.
#[derive(Default)]
struct Fates {
    rows: u64,
    /// Those that were not used, by their number. Of several things that are wrong with a row the worst counts.
    odd: HashMap<u64, Outcome>,
}

/// Where records were told first: file, line and record, by what tells them apart. There is one for each, and few are asked for.
#[derive(Default)]
pub(crate) struct Firsts {
    /// The number of a place, from 1; 0 if it was taken.
    numbers: Keys,
    places: Vec<(u16, u32, u32)>,
}

impl Firsts {
    /// Notes where one is.
    pub(super) fn note(&mut self, key: u64, place: (u16, u32, u32)) {
        self.places.push(place);
        let number = self.places.len() as u64;
        if let Some(there) = self.numbers.meet(key, number) {
            *there = number;
        }
    }

    /// Where one was, unless that was asked before.
    pub(super) fn take(&mut self, key: u64) -> Option<(u16, u32, u32)> {
        let number = std::mem::take(self.numbers.meet(key, 0)?);
        self.places.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }
}

impl Folded {
    pub(super) fn note(&mut self, file: &Arc<str>, record: u64, outcome: Outcome) {
        if outcome == Outcome::Used {
            return;
        }
        let fates = self.0.entry(Arc::clone(file)).or_default();
        let fate = fates.odd.entry(record).or_insert(outcome);
        *fate = outcome.max(*fate);
    }

    pub(crate) fn count_rows(&mut self, file: &Arc<str>, rows: u64) {
        self.0.entry(Arc::clone(file)).or_default().rows = rows;
    }

    /// How many rows a file has.
    pub(super) fn rows(&self, file: &Arc<str>) -> u64 {
        self.0.get(file).map_or(0, |fates| fates.rows)
    }

    /// Takes in what becomes of a record: with one that is rejected, the row is; with a seat that is passed over, the row is too.
    pub(super) fn count(&mut self, at: &At, change: impl FnOnce(&mut RowCounts)) {
        let mut counts = RowCounts::default();
        change(&mut counts);
        let record = at.record.saturating_sub(1);
        if counts.rejected > 0 {
            self.note(&at.name, record, Outcome::Rejected);
        } else if counts.skipped > 0 && at.kind == EntityKind::Enrollment {
            self.note(&at.name, record, Outcome::Skipped);
        }
    }

    pub(super) fn counts(&self, file: &Arc<str>) -> RowCounts {
        let mut counts = RowCounts::default();
        let Some(fates) = self.0.get(file) else { return counts };
        counts.rows = fates.rows;
        for outcome in fates.odd.values() {
            match outcome {
                Outcome::Used => {}
                Outcome::Skipped => counts.skipped += 1,
                Outcome::Duplicate => counts.duplicate += 1,
                Outcome::Rejected => counts.rejected += 1,
            }
        }
        counts.used = counts.rows.saturating_sub(counts.skipped + counts.duplicate + counts.rejected);
        counts
    }
}

impl Engine {
    /// Takes in what is odd about whole rows. Of one that can't be read, nobody knows which records it told.
    pub(crate) fn take_odd(&mut self, survey: &Survey, rows: Vec<Odd>) {
        let name = Arc::clone(&self.at.name);
        for Odd { line, record, outcome, problem } in rows {
            self.folded.note(&name, record, outcome);
            if outcome == Outcome::Rejected {
                self.blur(survey, &name);
            }
            if let Some(problem) = problem {
                // It concerns all kinds of the file; one that was asked for stands for them.
                let kind = kinds(survey, &name).find(|kind| self.wants(*kind)).unwrap_or(self.at.kind);
                self.say(problem.of(kind).at(place(&name, line, record)));
            }
        }
    }

    /// Makes all kinds partial that the file tells of.
    fn blur(&mut self, survey: &Survey, name: &Arc<str>) {
        for kind in kinds(survey, name) {
            self.loosen(kind);
            let reason = "a row could not be read, and what it told is not known";
            self.make_partial(kind, PartialCode::Unreadable, reason);
        }
    }
}

/// The kinds that a file tells of.
fn kinds<'a>(survey: &'a Survey, name: &'a Arc<str>) -> impl Iterator<Item = EntityKind> + 'a {
    survey.files.iter().filter(move |file| file.name == *name).map(|file| match file.table.rows {
        Rows::Records(kind) => kind,
        _ => EntityKind::Person,
    })
}

#[cfg(test)]
mod tests {
    use super::Firsts;

    #[test]
    fn a_place_is_told_once() {
        let mut firsts = Firsts::default();
        assert_eq!(firsts.take(7), None);
        firsts.note(7, (0, 2, 2));
        firsts.note(8, (0, 3, 3));
        firsts.note(7, (1, 4, 4));
        assert_eq!(firsts.take(7), Some((1, 4, 4)));
        assert_eq!(firsts.take(7), None);
        assert_eq!(firsts.take(8), Some((0, 3, 3)));
    }
}
