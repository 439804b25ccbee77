//! The rows of Clever's API, as text, from what it says of a district.

use std::collections::{BTreeMap, HashMap};

use roster_core::{
    DemographicField, Enrollment, Identifier, IdentifierScheme, OrgType, Person, Relationship, Role,
    SourcedId,
};
use serde_json::{Map, Value, json};

use super::{CleverFacts, District, words};

const STAMP: &str = "2026-08-01T06:00:00.000Z";

/// A collection of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CleverCollection {
    Districts,
    Schools,
    Terms,
    Courses,
    Sections,
    Users,
}

impl CleverCollection {
    pub(crate) const ALL: [Self; 6] =
        [Self::Sections, Self::Districts, Self::Schools, Self::Terms, Self::Courses, Self::Users];

    /// The name in paths and events.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Districts => "districts",
            Self::Schools => "schools",
            Self::Terms => "terms",
            Self::Courses => "courses",
            Self::Sections => "sections",
            Self::Users => "users",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }
}

/// The rows of all collections, each in the order of Clever's ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct CleverRows(BTreeMap<CleverCollection, BTreeMap<String, String>>);

impl CleverRows {
    /// Of what [`project`](super::project) made.
    pub(crate) fn of(said: &District, facts: &CleverFacts) -> Self {
        let mut rows = BTreeMap::new();
        let root = said.orgs.iter().find(|org| org.org_type == OrgType::District);
        let district = root.map(|root| root.id.to_string()).unwrap_or_default();
        let by_id = |values: Vec<Value>| -> BTreeMap<String, String> {
            let pairs = values.into_iter().map(|value| (text(&value, "id").to_owned(), value.to_string()));
            pairs.collect()
        };
        let orgs = |is_root: bool| {
            said.orgs.iter().filter(move |org| (org.org_type == OrgType::District) == is_root)
        };
        rows.insert(CleverCollection::Districts, by_id(orgs(true).map(|org| root_row(org, facts)).collect()));
        rows.insert(
            CleverCollection::Schools,
            by_id(orgs(false).map(|org| school(org, &district)).collect()),
        );
        let terms = said.sessions.iter().map(|term| {
            json!({
                "id": own_id(&term.identifiers), "district": district, "name": term.title,
                "start_date": term.begin.map(|day| day.to_string()), "end_date": term.end.map(|day| format!("{day}T00:00:00.000Z")),
            })
        });
        rows.insert(CleverCollection::Terms, by_id(terms.collect()));
        let courses = said.courses.iter().map(|course| {
            json!({ "id": own_id(&course.identifiers), "district": district, "name": course.title, "number": course.code })
        });
        rows.insert(CleverCollection::Courses, by_id(courses.collect()));
        rows.insert(CleverCollection::Sections, by_id(sections(said, &district)));
        rows.insert(CleverCollection::Users, by_id(users(said, &district)));
        Self(rows)
    }

