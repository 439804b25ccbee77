//! Rows that are several records each, made rows of one record each where records are made: the reader's thread has more to do than
//! that, and says only which of its rows they are made of.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, table::Rows};

use super::{
    made_ids::Hashed,
    plan::{Purpose, Step},
    references::key_columns,
    shape::Ordinary,
    sources::write,
};
use crate::{
    dialect::Unfolding,
    keys::{Ids, Seen},
    rows::{Batch, Origin, RowMark},
    survey::{Survey, SurveyedFile},
};

/// Makes rows of all steps whose files have such rows.
pub(super) struct Unfolded {
    /// Kinds whose records stand in several tables, with the ids that came: whose they are must be told across tables.
    shared: BTreeMap<EntityKind, Ids>,
    step: Option<AtStep>,
    hashed: Hashed,
    /// What rows are made into next.
    spare: Batch,
}

/// What the step at hand asks of rows.
struct AtStep {
    ordinary: Ordinary,
    keys: Vec<usize>,
    /// The kind whose ids it shares with other tables.
    shares: Option<EntityKind>,
}

impl Unfolded {
    pub(super) fn of(survey: &Survey, steps: &[Step]) -> Self {
        let mut once = BTreeSet::new();
        let kinds = steps.iter().filter_map(|step| kind_of(survey.files.get(step.file)?, step.purpose));
        let shared = kinds.filter(|kind| !once.insert(*kind)).map(|kind| (kind, Ids::default())).collect();
        Self { shared, step: None, hashed: Hashed::default(), spare: Batch::default() }
    }

    /// Begins a step. Returns the header that its rows are unfolded under, as a file of its own would have it.
    pub(super) fn begin(&mut self, file: &SurveyedFile, purpose: Purpose) -> Option<Batch> {
        self.step = None;
        file.unfolding.as_ref()?;
        self.step = Some(AtStep {
            ordinary: Ordinary::of(&file.header),
            keys: key_columns(&file.header, file.table.rows),
            shares: kind_of(file, purpose).filter(|kind| self.shared.contains_key(kind)),
        });
        let mut batch = Batch::default();
        let mut row = batch.make();
        for position in 0..file.header.width() {
            row.cell(|text| text.push_str(&file.header.name_at(position)));
        }
        row.keep(&Origin { mark: &RowMark::header(), record: 1 });
        batch.hash_keys(&[]);
        Some(batch)
    }

    /// Makes rows of those of the file.
    pub(super) fn make(&mut self, file: &SurveyedFile, rows: &Batch) -> Batch {
        let mut made = std::mem::take(&mut self.spare);
        made.clear();
        if let Some(unfolding) = &file.unfolding {
            make_rows(unfolding, rows, &mut self.hashed, &mut made);
        }
        self.mark(&mut made);
        made
    }

    /// Takes back a batch to be filled again.
    pub(super) fn recycle(&mut self, batch: Batch) {
        self.spare = batch;
    }

    /// Marks rows that were made, if the step at hand has such rows: which are ordinary, and which ids another table had.
    pub(super) fn mark(&mut self, batch: &mut Batch) {
        let Some(AtStep { ordinary, keys, shares }) = &self.step else { return };
        batch.hash_keys(keys);
        let mut ids = shares.and_then(|kind| self.shared.get_mut(&kind));
        for mut window in batch.windows() {
            if let Some(ids) = &ids {
                ids.touch_all(window.keys(0));
            }
            for (mark, cells, hashes) in window.rows() {
                mark.ordinary = ordinary.is(cells, mark);
                if let Some(ids) = &mut ids
                    && mark.seen == Seen::First
                    && !ids.insert(hashes.key(0))
                {
                    // A seat that stands in two columns is one seat; a person in two tables may be two people.
                    let is_seat = *shares == Some(EntityKind::Enrollment);
                    mark.seen = if is_seat { Seen::Identical } else { Seen::Conflict };
                }
            }
        }
    }
}

/// The kind whose records a step tells.
fn kind_of(file: &SurveyedFile, purpose: Purpose) -> Option<EntityKind> {
    match (purpose, file.table.rows) {
        (Purpose::Records, Rows::Records(kind)) => Some(kind),
        _ => None,
    }
}

/// Adds the rows that those of the file become.
pub(super) fn make_rows(unfolding: &Unfolding, rows: &Batch, hashed: &mut Hashed, made: &mut Batch) {
    for mark in (0..rows.len()).filter_map(|index| rows.row(index)) {
        let cells = rows.trimmed(mark);
        let mut row = made.make();
        for source in &unfolding.cells {
            row.cell(|text| write(source, cells, hashed, text));
        }
        if let Some(made) = row.keep(&Origin { mark, record: mark.record }) {
            made.seen = mark.seen;
        }
    }
}
