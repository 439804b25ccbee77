use std::collections::BTreeMap;

use roster_core::{
    AccountState, Affiliation, DemographicField, Identifier, IdentifierScheme, LabeledText, Person,
    PersonField as Field, Problem, Record, Role, SensitiveField, codes, decode,
};
use roster_http::json::{Maybe, Text};

use super::{
    Head, Inactive, MaybeDate, Reading, Said, Wire,
    reading::{has_odd, ids},
};
use crate::{Status, rest::wire};

/// What `/demographics` says of a person, as far as the host asked.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) birth_date: MaybeDate,
    pub(crate) gender: Option<String>,
    pub(crate) demographics: BTreeMap<DemographicField, String>,
    /// Fields of it that could not be read.
    pub(crate) unseen: roster_core::FieldSet,
}

impl Said {
    pub(super) fn record(record: impl roster_core::Entity) -> Self {
        let mut record = record.into_record();
        record.normalize();
        Self::Record(record, Vec::new())
    }
}

impl<'a> Wire<'a> for wire::User<'a> {
    const KEYS: &'static [&'static str] = wire::User::KEYS;
    const INACTIVE: Inactive = Inactive::State;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, id: &str, status: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let mut affiliations = self.affiliations(reading);
        let has_odd_role = self.has_odd_role();
        reading.lost.owner |= has_odd_role;
        if reading.wants.sees(SensitiveField::Contacts) {
            if affiliations.is_empty() && !reading.unseen.contains(Field::Affiliations) {
                reading.drop("role", codes::MISSING_ROLE, NO_ROLE, Field::Affiliations);
            }
            // Whether it is a contact decides which of two related people is the pupil.
            let is_contact = affiliations.iter().any(|affiliation| affiliation.role.is_contact());
            reading.lost.relations |= has_odd_role && !is_contact;
        } else {
            let is_contact = affiliations.iter().all(|affiliation| affiliation.role.is_contact());
            if is_contact && (has_odd_role || affiliations.is_empty()) {
                return Err(maybe_contact(has_odd_role, reading));
            }
            if is_contact {
                return Ok(Said::Nothing);
            }
            affiliations.retain(|affiliation| !affiliation.role.is_contact());
        }
        let mut person = Box::new(Person::new(""));
        person.id.set(id);
        person.account = match reading.flag("enabledUser", &self.enabled, Field::Account) {
            _ if status == Status::Inactive => AccountState::Archived,
            Some(true) => AccountState::Active,
            Some(false) => AccountState::Suspended,
            None => AccountState::Unknown,
        };
        self.name(&mut person, reading);
        person.username = reading.text("username", &self.username, Field::Username);
        person.email = self.email(reading);
        person.grades = reading.grades(&self.grades, Field::Grades);
        person.identifiers = self.identifiers(&affiliations, reading);
        person.affiliations = affiliations;
        self.phones(&mut person, reading);
        let mut agents = Vec::new();
        if reading.wants.sees(SensitiveField::Contacts) {
            let is_side_known = !reading.lost.relations;
            for (key, list) in [("agents", &self.agents), ("agentSourceIds", &self.agents_by_other_name)] {
                reading.note_odd(key, has_odd(list));
                reading.lost.relations |= has_odd(list);
                agents.extend(ids(list).filter(|_| is_side_known));
            }
        }
        let mut record = Record::Person(person);
        record.normalize();
        Ok(Said::Record(record, agents))
    }
}

const NO_ROLE: &str = "the person has no role";

/// A person whose role is not known may be a contact, whom a host that did not ask must not see.
fn maybe_contact(has_odd_role: bool, reading: &Reading<'_>) -> Box<Problem> {
    let (code, why) = if has_odd_role {
        (codes::MALFORMED_VALUE, "the person has a role that can't be read")
    } else {
        (codes::MISSING_ROLE, NO_ROLE)
    };
    let message = format!("{why}: whether it is a contact can't be told, and it was left out");
    let problem = reading.locate(Problem::error(code, message));
    Box::new(if has_odd_role { problem.in_field("role") } else { problem })
}

