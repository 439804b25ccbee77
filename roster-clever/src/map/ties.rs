//! What a contact is to whom.

use std::collections::BTreeMap;

use roster_core::{ContactKind, Relationship, SourcedId, codes};

use super::{Reading, person::Held};
use crate::wire;

const RELATIONS: &[&str] = &["Parent", "Grandparent", "Self", "Aunt/Uncle", "Sibling", "Other"];

/// What a contact is to whom.
#[derive(Default)]
pub(crate) struct Ties {
    pub(crate) relationships: Vec<Relationship>,
    /// Whether these are all of them.
    pub(crate) are_whole: bool,
}

impl Held<'_> {
    /// What the contact is to each student: in one relationship, however often a student is named.
    pub(super) fn ties(&self, contact: &str, reading: &mut Reading<'_>) -> Ties {
        let mut by_student: BTreeMap<SourcedId, Relationship> = BTreeMap::new();
        let mut are_whole = self.tells("student_relationships", reading);
        for tie in &self.wire.relationships.0 {
            let Some((tie, student)) = tie.get().and_then(|tie| Some((tie, tie.student.get()?))) else {
                are_whole &= matches!(tie, wire::Maybe::None);
                let message = "a relationship names no student; it was left out";
                reading.warn("student_relationships", codes::MISSING_REQUIRED, message);
                continue;
            };
            let relationship = by_student
                .entry(student.into())
                .or_insert_with(|| Relationship::from_parts(student.into(), contact.into()));
            if let Some(word) = reading.word("relationship", &tie.relationship, RELATIONS) {
                // Of several words the first in order, so that a reshuffled list changes nothing.
                let before = relationship.relation.take().filter(|before| before.as_str() < word);
                relationship.relation = Some(before.unwrap_or_else(|| word.to_owned()));
            }
            relationship.kinds.extend(kind(tie, reading));
        }
        Ties { relationships: by_student.into_values().collect(), are_whole }
    }
}

/// Who is a guardian, and who is to be called, is told by the type alone.
fn kind(tie: &wire::Tie<'_>, reading: &mut Reading<'_>) -> Option<ContactKind> {
    let word = tie.of_type.get()?;
    Some(match word.to_ascii_lowercase().as_str() {
        "parent/guardian" => ContactKind::Guardian,
        "emergency" => ContactKind::Emergency,
        "primary" => ContactKind::Primary,
        "secondary" => ContactKind::Secondary,
        "family" => ContactKind::Family,
        "other" => ContactKind::Other,
        _ => {
            let message = "the type of contact is none of those that are known; it was taken for another one";
            reading.warn("type", codes::UNKNOWN_VALUE, message);
            ContactKind::Other
        }
    })
}
