//! How many records are in each group.

use std::collections::HashMap;

use roster_core::{EntityKind, Record};

use crate::{
    Counted,
    record::{Group, groups},
};

/// Counts by kind and group. As a difference, they may be negative.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census(HashMap<(EntityKind, Group), i64>);

impl Census {
    /// As it was stored.
    pub(crate) fn read(rows: Vec<Counted>) -> Self {
        let mut census = Self::default();
        for row in rows {
            if let Some(group) = Group::read(&row.group) {
                census.0.insert((row.kind, group), i64::try_from(row.count).unwrap_or(i64::MAX));
            }
        }
        census
    }

    /// Counts a record so many times.
    pub(crate) fn add(&mut self, record: &Record, times: i64) {
        let kind = record.kind();
        groups(record, |group| self.add_to(kind, group, times));
    }

    pub(crate) fn add_to(&mut self, kind: EntityKind, group: Group, times: i64) {
        *self.0.entry((kind, group)).or_default() += times;
    }

    pub(crate) fn count(&self, kind: EntityKind, group: &Group) -> i64 {
        self.0.get(&(kind, group.clone())).copied().unwrap_or(0)
    }

    /// Whether enrollments are counted by their class.
    pub(crate) fn counts_by_class(&self) -> bool {
        self.0.keys().any(|(_, group)| matches!(group, Group::Class(_)))
    }

    /// Groups and counts that are not 0, in order.
    pub(crate) fn sorted(&self) -> Vec<(EntityKind, &Group, i64)> {
        let counts = self.0.iter().filter(|(_, count)| **count != 0);
        let mut list: Vec<_> = counts.map(|((kind, group), count)| (*kind, group, *count)).collect();
        list.sort_unstable();
        list
    }
}
