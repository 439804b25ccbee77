//! What the reader's thread can tell of rows before they are sent: which are ordinary, and which ids were there before. Where
//! records are made, most rows then need no judgement.

use super::{plan::Purpose, references::key_columns, shape::Ordinary};
use crate::{
    dialect::Header,
    keys::{Keys, hash},
    rows::Batch,
    survey::SurveyedFile,
};

/// What is known of the rows of one file, each of which is one record at most.
pub(super) struct Register<'f> {
    header: &'f Header,
    ordinary: Ordinary,
    /// The ids seen, and which of a row's keys is its id.
    keys: Option<(Keys, usize)>,
}

impl<'f> Register<'f> {
    pub(super) fn of(file: &'f SurveyedFile, purpose: Purpose) -> Self {
        // Rows that add to people are told apart by their own ids, where they have some; else each person may have one.
        let last = key_columns(&file.header, file.table.rows).len().saturating_sub(1);
        let unique = if purpose == Purpose::Side { last } else { 0 };
        Self {
            header: &file.header,
            ordinary: Ordinary::of(&file.header),
            keys: (purpose != Purpose::Scope).then(|| (Keys::default(), unique)),
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
        for mut window in batch.windows() {
            if let Some((keys, unique)) = &self.keys {
                keys.touch_all(window.keys(*unique));
            }
            for (mark, cells, hashes) in window.rows() {
                mark.ordinary = self.ordinary.is(cells, mark);
                // The header is no record, though its names stand where ids do.
                if !mark.ordinary && self.header.is_repeated_by(cells) {
                    continue;
                }
                if let Some((keys, unique)) = &mut self.keys
                    && hashes.key(*unique) != none
                {
                    mark.seen = keys.enter(hashes.key(*unique), hashes.row());
                }
            }
        }
    }
}