impl wire::User<'_> {
    /// Whether there is a role that can't be read.
    fn has_odd_role(&self) -> bool {
        let is_odd =
            |role: &Maybe<wire::Role<'_>>| role.is_odd() || role.get().is_some_and(|role| role.word.is_odd());
        self.role.is_odd() || self.roles.0.iter().any(is_odd)
    }

    /// The roles of 1.2, or the one role in all orgs of 1.1, whichever is there.
    fn affiliations(&self, reading: &mut Reading<'_>) -> Vec<Affiliation> {
        let mut affiliations = Vec::with_capacity(self.roles.0.len().max(1));
        reading.drop_odd("roles", self.roles.0.iter().any(Maybe::is_odd), Field::Affiliations);
        for role in self.roles.0.iter().filter_map(Maybe::get) {
            affiliations.extend(affiliation(role, reading));
        }
        if affiliations.is_empty()
            && let Some(role) =
                reading.word("role", &self.role, Field::Affiliations, Role::read, Role::is_known)
        {
            reading.lost.owner |= has_odd(&self.orgs);
            let mut orgs = reading.references("orgs", &self.orgs, Field::Affiliations);
            orgs.extend(reading.owner("org", &self.org, Field::Affiliations));
            if orgs.is_empty() {
                affiliations.push(Affiliation::new(role, None));
            } else {
                affiliations.extend(orgs.into_iter().map(|org| Affiliation::new(role.clone(), Some(org))));
            }
        }
        // The main org makes the affiliation with it the main one, where no role says that itself.
        if let Some(org) = reading.reference("primaryOrg", &self.primary_org, Field::Affiliations)
            && affiliations.iter().all(|affiliation| affiliation.primary.is_none())
        {
            let there = affiliations.iter_mut().filter(|affiliation| affiliation.org.as_ref() == Some(&org));
            there.for_each(|affiliation| affiliation.primary = Some(true));
        }
        affiliations
    }

    fn name(&self, person: &mut Person, reading: &mut Reading<'_>) {
        let name = &mut person.name;
        name.given = reading.text("givenName", &self.given, Field::Given);
        name.middle = reading.text("middleName", &self.middle, Field::Middle);
        name.family = reading.text("familyName", &self.family, Field::Family);
        name.preferred_given =
            reading.text("preferredFirstName", &self.preferred_given, Field::PreferredGiven);
        name.preferred_middle =
            reading.text("preferredMiddleName", &self.preferred_middle, Field::PreferredMiddle);
        name.preferred_family =
            reading.text("preferredLastName", &self.preferred_family, Field::PreferredFamily);
        name.pronouns = reading.text("pronouns", &self.pronouns, Field::Pronouns);
    }

    fn email(&self, reading: &mut Reading<'_>) -> Option<String> {
        let email = reading.said("email", &self.email, Field::Email)?;
        if !decode::is_email(email) {
            let message = "the value is not an e-mail address; it was dropped";
            reading.drop("email", codes::BAD_EMAIL, message, Field::Email);
            return None;
        }
        Some(email.to_owned())
    }

    fn identifiers(&self, affiliations: &[Affiliation], reading: &mut Reading<'_>) -> Vec<Identifier> {
        let mut identifiers = Vec::with_capacity(2);
        let is_odd = |user_id: &wire::UserId<'_>| user_id.id.is_odd() || user_id.kind.is_odd();
        reading.drop_odd("userIds", self.further_ids.0.iter().any(is_odd), Field::Identifiers);
        for user_id in self.further_ids.0.iter().filter(|user_id| !is_odd(user_id)) {
            let Some(id) = user_id.id.get() else { continue };
            let scheme = user_id.kind.get().map_or_else(|| other("userId"), IdentifierScheme::read);
            identifiers.push(Identifier::new(scheme, id));
        }
        if let Some(number) = reading.text("identifier", &self.identifier, Field::Identifiers) {
            identifiers.push(Identifier::new(number_scheme(affiliations), number));
        }
        if let Some(master) = reading.text("userMasterIdentifier", &self.master, Field::Identifiers) {
            identifiers.push(Identifier::new(other("userMasterIdentifier"), master));
        }
        reading.drop_odd("userProfiles", self.profiles.0.iter().any(Maybe::is_odd), Field::Identifiers);
        for profile in self.profiles.0.iter().filter_map(Maybe::get) {
            let Some(vendor) = reading.said("vendorId", &profile.vendor_id, Field::Identifiers) else {
                continue;
            };
            let credentials = &profile.credentials.0;
            let is_odd = |held: &Maybe<wire::Credential<'_>>| {
                held.is_odd() || held.get().is_some_and(|held| held.username.is_odd())
            };
            reading.drop_odd("credentials", credentials.iter().any(is_odd), Field::Identifiers);
            let names = credentials.iter().filter_map(|held| held.get()?.username.get());
            identifiers.extend(names.map(|name| Identifier::new(other(vendor), name)));
        }
        identifiers
    }

    fn phones(&self, person: &mut Person, reading: &mut Reading<'_>) {
        if !reading.wants.sees(SensitiveField::Phones) {
            return;
        }
        for (key, text) in [("phone", &self.phone), ("sms", &self.sms)] {
            if let Some(value) = reading.text(key, text, Field::Phones) {
                person.sensitive_mut().phones.push(LabeledText { label: Some(key.to_owned()), value });
            }
        }
    }
}

