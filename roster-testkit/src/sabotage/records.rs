//! Defects of records.

use roster_core::{EntityKind, PullEvent, Record, SensitiveField};

use super::{
    Sabotage,
    spoiler::{Spoiled, Spoiler},
};

impl Spoiler {
    pub(super) fn upsert(&mut self, mut event: PullEvent) -> Spoiled {
        let full = self.is_full();
        self.records += 1;
        let PullEvent::Upsert { record, .. } = &mut event else {
            return vec![Ok(event)];
        };
        let kind = record.kind();
        let left_out = match self.sabotage {
            Sabotage::SwallowedRecord => record.id().as_str() == "p02",
            Sabotage::PageSizeTruncates => self
                .request
                .page_size
                .is_some_and(|size| self.records > usize::try_from(size).unwrap_or(usize::MAX)),
            Sabotage::MissedUpsert => !full && kind == EntityKind::Person,
            Sabotage::FalseUnchanged => !full,
            _ => !self.keeps_contacts(record),
        };
        if left_out {
            return Vec::new();
        }
        self.damage(record);
        if self.sabotage == Sabotage::OneIdTwoRecords && record.id().as_str() == "c1" {
            let mut other = event.clone();
            if let PullEvent::Upsert { record: Record::Class(class), .. } = &mut other {
                class.title.push_str(" (again)");
            }
            return vec![Ok(event), Ok(other)];
        }
        match self.held.take() {
            Some(held) => vec![Ok(event), Ok(held)],
            None => vec![Ok(event)],
        }
    }

    /// Contacts come to be left out again by those defects that leak something else of them.
    fn keeps_contacts(&self, record: &mut Record) -> bool {
        if self.request.sees(SensitiveField::Contacts) {
            return true;
        }
        match (self.sabotage, record) {
            (Sabotage::ContactsUnasked | Sabotage::ContactRoleUnasked, Record::Relationship(_)) => false,
            (Sabotage::ContactRoleUnasked, Record::Person(person)) => !person.is_contact(),
            (Sabotage::RelationshipsUnasked, Record::Person(person)) => {
                let is_contact = person.is_contact();
                person.affiliations.retain(|affiliation| !affiliation.role.is_contact());
                !is_contact
            }
            (Sabotage::ContactsUnasked, Record::Person(person)) if !person.is_contact() => {
                person.affiliations.retain(|affiliation| !affiliation.role.is_contact());
                true
            }
            _ => true,
        }
    }

    fn damage(&self, record: &mut Record) {
        match (self.sabotage, record) {
            (Sabotage::Unsorted, Record::Person(person)) => person.identifiers.reverse(),
            (Sabotage::StaleBody, Record::Org(org)) if org.id.as_str() == "s2" && !self.is_full() => {
                "Birch School".clone_into(&mut org.name);
            }
            (Sabotage::EmptyText, Record::Person(person)) => person.username = Some(String::new()),
            (Sabotage::EmptyId, Record::Course(course)) if course.id.as_str() == "k1" => {
                course.id = "".into();
            }
            _ => {}
        }
    }
}
