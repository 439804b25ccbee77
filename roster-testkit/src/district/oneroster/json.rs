//! A district as the rows of OneRoster's REST binding.

use std::collections::BTreeMap;

use roster_core::{
    AcademicSession, Class, Course, Enrollment, GradeLevel, IdentifierScheme, Org, Person, SourcedId,
    Subject,
    jiff::{Timestamp, civil::Date},
};
use serde_json::{Map, Value, json};

use super::{
    OneRosterVersion::{self, V1_1, V1_2},
    rows::links,
    words,
};
use crate::district::District;

/// A collection of the binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RestCollection {
    Orgs,
    AcademicSessions,
    Courses,
    Classes,
    Users,
    Enrollments,
    Demographics,
}

impl RestCollection {
    pub(crate) const ALL: [Self; 7] = [
        Self::Orgs,
        Self::AcademicSessions,
        Self::Courses,
        Self::Classes,
        Self::Users,
        Self::Enrollments,
        Self::Demographics,
    ];

    /// Its path's last segment, and the key of its rows.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Orgs => "orgs",
            Self::AcademicSessions => "academicSessions",
            Self::Courses => "courses",
            Self::Classes => "classes",
            Self::Users => "users",
            Self::Enrollments => "enrollments",
            Self::Demographics => "demographics",
        }
    }

    /// The key of one row.
    pub(crate) const fn singular(self) -> &'static str {
        match self {
            Self::Orgs => "org",
            Self::AcademicSessions => "academicSession",
            Self::Courses => "course",
            Self::Classes => "class",
            Self::Users => "user",
            Self::Enrollments => "enrollment",
            Self::Demographics => "demographics",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }
}

/// Makes rows of a district, one at a time: there may be a million.
pub(crate) struct JsonRows {
    version: OneRosterVersion,
    links: BTreeMap<SourcedId, Vec<SourcedId>>,
    /// The people of whom there are demographics, by their place among all.
    with_demographics: Vec<usize>,
}

impl JsonRows {
    pub(crate) fn of(district: &District, version: OneRosterVersion) -> Self {
        let told = |person: &Person| demographics(person).is_some();
        let with_demographics =
            district.people.iter().enumerate().filter(|(_, person)| told(person)).map(|(at, _)| at).collect();
        Self { version, links: links(district, version), with_demographics }
    }

    /// The ids of a collection's rows, in their order.
    pub(crate) fn ids(&self, district: &District, collection: RestCollection) -> Vec<SourcedId> {
        match collection {
            RestCollection::Orgs => district.orgs.iter().map(|it| it.id.clone()).collect(),
            RestCollection::AcademicSessions => district.sessions.iter().map(|it| it.id.clone()).collect(),
            RestCollection::Courses => district.courses.iter().map(|it| it.id.clone()).collect(),
            RestCollection::Classes => district.classes.iter().map(|it| it.id.clone()).collect(),
            RestCollection::Users => district.people.iter().map(|it| it.id.clone()).collect(),
            RestCollection::Enrollments => district.enrollments.iter().map(|it| it.id.clone()).collect(),
            RestCollection::Demographics => {
                let people = self.with_demographics.iter().filter_map(|at| district.people.get(*at));
                people.map(|it| it.id.clone()).collect()
            }
        }
    }

    /// The n-th row of a collection, without status and date.
    pub(crate) fn row(&self, district: &District, collection: RestCollection, at: usize) -> Option<Value> {
        Some(match collection {
            RestCollection::Orgs => org(district.orgs.get(at)?),
            RestCollection::AcademicSessions => session(district.sessions.get(at)?),
            RestCollection::Courses => course(district.courses.get(at)?),
            RestCollection::Classes => class(district.classes.get(at)?),
            RestCollection::Users => self.user(district.people.get(at)?),
            RestCollection::Enrollments => enrollment(district.enrollments.get(at)?, self.version),
            RestCollection::Demographics => {
                demographics(district.people.get(*self.with_demographics.get(at)?)?)?
            }
        })
    }

    fn user(&self, person: &Person) -> Value {
        let affiliations = words::affiliations(person, self.version);
        let scheme = words::number_scheme(&affiliations);
        let sis = words::of_scheme(&person.identifiers, &IdentifierScheme::SisId);
        let sis: Vec<_> = sis.map(|id| json!({ "type": "SIS", "identifier": id })).collect();
        let [phone, sms] = words::phones(person);
        let agents = self.links.get(&person.id).map(Vec::as_slice).unwrap_or_default();
        let mut row = json!({
            "sourcedId": person.id,
            "username": person.username,
            "userIds": sis,
            "enabledUser": words::enabled(person.account).to_string(),
            "givenName": person.name.given,
            "familyName": person.name.family,
            "middleName": person.name.middle,
            "identifier": words::of_scheme(&person.identifiers, &scheme).next(),
            "email": person.email,
            "sms": sms,
            "phone": phone,
            "agents": agents.iter().map(|id| reference("user", id)).collect::<Vec<_>>(),
            "grades": grades(&person.grades),
            "password": "never-to-be-read",
        });
        let more = match self.version {
            V1_1 => {
                let mut orgs: Vec<_> = affiliations.iter().filter_map(|it| it.org.as_ref()).collect();
                orgs.dedup();
                json!({
                    "role": affiliations.first().map(|first| words::role(&first.role, V1_1)),
                    "orgs": orgs.into_iter().map(|id| reference("org", id)).collect::<Vec<_>>(),
                })
            }
            V1_2 => more_of_1_2(person, &affiliations),
        };
        extend(&mut row, more);
        row
    }
}

