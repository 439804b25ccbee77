//! Relationships, gathered while people are read: OneRoster says on either side who is related to whom, and the relation
//! itself by the contact's role.

use std::collections::BTreeSet;

use roster_core::{
    Affiliation, ContactKind, FieldSet, Relationship, RelationshipField, Role, SourcedId,
    hashed::{HashedMap, HashedSet, hash},
};

/// Relationships in the making, held until the people are over: each pair once, with the place that named it first, and a
/// role for each contact. Only a host that asks for contacts pays.
#[derive(Debug)]
pub struct Relations<P> {
    pairs: Vec<(SourcedId, SourcedId, P)>,
    known: HashedSet,
    roles: HashedMap<Role>,
}

/// A relationship.
#[derive(Debug)]
#[non_exhaustive]
pub struct Related<P> {
    /// The relationship itself.
    pub relationship: Relationship,
    /// What is not known of it.
    pub unseen: FieldSet,
    /// The place that named it first.
    pub place: P,
}

impl<P> Default for Relations<P> {
    fn default() -> Self {
        Self { pairs: Vec::new(), known: HashedSet::default(), roles: HashedMap::default() }
    }
}

impl<P: Clone> Relations<P> {
    /// Takes in a person and those that its row names.
    pub fn add(&mut self, id: &SourcedId, affiliations: &[Affiliation], agents: Vec<SourcedId>, place: &P) {
        let role = affiliations.iter().map(|affiliation| &affiliation.role).find(|role| role.is_contact());
        if let Some(role) = role {
            self.roles.insert(hash(id), role.clone());
        }
        for agent in agents {
            let (student, contact) = if role.is_some() { (agent, id.clone()) } else { (id.clone(), agent) };
            if self.known.insert(hash(&student).rotate_left(1) ^ hash(&contact)) {
                self.pairs.push((student, contact, place.clone()));
            }
        }
    }

    /// Gives the relationships out: the people are over. In changes the contact may not have come, and what it is to the pupil
    /// is not known then; in a whole set (`whole`) it is known to be nothing.
    pub fn finish(self, whole: bool) -> impl Iterator<Item = Related<P>> {
        let roles = self.roles;
        self.pairs.into_iter().map(move |(student, contact, place)| {
            let role = roles.get(&hash(&contact));
            let mut relationship = Relationship::from_parts(student, contact);
            relationship.relation = role.map(|role| role.as_str().to_owned());
            relationship.kinds = role.map(kinds).unwrap_or_default();
            let unseen = if role.is_none() && !whole {
                FieldSet::of([RelationshipField::Relation, RelationshipField::Kinds])
            } else {
                FieldSet::EMPTY
            };
            Related { relationship, unseen, place }
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

    fn relations() -> Relations<u8> {
        let mut relations = Relations::default();
        let pupil = [Affiliation::new(Role::Student, None)];
        relations.add(&"s".into(), &pupil, vec!["p".into(), "g".into()], &1);
        relations.add(&"p".into(), &[Affiliation::new(Role::Parent, None)], vec!["s".into()], &2);
        relations
    }

    #[test]
    fn said_on_both_sides_it_is_one_relationship() {
        let found: Vec<_> = relations().finish(true).collect();
        assert_eq!(found.len(), 2);
        let first = &found[0];
        assert_eq!((&*first.relationship.student, &*first.relationship.contact, first.place), ("s", "p", 1));
        assert_eq!(first.relationship.kinds, [ContactKind::Guardian, ContactKind::Family].into());
        let (second, unseen) = (&found[1].relationship, found[1].unseen);
        assert!(second.kinds.is_empty() && second.relation.is_none() && unseen.is_empty());
    }

    #[test]
    fn what_a_contact_is_who_did_not_come_is_unknown() {
        let found: Vec<_> = relations().finish(false).collect();
        assert!(found[0].unseen.is_empty() && found[1].unseen.contains(RelationshipField::Relation));
    }
}
