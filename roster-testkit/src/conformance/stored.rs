//! What a host would hold after some pulls.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{Completeness, EntityKind, PullEvent, Record, Role, Slice, SourcedId};

use super::pulled::Pulled;
use crate::Ids;

/// What a host would hold after some pulls: the laws applied, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Stored {
    records: BTreeMap<(EntityKind, SourcedId), Held>,
    /// Kinds whose last pull was partial: the next one is full, so nothing can be said of them now.
    unsure: BTreeSet<EntityKind>,
}

#[derive(Debug)]
struct Held {
    record: Record,
    /// Not all of it was seen, so that its body can't be compared.
    vague: bool,
}

impl Stored {
    pub(super) fn apply(&mut self, pulled: &Pulled) {
        let protected = pulled.protected();
        let standing = pulled.standing();
        for event in &pulled.events {
            match event {
                PullEvent::Upsert { record, unseen, .. }
                    if !protected.contains(record.kind(), record.id()) =>
                {
                    let held = Held { record: record.clone(), vague: !unseen.is_empty() };
                    self.records.insert((record.kind(), record.id().clone()), held);
                }
                PullEvent::Delete { kind, id } if !protected.contains(*kind, id) => {
                    self.records.remove(&(*kind, id.clone()));
                }
                _ => {}
            }
        }
        let complete = CompleteSlices::of(pulled);
        self.records.retain(|(kind, id), held| {
            standing.contains(*kind, id) || protected.contains(*kind, id) || !complete.covers(&held.record)
        });
        self.unsure = EntityKind::ALL.into_iter().filter(|kind| pulled.is_partial(*kind)).collect();
    }

    pub(super) fn holds(&self, kind: EntityKind, id: &SourcedId) -> bool {
        self.records.contains_key(&(kind, id.clone()))
    }

    /// Leaves the kind out of comparisons.
    fn is_unsure(&self, kind: EntityKind) -> bool {
        self.unsure.contains(&kind)
    }

    /// The first id of `ids` that is not held.
    pub(super) fn lacking<'i>(&self, ids: &'i Ids) -> Option<(EntityKind, &'i SourcedId)> {
        ids.iter().find(|(kind, id)| !self.is_unsure(*kind) && !self.holds(*kind, id))
    }

    /// The first id that is held and is not in `ids`.
    pub(super) fn surplus(&self, ids: &Ids) -> Option<(EntityKind, &SourcedId)> {
        self.records
            .keys()
            .find(|(kind, id)| !self.is_unsure(*kind) && !ids.contains(*kind, id))
            .map(|(kind, id)| (*kind, id))
    }

    /// The first record that is held otherwise than in `fresh`.
    pub(super) fn outdated(&self, fresh: &Self) -> Option<(EntityKind, &SourcedId)> {
        let comparable = |kind: EntityKind, held: &Held| !self.is_unsure(kind) && !held.vague;
        self.records
            .iter()
            .filter(|((kind, _), held)| comparable(*kind, held))
            .find(|(key, held)| {
                let other = fresh.records.get(*key);
                other.is_some_and(|other| !other.vague && other.record != held.record)
            })
            .map(|((kind, id), _)| (*kind, id))
    }
}

/// The slices of a pull that ended `Complete`.
struct CompleteSlices<'p> {
    whole: BTreeSet<EntityKind>,
    roles: Vec<&'p Role>,
    parts: Vec<(EntityKind, EntityKind, &'p SourcedId)>,
}

impl<'p> CompleteSlices<'p> {
    fn of(pulled: &'p Pulled) -> Self {
        let mut slices = Self { whole: BTreeSet::new(), roles: Vec::new(), parts: Vec::new() };
        let complete = pulled.ends().filter(|(.., completeness)| **completeness == Completeness::Complete);
        for (kind, slice, _) in complete {
            match slice {
                Slice::All => {
                    slices.whole.insert(kind);
                }
                Slice::Role(role) => slices.roles.push(role),
                Slice::Of(parent_kind, parent) => slices.parts.push((kind, *parent_kind, parent)),
                _ => {}
            }
        }
        slices
    }

    /// Whether the absence of the record means that it is gone.
    fn covers(&self, record: &Record) -> bool {
        let part = |parent_kind, parent: &SourcedId| {
            self.parts
                .iter()
                .any(|(kind, of, id)| *kind == record.kind() && *of == parent_kind && *id == parent)
        };
        let school = |org: Option<&SourcedId>| org.is_some_and(|org| part(EntityKind::Org, org));
        self.whole.contains(&record.kind())
            || match record {
                Record::Person(person) => {
                    let mut affiliations = person.affiliations.iter().peekable();
                    affiliations.peek().is_some()
                        && affiliations.all(|affiliation| {
                            self.roles.contains(&&affiliation.role) || school(affiliation.org.as_ref())
                        })
                }
                Record::Enrollment(seat) => {
                    part(EntityKind::Class, &seat.class)
                        || part(EntityKind::Person, &seat.person)
                        || school(seat.org.as_ref())
                }
                Record::Relationship(tie) => {
                    part(EntityKind::Person, &tie.student) || part(EntityKind::Person, &tie.contact)
                }
                Record::Class(class) => school(class.org.as_ref()),
                Record::Course(course) => school(course.org.as_ref()),
                Record::AcademicSession(session) => school(session.org.as_ref()),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use roster_core::{Affiliation, Enrollment, FieldSet, Person};

    use super::*;

    fn upsert(record: impl Into<Record>) -> PullEvent {
        PullEvent::Upsert { record: record.into(), unseen: FieldSet::EMPTY, place: None }
    }

    fn person(id: &str, roles: &[Role]) -> Person {
        let mut person = Person::new(id);
        person.affiliations = roles.iter().map(|role| Affiliation::new(role.clone(), None)).collect();
        person
    }

    fn complete(kind: EntityKind, slice: Slice) -> Pulled {
        pulled(vec![PullEvent::End { kind, slice, completeness: Completeness::Complete }])
    }

    fn pulled(events: Vec<PullEvent>) -> Pulled {
        Pulled { events, ..Pulled::default() }
    }

    #[test]
    fn a_person_ends_only_if_every_role_lies_in_a_complete_slice() {
        let mut stored = Stored::default();
        stored.apply(&pulled(vec![
            upsert(person("p1", &[Role::Student])),
            upsert(person("p2", &[Role::Student, Role::Aide])),
            upsert(person("p3", &[])),
        ]));
        stored.apply(&complete(EntityKind::Person, Slice::Role(Role::Student)));
        let held = |id: &str| stored.holds(EntityKind::Person, &id.into());
        assert!(!held("p1") && held("p2") && held("p3"));
    }

    #[test]
    fn a_seat_ends_with_its_class_s_slice() {
        let mut stored = Stored::default();
        let seat = |class: &str| Enrollment::from_parts(class.into(), "p1".into(), Role::Student);
        stored.apply(&pulled(vec![upsert(seat("c1")), upsert(seat("c2"))]));
        let slice = Slice::Of(EntityKind::Class, "c1".into());
        stored.apply(&complete(EntityKind::Enrollment, slice));
        assert!(!stored.holds(EntityKind::Enrollment, &seat("c1").id));
        assert!(stored.holds(EntityKind::Enrollment, &seat("c2").id));
    }
}
