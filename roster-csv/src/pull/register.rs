//! What the reader's thread can tell of rows before they are sent: which are ordinary, which ids were there before, and which
//! rows name only what is there. Where records are made, most rows then need no judgement and no look-up.

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::Purpose,
    references::{is_referred_to, key_columns, named},
    shape::is_ordinary,
};
use crate::{
    dialect::Header,
    keys::{Ids, Keys},
    rows::Batch,
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

/// What is known of the rows of one file.
pub(super) struct Register<'a> {
    header: &'a Header,
    /// The ids seen, and which of a row's keys is its id.
    keys: Option<(Keys, usize)>,
    /// The kind of record that the rows are, and the keys that name others.
    records: Option<(EntityKind, Vec<(EntityKind, usize)>)>,
    known: &'a mut Known,
}

impl<'a> Register<'a> {
    pub(super) fn of(file: &'a SurveyedFile, purpose: Purpose, known: &'a mut Known) -> Self {
        // Rows that add to people are told apart by their own ids, where they have some; else each person may have one.
        let last = key_columns(&file.header, file.table.rows).len().saturating_sub(1);
        let unique = if purpose == Purpose::Side { last } else { 0 };
        let records = match (purpose, file.table.rows) {
            (Purpose::Records, Rows::Records(kind)) => Some((kind, named(&file.header))),
            _ => None,
        };
        Self {
            header: &file.header,
            keys: (purpose != Purpose::Scope).then(|| (Keys::default(), unique)),
            records,
            known,
        }
    }

    /// Makes room for about as many rows.
    pub(super) fn expect(&mut self, rows: u64) {
        if let Some((keys, _)) = &mut self.keys {
            keys.expect(rows);
        }
    }

    /// Marks rows.
    pub(super) fn mark(&mut self, batch: &mut Batch) {
        batch.mark_ordinary(|cells, mark| is_ordinary(self.header, cells, mark));
        if let Some((keys, unique)) = &mut self.keys {
            batch.enter(keys, *unique);
        }
        if let Some((kind, named)) = &self.records {
            let own = Some(*kind).filter(|kind| is_referred_to(*kind));
            batch.resolve(&mut self.known.0, named, own);
        }
    }
}
