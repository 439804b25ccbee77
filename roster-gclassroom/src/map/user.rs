use roster_core::{
    AccountState, Affiliation, FieldSet, Identifier, IdentifierScheme, LabeledText, Person,
    PersonField as Field, Problem, Role, SensitiveField, SourcedId, codes, decode, jiff::civil::Date,
};
use serde_json::{Map, Value};

use super::{Reading, Row, Spot, Wants, profile::name, without_id};
use crate::{
    rules::{Placed, Rules, School, Units, text},
    wire,
};

/// A user of the Directory, mapped.
pub(crate) struct User {
    pub(crate) person: Person,
    pub(crate) unseen: FieldSet,
    pub(crate) problems: Vec<Problem>,
    /// The path of the unit; empty if it was not told.
    pub(crate) unit: String,
    /// What the rules say of the unit; `None` if none covers it.
    pub(crate) placed: Option<Placed>,
}

impl User {
    /// The school, if there is one.
    pub(crate) fn school(&self) -> Option<&SourcedId> {
        match &self.placed.as_ref()?.school {
            School::Found(id) => Some(id),
            School::NotFound | School::Unsaid => None,
        }
    }
}

/// A row of `users`.
pub(crate) fn user(
    wire: &wire::User<'_>,
    rules: &Rules,
    units: &Units,
    wants: &Wants,
    today: Date,
    spot: &Spot,
) -> Row<User> {
    let Some(id) = wire.id.get() else { return without_id(spot, "id") };
    let mut reading = Reading::new(id, spot);
    let mut person = Person::new(id);
    if wire.name.is_odd() {
        reading.odd("name");
    }
    name(wire.name.get(), &mut person, &mut reading);
    person.email = reading.email("primaryEmail", &wire.primary_email, Field::Email);
    if wire.primary_email.get().is_none() {
        reading.unseen = reading.unseen.with(Field::Email);
    }
    person.account = account(wire, &mut reading);
    let unit = wire.org_unit_path.get().unwrap_or_default();
    if unit.is_empty() {
        // Not the same as the root's: every user is in a unit.
        for field in [Field::Affiliations, Field::Grades, Field::GraduationYear] {
            reading.unseen = reading.unseen.with(field);
        }
        if rules.has_people() || rules.has_schools() {
            let message = "the user's unit was not told; role, school and grade are kept as they were";
            reading.warn("orgUnitPath", codes::MISSING_REQUIRED, message);
        }
    }
    let placed = (!unit.is_empty()).then(|| rules.place(unit, units, today)).flatten();
    let organizations = objects("organizations", &wire.organizations, &mut reading);
    if let Some(placed) = &placed {
        place(placed, &organizations, &mut person, &mut reading);
    }
    let role = placed.as_ref().and_then(|placed| placed.role.as_ref());
    person.identifiers = identifiers(id, wire, rules, role, &mut reading);
    if wants.sees(SensitiveField::Emails) {
        for alias in texts("aliases", &wire.aliases, &mut reading) {
            person.sensitive_mut().emails.push(LabeledText { label: Some("alias".to_owned()), value: alias });
        }
    }
    if wants.extra {
        extra(&organizations, &wire.custom_schemas, &mut person);
    }
    let Reading { problems, unseen, .. } = reading;
    Row::Read(User { person, unseen, problems, unit: unit.to_owned(), placed })
}

fn account(wire: &wire::User<'_>, reading: &mut Reading<'_>) -> AccountState {
    let suspended = reading.flag("suspended", &wire.suspended, Field::Account);
    let archived = reading.flag("archived", &wire.archived, Field::Account);
    match (archived, suspended) {
        (Some(true), _) => AccountState::Archived,
        (_, Some(true)) => AccountState::Suspended,
        (_, Some(false)) | (Some(false), None) => AccountState::Active,
        (None, None) => AccountState::Unknown,
    }
}

fn place(
    placed: &Placed,
    organizations: &[&Map<String, Value>],
    person: &mut Person,
    reading: &mut Reading<'_>,
) {
    if let Some(role) = &placed.role {
        let org = match &placed.school {
            School::Found(id) => Some(id.clone()),
            School::Unsaid => None,
            School::NotFound => {
                // Which school it is can't be told; that is not the same as none.
                reading.unseen = reading.unseen.with(Field::Affiliations);
                None
            }
        };
        let mut affiliation = Affiliation::new(role.clone(), org);
        if *role != Role::Student {
            let main =
                organizations.iter().find(|it| it.get("primary").and_then(Value::as_bool) == Some(true));
            let main = main.or(organizations.first());
            affiliation.title = main.and_then(|main| text(main.get("title")?));
        }
        person.affiliations.push(affiliation);
    }
    if placed.odd_grade {
        reading.warn(
            "orgUnitPath",
            codes::UNKNOWN_GRADE,
            "the unit's grade is not known; its spelling was kept",
        );
    }
    person.grades.extend(placed.grade.clone());
    person.graduation_year = placed.graduation_year;
}

/// Google's own id, the ones that the rules choose, and the others as what Google calls them: of what nobody said what they
/// are, nobody is to be matched by.
fn identifiers(
    id: &str,
    wire: &wire::User<'_>,
    rules: &Rules,
    role: Option<&Role>,
    reading: &mut Reading<'_>,
) -> Vec<Identifier> {
    let ids = objects("externalIds", &wire.external_ids, reading);
    let mut identifiers = rules.external_ids(&ids, &wire.custom_schemas, role);
    identifiers.push(Identifier::new(IdentifierScheme::Google, id));
    for id in ids {
        let Some(value) = id.get("value").and_then(text) else { continue };
        let word = |key: &str| id.get(key).and_then(text);
        let mut scheme = format!("external_id:{}", word("type").unwrap_or_else(|| "custom".to_owned()));
        if let Some(custom) = word("customType") {
            scheme.push(':');
            scheme.push_str(&custom);
        }
        identifiers.push(Identifier::new(IdentifierScheme::Other(scheme), value));
    }
    identifiers
}

/// Objects where Google says `any`: a list of them, or one, or nothing.
fn objects<'v>(
    key: &'static str,
    value: &'v Value,
    reading: &mut Reading<'_>,
) -> Vec<&'v Map<String, Value>> {
    let found: Vec<_> = match value {
        Value::Null => return Vec::new(),
        Value::Object(one) => return vec![one],
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    if value.as_array().is_none_or(|items| items.len() != found.len()) {
        reading.odd(key);
    }
    found
}

/// Addresses in a list.
fn texts(key: &'static str, value: &Value, reading: &mut Reading<'_>) -> Vec<String> {
    let found: Vec<_> = match value {
        Value::Null => return Vec::new(),
        Value::Array(items) => items.iter().filter_map(text).filter(|it| decode::is_email(it)).collect(),
        one => text(one).into_iter().filter(|it| decode::is_email(it)).collect(),
    };
    if value.as_array().map_or(1, Vec::len) != found.len() {
        reading.odd(key);
    }
    found
}

fn extra(organizations: &[&Map<String, Value>], schemas: &Value, person: &mut Person) {
    if let Some(main) = organizations.first() {
        for key in ["department", "costCenter", "description"] {
            let said = main.get(key).and_then(text);
            person.extra.extend(said.map(|said| (format!("organizations.{key}"), Value::from(said))));
        }
    }
    for (schema, fields) in schemas.as_object().into_iter().flatten() {
        for (field, value) in fields.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            person.extra.insert(format!("customSchemas.{schema}.{field}"), value.clone());
        }
    }
}