fn affiliation(wire: &wire::Role<'_>, reading: &mut Reading<'_>) -> Option<Affiliation> {
    let role = reading.word("role", &wire.word, Field::Affiliations, Role::read, Role::is_known);
    if wire.word.get().is_none() && !wire.word.is_odd() && wire.org.0.get().is_some() {
        let message = "one of the person's roles does not say what it is; it was left out";
        reading.drop("role", codes::MISSING_ROLE, message, Field::Affiliations);
    }
    let role = role?;
    let org = reading.owner("org", &wire.org, Field::Affiliations);
    let mut affiliation = Affiliation::new(role, org);
    affiliation.primary = match reading.said("roleType", &wire.of_type, Field::Affiliations) {
        None => None,
        Some(word) if word.eq_ignore_ascii_case("primary") => Some(true),
        Some(word) if word.eq_ignore_ascii_case("secondary") => Some(false),
        Some(_) => {
            let message = "the word is neither `primary` nor `secondary`; it was dropped";
            reading.warn("roleType", codes::UNKNOWN_VALUE, message);
            None
        }
    };
    affiliation.begin = reading.date("beginDate", &wire.begin_date, Field::Affiliations);
    affiliation.end = reading.date("endDate", &wire.end_date, Field::Affiliations);
    Some(affiliation)
}

fn number_scheme(affiliations: &[Affiliation]) -> IdentifierScheme {
    let holds = |wanted: fn(&Role) -> bool| affiliations.iter().any(|affiliation| wanted(&affiliation.role));
    if holds(|role| *role == Role::Student) {
        IdentifierScheme::StudentNumber
    } else if holds(Role::is_staff) {
        IdentifierScheme::StaffNumber
    } else {
        other("identifier")
    }
}

fn other(scheme: &str) -> IdentifierScheme {
    IdentifierScheme::Other(scheme.to_owned())
}

impl<'a> Wire<'a> for wire::Demographics<'a> {
    const KEYS: &'static [&'static str] = &[];
    const INACTIVE: Inactive = Inactive::Gone;

    /// The person is there without them.
    fn gone() -> Said {
        Said::Nothing
    }

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, _: &str, _: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let mut facts = Facts::default();
        if reading.wants.sees(SensitiveField::BirthDate) {
            facts.birth_date = reading.date("birthDate", &self.birth_date, Field::BirthDate);
        }
        if reading.wants.sees(SensitiveField::Gender) {
            facts.gender = reading.text("sex", &self.sex, Field::Gender);
        }
        if reading.wants.sees(SensitiveField::Demographics) {
            facts.demographics =
                self.facts.iter().filter_map(|(key, value)| fact(key, value, reading)).collect();
        }
        facts.unseen = reading.unseen;
        Ok(Said::Facts(Box::new(facts)))
    }
}

/// A fact for statistics. Truth values are written the standard's way, whatever the server's was.
fn fact(key: &str, value: &Text<'_>, reading: &mut Reading<'_>) -> Option<(DemographicField, String)> {
    let field = DemographicField::read(key);
    if !field.is_known() {
        return None;
    }
    reading.drop_odd(key.to_owned(), value.is_odd(), Field::Demographics);
    let text = value.get()?;
    let tidy = if is_flag(&field) { decode::flag(text).map(|read| read.value.to_string()) } else { None };
    Some((field, tidy.unwrap_or_else(|| text.to_owned())))
}

const fn is_flag(field: &DemographicField) -> bool {
    use DemographicField as Fact;
    matches!(
        field,
        Fact::AmericanIndianOrAlaskaNative
            | Fact::Asian
            | Fact::BlackOrAfricanAmerican
            | Fact::NativeHawaiianOrOtherPacificIslander
            | Fact::White
            | Fact::TwoOrMoreRaces
            | Fact::HispanicOrLatino
    )
}
