//! What the reader's thread can tell of rows before they are sent: which are ordinary, which ids were there before, and which
//! rows name only what is there. Where records are made, most rows then need no judgement and no look-up.

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::Purpose,
    references::{Names, is_referred_to, key_columns, naming},
    shape::Ordinary,
};
use crate::{
    keys::{Ids, Keys, hash},
    rows::Batch,
    survey::SurveyedFile,
};

/// Ids by kind. Each of them is one that the engine knows too when it comes to the same row: what is not found here is looked
/// up there.
pub(super) struct Known(Vec<Ids>);

impl Default for Known {
    fn default() -> Self {
        Self(EntityKind::ALL.map(|_| Ids::default()).into())
    }
}

/// What is known of the rows of one file.
pub(super) struct Register<'a> {
    ordinary: Ordinary,
    /// The ids seen, and which of a row's keys is its id.
    keys: Option<(Keys, usize)>,
    /// The kind of the records, if they are some that others name.
    own: Option<EntityKind>,
    /// The columns that name other records.
    naming: Vec<Names>,
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
            naming: kind.map(|_| naming(&file.header).collect()).unwrap_or_default(),
            known,
        }
    }

    /// Makes room for about as many rows.
    pub(super) fn expect(&mut self, rows: u64) {
        if let Some((keys, _)) = &mut self.keys {
            keys.expect(rows);
        }
    }

    /// Marks rows. Those without an id are told apart by nothing.
    pub(super) fn mark(&mut self, batch: &mut Batch) {
        let none = hash("");
        let known = &mut self.known.0;
        let has_lists = self.naming.iter().any(|names| names.is_list);
        for mut window in batch.windows() {
            let missing = self.naming.iter().fold(0, |missing, &Names { kind, key, .. }| {
                missing | known.get(kind as usize).map_or(u64::MAX, |ids| ids.missing(window.keys(key)))
            });
            if let Some((keys, unique)) = &self.keys {
                keys.touch_all(window.keys(*unique));
            }
            let mut own = self.own.and_then(|own| known.get_mut(own as usize));
            for (index, (mark, cells, hashes)) in window.rows().enumerate() {
                // A list of several is a cell with commas, which stands in quotes.
                mark.resolved = missing >> index & 1 == 0 && !(has_lists && mark.has_quote);
                mark.ordinary = self.ordinary.is(cells, mark);
                if let Some((keys, unique)) = &mut self.keys
                    && hashes.key(*unique) != none
                {
                    mark.seen = keys.enter(hashes.key(*unique), hashes.row());
                }
                if let Some(own) = &mut own
                    && hashes.key(0) != none
                    && self.ordinary.tells_id(cells, mark)
                {
                    own.insert(hashes.key(0));
                }
            }
        }
    }
}
