//! What a feed told of seats and relationships so far.
//!
//! A section's event carries all of its seats, so what an earlier event of the same pull told, and this one does not, is gone. That
//! has to be said by name, since it was delivered: a side table of those whom the sections and contacts with events hold.

use std::collections::HashMap;

use roster_core::{Enrollment, Relationship, SourcedId};

use crate::map::{Section, Ties};

/// What a feed told of seats and relationships so far.
#[derive(Default)]
pub(super) struct Recalled {
    sections: HashMap<SourcedId, Held<(SourcedId, bool)>>,
    contacts: HashMap<SourcedId, Held<SourcedId>>,
}

/// Those who are held, and whether they were all once: then the slice has ended.
struct Held<T> {
    held: Vec<T>,
    ended: bool,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { held: Vec::new(), ended: false }
    }
}

impl<T: Ord> Held<T> {
    /// Takes those who are held now. Gives those who no longer are, and whether it is the first time that these are all.
    fn take(&mut self, mut now: Vec<T>, are_all: bool) -> (Vec<T>, bool) {
        now.sort_unstable();
        let is_first = are_all && !self.ended;
        self.ended |= are_all;
        if !are_all {
            // What is not told stays as it was.
            now.append(&mut self.held);
            now.sort_unstable();
            now.dedup();
            self.held = now;
            return (Vec::new(), false);
        }
        let before = std::mem::replace(&mut self.held, now);
        let lost = before.into_iter().filter(|one| self.held.binary_search(one).is_err()).collect();
        (lost, is_first)
    }
}

impl Recalled {
    /// A section's seats. Gives the ids of those that are gone, and whether the slice is to end now: it ends once.
    pub(super) fn seats(&mut self, section: &Section) -> (Vec<SourcedId>, bool) {
        let class = &section.class.id;
        let now = section.seats.iter().map(|seat| (seat.person.clone(), seat.is_teacher)).collect();
        let (lost, is_first) =
            self.sections.entry(class.clone()).or_default().take(now, section.seats_are_whole);
        (lost.into_iter().map(|(person, is_teacher)| seat_id(class, person, is_teacher)).collect(), is_first)
    }

    /// A section is gone, and with it all of its seats; as [`seats`](Self::seats).
    pub(super) fn drop_section(&mut self, class: &SourcedId) -> (Vec<SourcedId>, bool) {
        let (lost, is_first) = self.sections.entry(class.clone()).or_default().take(Vec::new(), true);
        (lost.into_iter().map(|(person, is_teacher)| seat_id(class, person, is_teacher)).collect(), is_first)
    }

    /// What a contact is to whom; as [`seats`](Self::seats).
    pub(super) fn ties(&mut self, contact: &SourcedId, ties: &Ties) -> (Vec<SourcedId>, bool) {
        let now = ties.relationships.iter().map(|tie| tie.student.clone()).collect();
        let (lost, is_first) = self.contacts.entry(contact.clone()).or_default().take(now, ties.are_whole);
        (lost.into_iter().map(|student| tie_id(student, contact)).collect(), is_first)
    }

    /// A contact is gone, and with it all of its relationships; as [`seats`](Self::seats).
    pub(super) fn drop_contact(&mut self, contact: &SourcedId) -> (Vec<SourcedId>, bool) {
        let (lost, is_first) = self.contacts.entry(contact.clone()).or_default().take(Vec::new(), true);
        (lost.into_iter().map(|student| tie_id(student, contact)).collect(), is_first)
    }
}

fn seat_id(class: &SourcedId, person: SourcedId, is_teacher: bool) -> SourcedId {
    let role = if is_teacher { roster_core::Role::Teacher } else { roster_core::Role::Student };
    Enrollment::from_parts(class.clone(), person, role).id
}

fn tie_id(student: SourcedId, contact: &SourcedId) -> SourcedId {
    Relationship::from_parts(student, contact.clone()).id
}