    /// The rows of a collection.
    pub(crate) fn rows(&self, collection: CleverCollection) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.0.get(&collection).unwrap_or(&NONE)
    }

    /// Puts another text in the place of a row.
    pub(crate) fn replace(&mut self, collection: CleverCollection, id: &str, row: String) -> bool {
        let place = self.0.get_mut(&collection).and_then(|rows| rows.get_mut(id));
        place.map(|place| *place = row).is_some()
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn own_id(identifiers: &[Identifier]) -> &str {
    let own = identifiers.iter().find(|id| id.scheme == IdentifierScheme::Clever);
    own.map_or("", |id| &id.value)
}

fn root_row(org: &roster_core::Org, facts: &CleverFacts) -> Value {
    let nces = org.identifiers.iter().find(|id| id.scheme == IdentifierScheme::Nces);
    json!({
        "id": org.id, "name": org.name, "nces_id": nces.map(|id| &id.value), "mdr_number": "", "sis_type": "sftp",
        "launch_date": "2026-08-01", "state": facts.state, "last_sync": "2026-09-14T04:00:00.000Z", "error": "",
        "pause_end": facts.pause_end, "login_methods": ["Clever Badges"], "portal_url": "https://clever.example/in/district",
        "district_contact": { "id": "5a0c91b96296d60001fe0001", "name": { "first": "CanaryValue", "last": "CanaryValue" } },
    })
}

fn school(org: &roster_core::Org, district: &str) -> Value {
    let value =
        |scheme: IdentifierScheme| org.identifiers.iter().find(|id| id.scheme == scheme).map(|id| &id.value);
    let mut grades: Vec<_> =
        org.grades.iter().filter_map(|grade| Some((words::rank(grade)?, &grade.raw))).collect();
    grades.sort_unstable();
    json!({
        "id": org.id, "district": district, "name": org.name, "sis_id": value(IdentifierScheme::SisId), "school_number": "",
        "nces_id": value(IdentifierScheme::Nces), "low_grade": grades.first().map(|grade| grade.1),
        "high_grade": grades.last().map(|grade| grade.1), "created": STAMP, "last_modified": STAMP,
        "principal": { "name": "CanaryValue", "email": "canary@principal.example" },
    })
}

fn sections(said: &District, district: &str) -> Vec<Value> {
    let mut seats: HashMap<&SourcedId, Vec<&Enrollment>> = HashMap::new();
    for seat in &said.enrollments {
        seats.entry(&seat.class).or_default().push(seat);
    }
    let own: HashMap<&SourcedId, &str> =
        (said.sessions.iter().map(|term| (&term.id, own_id(&term.identifiers)))).collect();
    let courses: HashMap<&SourcedId, &str> =
        said.courses.iter().map(|course| (&course.id, own_id(&course.identifiers))).collect();
    let row = |class: &roster_core::Class| {
        let seats = seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
        let of = |role: Role| -> Vec<&SourcedId> {
            seats.iter().filter(|seat| seat.role == role).map(|seat| &seat.person).collect()
        };
        let of_record = seats.iter().find(|seat| seat.primary == Some(true)).map(|seat| &seat.person);
        json!({
            "id": class.id, "district": district, "school": class.org, "name": class.title,
            "sis_id": class.identifiers.first().map(|id| &id.value),
            "subject": class.subjects.first().and_then(|subject| subject.name.as_ref()),
            "students": of(Role::Student), "teachers": of(Role::Teacher), "teacher": of_record,
            "course": class.course.as_ref().and_then(|id| courses.get(id)),
            "term_id": class.sessions.first().and_then(|id| own.get(id)),
            "grade": class.grades.first().map(|grade| &grade.raw), "period": class.periods.first(),
            "section_number": class.code, "created": STAMP, "last_modified": STAMP,
        })
    };
    said.classes.iter().map(row).collect()
}

fn users(said: &District, district: &str) -> Vec<Value> {
    let mut ties: HashMap<&SourcedId, Vec<&Relationship>> = HashMap::new();
    for tie in &said.relationships {
        ties.entry(&tie.contact).or_default().push(tie);
    }
    let row = |person: &Person| {
        let mut roles = Map::new();
        for role in [Role::Student, Role::Teacher, Role::Staff, Role::DistrictAdministrator] {
            if person.has_role(&role) {
                roles.insert(role_name(&role).to_owned(), role_row(person, &role));
            }
        }
        if person.has_role(&Role::Contact) {
            let ties = ties.get(&person.id).map(Vec::as_slice).unwrap_or_default();
            roles.insert("contact".to_owned(), contact(person, ties));
        }
        let name = match &person.name.full {
            Some(full) => json!({ "last": full }),
            None => {
                json!({ "first": person.name.given, "middle": person.name.middle, "last": person.name.family })
            }
        };
        json!({
            "id": person.id, "district": district, "email": person.email.clone().unwrap_or_default(), "name": name,
            "roles": roles, "created": STAMP, "last_modified": STAMP,
        })
    };
    said.people.iter().map(row).collect()
}

const fn role_name(role: &Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Teacher => "teacher",
        Role::Staff => "staff",
        _ => "district_admin",
    }
}

