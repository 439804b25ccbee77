//! Who is related to whom, told on either side or on both.
//!
//! A student's row may tell what its contacts are to it, a contact's row what it is to its students, and each a part of it. So what was
//! told is held until both lists were read: a side table of one entry for each pair.

use std::collections::BTreeMap;

use roster_core::{EntityKind, FieldSet, Relationship, SourcedId};

use crate::map::Tie;

/// Relationships as far as they were told.
#[derive(Default)]
pub(super) struct Ties {
    held: BTreeMap<(SourcedId, SourcedId), [Option<Tie>; 2]>,
    /// Sides of which all was read that there ever was: what they do not say is not so.
    read: [bool; 2],
    /// Some were told by the contact's row alone, though the student's was read.
    one_sided: bool,
}

/// Whose row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Student,
    Contact,
}

/// A relationship, with what is not known of it, and the fields in which the sides differ.
pub(super) struct Related {
    pub(super) relationship: Relationship,
    pub(super) unseen: FieldSet,
    pub(super) differing: Vec<&'static str>,
}

impl Ties {
    /// One side names the other.
    pub(super) fn meet(&mut self, side: Side, student: &SourcedId, contact: &SourcedId, tie: Tie) {
        let [of_student, of_contact] = self.held.entry((student.clone(), contact.clone())).or_default();
        let told = if side == Side::Student { of_student } else { of_contact };
        *told = Some(match told.take() {
            Some(before) => before.with(tie).0,
            None => tie,
        });
    }

    /// The whole list of a side was read, or there never was one.
    pub(super) fn has_read(&mut self, side: Side) {
        let [students, contacts] = &mut self.read;
        *(if side == Side::Student { students } else { contacts }) = true;
    }

    /// Both sides were read: the next of those that are to be told. Where the sides differ, the student's row counts, since a
    /// contact's row may speak of several students at once.
    pub(super) fn next(&mut self) -> Option<Related> {
        let ((student, contact), told) = self.held.pop_first()?;
        let [of_students, _] = self.read;
        self.one_sided |= of_students && told.first().is_some_and(Option::is_none);
        Some(related(&student, &contact, told, self.read))
    }

    /// Whether some are told by contacts' rows alone. Where not all was read, it is as it was before.
    pub(super) const fn is_one_sided(&self, before: bool) -> bool {
        let [students, contacts] = self.read;
        self.one_sided || (before && !(students && contacts))
    }

    /// All that are to be told, without taking them.
    pub(super) fn all(&self) -> impl Iterator<Item = Related> {
        self.held.iter().map(|((student, contact), told)| related(student, contact, told.clone(), self.read))
    }
}

fn related(student: &SourcedId, contact: &SourcedId, told: [Option<Tie>; 2], read: [bool; 2]) -> Related {
    let is_whole = told.iter().zip(read).all(|(told, read)| told.is_some() || read);
    let [of_student, of_contact] = told.map(Option::unwrap_or_default);
    let (tie, differing) = of_student.with(of_contact);
    let unseen = if is_whole { FieldSet::EMPTY } else { tie.untold() };
    Related { relationship: tie.relationship(student, contact), unseen, differing }
}

/// The kind of it all.
pub(super) const KIND: EntityKind = EntityKind::Relationship;
