//! What `/demographics` says of people, until they come.

use std::collections::HashMap;

use roster_core::{FieldSet, Person, SourcedId};

use super::plan::demographic_fields;
use crate::rest::map::Facts;

/// What `/demographics` says.
#[derive(Default)]
pub(super) struct Told {
    /// Of each person, and whether the person came. It is kept, since people are read again where rows move.
    of: HashMap<SourcedId, (Box<Facts>, bool)>,
    /// The collection was refused: what only it says is unknown.
    refused: bool,
    /// Not all of it could be read: what it says of the others is unknown.
    damaged: bool,
}

impl Told {
    /// A row tells this of a person.
    pub(super) fn take(&mut self, id: SourcedId, facts: Box<Facts>) {
        self.of.insert(id, (facts, false));
    }

    /// A row could not be read. Where it does not say whose it is, it may be anybody's of whom no other tells.
    pub(super) fn obscure(&mut self, id: Option<SourcedId>) {
        match id {
            Some(id) => {
                let facts = Facts { unseen: demographic_fields(), ..Facts::default() };
                self.take(id, Box::new(facts));
            }
            None => self.damaged = true,
        }
    }

    /// The collection was refused.
    pub(super) fn refuse(&mut self) {
        self.refused = true;
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// The collection is read again, from its start.
    pub(super) fn start_over(&mut self) {
        self.of = HashMap::new();
        self.damaged = false;
    }

    /// Adds to a person what is said of it. Returns what is not known; `lacking` is that of a person of whom nothing is said.
    pub(super) fn add_to(&mut self, person: &mut Person, lacking: FieldSet) -> FieldSet {
        let Some((facts, came)) = self.of.get_mut(&person.id) else {
            return if self.damaged { demographic_fields() } else { lacking };
        };
        *came = true;
        let Facts { birth_date, gender, demographics, unseen } = &**facts;
        let sensitive = person.sensitive_mut();
        sensitive.birth_date = *birth_date;
        sensitive.gender.clone_from(gender);
        sensitive.demographics.clone_from(demographics);
        if sensitive.is_empty() {
            person.sensitive = None;
        }
        *unseen
    }

    /// The people are over: whether something is said of somebody who did not come.
    pub(super) fn finish(&mut self) -> bool {
        std::mem::take(&mut self.of).values().any(|(_, came)| !came)
    }
}
