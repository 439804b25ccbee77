//! How whole each kind was seen.

use std::collections::BTreeMap;

use roster_core::{Completeness, EntityKind, PartialCode};

/// How whole each kind was seen.
#[derive(Default)]
pub(super) struct Ends {
    doubts: BTreeMap<EntityKind, (PartialCode, String)>,
}

impl Ends {
    /// Some of these kinds may be missing. The first reason counts.
    pub(super) fn doubt(&mut self, kinds: &[EntityKind], code: PartialCode, reason: &str) {
        for kind in kinds {
            self.doubts.entry(*kind).or_insert_with(|| (code, reason.to_owned()));
        }
    }

    /// How the kind ends.
    pub(super) fn of(&self, kind: EntityKind) -> Completeness {
        match self.doubts.get(&kind) {
            Some((code, reason)) => Completeness::Partial { code: *code, reason: reason.clone() },
            None => Completeness::Complete,
        }
    }
}
