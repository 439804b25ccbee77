//! What many people had, and nobody has any more.
//!
//! Wonde writes null where there is no value and where a school shares it no longer, and need not say which. So the cursor remembers of
//! how many people each value was there. One that is gone of all people who came, or of nearly all, is unknown and not empty: those
//! without it keep what is known of them. A value that a few people lost is lost.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{FieldSet, IdentifierScheme, Person, PersonField as Field, Role};
use serde::{Deserialize, Serialize};

use crate::{permissions::Permissions, resource::Resource};

/// That many of all had a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share(u64, u64);

/// What was there of the people of each list, by names such as `students.email`.
pub(crate) type Shares = BTreeMap<String, Share>;

/// So many people have to be missing, or it has to be unlikely, in a million, that those who came are the ones who never had it.
const ENOUGH: u128 = 5;
const UNLIKELY: u128 = 100_000;

impl Share {
    /// Whether it is gone: less than a quarter of those who should have it do. Of what one person had, or a few of many, the absence
    /// tells nothing.
    fn is_gone(self, now: Self) -> bool {
        let [had, of, has, people] = [self.0, self.1, now.0, now.1].map(u128::from);
        let expected = had * people;
        if had < 2 || of < had || has * of * 4 >= expected {
            return false;
        }
        expected >= ENOUGH * of
            || (0..people).fold(1_000_000, |chance, _| chance * (of - had) / of) < UNLIKELY
    }
}

/// What the cursor remembers of one value.
struct Remembered {
    name: String,
    resource: Resource,
    field: Field,
    rest: String,
    share: Share,
}

/// What was there before, and what is there in this pull.
#[derive(Default)]
pub(super) struct Values {
    before: Vec<Remembered>,
    now: BTreeMap<(Resource, Field), BTreeMap<String, u64>>,
    people: BTreeMap<Resource, u64>,
    /// Fields that a row could not tell of.
    hidden: BTreeSet<(Resource, Field)>,
    /// Names that were told of as gone.
    told: BTreeSet<String>,
    /// The school has said that it shares these.
    granted: BTreeSet<(Resource, &'static str)>,
    /// Not all people come in this pull.
    is_part: bool,
}

/// A value that is gone of all people of a list.
pub(super) struct Gone {
    resource: Resource,
    field: Field,
    rest: String,
}

impl Gone {
    /// The field that this person keeps for it.
    pub(super) fn of(&self, person: &Person) -> Option<Field> {
        let mut is_there = self.resource != list_of(person);
        each_value(person, |field, rest| is_there |= field == self.field && rest == self.rest);
        (!is_there).then_some(self.field)
    }
}

impl Values {
    pub(super) fn new(before: Shares) -> Self {
        let before = before.into_iter().filter_map(|(name, share)| {
            let (resource, field, rest) = parted(&name)?;
            let rest = rest.to_owned();
            Some(Remembered { name, resource, field, rest, share })
        });
        Self { before: before.collect(), ..Self::default() }
    }

    /// What the school says that it shares, and whether only those who changed are asked for.
    pub(super) fn open(&mut self, permissions: Option<&Permissions>, is_part: bool) {
        self.is_part = is_part;
        let Some(said) = permissions else { return };
        for resource in LISTS {
            for include in INCLUDES {
                let granted = if include == "upn" { said.upn() } else { said.include(resource, include) };
                if granted == Some(true) {
                    self.granted.insert((resource, include));
                }
            }
        }
    }

    /// Whether anything is remembered that may be gone.
    pub(super) const fn has_memory(&self) -> bool {
        !self.before.is_empty()
    }

    /// A person is delivered.
    pub(super) fn note(&mut self, person: &Person, unseen: FieldSet) {
        let resource = list_of(person);
        *self.people.entry(resource).or_default() += 1;
        if !unseen.is_empty() {
            let fields = Field::ALL.iter().filter(|field| unseen.contains(**field));
            self.hidden.extend(fields.map(|field| (resource, *field)));
        }
        let now = &mut self.now;
        each_value(person, |field, rest| {
            let counts = now.entry((resource, field)).or_default();
            match counts.get_mut(rest) {
                Some(count) => *count += 1,
                None => drop(counts.insert(rest.to_owned(), 1)),
            }
        });
    }

