//! How whole each part of a kind was seen.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{Completeness, EntityKind, PartialCode, PullEvent, Role, Slice};

/// A part of a kind that can be in doubt by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Of(EntityKind),
    Students,
    Staff,
    Contacts,
}

/// How whole each part was seen.
#[derive(Default)]
pub(super) struct Ends {
    doubts: BTreeMap<Part, (PartialCode, String)>,
    filtered: BTreeSet<EntityKind>,
    frozen: Option<String>,
}

impl Ends {
    pub(super) fn doubt(&mut self, parts: &[Part], code: PartialCode, reason: &str) {
        for part in parts {
            self.doubts.entry(*part).or_insert_with(|| (code, reason.to_owned()));
        }
    }

    /// Only what changed was asked for.
    pub(super) fn filtered(&mut self, kind: EntityKind) {
        self.filtered.insert(kind);
    }

    pub(super) fn is_filtered(&self, kind: EntityKind) -> bool {
        self.filtered.contains(&kind)
    }

    /// Nothing may end.
    pub(super) fn freeze(&mut self, reason: &str) {
        self.frozen = Some(reason.to_owned());
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    fn of(&self, part: Part, kind: EntityKind) -> Completeness {
        if let Some(reason) = &self.frozen {
            return Completeness::Partial { code: PartialCode::Frozen, reason: reason.clone() };
        }
        match self.doubts.get(&part).or_else(|| self.doubts.get(&Part::Of(kind))) {
            Some((code, reason)) => Completeness::Partial { code: *code, reason: reason.clone() },
            None if self.filtered.contains(&kind) => Completeness::Changes,
            None => Completeness::Complete,
        }
    }

    /// Whether the absence of a kind's record from a part of it may be told.
    pub(super) fn may_close(&self, kind: EntityKind) -> bool {
        self.frozen.is_none() && !self.doubts.contains_key(&Part::Of(kind))
    }

    /// The ends of a kind: one of all of it, or, where a part of the people is in doubt, one of each role.
    pub(super) fn events(&self, kind: EntityKind, contacts: bool) -> Vec<PullEvent> {
        let end = |slice, completeness| PullEvent::End { kind, slice, completeness };
        let parts = [Part::Students, Part::Staff, Part::Contacts];
        let in_doubt = parts.iter().any(|part| self.doubts.contains_key(part));
        let whole = kind != EntityKind::Person || !in_doubt || self.doubts.contains_key(&Part::Of(kind));
        if whole || self.is_frozen() {
            return vec![end(Slice::All, self.of(Part::Of(kind), kind))];
        }
        let mut ends = vec![
            end(Slice::Role(Role::Student), self.of(Part::Students, kind)),
            end(Slice::Role(Role::Teacher), self.of(Part::Staff, kind)),
            end(Slice::Role(Role::Staff), self.of(Part::Staff, kind)),
        ];
        if contacts {
            ends.push(end(Slice::Role(Role::Contact), self.of(Part::Contacts, kind)));
        }
        ends
    }
}
