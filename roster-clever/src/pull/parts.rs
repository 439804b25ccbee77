//! What hangs on another record, and comes with it: the seats of a section, the relationships of a contact.

use roster_core::{
    Completeness, EntityKind, FieldSet, PartialCode, Place, PullEvent, Slice, SourcedId, hashed::hash,
};

use super::intake::Intake;
use crate::map::{Section, Ties};

impl Intake {
    /// The seats of a section, and that these are all.
    pub(super) fn seats(&mut self, section: &Section, place: &Place) {
        let class = &section.class;
        for seat in &section.seats {
            self.upsert(seat.in_class(class).into(), section.unseen_of(seat), place);
        }
        let is_first = match &mut self.recalled {
            None => true,
            Some(recalled) => {
                let (lost, is_first) = recalled.seats(section);
                self.out.extend(
                    lost.into_iter().map(|id| PullEvent::Delete { kind: EntityKind::Enrollment, id }),
                );
                is_first
            }
        };
        if section.seats_are_whole && is_first && self.may_end_parts() {
            self.end_part(EntityKind::Enrollment, EntityKind::Class, &class.id, Completeness::Complete);
        } else if !section.seats_are_whole && self.recalled.is_none() {
            let reason = format!("{place}: not all seats of the section could be read");
            let completeness = Completeness::Partial { code: PartialCode::Unreadable, reason };
            self.end_part(EntityKind::Enrollment, EntityKind::Class, &class.id, completeness);
        }
    }

    /// A section is gone, and with it its seats.
    pub(super) fn drop_section(&mut self, class: &SourcedId) {
        let dropped = self.recalled.as_mut().map(|recalled| recalled.drop_section(class));
        self.drop_all(EntityKind::Enrollment, EntityKind::Class, class, dropped.unwrap_or_default());
    }

    /// A contact is gone, and with it its relationships.
    pub(super) fn drop_contact(&mut self, contact: &SourcedId) {
        let dropped = self.recalled.as_mut().map(|recalled| recalled.drop_contact(contact));
        self.drop_all(EntityKind::Relationship, EntityKind::Person, contact, dropped.unwrap_or_default());
    }

    fn drop_all(
        &mut self,
        kind: EntityKind,
        of: EntityKind,
        id: &SourcedId,
        dropped: (Vec<SourcedId>, bool),
    ) {
        let (lost, is_first) = dropped;
        if self.request.wants(kind) {
            self.out.extend(lost.into_iter().map(|id| PullEvent::Delete { kind, id }));
        }
        if is_first {
            self.end_part(kind, of, id, Completeness::Complete);
        }
    }

    /// What an event carries is the district's word of that moment, whatever became of later uploads.
    fn may_end_parts(&self) -> bool {
        self.recalled.is_some() || !self.ends.is_frozen()
    }

    pub(super) fn end_part(
        &mut self,
        kind: EntityKind,
        of: EntityKind,
        id: &SourcedId,
        completeness: Completeness,
    ) {
        if self.request.wants(kind) {
            let slice = Slice::Of(of, id.clone());
            self.out.push_back(PullEvent::End { kind, slice, completeness });
        }
    }

    pub(super) fn ties(&mut self, contact: &SourcedId, ties: Ties, place: &Place) {
        let lost = self.recalled.as_mut().map(|recalled| recalled.ties(contact, &ties));
        for tie in ties.relationships {
            if self.scope.holds_pupil(hash(&tie.student)) {
                self.upsert(tie.into(), FieldSet::EMPTY, place);
            }
        }
        match lost {
            Some((lost, is_first)) => {
                let kind = EntityKind::Relationship;
                self.out.extend(lost.into_iter().map(|id| PullEvent::Delete { kind, id }));
                if is_first && ties.are_whole {
                    self.end_part(kind, EntityKind::Person, contact, Completeness::Complete);
                }
            }
            None if !ties.are_whole => {
                let reason = format!("{place}: not all relationships of the contact could be read");
                let completeness = Completeness::Partial { code: PartialCode::Unreadable, reason };
                self.end_part(EntityKind::Relationship, EntityKind::Person, contact, completeness);
            }
            None => {}
        }
    }
}
