//! How whole each kind was seen.

use std::collections::BTreeMap;

use roster_core::{Completeness, EntityKind, PartialCode, PullEvent, Slice};

use crate::collection::Walk;

type Doubt = (PartialCode, String);

/// How whole each kind was seen.
#[derive(Default)]
pub(super) struct Ends {
    kinds: BTreeMap<EntityKind, Doubt>,
    walks: BTreeMap<Walk, Doubt>,
    /// The walks that were made.
    walked: Vec<Walk>,
    /// The district is paused, or its uploads fail: what is there is old.
    frozen: Option<String>,
}

impl Ends {
    /// What is there is old.
    pub(super) fn freeze(&mut self, reason: String) {
        self.frozen = Some(reason);
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Not all of these kinds was seen.
    pub(super) fn doubt(&mut self, kinds: &[EntityKind], code: PartialCode, reason: &str) {
        for kind in kinds {
            self.kinds.entry(*kind).or_insert_with(|| (code, reason.to_owned()));
        }
    }

    /// Not all who hold the role were seen.
    pub(super) fn doubt_walk(&mut self, walk: Walk, code: PartialCode, reason: &str) {
        self.walks.entry(walk).or_insert_with(|| (code, reason.to_owned()));
        if walk == Walk::Contact {
            self.doubt(&[EntityKind::Relationship], code, reason);
        }
    }

    /// A walk is over.
    pub(super) fn walked(&mut self, walk: Walk) {
        self.walked.push(walk);
    }

    /// How the kind ends: as one slice or, of people, role by role where some could not be read.
    pub(super) fn of(&self, kind: EntityKind, otherwise: &Completeness) -> Vec<PullEvent> {
        let end = |slice, completeness| PullEvent::End { kind, slice, completeness };
        if let Some(doubt) = self.kinds.get(&kind) {
            return vec![end(Slice::All, partial(doubt))];
        }
        if let Some(reason) = &self.frozen {
            return vec![end(Slice::All, partial(&(PartialCode::Frozen, reason.clone())))];
        }
        if kind != EntityKind::Person || self.walks.is_empty() {
            return vec![end(Slice::All, otherwise.clone())];
        }
        if *otherwise == Completeness::Changes {
            let doubts = self.walks.iter().map(|(walk, doubt)| end(Slice::Role(walk.role()), partial(doubt)));
            return doubts.chain([end(Slice::All, Completeness::Changes)]).collect();
        }
        let role = |walk: &Walk| {
            let completeness = self.walks.get(walk).map_or(Completeness::Complete, partial);
            end(Slice::Role(walk.role()), completeness)
        };
        self.walked.iter().map(role).collect()
    }
}

fn partial((code, reason): &Doubt) -> Completeness {
    Completeness::Partial { code: *code, reason: reason.clone() }
}
