//! What the reader's thread can tell of rows before they are sent: which are ordinary, which ids were there before, and which
//! rows name only what is there. Where records are made, most rows then need no judgement and no look-up.

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::Purpose,
    references::{is_referred_to, key_columns, named},
    shape::Ordinary,
};
use crate::{
    keys::{Ids, Keys, hash},
    rows::{Batch, Window},
    survey::SurveyedFile,
};

/// The ids of ordinary rows, by kind. Some of those that the engine knows, and never one that it does not: what is not found
/// here is looked up there.
pub(super) struct Known(Vec<Ids>);

impl Default for Known {
    fn default() -> Self {
        Self(EntityKind::ALL.map(|_| Ids::default()).into())
    }
}

impl Known {
    #[inline]
    fn of(&self, kind: EntityKind) -> Option<&Ids> {
        self.0.get(kind as usize)
    }

    fn enter(&mut self, kind: EntityKind, id: u64) {
        if let Some(ids) = self.0.get_mut(kind as usize) {
            ids.insert(id);
        }
    }
}

/// What is known of the rows of one file.
pub(super) struct Register<'a> {
    ordinary: Ordinary,
    /// The ids seen, and which of a row's keys is its id.
    keys: Option<(Keys, usize)>,
    /// The kind of the records, if the rows are some that others name.
    own: Option<EntityKind>,
    /// The keys that name other records, with their kinds.
    named: Vec<(EntityKind, usize)>,
    known: &'a mut Known,
}

impl<'a> Register<'a> {
    pub(super) fn of(file: &SurveyedFile, purpose: Purpose, known: &'a mut Known) -> Self {
        // Rows that add to people are told apart by their own ids, where they have some; else each person may have one.
        let last = key_columns(&file.header, file.table.rows).len().saturating_sub(1);
        let unique = if purpose == Purpose::Side { last } else { 0 };
        let kind = match (purpose, file.table.rows) {
            (Purpose::Records, Rows::Records(kind)) => Some(kind),
            _ => None,
        };
        Self {
            ordinary: Ordinary::of(&file.header),
            keys: (purpose != Purpose::Scope).then(|| (Keys::default(), unique)),
            own: kind.filter(|kind| is_referred_to(*kind)),
            named: kind.map(|_| named(&file.header)).unwrap_or_default(),
            known,
        }
    }

    /// Makes room for about as many rows.
    pub(super) fn expect(&mut self, rows: u64) {
        if let Some((keys, _)) = &mut self.keys {
            keys.expect(rows);
        }
        if let Some(ids) = self.own.and_then(|own| self.known.0.get_mut(own as usize)) {
            ids.expect(rows);
        }
    }

    /// Marks rows. Those without an id are told apart by nothing.
    pub(super) fn mark(&mut self, batch: &mut Batch) {
        let none = hash("");
        for mut window in batch.windows() {
            self.touch(&window);
            for (mark, cells, hashes) in window.rows() {
                mark.ordinary = self.ordinary.is(cells, mark);
                if let Some((keys, unique)) = &mut self.keys
                    && hashes.key(*unique) != none
                {
                    mark.seen = keys.enter(hashes.key(*unique), hashes.row());
                }
                mark.resolved = self.named.iter().all(|&(kind, key)| {
                    let id = hashes.key(key);
                    id == none || self.known.of(kind).is_some_and(|ids| ids.contains(id))
                });
                if let Some(own) = self.own.filter(|_| mark.ordinary) {
                    self.known.enter(own, hashes.key(0));
                }
            }
        }
    }

    /// Looks at all that a window's rows will look up.
    fn touch(&self, window: &Window<'_>) {
        if let Some((keys, unique)) = &self.keys {
            keys.touch_all(window.keys(*unique));
        }
        for &(kind, key) in &self.named {
            if let Some(ids) = self.known.of(kind) {
                ids.touch_all(window.keys(key));
            }
        }
    }
}