fn role_row(person: &Person, role: &Role) -> Value {
    let held: Vec<_> = person.affiliations.iter().filter(|held| held.role == *role).collect();
    let schools: Vec<_> = held.iter().filter_map(|held| held.org.as_ref()).collect();
    let main = held.iter().find(|held| held.primary == Some(true)).and_then(|held| held.org.as_ref());
    let title = held.iter().find_map(|held| held.title.as_ref());
    let value = |scheme: IdentifierScheme| {
        let id = person.identifiers.iter().find(|id| id.scheme == scheme && id.role.as_ref() == Some(role));
        id.map_or("", |id| &id.value)
    };
    let (sis, legacy) = (value(IdentifierScheme::SisId), value(IdentifierScheme::CleverLegacy));
    let credentials = json!({ "district_username": person.username, "password": "never-to-be-read" });
    match role {
        Role::Student => student(person, &schools, main, &credentials),
        Role::Teacher => json!({
            "school": main, "schools": schools, "sis_id": sis, "legacy_id": legacy, "title": title, "state_id": "",
            "teacher_number": value(IdentifierScheme::StaffNumber), "credentials": credentials,
        }),
        Role::Staff => json!({
            "schools": schools, "staff_id": sis, "legacy_id": legacy, "title": title, "department": "Office", "roles": [],
            "credentials": credentials,
        }),
        _ => json!({ "legacy_id": legacy, "title": title }),
    }
}

fn student(person: &Person, schools: &[&SourcedId], main: Option<&SourcedId>, credentials: &Value) -> Value {
    use DemographicField as Fact;

    let value = |scheme: IdentifierScheme| {
        person.identifiers.iter().find(|id| id.scheme == scheme).map(|id| &id.value)
    };
    let nothing = roster_core::Sensitive::default();
    let known = person.sensitive.as_deref().unwrap_or(&nothing);
    let fact = |fact: Fact| known.demographics.get(&fact).cloned().unwrap_or_default();
    let flag = |fact: Fact| match known.demographics.get(&fact).map(String::as_str) {
        Some("true") => "Y",
        Some(_) => "N",
        None => "",
    };
    let address = known.addresses.first().cloned().unwrap_or_default();
    json!({
        "school": main, "schools": schools, "enrollments": [], "sis_id": value(IdentifierScheme::SisId),
        "student_number": value(IdentifierScheme::StudentNumber), "state_id": value(IdentifierScheme::StateId),
        "grade": person.grades.first().map(|grade| &grade.raw),
        "graduation_year": person.graduation_year.map(|year| year.to_string()),
        "credentials": credentials, "email": person.email, "ext": { "bus": "7" },
        "preferred_name": { "first": person.name.preferred_given, "last": person.name.preferred_family },
        "dob": known.birth_date.map(words::birth_date), "gender": known.gender,
        "location": {
            "address": address.lines.first(), "city": address.city, "state": address.state, "zip": address.postal_code,
        },
        "race": fact(Fact::Race), "hispanic_ethnicity": flag(Fact::HispanicOrLatino),
        "home_language": fact(Fact::HomeLanguage), "ell_status": flag(Fact::EnglishLearner),
        "iep_status": flag(Fact::SpecialEducation), "frl_status": fact(Fact::MealStatus),
    })
}

fn contact(person: &Person, ties: &[&Relationship]) -> Value {
    let phone = person.sensitive.as_ref().and_then(|known| known.phones.first());
    let ties: Vec<_> = ties
        .iter()
        .map(|tie| {
            json!({
                "student": tie.student, "relationship": tie.relation, "type": words::kind_word(tie.kinds.iter().next()),
            })
        })
        .collect();
    json!({
        "phone": phone.map(|phone| &phone.value), "phone_type": phone.and_then(|phone| phone.label.as_ref()), "sis_id": "",
        "student_relationships": ties,
    })
}
