//! What a day changed.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, Record, SourcedId};

use super::District;
use crate::Change;

/// What changed from one day to the next, by kind; a kind in which nothing changed is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayTruth {
    /// Records that are new.
    pub created: BTreeMap<EntityKind, BTreeSet<SourcedId>>,
    /// Records that are not what they were.
    pub updated: BTreeMap<EntityKind, BTreeSet<SourcedId>>,
    /// Records that are gone.
    pub ended: BTreeMap<EntityKind, BTreeSet<SourcedId>>,
}

impl DayTruth {
    /// Compares two districts record by record.
    ///
    /// [`District::next_day`] keeps its list without comparing. This is for what became of the two on the way, such as
    /// by a format that can't tell all of it, or in a scope.
    #[must_use]
    pub fn between(before: &District, after: &District) -> Self {
        let by_key = |district: &District| -> BTreeMap<(EntityKind, SourcedId), Record> {
            district.records().map(|record| ((record.kind(), record.id().clone()), record)).collect()
        };
        let (mut before, after) = (by_key(before), by_key(after));
        let mut truth = Self::default();
        for ((kind, id), record) in after {
            match before.remove(&(kind, id.clone())) {
                None => truth.create(kind, id),
                Some(old) if old != record => truth.update(kind, id),
                Some(_) => {}
            }
        }
        for (kind, id) in before.into_keys() {
            truth.end(kind, id);
        }
        truth
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn create(&mut self, kind: EntityKind, id: SourcedId) {
        self.created.entry(kind).or_default().insert(id);
    }

    pub(super) fn update(&mut self, kind: EntityKind, id: SourcedId) {
        self.updated.entry(kind).or_default().insert(id);
    }

    pub(super) fn end(&mut self, kind: EntityKind, id: SourcedId) {
        self.ended.entry(kind).or_default().insert(id);
    }
}

/// What a source has to tell of that day.
impl From<DayTruth> for Change {
    fn from(truth: DayTruth) -> Self {
        let upserts = truth.created.into_iter().chain(truth.updated);
        let change = upserts.fold(Self::new(), |change, (kind, ids)| change.upserting(kind, ids));
        truth.ended.into_iter().fold(change, |change, (kind, ids)| change.deleting(kind, ids))
    }
}
