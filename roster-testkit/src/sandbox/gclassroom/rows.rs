//! A district as Google has it: org units, users, courses and guardians' links.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AccountState, Affiliation, ClassState, ContactKind, IdentifierScheme, OrgType, Person, Role, SourcedId,
};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use crate::district::District;

/// Whose units are of no school.
pub(super) const OFFICE: &str = "District Office";

/// A district as Google has it.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) units: Vec<Value>,
    /// By id.
    pub(super) users: BTreeMap<String, Value>,
    pub(super) courses: BTreeMap<String, Course>,
    pub(super) guardians: BTreeMap<String, Value>,
}

/// A course, and who is in it.
pub(super) struct Course {
    pub(super) row: Value,
    pub(super) students: BTreeMap<String, Value>,
    pub(super) teachers: BTreeMap<String, Value>,
    pub(super) aliases: BTreeMap<String, Value>,
}

/// An account's id, of 21 digits, which no machine number holds.
pub(super) fn account(id: &str) -> String {
    format!("1{:020}", xxh3_64(id.as_bytes()))
}

/// A course's id.
pub(super) fn course(id: &str) -> String {
    format!("6{:014}", xxh3_64(id.as_bytes()) % 100_000_000_000_000)
}

/// An org unit's id.
pub(super) fn unit(id: &str) -> String {
    format!("id:{:016x}", xxh3_64(id.as_bytes()))
}

/// The root unit's id.
pub(super) fn root(district: &District) -> String {
    unit(&format!("root-{}", district.spec().seed()))
}

/// The account of the domain's administrator, who is nobody of the district.
pub(super) fn administrator(district: &District) -> String {
    account(&format!("administrator-{}", district.spec().seed()))
}

/// What makes a person a user of the domain: the first role that is no contact's.
pub(super) fn post(person: &Person) -> Option<&Affiliation> {
    person.affiliations.iter().find(|affiliation| !affiliation.role.is_contact())
}

/// The school of a post, and its name.
pub(super) fn school<'d>(
    district: &'d District,
    org: Option<&SourcedId>,
) -> Option<(&'d SourcedId, &'d str)> {
    let found = district.orgs.iter().find(|it| Some(&it.id) == org && it.org_type == OrgType::School)?;
    Some((&found.id, &found.name))
}

/// The grade in a pupil's unit.
pub(super) fn grade(person: &Person) -> &str {
    person.grades.first().map_or("UG", |grade| grade.raw.as_str())
}

/// The path of a person's unit.
pub(super) fn path(district: &District, person: &Person) -> Option<String> {
    let post = post(person)?;
    let school = school(district, post.org.as_ref()).map_or(OFFICE, |(_, name)| name);
    Some(match &post.role {
        Role::Student => format!("/Students/{school}/{}", grade(person)),
        role => format!("/Staff/{school}/{role}"),
    })
}

/// Who the owner of a class is: its main teacher, any teacher, or the domain's administrator.
pub(super) fn owner<'d>(seats: &[&'d roster_core::Enrollment]) -> Option<&'d SourcedId> {
    let mut teachers = seats.iter().filter(|seat| seat.role != Role::Student);
    let first = teachers.clone().next().map(|seat| &seat.person);
    teachers.find(|seat| seat.primary == Some(true)).map(|seat| &seat.person).or(first)
}

/// The seats of each class.
pub(super) fn seats(district: &District) -> BTreeMap<&SourcedId, Vec<&roster_core::Enrollment>> {
    let mut seats: BTreeMap<_, Vec<_>> =
        district.classes.iter().map(|class| (&class.id, Vec::new())).collect();
    for seat in &district.enrollments {
        seats.entry(&seat.class).or_default().push(seat);
    }
    seats
}

/// Whether a relationship is a guardian's.
pub(super) fn is_guardian(kinds: &BTreeSet<ContactKind>) -> bool {
    kinds.contains(&ContactKind::Guardian)
}

impl Rows {
    /// `emails`: whether courses show addresses.
    pub(super) fn of(district: &District, emails: bool) -> Self {
        let people: BTreeMap<_, _> = district.people.iter().map(|person| (&person.id, person)).collect();
        let mut rows = Self { units: units(district), ..Self::default() };
        for person in &district.people {
            if let Some(path) = path(district, person) {
                rows.users.insert(account(&person.id), user(person, &path));
            }
        }
        rows.users.insert(
            administrator(district),
            json!({ "id": administrator(district), "primaryEmail": "admin@domain.example", "isAdmin": true,
                "name": { "givenName": "Root", "familyName": "Admin", "fullName": "Root Admin" },
                "orgUnitPath": "/Service", "suspended": false, "archived": false }),
        );
        let seats = seats(district);
        for class in &district.classes {
            let seats = seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
            rows.courses.insert(course(&class.id), course_of(district, class, seats, &people, emails));
        }
        for tie in district.relationships.iter().filter(|tie| is_guardian(&tie.kinds)) {
            let (student, guardian) = (account(&tie.student), account(&tie.contact));
            let Some(person) = people.get(&tie.contact) else { continue };
            let row = json!({
                "studentId": student, "guardianId": guardian, "guardianProfile": profile(person, true),
                "invitedEmailAddress": person.email,
            });
            rows.guardians.insert(format!("{student} {guardian}"), row);
        }
        rows
    }
}