    /// Whether a value is gone of all people who came so far, and the school does not say that it shares it.
    fn is_gone(&self, one: &Remembered) -> bool {
        let Remembered { resource, field, rest, share, .. } = one;
        let people = self.people.get(resource).copied().unwrap_or(0);
        let has = self.now.get(&(*resource, *field)).and_then(|counts| counts.get(rest).copied());
        share.is_gone(Share(has.unwrap_or(0), people))
            && include_of(*resource, *field, rest).is_none_or(|of| !self.granted.contains(&(*resource, of)))
    }

    /// What is gone of all people who came so far, with what is to be said of it, once.
    pub(super) fn gone(&mut self) -> (Vec<Gone>, Vec<String>) {
        let (mut gone, mut news) = (Vec::new(), Vec::new());
        let mut told = std::mem::take(&mut self.told);
        for one in self.before.iter().filter(|one| self.is_gone(one)) {
            let Remembered { name, resource, field, rest, .. } = one;
            gone.push(Gone { resource: *resource, field: *field, rest: rest.clone() });
            if !self.hidden.contains(&(*resource, *field)) && told.insert(name.clone()) {
                news.push(if self.is_part {
                    format!(
                        "`{name}` was there of nearly everybody, and is there of nobody who changed: what was known of it is kept \
                         until a full pull tells more"
                    )
                } else {
                    format!(
                        "`{name}` was there of many people, and is there of nobody or nearly nobody who came: the school may \
                         share it no longer, so what was known of it is kept as it was"
                    )
                });
            }
        }
        self.told = told;
        (gone, news)
    }

