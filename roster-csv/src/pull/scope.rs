//! What is in scope, learnt from the files that come first.

use std::collections::{BTreeSet, HashMap};

use roster_core::{Affiliation, Org, Role, Scope, SourcedId};

use crate::keys::{HashedSet, hash};

/// What is in scope.
pub(crate) struct InScope {
    scope: Scope,
    /// The org above each org, until the orgs are known.
    parents: HashMap<SourcedId, SourcedId>,
    /// Orgs that are delivered: those named and the ones above them.
    orgs: HashedSet,
    classes: HashedSet,
    /// What the scope names and the files have.
    found: BTreeSet<SourcedId>,
    /// People with a seat in a class in scope.
    seated: HashedSet,
    /// Pupils in scope, and who is related to whom, until the contacts are known.
    pupils: HashedSet,
    links: Vec<(u64, u64)>,
    contacts: HashedSet,
}

impl InScope {
    pub(crate) fn new(scope: Scope) -> Self {
        Self {
            scope,
            parents: HashMap::new(),
            orgs: HashedSet::default(),
            classes: HashedSet::default(),
            found: BTreeSet::new(),
            seated: HashedSet::default(),
            pupils: HashedSet::default(),
            links: Vec::new(),
            contacts: HashedSet::default(),
        }
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.scope.is_everything()
    }

    /// Learns of an org, before any is delivered.
    pub(crate) fn learn_org(&mut self, org: &Org) {
        if self.scope.orgs.as_ref().is_some_and(|orgs| orgs.contains(&org.id)) {
            self.found.insert(org.id.clone());
        }
        if let Some(parent) = &org.parent {
            self.parents.insert(org.id.clone(), parent.clone());
        }
    }

    /// All orgs were learnt: finds the ones above those named. Returns those named that are not there.
    pub(crate) fn close_orgs(&mut self) -> Vec<SourcedId> {
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

    /// All classes were seen: returns those named that are not there.
    pub(crate) fn close_classes(&mut self) -> Vec<SourcedId> {
        self.missing(self.scope.classes.as_ref())
    }

    fn missing(&self, named: Option<&BTreeSet<SourcedId>>) -> Vec<SourcedId> {
        named.into_iter().flatten().filter(|id| !self.found.contains(*id)).cloned().collect()
    }

    /// Whether an org is delivered, or a course of it is.
    pub(crate) fn holds_org(&self, id: Option<&SourcedId>) -> bool {
        self.scope.orgs.is_none() || id.is_some_and(|id| self.orgs.contains(&hash(id)))
    }

    /// Whether a class is in scope; if so, its seats are too.
    pub(crate) fn enter_class(&mut self, id: &str, org: Option<&SourcedId>) -> bool {
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
    pub(crate) fn enter_seat(&mut self, class: &str, person: &str) -> bool {
        let in_scope = self.classes.contains(&hash(class));
        if in_scope {
            self.seated.insert(hash(person));
        }
        in_scope
    }

    /// Learns of a person and the people related, before any is delivered.
    pub(crate) fn learn_person(&mut self, id: u64, affiliations: &[Affiliation], agents: &[SourcedId]) {
        let is_contact = affiliations.iter().any(|affiliation| affiliation.role.is_contact());
        let is_pupil = affiliations.iter().any(|affiliation| affiliation.role == Role::Student);
        if is_pupil && self.holds_person(id, affiliations) {
            self.pupils.insert(id);
        }
        for agent in agents.iter().map(|agent| hash(agent)) {
            self.links.push(if is_contact { (agent, id) } else { (id, agent) });
        }
    }

    /// Learns who is related to whom.
    pub(crate) fn learn_relation(&mut self, pupil: u64, contact: u64) {
        self.links.push((pupil, contact));
    }

    /// All people were learnt: finds the contacts of the pupils in scope.
    pub(crate) fn close_people(&mut self) {
        for (pupil, contact) in std::mem::take(&mut self.links) {
            if self.pupils.contains(&pupil) {
                self.contacts.insert(contact);
            }
        }
    }

    /// Whether a person is in scope: by an affiliation, by a seat, or, a contact, by a pupil.
    pub(crate) fn holds_person(&self, id: u64, affiliations: &[Affiliation]) -> bool {
        let by_affiliation = || {
            self.scope.classes.is_none()
                && affiliations.iter().any(|affiliation| {
                    !affiliation.role.is_contact() && self.names_org(affiliation.org.as_ref())
                })
        };
        self.is_everything() || self.seated.contains(&id) || self.contacts.contains(&id) || by_affiliation()
    }

    /// Whether a relationship is in scope: its pupil is.
    pub(crate) fn holds_pupil(&self, id: u64) -> bool {
        self.is_everything() || self.pupils.contains(&id)
    }
}
