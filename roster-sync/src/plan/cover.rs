//! From which part of a kind absence means that a record is gone.

use std::collections::HashMap;

use roster_core::{Completeness, EntityKind, Record, Role, Slice, SourcedId};

use crate::record::{Group, groups, parents};

/// How the slices of one kind ended.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// Of the whole kind, whether it was complete; `None` if no slice spoke of the whole.
    all: Option<bool>,
    roles: HashMap<Role, bool>,
    parts: HashMap<(EntityKind, SourcedId), bool>,
}

impl Cover {
    pub(super) fn of(kind: EntityKind, slices: &[(EntityKind, Slice, Completeness)]) -> Self {
        let mut cover = Self::default();
        for (_, slice, completeness) in slices.iter().filter(|(of, ..)| *of == kind) {
            let complete = match completeness {
                Completeness::Complete => true,
                Completeness::Partial { .. } => false,
                // Neither says anything about what is absent.
                _ => continue,
            };
            // Of a slice that ended twice, the worse end counts.
            match slice {
                Slice::All => cover.all = Some(cover.all.unwrap_or(true) && complete),
                Slice::Role(role) => *cover.roles.entry(role.clone()).or_insert(true) &= complete,
                Slice::Of(kind, id) => *cover.parts.entry((*kind, id.clone())).or_insert(true) &= complete,
                _ => {}
            }
        }
        cover
    }

    /// Whether all that is absent is gone.
    pub(super) fn is_whole(&self) -> bool {
        self.all == Some(true) && self.roles.values().chain(self.parts.values()).all(|complete| *complete)
    }

    /// Whether nothing follows from absence.
    pub(super) fn is_nothing(&self) -> bool {
        self.all != Some(true) && !self.roles.values().chain(self.parts.values()).any(|complete| *complete)
    }

    /// Whether this record is gone if it is absent.
    pub(super) fn covers(&self, record: &Record) -> bool {
        let parts = parents(record).into_iter().flatten().map(|(kind, id)| (kind, id.clone()));
        let mut schools = Vec::new();
        groups(record, |group| {
            if let Group::Org(id) = group {
                schools.push((EntityKind::Org, id));
            }
        });
        let roles: Vec<_> = match record {
            Record::Person(person) => person.affiliations.iter().map(|held| &held.role).collect(),
            _ => Vec::new(),
        };
        let parts: Vec<_> = parts.collect();
        let in_doubt = parts.iter().chain(&schools).any(|part| self.parts.get(part) == Some(&false))
            || roles.iter().any(|role| self.roles.get(*role) == Some(&false));
        let whole = |list: &[(EntityKind, SourcedId)]| {
            !list.is_empty() && list.iter().all(|part| self.parts.get(part) == Some(&true))
        };
        !in_doubt
            && (self.all == Some(true)
                || (!roles.is_empty() && roles.iter().all(|role| self.roles.get(*role) == Some(&true)))
                || parts.iter().any(|part| part.0 != EntityKind::Org && self.parts.get(part) == Some(&true))
                || whole(&schools))
    }
}

#[cfg(test)]
mod tests {
    use roster_core::{Affiliation, Enrollment, Entity, PartialCode, Person};

    use super::*;

    fn partial() -> Completeness {
        Completeness::Partial { code: PartialCode::Unreadable, reason: String::new() }
    }

    fn person(roles: &[Role]) -> Record {
        let mut person = Person::new("p");
        person.affiliations =
            roles.iter().map(|role| Affiliation::new(role.clone(), Some("s".into()))).collect();
        person.into_record()
    }

    #[test]
    fn every_role_must_be_covered() {
        let slices = [
            (EntityKind::Person, Slice::Role(Role::Student), Completeness::Complete),
            (EntityKind::Person, Slice::Role(Role::Teacher), partial()),
        ];
        let cover = Cover::of(EntityKind::Person, &slices);
        assert!(cover.covers(&person(&[Role::Student])));
        assert!(!cover.covers(&person(&[Role::Student, Role::Teacher])));
        assert!(!cover.covers(&person(&[Role::Student, Role::Aide])));
        assert!(!cover.covers(&person(&[])));
    }

    #[test]
    fn a_class_that_was_not_read_keeps_its_seats() {
        let slices = [
            (EntityKind::Enrollment, Slice::Of(EntityKind::Class, "a".into()), Completeness::Complete),
            (EntityKind::Enrollment, Slice::Of(EntityKind::Class, "b".into()), partial()),
        ];
        let cover = Cover::of(EntityKind::Enrollment, &slices);
        let seat = |class: &str| Enrollment::new("e", class, "p", Role::Student).into_record();
        assert!(cover.covers(&seat("a")) && !cover.covers(&seat("b")) && !cover.covers(&seat("c")));
        assert!(!cover.is_whole() && !cover.is_nothing());
    }

    #[test]
    fn changes_and_silence_cover_nobody() {
        for completeness in [Completeness::Changes, Completeness::Unchanged, partial()] {
            let cover = Cover::of(EntityKind::Person, &[(EntityKind::Person, Slice::All, completeness)]);
            assert!(cover.is_nothing() && !cover.covers(&person(&[Role::Student])));
        }
        assert!(Cover::of(EntityKind::Person, &[]).is_nothing());
    }
}
