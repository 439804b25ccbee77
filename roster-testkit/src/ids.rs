//! Ids by kind.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, SourcedId};

/// Ids by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids(BTreeMap<EntityKind, BTreeSet<SourcedId>>);

impl Ids {
    /// No id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These and more of one kind.
    #[must_use]
    pub fn with<I: Into<SourcedId>>(mut self, kind: EntityKind, ids: impl IntoIterator<Item = I>) -> Self {
        self.0.entry(kind).or_default().extend(ids.into_iter().map(Into::into));
        self
    }

    /// Adds one.
    pub fn insert(&mut self, kind: EntityKind, id: impl Into<SourcedId>) {
        self.0.entry(kind).or_default().insert(id.into());
    }

    /// Takes one out, if it is there.
    pub fn remove(&mut self, kind: EntityKind, id: &str) {
        if let Some(ids) = self.0.get_mut(&kind) {
            ids.remove(id);
        }
    }

    /// Whether it is among them.
    pub fn contains(&self, kind: EntityKind, id: &str) -> bool {
        self.0.get(&kind).is_some_and(|ids| ids.contains(id))
    }

    /// All of them, parents' kinds before children's.
    pub fn iter(&self) -> impl Iterator<Item = (EntityKind, &SourcedId)> {
        self.0.iter().flat_map(|(kind, ids)| ids.iter().map(move |id| (*kind, id)))
    }

    /// Those of one kind.
    pub fn of(&self, kind: EntityKind) -> impl Iterator<Item = &SourcedId> {
        self.0.get(&kind).into_iter().flatten()
    }

    /// How many there are, of all kinds.
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the kinds for which `keep` holds.
    pub fn retain_kinds(&mut self, keep: impl Fn(EntityKind) -> bool) {
        self.0.retain(|kind, _| keep(*kind));
    }
}

impl FromIterator<(EntityKind, SourcedId)> for Ids {
    fn from_iter<T: IntoIterator<Item = (EntityKind, SourcedId)>>(pairs: T) -> Self {
        let mut ids = Self::new();
        ids.extend(pairs);
        ids
    }
}

impl Extend<(EntityKind, SourcedId)> for Ids {
    fn extend<T: IntoIterator<Item = (EntityKind, SourcedId)>>(&mut self, pairs: T) {
        for (kind, id) in pairs {
            self.insert(kind, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_finds_by_kind() {
        let mut ids = Ids::new().with(EntityKind::Org, ["s1", "s2"]).with(EntityKind::Class, ["s1"]);
        assert!(ids.contains(EntityKind::Class, "s1") && !ids.contains(EntityKind::Class, "s2"));
        ids.remove(EntityKind::Org, "s1");
        ids.remove(EntityKind::Course, "s1");
        assert_eq!(ids.len(), 2);
        ids.retain_kinds(|kind| kind == EntityKind::Course);
        assert!(ids.is_empty());
    }
}
