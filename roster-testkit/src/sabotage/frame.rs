//! Defects of begins, ends and deletes.

use roster_core::{
    Completeness, EntityKind, FieldSet, Org, OrgType, PartialCode, PullEvent, Record, SensitiveField,
};

use super::{
    Sabotage,
    failing::unreadable,
    source::CANARY,
    spoiler::{Spoiled, Spoiler},
};

impl Spoiler {
    pub(super) fn begin(&mut self, mut event: PullEvent) -> Spoiled {
        let PullEvent::Begin { kind, fields, .. } = &mut event else {
            return vec![Ok(event)];
        };
        match (self.sabotage, *kind) {
            (Sabotage::FieldsUntold, _) => *fields = FieldSet::EMPTY,
            (Sabotage::BeginTwice, EntityKind::Class) => return vec![Ok(event.clone()), Ok(event)],
            (Sabotage::BeginMissing, EntityKind::Class) => return Vec::new(),
            (Sabotage::RecordBeforeBegin, EntityKind::Class) => {
                self.held = Some(event);
                return Vec::new();
            }
            (_, EntityKind::Relationship) if self.hides_relationships() => return Vec::new(),
            _ => {}
        }
        vec![Ok(event)]
    }

    /// Only one of what hangs on contacts comes unasked, so that each defect is one of its own.
    pub(super) fn hides_relationships(&self) -> bool {
        matches!(self.sabotage, Sabotage::ContactsUnasked | Sabotage::ContactRoleUnasked)
            && !self.request.sees(SensitiveField::Contacts)
    }

    pub(super) fn delete(&mut self, event: PullEvent) -> Spoiled {
        let hidden = matches!(&event, PullEvent::Delete { kind: EntityKind::Relationship, .. })
            && self.hides_relationships();
        if hidden || matches!(self.sabotage, Sabotage::MissedDelete | Sabotage::FalseUnchanged) {
            return Vec::new();
        }
        vec![Ok(event)]
    }

    pub(super) fn end(&mut self, mut event: PullEvent) -> Spoiled {
        let full = self.is_full();
        let remembers = self.request.cursor.is_some();
        let PullEvent::End { kind, completeness, .. } = &mut event else {
            return vec![Ok(event)];
        };
        let kind = *kind;
        if let Some(held) = self.held.take() {
            return vec![Ok(held), Ok(event)];
        }
        match self.sabotage {
            Sabotage::BadRecordIsSilent | Sabotage::ErrorWithoutKind if self.hushed => {
                *completeness = unreadable();
            }
            Sabotage::NameInReason if self.hushed => {
                *completeness = Completeness::Partial {
                    code: PartialCode::Unreadable,
                    reason: format!("`{CANARY}` can't be read"),
                };
            }
            Sabotage::UnchangedInFullPull if full && remembers => *completeness = Completeness::Unchanged,
            Sabotage::FalseUnchanged if !full => *completeness = Completeness::Unchanged,
            Sabotage::EntersScopeUnseen if needs_full(completeness) => *completeness = Completeness::Changes,
            _ => {}
        }
        if kind == EntityKind::Relationship && self.hides_relationships() {
            return Vec::new();
        }
        match (self.sabotage, kind) {
            (Sabotage::EndMissing, EntityKind::Class) => Vec::new(),
            (Sabotage::AllEndsTwice, EntityKind::Class) => vec![Ok(event.clone()), Ok(event)],
            (Sabotage::RecordAfterEnd, EntityKind::Org) => {
                vec![Ok(event), Ok(upsert(Org::new("d1", OrgType::District, "Thistledown District").into()))]
            }
            (Sabotage::MadeUpRecord, EntityKind::Org) if full => {
                vec![Ok(upsert(Org::new("s9", OrgType::School, "Nowhere School").into())), Ok(event)]
            }
            (Sabotage::DeleteOfThePresent, EntityKind::Person) if !full => {
                let delete = PullEvent::Delete { kind, id: "p02".into() };
                vec![Ok(delete), Ok(event)]
            }
            _ => vec![Ok(event)],
        }
    }
}

fn needs_full(completeness: &Completeness) -> bool {
    matches!(completeness, Completeness::Partial { code: PartialCode::NeedsFull, .. })
}

fn upsert(record: Record) -> PullEvent {
    PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None }
}
