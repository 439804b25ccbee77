//! Relationships, gathered while people are read: OneRoster says on either side who is related to whom, and the relation
//! itself by the contact's role.
//!
//! Held until the people are over: each pair once, and a role for each contact. Only a host that asks for contacts pays.

use std::collections::BTreeSet;

use roster_core::{Affiliation, ContactKind, Place, Relationship, Role, SourcedId};

use crate::keys::{HashedMap, HashedSet, hash};

/// Relationships in the making.
#[derive(Default)]
pub(crate) struct Relations {
    pairs: Vec<(SourcedId, SourcedId, Place)>,
    known: HashedSet,
    roles: HashedMap<Role>,
}

/// A relationship, and whether both people are known.
pub(crate) struct Related {
    pub(crate) relationship: Relationship,
    pub(crate) place: Place,
}

impl Relations {
    /// Takes in a person and those that the row names.
    pub(crate) fn add(
        &mut self,
        id: &str,
        affiliations: &[Affiliation],
        agents: Vec<SourcedId>,
        place: &Place,
    ) {
        let role = affiliations.iter().map(|affiliation| &affiliation.role).find(|role| role.is_contact());
        if let Some(role) = role {
            self.roles.insert(hash(id), role.clone());
        }
        for agent in agents {
            let (student, contact) = if role.is_some() { (agent, id.into()) } else { (id.into(), agent) };
            let key = hash(&student).rotate_left(1) ^ hash(&contact);
            if self.known.insert(key) {
                self.pairs.push((student, contact, place.clone()));
            }
        }
    }

    /// Gives the relationships out. The people are over.
    pub(crate) fn finish(self) -> impl Iterator<Item = Related> {
        let roles = self.roles;
        self.pairs.into_iter().map(move |(student, contact, place)| {
            let role = roles.get(&hash(&contact));
            let mut relationship = Relationship::from_parts(student, contact);
            relationship.relation = role.map(|role| role.as_str().to_owned());
            relationship.kinds = role.map(kinds).unwrap_or_default();
            Related { relationship, place }
        })
    }
}

/// What a role says of a contact. OneRoster has the care of a child in `parent` and `guardian`, and says nothing about
/// emergencies.
fn kinds(role: &Role) -> BTreeSet<ContactKind> {
    match role {
        Role::Parent => [ContactKind::Guardian, ContactKind::Family].into(),
        Role::Guardian => [ContactKind::Guardian].into(),
        Role::Relative => [ContactKind::Family].into(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn said_on_both_sides_it_is_one_relationship() {
        let place = Place::File { file: "users.csv".into(), line: 2, record: 1 };
        let mut relations = Relations::default();
        relations.add("s", &[Affiliation::new(Role::Student, None)], vec!["p".into(), "g".into()], &place);
        relations.add("p", &[Affiliation::new(Role::Parent, None)], vec!["s".into()], &place);
        let found: Vec<_> = relations.finish().map(|related| related.relationship).collect();
        assert_eq!(found.len(), 2);
        assert_eq!((&*found[0].student, &*found[0].contact), ("s", "p"));
        assert_eq!(found[0].kinds, [ContactKind::Guardian, ContactKind::Family].into());
        assert!(found[1].kinds.is_empty() && found[1].relation.is_none());
    }
}
