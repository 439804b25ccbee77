//! What a source must deliver for a scope, told from the district itself: no source's code has a part in it.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{Affiliation, EntityKind, Person, Role, Scope, SensitiveField, SourcedId};

use super::District;

impl District {
    /// The ids that a pull of this scope must deliver, by kind; each kind is there, if with an empty set.
    ///
    /// See [`delivered`](Self::delivered).
    pub fn in_scope(
        &self,
        scope: &Scope,
        sensitive: &BTreeSet<SensitiveField>,
    ) -> BTreeMap<EntityKind, BTreeSet<SourcedId>> {
        let delivered = self.delivered(scope, sensitive);
        EntityKind::ALL.into_iter().map(|kind| (kind, delivered.ids(kind))).collect()
    }

    /// What a pull must deliver, by the words of [`Scope`], if the vendor can tell all that the district holds.
    ///
    /// Where those words leave a choice: a contact's affiliation brings nobody into scope, a pupil does, and so does it
    /// for whoever is a pupil's contact and something else too, since the relationship would name nobody else;
    /// relationships are those of pupils in scope; sessions belong to no school, so that no scope leaves them out.
    #[must_use]
    pub fn delivered(&self, scope: &Scope, sensitive: &BTreeSet<SensitiveField>) -> Self {
        let contacts = sensitive.contains(&SensitiveField::Contacts);
        let mut delivered = self.clone();

        let orgs = self.orgs_in_scope(scope);
        delivered.orgs.retain(|org| orgs.contains(&org.id));
        let everywhere = scope.orgs.is_none();
        (delivered.courses).retain(|course| course.org.as_ref().map_or(everywhere, |org| orgs.contains(org)));
        delivered.classes.retain(|class| {
            let org_is_named = class.org.as_ref().map_or(everywhere, |org| scope.names_org(org));
            org_is_named && scope.names_class(&class.id)
        });
        let classes = delivered.ids(EntityKind::Class);
        (delivered.enrollments).retain(|enrollment| classes.contains(&enrollment.class));

        if !contacts {
            delivered.relationships.clear();
            delivered.people.retain(|person| !is_contact(person));
            for person in &mut delivered.people {
                (person.affiliations).retain(|affiliation| !is_contact_role(&affiliation.role));
            }
        }
        if !scope.is_everything() {
            delivered.keep_people_in_scope(scope);
        }
        for person in &mut delivered.people {
            withhold(person, sensitive);
        }
        delivered
    }

    fn orgs_in_scope(&self, scope: &Scope) -> BTreeSet<SourcedId> {
        let Some(named) = &scope.orgs else {
            return self.ids(EntityKind::Org);
        };
        let parents: BTreeMap<_, _> = self.orgs.iter().map(|org| (&org.id, org.parent.as_ref())).collect();
        let mut orgs = BTreeSet::new();
        for id in named {
            let mut next = Some(id);
            while let Some(id) = next
                && let Some(parent) = parents.get(id)
                && orgs.insert(id.clone())
            {
                next = *parent;
            }
        }
        orgs
    }

    /// Expects the enrollments to be those in scope, and affiliations and relationships those that may be seen.
    fn keep_people_in_scope(&mut self, scope: &Scope) {
        let seated: BTreeSet<_> = self.enrollments.iter().map(|enrollment| &enrollment.person).collect();
        let brings = |affiliation: &Affiliation| {
            let org_is_named = affiliation.org.as_ref().is_some_and(|org| scope.names_org(org));
            org_is_named && !is_contact_role(&affiliation.role)
        };
        let belongs = |person: &Person| {
            let affiliated = scope.classes.is_none() && person.affiliations.iter().any(brings);
            affiliated || seated.contains(&person.id)
        };
        let mut people: BTreeSet<SourcedId> =
            (self.people.iter()).filter(|person| belongs(person)).map(|person| person.id.clone()).collect();
        self.relationships.retain(|relationship| people.contains(&relationship.student));
        people.extend(self.relationships.iter().map(|relationship| relationship.contact.clone()));
        self.people.retain(|person| people.contains(&person.id));
    }
}

/// Told apart here once more, since the core's own answer is what is under test.
fn is_contact_role(role: &Role) -> bool {
    [Role::Guardian, Role::Parent, Role::Relative, Role::Contact].contains(role)
}

fn is_contact(person: &Person) -> bool {
    let mut roles = person.affiliations.iter().map(|affiliation| &affiliation.role);
    !person.affiliations.is_empty() && roles.all(is_contact_role)
}

fn withhold(person: &mut Person, asked_for: &BTreeSet<SensitiveField>) {
    let Some(sensitive) = &mut person.sensitive else {
        return;
    };
    for field in SensitiveField::ALL.into_iter().filter(|field| !asked_for.contains(field)) {
        match field {
            SensitiveField::BirthDate => sensitive.birth_date = None,
            SensitiveField::Gender => sensitive.gender = None,
            SensitiveField::LegalName => sensitive.legal_name = None,
            SensitiveField::Phones => sensitive.phones.clear(),
            SensitiveField::Emails => sensitive.emails.clear(),
            SensitiveField::Addresses => sensitive.addresses.clear(),
            SensitiveField::Demographics => sensitive.demographics.clear(),
            _ => {}
        }
    }
    if sensitive.is_empty() {
        person.sensitive = None;
    }
}
