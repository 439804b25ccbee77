//! Rows that were given before the reading started over, and did not come again.
//!
//! A few may be gone since, which may be why rows moved. Many were never there: a server made them up.

use roster_core::hashed::HashedSet;

use super::Key;

/// So many rows may be gone, unless they are more than a tenth of all.
const FEW: u64 = 5;
/// In a large collection so many in a hundred may be.
const PERCENT: u64 = 1;

/// What was given, as hashed ids.
#[derive(Debug, Default)]
pub(super) struct Given {
    before: HashedSet,
    /// Of the last page that joined: it is not given until the next one joins it.
    last: Vec<u64>,
}

impl Given {
    /// A page joined, with these new rows.
    pub(super) fn joined(&mut self, new: impl Iterator<Item = Key>) {
        self.last.clear();
        self.last.extend(new.flatten());
    }

    /// The reading starts over, after these ids.
    pub(super) fn keep(&mut self, seen: HashedSet) {
        let held = std::mem::take(&mut self.last);
        let is_held: HashedSet = held.into_iter().collect();
        self.before.extend(seen.into_iter().filter(|id| !is_held.contains(id)));
    }

    /// How many of those did not come again, if they are more than may be gone. `came` rows came in all.
    pub(super) fn gone(&self, seen: Option<&HashedSet>, came: u64) -> Option<u64> {
        let seen = seen.filter(|_| !self.before.is_empty())?;
        let gone = self.before.iter().filter(|id| !seen.contains(*id)).count() as u64;
        let is_many = gone * 10 > came || gone > FEW && gone * 100 > came * PERCENT;
        is_many.then_some(gone)
    }
}
