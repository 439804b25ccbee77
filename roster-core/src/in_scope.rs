//! What is in scope, learnt while a source is read.

use std::collections::{BTreeSet, HashMap};

use crate::{
    Affiliation, Org, Record, Role, Scope, SourcedId,
    hashed::{HashedSet, hash},
};

/// Who and what is in the scope of a pull, learnt from what is read first.
///
/// Orgs are learnt before any is delivered, classes and seats before people, and, where contacts are asked for, people before
/// any is delivered: see law 10 in [`RosterSource`](crate::RosterSource). Ids are kept as [hashes](crate::hashed).
#[derive(Debug, Default)]
pub struct InScope {
    scope: Scope,
    /// The org above each org, until the orgs are known.
    parents: HashMap<SourcedId, SourcedId>,
    /// Orgs that are delivered: those named and the ones above them.
    orgs: HashedSet,
    classes: HashedSet,
    /// What the scope names and the source has.
    found: BTreeSet<SourcedId>,
    /// People with a seat in a class in scope.
    seated: HashedSet,
    /// Pupils in scope, and who is related to whom, until the contacts are known.
    pupils: HashedSet,
    links: Vec<(u64, u64)>,
    contacts: HashedSet,
}

impl InScope {
    /// Nothing is learnt yet.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Whether the pull has no limit.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.scope.is_everything()
    }

    /// Learns of a record before any that it limits is delivered; of a person with those whom its row names.
    pub fn learn(&mut self, record: &Record, agents: &[SourcedId]) {
        match record {
            Record::Org(org) => self.learn_org(org),
            Record::Person(person) => self.learn_person(hash(&person.id), &person.affiliations, agents),
            other => {
                self.enter(other);
            }
        }
    }

    /// Whether a record is in scope; what hangs on it may be too, then.
    pub fn enter(&mut self, record: &Record) -> bool {
        if self.is_everything() {
            return true;
        }
        match record {
            Record::Org(org) => self.holds_org(Some(&org.id)),
            Record::Course(course) => self.holds_org(course.org.as_ref()),
            Record::Class(class) => self.enter_class(&class.id, class.org.as_ref()),
            Record::Enrollment(seat) => self.enter_seat(&seat.class, &seat.person),
            Record::Person(person) => self.holds_person(hash(&person.id), &person.affiliations),
            Record::Relationship(relationship) => self.holds_pupil(hash(&relationship.student)),
            Record::AcademicSession(_) => true,
        }
    }

    /// Learns of an org, before any is delivered.
    pub fn learn_org(&mut self, org: &Org) {
        if self.scope.orgs.as_ref().is_some_and(|orgs| orgs.contains(&org.id)) {
            self.found.insert(org.id.clone());
        }
        if let Some(parent) = &org.parent {
            self.parents.insert(org.id.clone(), parent.clone());
        }
    }

    /// All orgs were learnt: finds the ones above those named. Returns those named that are not there.
    #[must_use]
    pub fn close_orgs(&mut self) -> Vec<SourcedId> {
        for named in self.scope.orgs.iter().flatten() {
            let mut org = Some(named);
            // An org that is there already has its own above it there too; so a circle of parents ends.
            while let Some(id) = org.filter(|id| self.orgs.insert(hash(id))) {
                org = self.parents.get(id);
            }
        }
        self.parents = HashMap::new();
        self.missing(self.scope.orgs.as_ref())
    }

    /// The orgs that the scope names, as far as they were learnt.
    pub fn orgs_found(&self) -> impl Iterator<Item = &SourcedId> {
        self.scope.orgs.iter().flatten().filter(|id| self.found.contains(*id))
    }

    /// All classes were seen: returns those named that are not there.
    #[must_use]
    pub fn close_classes(&self) -> Vec<SourcedId> {
        self.missing(self.scope.classes.as_ref())
    }

    fn missing(&self, named: Option<&BTreeSet<SourcedId>>) -> Vec<SourcedId> {
        named.into_iter().flatten().filter(|id| !self.found.contains(*id)).cloned().collect()
    }

    /// Whether an org is delivered, or a course of it is.
    #[must_use]
    pub fn holds_org(&self, id: Option<&SourcedId>) -> bool {
        self.scope.orgs.is_none() || id.is_some_and(|id| self.orgs.contains(&hash(id)))
    }

    /// Whether a class is in scope; if so, its seats are too.
    pub fn enter_class(&mut self, id: &str, org: Option<&SourcedId>) -> bool {
        if let Some(named) = self.scope.classes.as_ref().and_then(|classes| classes.get(id)) {
            self.found.insert(named.clone());
        }
        let in_scope = self.names_org(org) && self.scope.names_class(id);
        if in_scope {
            self.classes.insert(hash(id));
        }
        in_scope
    }

    fn names_org(&self, org: Option<&SourcedId>) -> bool {
        self.scope.orgs.is_none() || org.is_some_and(|org| self.scope.names_org(org))
    }

    /// Whether a seat is in scope; if so, its person is too.
    pub fn enter_seat(&mut self, class: &str, person: &str) -> bool {
        let in_scope = self.classes.contains(&hash(class));
        if in_scope {
            self.seated.insert(hash(person));
        }
        in_scope
    }

    /// Learns of a person by its hashed id, and of the people whom its row names, before any is delivered.
    pub fn learn_person(&mut self, id: u64, affiliations: &[Affiliation], agents: &[SourcedId]) {
        let is_contact = affiliations.iter().any(|affiliation| affiliation.role.is_contact());
        let is_pupil = affiliations.iter().any(|affiliation| affiliation.role == Role::Student);
        if is_pupil && self.holds_person(id, affiliations) {
            self.pupils.insert(id);
        }
        for agent in agents.iter().map(|agent| hash(agent)) {
            self.links.push(if is_contact { (agent, id) } else { (id, agent) });
        }
    }

    /// Learns who is related to whom, by their hashed ids.
    pub fn learn_relation(&mut self, pupil: u64, contact: u64) {
        self.links.push((pupil, contact));
    }

    /// All people were learnt: finds the contacts of the pupils in scope.
    pub fn close_people(&mut self) {
        for (pupil, contact) in std::mem::take(&mut self.links) {
            if self.pupils.contains(&pupil) {
                self.contacts.insert(contact);
            }
        }
    }

    /// Whether a person is in scope: by an affiliation, by a seat, or, a contact, by a pupil.
    #[must_use]
    pub fn holds_person(&self, id: u64, affiliations: &[Affiliation]) -> bool {
        let by_affiliation = || {
            self.scope.classes.is_none()
                && affiliations.iter().any(|affiliation| {
                    !affiliation.role.is_contact() && self.names_org(affiliation.org.as_ref())
                })
        };
        self.is_everything() || self.seated.contains(&id) || self.contacts.contains(&id) || by_affiliation()
    }

    /// Whether a relationship is in scope: its pupil is.
    #[must_use]
    pub fn holds_pupil(&self, id: u64) -> bool {
        self.is_everything() || self.pupils.contains(&id)
    }
}