    /// What the cursor keeps. What is gone, or could not be told, is remembered as it was; so is all of it where only some came.
    pub(super) fn kept(&self) -> Shares {
        let is_kept = |one: &Remembered| {
            self.is_part
                || !self.people.contains_key(&one.resource)
                || self.hidden.contains(&(one.resource, one.field))
                || self.is_gone(one)
        };
        let before = self.before.iter().filter(|one| is_kept(one));
        let mut kept: Shares = before.map(|one| (one.name.clone(), one.share)).collect();
        for ((resource, field), counts) in self.now.iter().filter(|_| !self.is_part) {
            let people = self.people.get(resource).copied().unwrap_or(0);
            for (rest, had) in counts {
                kept.entry(named(*resource, *field, rest)).or_insert(Share(*had, people));
            }
        }
        kept
    }
}

const LISTS: [Resource; 3] = [Resource::Students, Resource::Employees, Resource::Contacts];

/// The includes, and the permission of its own, that values depend on.
const INCLUDES: [&str; 7] = [
    "contact_details",
    "education_details",
    "employment_details",
    "extended_details",
    "house",
    "registration",
    "upn",
];

/// The name of a value in the cursor, such as `students.email` or `students.identifiers.upn`.
fn named(resource: Resource, field: Field, rest: &str) -> String {
    let (list, field) = (resource.word(), roster_core::Field::name(field));
    if rest.is_empty() { format!("{list}.{field}") } else { format!("{list}.{field}.{rest}") }
}

/// What a name is made of.
fn parted(name: &str) -> Option<(Resource, Field, &str)> {
    let (list, value) = name.split_once('.')?;
    let (field, rest) = value.split_once('.').unwrap_or((value, ""));
    let resource = LISTS.into_iter().find(|resource| resource.word() == list)?;
    let field = Field::ALL.iter().copied().find(|known| roster_core::Field::name(*known) == field)?;
    Some((resource, field, rest))
}

/// The list that a person came from.
fn list_of(person: &Person) -> Resource {
    if person.has_role(&Role::Student) {
        Resource::Students
    } else if person.is_contact() {
        Resource::Contacts
    } else {
        Resource::Employees
    }
}

/// Each value that is there of a person: its field, and which of several it is there.
fn each_value(person: &Person, mut found: impl FnMut(Field, &str)) {
    let mut add = |is_there: bool, field: Field| {
        if is_there {
            found(field, "");
        }
    };
    add(person.name.given.is_some(), Field::Given);
    add(person.name.middle.is_some(), Field::Middle);
    add(person.name.family.is_some(), Field::Family);
    add(person.name.prefix.is_some(), Field::Prefix);
    add(person.email.is_some(), Field::Email);
    add(!person.grades.is_empty(), Field::Grades);
    add(person.affiliations.iter().any(|held| held.begin.is_some()), Field::Affiliations);
    if let Some(sensitive) = person.sensitive.as_deref() {
        add(sensitive.birth_date.is_some(), Field::BirthDate);
        add(sensitive.gender.is_some(), Field::Gender);
        add(sensitive.legal_name.is_some(), Field::LegalName);
        add(!sensitive.phones.is_empty(), Field::Phones);
        add(!sensitive.emails.is_empty(), Field::Emails);
        add(!sensitive.addresses.is_empty(), Field::Addresses);
        sensitive.demographics.keys().for_each(|fact| found(Field::Demographics, fact.as_str()));
    }
    let schemes: BTreeSet<_> = person.identifiers.iter().map(|number| number.scheme.as_str()).collect();
    for scheme in schemes {
        found(Field::Identifiers, scheme);
    }
    let types: BTreeSet<_> = person.groups.iter().map(|group| group.group_type.as_str()).collect();
    for of in types {
        found(Field::Groups, of);
    }
}

/// The include that a value depends on, if it does on one.
fn include_of(resource: Resource, field: Field, rest: &str) -> Option<&'static str> {
    match field {
        Field::Email | Field::Phones | Field::Emails | Field::Addresses => Some("contact_details"),
        Field::Demographics => Some("extended_details"),
        Field::Affiliations if resource == Resource::Employees => Some("employment_details"),
        Field::Affiliations | Field::Grades => Some("education_details"),
        Field::Groups if rest == "HOUSE" => Some("house"),
        Field::Groups => Some("registration"),
        Field::Identifiers if rest == IdentifierScheme::Upn.as_str() => Some("upn"),
        Field::Identifiers if rest != IdentifierScheme::MisId.as_str() && rest != "upi" => {
            Some("education_details")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use roster_core::DemographicField;

    use super::*;

    #[test]
    fn what_is_gone_of_nearly_all_is_gone_and_what_a_few_lost_is_not() {
        for (before, now, is_gone) in [
            ((200, 200), (0, 200), true),
            ((200, 200), (40, 200), true),
            ((200, 200), (60, 200), false),
            ((200, 200), (199, 200), false),
            // One of a small list, and all of it.
            ((3, 3), (2, 3), false),
            ((3, 3), (0, 3), true),
            // Of those who changed: nearly everybody had it, or many did not.
            ((190, 200), (0, 1), true),
            ((120, 200), (0, 1), false),
            ((120, 200), (0, 5), true),
            ((10, 200), (0, 1), false),
            ((10, 200), (0, 200), true),
            ((1, 200), (0, 200), false),
            ((1, 1), (0, 1), false),
            ((0, 0), (0, 200), false),
            // What nobody wrote.
            ((9, 3), (0, 200), false),
            ((u64::MAX, u64::MAX), (0, u64::MAX), true),
        ] {
            let [before, now] = [before, now].map(|(had, of)| Share(had, of));
            assert_eq!(before.is_gone(now), is_gone, "{before:?} {now:?}");
        }
    }

    #[test]
    fn each_value_is_found_by_its_name() {
        let mut person = Person::new("A1");
        person.affiliations.push(roster_core::Affiliation::new(Role::Student, None));
        person.email = Some("a@x.example".to_owned());
        person.identifiers.push(roster_core::Identifier::new(IdentifierScheme::Upn, "x"));
        person.groups.push(roster_core::GroupTag::new("HOUSE", "A2", None));
        person.sensitive_mut().demographics.insert(DemographicField::Ethnicity, "x".to_owned());
        let mut found = Vec::new();
        each_value(&person, |field, rest| found.push((field, rest.to_owned())));
        assert_eq!(found.len(), 4);
        for (field, rest) in found {
            let name = named(Resource::Students, field, &rest);
            assert_eq!(parted(&name), Some((Resource::Students, field, rest.as_str())));
            assert!(INCLUDES.contains(&include_of(Resource::Students, field, &rest).unwrap()), "{name}");
        }
        assert!(parted("students.wombat").is_none() && parted("wombats.email").is_none());
    }
}