fn units(district: &District) -> Vec<Value> {
    let root = root(district);
    let mut units = vec![json!({ "name": "domain", "orgUnitPath": "/", "orgUnitId": root })];
    let mut add = |key: &str, name: &str, above: &str| {
        let path = format!("{}/{name}", above.trim_end_matches('/'));
        units.push(json!({
            "name": name, "orgUnitPath": path, "orgUnitId": unit(key), "parentOrgUnitPath": above,
            "parentOrgUnitId": if above == "/" { root.clone() } else { unit(above) },
        }));
    };
    add("/Students", "Students", "/");
    add("/Staff", "Staff", "/");
    for org in district.orgs.iter().filter(|org| org.org_type == OrgType::School) {
        add(&org.id, &org.name, "/Students");
        add(&format!("staff-{}", org.id), &org.name, "/Staff");
    }
    units
}

fn user(person: &Person, path: &str) -> Value {
    let ids: Vec<_> = person
        .identifiers
        .iter()
        .filter_map(|id| match &id.scheme {
            IdentifierScheme::SisId => Some(json!({ "type": "organization", "value": id.value })),
            IdentifierScheme::StudentNumber | IdentifierScheme::StaffNumber => {
                Some(json!({ "type": "custom", "customType": "number", "value": id.value }))
            }
            _ => None,
        })
        .collect();
    // Typed as `any` by Google: a list, one object, or null.
    let ids = match ids.len() {
        0 => Value::Null,
        1 => ids.into_iter().next().unwrap_or_default(),
        _ => Value::Array(ids),
    };
    let title = post(person).and_then(|post| post.title.clone());
    json!({
        "kind": "admin#directory#user", "id": account(&person.id), "primaryEmail": person.email,
        "name": name(person), "isAdmin": false, "orgUnitPath": path, "externalIds": ids,
        "suspended": person.account == AccountState::Suspended, "archived": person.account == AccountState::Archived,
        "organizations": title.map(|title| json!([{ "title": title, "primary": true, "department": "School" }])),
        "aliases": person.email.as_ref().map(|email| vec![format!("alias.{email}")]),
        "recoveryEmail": "never-to-be-read@domain.example",
    })
}

fn name(person: &Person) -> Value {
    let parts = [&person.name.given, &person.name.family];
    let full: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    json!({ "givenName": person.name.given, "familyName": person.name.family, "fullName": full.join(" ") })
}

fn profile(person: &Person, emails: bool) -> Value {
    let mut profile = json!({
        "id": account(&person.id), "name": name(person), "photoUrl": "//photos.domain.example/x", "permissions": [],
    });
    if let (true, Some(email), Some(profile)) = (emails, &person.email, profile.as_object_mut()) {
        profile.insert("emailAddress".to_owned(), json!(email));
    }
    profile
}

fn course_of(
    district: &District,
    class: &roster_core::Class,
    seats: &[&roster_core::Enrollment],
    people: &BTreeMap<&SourcedId, &Person>,
    emails: bool,
) -> Course {
    let id = course(&class.id);
    let owner = owner(seats).map_or_else(|| administrator(district), |owner| account(owner));
    let state = match class.state {
        ClassState::Archived => "ARCHIVED",
        ClassState::Upcoming => "PROVISIONED",
        ClassState::Inactive => "SUSPENDED",
        _ => "ACTIVE",
    };
    let row = json!({
        "id": id, "name": class.title, "section": class.periods.first(), "room": class.location, "ownerId": owner,
        "creationTime": "2026-08-20T14:03:21.215123456Z", "updateTime": "2026-08-21T09:10:11Z", "courseState": state,
        "enrollmentCode": format!("never-to-be-read-{id}"), "guardiansEnabled": true,
        "alternateLink": format!("https://classroom.domain.example/c/{id}"),
        "subject": class.subjects.first().and_then(|subject| subject.name.clone()),
        "levels": class.grades.first().map(|grade| grade.raw.clone()),
    });
    let members = |student: bool| -> BTreeMap<String, Value> {
        let these = seats.iter().filter(|seat| (seat.role == Role::Student) == student);
        these
            .filter_map(|seat| {
                let person = people.get(&seat.person)?;
                let user = account(&seat.person);
                let row = json!({ "courseId": id, "userId": user, "profile": profile(person, emails) });
                Some((user, row))
            })
            .collect()
    };
    let aliases = [format!("d:sis:{}", class.id), "p:of-our-project".to_owned()];
    let aliases = aliases.into_iter().map(|alias| (alias.clone(), json!({ "alias": alias }))).collect();
    Course { row, students: members(true), teachers: members(false), aliases }
}
