//! Who is related to whom, told on either side or on both.

use std::collections::BTreeSet;

use roster_core::{
    EntityKind, Relationship, SourcedId,
    hashed::{HashedSet, hash},
};

use crate::map::Tie;

/// Relationships that were told, and those that are known but for what they are.
#[derive(Default)]
pub(super) struct Ties {
    told: HashedSet,
    /// Known by their two ends alone, until the other side was read.
    bare: BTreeSet<(SourcedId, SourcedId)>,
}

impl Ties {
    /// One side names the other. Returns the relationship if it is to be told now.
    pub(super) fn meet(
        &mut self,
        student: &SourcedId,
        contact: &SourcedId,
        tie: &Tie,
    ) -> Option<Relationship> {
        let relationship = tie.clone().relationship(student, contact);
        let key = hash(&relationship.id);
        if self.told.contains(&key) {
            return None;
        }
        let pair = (student.clone(), contact.clone());
        if !tie.is_told {
            self.bare.insert(pair);
            return None;
        }
        self.bare.remove(&pair);
        self.told.insert(key);
        Some(relationship)
    }

    /// Both sides were read: those of which nothing else was told.
    pub(super) fn rest(&mut self) -> Vec<Relationship> {
        let bare = std::mem::take(&mut self.bare);
        bare.into_iter().map(|(student, contact)| Tie::default().relationship(&student, &contact)).collect()
    }
}

/// The kind of it all.
pub(super) const KIND: EntityKind = EntityKind::Relationship;
