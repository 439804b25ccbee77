//! What is in scope, learnt from the collections that come first.

use std::collections::{BTreeSet, HashMap, HashSet};

use roster_core::{Affiliation, Org, Record, Role, Scope, SourcedId};
use roster_http::paging::key;

/// What is in scope.
#[derive(Default)]
pub(super) struct InScope {
    scope: Scope,
    /// The org above each org, until the orgs are known.
    parents: HashMap<SourcedId, SourcedId>,
    /// Orgs that are delivered: those named and the ones above them.
    orgs: HashSet<u64>,
    classes: HashSet<u64>,
    /// What the scope names and the server has.
    found: BTreeSet<SourcedId>,
    /// People with a seat in a class in scope.
    seated: HashSet<u64>,
    /// Pupils in scope, and who is related to whom, until the contacts are known.
    pupils: HashSet<u64>,
    links: Vec<(u64, u64)>,
    contacts: HashSet<u64>,
}

impl InScope {
    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    pub(super) fn is_everything(&self) -> bool {
        self.scope.is_everything()
    }

    /// Learns of a record before any that it limits is delivered.
    pub(super) fn learn(&mut self, record: &Record, agents: &[SourcedId]) {
        match record {
            Record::Org(org) => self.learn_org(org),
            Record::Person(person) => self.learn_person(&person.id, &person.affiliations, agents),
            other => {
                self.enter(other);
            }
        }
    }

    /// Whether a record is in scope; what hangs on it may be too, then.
    pub(super) fn enter(&mut self, record: &Record) -> bool {
        if self.is_everything() {
            return true;
        }
        match record {
            Record::Org(org) => self.holds_org(Some(&org.id)),
            Record::Course(course) => self.holds_org(course.org.as_ref()),
            Record::Class(class) => self.enter_class(&class.id, class.org.as_ref()),
            Record::Enrollment(seat) => self.enter_seat(&seat.class, &seat.person),
            Record::Person(person) => self.enter_person(&person.id, &person.affiliations),
            Record::Relationship(relationship) => self.pupils.contains(&key(&relationship.student)),
            _ => true,
        }
    }

    fn learn_org(&mut self, org: &Org) {
        if self.scope.orgs.as_ref().is_some_and(|orgs| orgs.contains(&org.id)) {
            self.found.insert(org.id.clone());
        }
        if let Some(parent) = &org.parent {
            self.parents.insert(org.id.clone(), parent.clone());
        }
    }

    /// All orgs were learnt: finds the ones above those named. Returns those named that are not there.
    pub(super) fn close_orgs(&mut self) -> Vec<SourcedId> {
        for named in self.scope.orgs.iter().flatten() {
            let mut org = Some(named);
            // An org that is there already has its own above it there too; so a circle of parents ends.
            while let Some(id) = org.filter(|id| self.orgs.insert(key(id))) {
                org = self.parents.get(id);
            }
        }
        self.parents = HashMap::new();
        self.missing(self.scope.orgs.as_ref())
    }

    /// All classes were seen: returns those named that are not there.
    pub(super) fn close_classes(&self) -> Vec<SourcedId> {
        self.missing(self.scope.classes.as_ref())
    }

    fn missing(&self, named: Option<&BTreeSet<SourcedId>>) -> Vec<SourcedId> {
        named.into_iter().flatten().filter(|id| !self.found.contains(*id)).cloned().collect()
    }

    fn holds_org(&self, id: Option<&SourcedId>) -> bool {
        self.scope.orgs.is_none() || id.is_some_and(|id| self.orgs.contains(&key(id)))
    }

    fn enter_class(&mut self, id: &SourcedId, org: Option<&SourcedId>) -> bool {
        if self.scope.classes.as_ref().is_some_and(|classes| classes.contains(id)) {
            self.found.insert(id.clone());
        }
        let in_scope = self.names_org(org) && self.scope.names_class(id);
        if in_scope {
            self.classes.insert(key(id));
        }
        in_scope
    }

    fn names_org(&self, org: Option<&SourcedId>) -> bool {
        self.scope.orgs.is_none() || org.is_some_and(|org| self.scope.names_org(org))
    }

    fn enter_seat(&mut self, class: &str, person: &str) -> bool {
        let in_scope = self.classes.contains(&key(class));
        if in_scope {
            self.seated.insert(key(person));
        }
        in_scope
    }

    fn learn_person(&mut self, id: &SourcedId, affiliations: &[Affiliation], agents: &[SourcedId]) {
        let is_contact = affiliations.iter().any(|affiliation| affiliation.role.is_contact());
        self.enter_person(id, affiliations);
        for agent in agents {
            let (agent, id) = (key(agent), key(id));
            self.links.push(if is_contact { (agent, id) } else { (id, agent) });
        }
    }

    /// All people were learnt: finds the contacts of the pupils in scope.
    pub(super) fn close_people(&mut self) {
        for (pupil, contact) in std::mem::take(&mut self.links) {
            if self.pupils.contains(&pupil) {
                self.contacts.insert(contact);
            }
        }
    }

    /// By an affiliation, by a seat, or, a contact, by a pupil.
    fn enter_person(&mut self, id: &SourcedId, affiliations: &[Affiliation]) -> bool {
        let id = key(id);
        let by_affiliation = self.scope.classes.is_none()
            && affiliations.iter().any(|affiliation| {
                !affiliation.role.is_contact() && self.names_org(affiliation.org.as_ref())
            });
        let in_scope = by_affiliation || self.seated.contains(&id);
        if in_scope && affiliations.iter().any(|affiliation| affiliation.role == Role::Student) {
            self.pupils.insert(id);
        }
        in_scope || self.contacts.contains(&id)
    }
}
