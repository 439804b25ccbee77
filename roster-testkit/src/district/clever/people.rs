//! Who is a user there, in which roles.

use std::collections::{BTreeSet, HashMap};

use roster_core::{Address, Affiliation, Identifier, IdentifierScheme, LabeledText, Person, Role, SourcedId};

use super::{CleverFacts, District, OrgIds, oid, words};

/// Clever's ids of people, as who belongs to a school, and as contacts.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) members: HashMap<SourcedId, SourcedId>,
    pub(super) contacts: HashMap<SourcedId, SourcedId>,
}

pub(super) fn people(district: &District, facts: &CleverFacts, orgs: &OrgIds, said: &mut District) -> Ids {
    let mut ids = Ids::default();
    let mut used = BTreeSet::new();
    let root = said.orgs.iter().find(|org| org.parent.is_none()).map(|org| org.id.clone());
    for person in &district.people {
        if let Some(member) = member(person, orgs, root.as_ref()) {
            ids.members.insert(person.id.clone(), member.id.clone());
            said.people.push(member);
        }
        let is_contact = person.affiliations.iter().any(|held| held.role.is_contact());
        if facts.contacts && is_contact {
            let mut contact = contact(person);
            if !used.insert(contact.id.clone()) {
                contact.id = oid("contact", &person.id).into();
            }
            ids.contacts.insert(person.id.clone(), contact.id.clone());
            said.people.push(contact);
        }
    }
    ids
}

/// A pupil, or somebody who works there: in one user, whatever the roles.
fn member(person: &Person, orgs: &OrgIds, root: Option<&SourcedId>) -> Option<Person> {
    let mut told = Person::new(oid("user", &person.id));
    for role in [Role::Student, Role::Teacher, Role::Staff, Role::DistrictAdministrator] {
        let held: Vec<_> =
            person.affiliations.iter().filter(|held| told_role(&held.role).as_ref() == Some(&role)).collect();
        let Some(first) = held.first() else { continue };
        let title = held.iter().find_map(|held| held.title.clone()).filter(|_| role != Role::Student);
        let main = held.iter().find(|held| held.primary == Some(true)).unwrap_or(first);
        let schools: BTreeSet<_> = held.iter().filter_map(|held| held.org.as_ref()).collect();
        if role == Role::DistrictAdministrator {
            let mut affiliation = Affiliation::new(role.clone(), root.cloned());
            affiliation.title.clone_from(&title);
            told.affiliations.push(affiliation);
        } else {
            for school in schools {
                let mut affiliation = Affiliation::new(role.clone(), orgs.get(school).cloned());
                let is_main = main.org.as_ref() == Some(school);
                affiliation.primary = (role != Role::Staff).then_some(is_main);
                affiliation.title.clone_from(&title);
                told.affiliations.push(affiliation);
            }
        }
        told.identifiers.extend(identifiers(person, &role));
    }
    if told.affiliations.is_empty() {
        return None;
    }
    told.name.given.clone_from(&person.name.given);
    told.name.middle.clone_from(&person.name.middle);
    told.name.family.clone_from(&person.name.family);
    told.email.clone_from(&person.email);
    let has_login = told.affiliations.iter().any(|held| held.role != Role::DistrictAdministrator);
    told.username = person.username.clone().filter(|_| has_login);
    if person.has_role(&Role::Student) {
        student(person, &mut told);
    }
    Some(told)
}

/// The role that Clever knows it as; a contact is another user.
fn told_role(role: &Role) -> Option<Role> {
    match role {
        Role::Student | Role::Teacher | Role::DistrictAdministrator => Some(role.clone()),
        role if role.is_contact() => None,
        _ => Some(Role::Staff),
    }
}

fn identifiers(person: &Person, role: &Role) -> Vec<Identifier> {
    use IdentifierScheme::{CleverLegacy, SisId, StaffNumber, StateId, StudentNumber, UserName};

    let value = |scheme: &IdentifierScheme| {
        person.identifiers.iter().find(|id| id.scheme == *scheme).map(|id| id.value.clone())
    };
    let sis = value(&SisId).unwrap_or_else(|| person.id.to_string());
    let legacy = oid("legacy", &format!("{} {role}", person.id));
    let told = match role {
        Role::Student => vec![
            (SisId, Some(sis)),
            (StudentNumber, value(&StudentNumber)),
            (StateId, value(&StateId)),
            (UserName, person.username.clone()),
        ],
        Role::Teacher => vec![
            (SisId, Some(sis)),
            (StaffNumber, value(&StaffNumber)),
            (CleverLegacy, Some(legacy)),
            (UserName, person.username.clone()),
        ],
        Role::Staff => {
            vec![
                (SisId, Some(format!("{sis}-S"))),
                (CleverLegacy, Some(legacy)),
                (UserName, person.username.clone()),
            ]
        }
        _ => vec![(CleverLegacy, Some(legacy))],
    };
    let told = told.into_iter().filter_map(|(scheme, value)| Some((scheme, value?)));
    told.map(|(scheme, value)| {
        let mut identifier = Identifier::new(scheme, value);
        identifier.role = Some(role.clone());
        identifier
    })
    .collect()
}

fn student(person: &Person, told: &mut Person) {
    told.name.preferred_given.clone_from(&person.name.preferred_given);
    told.name.preferred_family.clone_from(&person.name.preferred_family);
    told.grades = words::grades(&person.grades);
    told.graduation_year = person.graduation_year;
    let Some(known) = &person.sensitive else { return };
    let sensitive = told.sensitive_mut();
    sensitive.birth_date = known.birth_date;
    sensitive.gender = known.gender.as_deref().map(|word| words::gender(word).to_owned());
    sensitive.addresses = known.addresses.first().map(bare).into_iter().collect();
    sensitive.demographics = words::facts(&known.demographics);
    if sensitive.is_empty() {
        told.sensitive = None;
    }
}

fn bare(address: &Address) -> Address {
    Address {
        lines: address.lines.first().cloned().into_iter().collect(),
        city: address.city.clone(),
        state: address.state.clone(),
        postal_code: address.postal_code.clone(),
        ..Address::default()
    }
}

/// A contact without an id of the school's system is known by name and address: whoever gets another one is another contact.
fn contact(person: &Person) -> Person {
    let name = [&person.name.given, &person.name.family].into_iter().flatten();
    let name = name.map(String::as_str).collect::<Vec<_>>().join(" ");
    let email = person.email.clone().unwrap_or_else(|| person.id.to_string());
    let mut told = Person::new(oid("contact", &format!("{name} {email}")));
    told.name.full = Some(name);
    told.email.clone_from(&person.email);
    told.affiliations = vec![Affiliation::new(Role::Contact, None)];
    let phone = person.sensitive.as_ref().and_then(|known| known.phones.first());
    if let Some(phone) = phone {
        let label = if phone.label.as_deref() == Some("home") { "Home" } else { "Cell" };
        told.sensitive_mut().phones =
            vec![LabeledText { label: Some(label.to_owned()), value: phone.value.clone() }];
    }
    told
}
