use std::collections::BTreeSet;

use roster_core::{ContactKind, Relationship, table::Holds};

use super::Mapped;
use crate::row::Row;

/// A row that says who is related to whom.
pub(crate) fn relationship(row: &mut Row<'_>) -> Mapped {
    let (student, contact) = (row.value(Holds::RelationStudent), row.value(Holds::RelationContact));
    let mut relationship = Relationship::new(row.id, student, contact);
    relationship.relation = row.text(Holds::Relation);
    let word = row.value(Holds::RelationKind);
    relationship.kinds = kinds(if word.is_empty() { row.value(Holds::Relation) } else { word });
    relationship.into()
}

/// In which ways a contact matters, by the words of Clever and School Data Sync.
fn kinds(word: &str) -> BTreeSet<ContactKind> {
    match word.to_ascii_lowercase().as_str() {
        "" => BTreeSet::new(),
        "parent" | "parent/guardian" => [ContactKind::Guardian, ContactKind::Family].into(),
        "guardian" => [ContactKind::Guardian].into(),
        "emergency" => [ContactKind::Emergency].into(),
        "primary" => [ContactKind::Primary].into(),
        "secondary" => [ContactKind::Secondary].into(),
        "family" | "relative" => [ContactKind::Family].into(),
        _ => [ContactKind::Other].into(),
    }
}