fn more_of_1_2(person: &Person, affiliations: &[roster_core::Affiliation]) -> Value {
    let roles: Vec<_> = affiliations
        .iter()
        .map(|it| {
            json!({
                "roleType": if it.primary == Some(true) { "primary" } else { "secondary" },
                "role": words::role(&it.role, V1_2),
                "org": it.org.as_ref().map(|id| reference("org", id)),
                "beginDate": date(it.begin),
                "endDate": date(it.end),
            })
        })
        .collect();
    let profiles: Vec<_> = words::accounts(person)
        .map(|(system, login)| {
            let credentials = [json!({ "type": "password", "username": login, "password": "never-to-be-read" })];
            json!({ "profileId": "login", "profileType": "login", "vendorId": system, "credentials": credentials })
        })
        .collect();
    let primary = affiliations.iter().find(|it| it.primary == Some(true)).and_then(|it| it.org.as_ref());
    json!({
        "preferredFirstName": person.name.preferred_given,
        "preferredMiddleName": person.name.preferred_middle,
        "preferredLastName": person.name.preferred_family,
        "pronouns": person.name.pronouns,
        "roles": roles,
        "userProfiles": profiles,
        "primaryOrg": primary.map(|id| reference("org", id)),
    })
}

/// Adds status and date, as every row has them.
pub(crate) fn stamped(mut row: Value, status: &str, modified: Timestamp) -> Value {
    extend(&mut row, json!({ "status": status, "dateLastModified": format!("{modified:.3}") }));
    row
}

fn extend(row: &mut Value, more: Value) {
    if let (Value::Object(row), Value::Object(more)) = (row, more) {
        row.extend(more);
    }
}

fn org(org: &Org) -> Value {
    json!({
        "sourcedId": org.id,
        "name": org.name,
        "type": words::org_type(&org.org_type),
        "identifier": words::org_identifier(org),
        "parent": org.parent.as_ref().map(|id| reference("org", id)),
    })
}

fn session(session: &AcademicSession) -> Value {
    json!({
        "sourcedId": session.id,
        "title": session.title,
        "type": words::session_type(&session.session_type),
        "startDate": date(session.begin),
        "endDate": date(session.end),
        "parent": session.parent.as_ref().map(|id| reference("academicSession", id)),
        "schoolYear": session.school_year.map(|year| format!("{year:04}")),
    })
}

fn course(course: &Course) -> Value {
    let [subjects, codes] = subjects(&course.subjects);
    json!({
        "sourcedId": course.id,
        "title": course.title,
        "courseCode": course.code,
        "schoolYear": course.session.as_ref().map(|id| reference("academicSession", id)),
        "grades": grades(&course.grades),
        "subjects": subjects,
        "subjectCodes": codes,
        "org": course.org.as_ref().map(|id| reference("org", id)),
    })
}

fn class(class: &Class) -> Value {
    let [subjects, codes] = subjects(&class.subjects);
    json!({
        "sourcedId": class.id,
        "title": class.title,
        "classCode": class.code,
        "classType": words::class_type(&class.class_type),
        "location": class.location,
        "grades": grades(&class.grades),
        "subjects": subjects,
        "subjectCodes": codes,
        "course": class.course.as_ref().map(|id| reference("course", id)),
        "school": class.org.as_ref().map(|id| reference("org", id)),
        "terms": class.sessions.iter().map(|id| reference("academicSession", id)).collect::<Vec<_>>(),
        "periods": class.periods,
    })
}

fn enrollment(enrollment: &Enrollment, version: OneRosterVersion) -> Value {
    json!({
        "sourcedId": enrollment.id,
        "user": reference("user", &enrollment.person),
        "class": reference("class", &enrollment.class),
        "school": enrollment.org.as_ref().map(|id| reference("org", id)),
        "role": words::role(&enrollment.role, version),
        "primary": enrollment.primary.map(|primary| primary.to_string()),
        "beginDate": date(enrollment.begin),
        "endDate": date(enrollment.end),
    })
}

fn demographics(person: &Person) -> Option<Value> {
    let sensitive = person.sensitive.as_ref()?;
    let mut row = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            row.insert(key.to_owned(), value.into());
        }
    };
    put("birthDate", date(sensitive.birth_date));
    put("sex", sensitive.gender.clone());
    for (key, field) in words::DEMOGRAPHICS {
        put(key, sensitive.demographics.get(&field).cloned());
    }
    if row.is_empty() {
        return None;
    }
    row.insert("sourcedId".to_owned(), person.id.as_str().into());
    Some(row.into())
}

fn reference(kind: &str, id: &SourcedId) -> Value {
    json!({ "href": format!("https://sis.example/{kind}/{id}"), "sourcedId": id, "type": kind })
}

fn date(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn grades(grades: &[GradeLevel]) -> Vec<&str> {
    grades.iter().map(|grade| grade.raw.as_str()).collect()
}

/// Names and codes, two lists that a reader pairs by position.
fn subjects(subjects: &[Subject]) -> [Vec<&str>; 2] {
    [
        subjects.iter().filter_map(|subject| subject.name.as_deref()).collect(),
        subjects.iter().filter_map(|subject| subject.code.as_deref()).collect(),
    ]
}
