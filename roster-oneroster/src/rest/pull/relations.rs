//! Relationships, gathered while people are read: OneRoster says on either side who is related to whom, and the relation
//! itself by the contact's role.

use std::collections::{BTreeSet, HashMap, HashSet};

use roster_core::{Affiliation, ContactKind, FieldSet, Relationship, RelationshipField, Role, SourcedId};
use roster_http::paging::key;

/// Relationships in the making, held until the people are over: each pair once, and a role for each contact. Only a host that
/// asks for contacts pays.
#[derive(Default)]
pub(super) struct Relations {
    pairs: Vec<(SourcedId, SourcedId)>,
    known: HashSet<u64>,
    roles: HashMap<u64, Role>,
}

impl Relations {
    /// Takes in a person and those that its row names.
    pub(super) fn add(&mut self, id: &SourcedId, affiliations: &[Affiliation], agents: Vec<SourcedId>) {
        let role = affiliations.iter().map(|affiliation| &affiliation.role).find(|role| role.is_contact());
        if let Some(role) = role {
            self.roles.insert(key(id), role.clone());
        }
        for agent in agents {
            let (student, contact) = if role.is_some() { (agent, id.clone()) } else { (id.clone(), agent) };
            if self.known.insert(key(&student).rotate_left(1) ^ key(&contact)) {
                self.pairs.push((student, contact));
            }
        }
    }

    /// Gives the relationships out, each with what is not known of it. In a pull of changes the contact may not have come, and
    /// what it is to the pupil is not known then; in a whole set it is known to be nothing.
    pub(super) fn finish(self, whole: bool) -> impl Iterator<Item = (Relationship, FieldSet)> {
        let roles = self.roles;
        self.pairs.into_iter().map(move |(student, contact)| {
            let role = roles.get(&key(&contact));
            let mut relationship = Relationship::from_parts(student, contact);
            relationship.relation = role.map(|role| role.as_str().to_owned());
            relationship.kinds = role.map(kinds).unwrap_or_default();
            let unseen = if role.is_none() && !whole {
                FieldSet::of([RelationshipField::Relation, RelationshipField::Kinds])
            } else {
                FieldSet::EMPTY
            };
            (relationship, unseen)
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

    fn relations() -> Relations {
        let mut relations = Relations::default();
        relations.add(&"s".into(), &[Affiliation::new(Role::Student, None)], vec!["p".into(), "g".into()]);
        relations.add(&"p".into(), &[Affiliation::new(Role::Parent, None)], vec!["s".into()]);
        relations
    }

    #[test]
    fn said_on_both_sides_it_is_one_relationship() {
        let found: Vec<_> = relations().finish(true).collect();
        assert_eq!(found.len(), 2);
        assert_eq!((&*found[0].0.student, &*found[0].0.contact), ("s", "p"));
        assert_eq!(found[0].0.kinds, [ContactKind::Guardian, ContactKind::Family].into());
        assert!(found[1].0.relation.is_none() && found[1].1.is_empty());
    }

    #[test]
    fn what_a_contact_is_who_did_not_come_is_unknown() {
        let found: Vec<_> = relations().finish(false).collect();
        assert!(found[0].1.is_empty() && found[1].1.contains(RelationshipField::Relation));
    }
}
