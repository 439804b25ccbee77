use std::collections::BTreeMap;

use roster_core::{
    AccountState, Affiliation, DemographicField, Identifier, IdentifierScheme, LabeledText, Person,
    PersonField as Field, Problem, Record, Role, SensitiveField, codes, decode,
};
use serde_json::Value;

use super::{
    Head, Inactive, MaybeDate, Reading, Said, Wire,
    reading::{id as id_of, ids},
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
        if affiliations.is_empty() {
            without_role(reading)?;
        }
        if !reading.wants.sees(SensitiveField::Contacts) {
            let is_contact = affiliations.iter().all(|affiliation| affiliation.role.is_contact());
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
        person.grades = reading.grades(&self.grades);
        person.identifiers = self.identifiers(&affiliations, reading);
        person.affiliations = affiliations;
        self.phones(&mut person, reading);
        let mut agents = Vec::new();
        if reading.wants.sees(SensitiveField::Contacts) {
            agents = ids(&self.agents);
            agents.extend(ids(&self.agents_by_other_name));
        }
        let mut record = Record::Person(person);
        record.normalize();
        Ok(Said::Record(record, agents))
    }
}

/// A person without a role may be a contact, whom a host that did not ask must not see.
fn without_role(reading: &mut Reading<'_>) -> Result<(), Box<Problem>> {
    let message = "the person has no role";
    if !reading.wants.sees(SensitiveField::Contacts) {
        let message = format!("{message}: whether it is a contact can't be told, and it was left out");
        return Err(Box::new(reading.locate(Problem::error(codes::MISSING_ROLE, message))));
    }
    reading.drop("role", codes::MISSING_ROLE, message, Field::Affiliations);
    Ok(())
}

impl wire::User<'_> {
    /// The roles of 1.2, or the one role in all orgs of 1.1, whichever is there.
    fn affiliations(&self, reading: &mut Reading<'_>) -> Vec<Affiliation> {
        let mut affiliations = Vec::with_capacity(self.roles.0.len().max(1));
        for role in self.roles.0.iter().flatten() {
            affiliations.extend(affiliation(role, reading));
        }
        if affiliations.is_empty()
            && let Some(role) =
                reading.word("role", &self.role, Field::Affiliations, Role::read, Role::is_known)
        {
            let orgs: Vec<_> = self.orgs.0.iter().chain([&self.org]).filter_map(id_of).collect();
            if orgs.is_empty() {
                affiliations.push(Affiliation::new(role, None));
            } else {
                affiliations.extend(orgs.into_iter().map(|org| Affiliation::new(role.clone(), Some(org))));
            }
        }
        // The main org makes the affiliation with it the main one, where no role says that itself.
        if let Some(org) = id_of(&self.primary_org)
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
        for user_id in &self.further_ids.0 {
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
        for profile in self.profiles.0.iter().flatten() {
            let Some(vendor) = profile.vendor_id.get() else { continue };
            let names =
                profile.credentials.0.iter().flatten().filter_map(|credential| credential.username.get());
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
    let role = reading.word("role", &wire.word, Field::Affiliations, Role::read, Role::is_known)?;
    let mut affiliation = Affiliation::new(role, id_of(&wire.org));
    affiliation.primary = match wire.of_type.get() {
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
            facts.demographics = self.facts.iter().filter_map(|(key, value)| fact(key, value)).collect();
        }
        facts.unseen = reading.unseen;
        Ok(Said::Facts(Box::new(facts)))
    }
}

/// A fact for statistics. Truth values are written the standard's way, whatever the server's was.
fn fact(key: &str, value: &Value) -> Option<(DemographicField, String)> {
    let field = DemographicField::read(key);
    if !field.is_known() {
        return None;
    }
    let text = match value {
        Value::String(text) => decode::trim(text).to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    let tidy = if is_flag(&field) { decode::flag(&text).map(|read| read.value.to_string()) } else { None };
    Some((field, tidy.unwrap_or(text)))
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
