//! What was quarantined before this run.

use std::collections::HashMap;

use roster_core::{EntityKind, SourcedId};

use crate::{Digest, Key, Quarantined};

/// What was quarantined before this run, by key.
#[derive(Debug, Default)]
pub(crate) struct Quarantine(HashMap<Key, Held>);

/// A record in quarantine.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) kind: EntityKind,
    pub(crate) digest: Digest,
    pub(crate) uid: Option<u64>,
    pub(crate) missing: (EntityKind, SourcedId),
    /// It was delivered as it had been.
    pub(crate) seen: bool,
    /// The vendor says that it is gone.
    pub(crate) deleted: bool,
    /// A problem protects it.
    pub(crate) protected: bool,
}

impl Quarantine {
    pub(crate) fn new(rows: Vec<Quarantined>) -> Self {
        let held = |row: Quarantined| Held {
            kind: row.kind,
            digest: row.digest,
            uid: row.uid,
            missing: row.missing,
            seen: false,
            deleted: false,
            protected: false,
        };
        Self(rows.into_iter().map(|row| (row.key, held(row))).collect())
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&Held> {
        if self.0.is_empty() { None } else { self.0.get(&key) }
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Held> {
        if self.0.is_empty() { None } else { self.0.get_mut(&key) }
    }

    pub(crate) fn put_back(&mut self, key: Key, held: Held) {
        self.0.insert(key, held);
    }

    /// All of them, in an order that does not depend on luck.
    pub(crate) fn sorted(&self) -> Vec<(Key, &Held)> {
        let mut list: Vec<_> = self.0.iter().map(|(key, held)| (*key, held)).collect();
        list.sort_unstable_by_key(|(key, _)| *key);
        list
    }
}
