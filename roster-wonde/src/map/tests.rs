//! From fixtures to records.

use roster_core::{ClassType, IdentifierScheme, Level, Role, jiff::civil::date};
use roster_http::json::read_raw_rows;

use super::{
    school::{School, SchoolYear},
    *,
};

const CURRENT: SchoolYear = SchoolYear { first: 2025, calendar: false };

#[expect(clippy::disallowed_methods, reason = "a fixture of this crate")]
fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn the_school() -> School {
    let text = fixture("school");
    let raw = crate::client::rows(text.as_bytes()).unwrap().remove(0);
    School::read(&serde_json::from_str(raw.get()).unwrap()).unwrap()
}

fn everything() -> Wants {
    Wants { sensitive: SensitiveField::ALL.into(), ..Wants::default() }
}

fn rows<T>(name: &str, mut map: impl FnMut(&RawValue) -> T) -> Vec<T> {
    read_raw_rows(fixture(name).as_bytes(), "data", &mut map).unwrap()
}

fn people(name: &str, wants: &Wants) -> Vec<roster_core::Person> {
    let (school, at) = (the_school(), place("/schools/{id}/students", 1));
    rows(name, |raw| student(raw, &school, wants, &at).unwrap().mapped.record)
}

#[test]
fn students_of_the_fixtures() {
    let mut students = people("students_page1", &everything());
    students.extend(people("students_page2", &everything()));
    let born: Vec<_> =
        students.iter().map(|student| student.sensitive.as_ref().and_then(|all| all.birth_date)).collect();
    // Midnight in London in June stays in June.
    assert_eq!(
        born,
        [Some(date(2015, 10, 25)), Some(date(2016, 3, 27)), Some(date(2021, 6, 30)), Some(date(2021, 1, 2))]
    );
    let upns: Vec<_> = students
        .iter()
        .flat_map(|student| &student.identifiers)
        .filter(|id| id.scheme == IdentifierScheme::Upn)
        .map(|id| id.value.as_str())
        .collect();
    assert_eq!(upns, ["B801200005001", "P80120000526A"]);
    let levels: Vec<_> =
        students.iter().map(|student| student.grades.first().and_then(|grade| grade.level)).collect();
    assert_eq!(levels, [Some(Level::Number(5)), Some(Level::Number(5)), Some(Level::PreKindergarten), None]);
    let tags: Vec<Vec<&str>> =
        students.iter().map(|one| one.groups.iter().map(|tag| tag.group_type.as_str()).collect()).collect();
    assert_eq!(tags, [vec!["HOUSE", "REGISTRATION"], vec!["REGISTRATION"], vec!["REGISTRATION"], vec![]]);
    let legal = students[1].sensitive.as_ref().unwrap().legal_name.as_ref().unwrap();
    assert_eq!(legal.given.as_deref(), Some("Zoe"));
    assert!(students[0].sensitive.as_ref().unwrap().legal_name.is_none());
    assert_eq!(
        students[2].sensitive.as_ref().unwrap().gender.as_deref(),
        Some("not stated/inadequately described")
    );
}

#[test]
fn what_nobody_asked_for_is_not_there() {
    let students = people("students_page1", &Wants::default());
    assert!(students.iter().all(|student| student.sensitive.is_none() && student.extra.is_empty()));
}

#[test]
fn staff_of_the_fixtures() {
    let (school, at) = (the_school(), place("/schools/{id}/employees", 1));
    let staff = rows("employees", |raw| employee(raw, &school, &Wants::default(), &at).unwrap());
    let current: Vec<_> = staff.iter().map(|one| one.current).collect();
    assert_eq!(current, [Some(true), Some(true), Some(false)]);
    let green = &staff[0].mapped.record;
    assert_eq!(green.email.as_deref(), Some("s.green@example.sch.uk"));
    assert!(green.has_role(&Role::Teacher) && staff[1].mapped.record.has_role(&Role::Staff));
    assert_eq!(green.affiliations[0].begin, Some(date(2019, 9, 1)));
    assert_eq!(staff[1].mapped.record.email, None);
}

#[test]
fn classes_and_groups_of_the_fixtures() {
    let (school, at) = (the_school(), place("/schools/{id}/classes", 1));
    let wants = Wants::default();
    let classes = rows("classes", |raw| class(raw, &school, CURRENT, &wants, &at).unwrap());
    let courses: Vec<_> =
        classes.iter().map(|one| one.mapped.record.course.as_ref().unwrap().as_str()).collect();
    assert_eq!(courses, ["A1000000501", "A1000000502"]);
    assert_eq!(classes[0].students.as_ref().unwrap().people.len(), 1);
    assert_eq!(classes[1].students.as_ref().unwrap().people.len(), 0);
    let groups = rows("groups_registration", |raw| {
        let group = group(EntityKind::Class, raw, &at).unwrap();
        assert!(group.is("REGISTRATION") && !group.is("HOUSE"));
        group.class(raw, &school, CURRENT, &wants, &at)
    });
    let titles: Vec<_> = groups.iter().map(|one| one.mapped.record.title.as_str()).collect();
    assert_eq!(titles, ["5D", "RF"]);
    assert!(groups.iter().all(|one| one.mapped.record.class_type == ClassType::Registration));
}

fn student_json(json: &serde_json::Value) -> (roster_core::Person, Vec<Problem>, FieldSet) {
    let text = json.to_string();
    let raw: &RawValue = serde_json::from_str(&text).unwrap();
    let read = student(raw, &the_school(), &everything(), &place("/x", 1)).map_err(|_| ()).unwrap().mapped;
    (read.record, read.problems, read.unseen)
}

#[test]
fn every_value_may_be_of_another_type() {
    use serde_json::json;
    let (person, problems, _) = student_json(&json!({
        "id": 17, "mis_id": 9901, "upi": null, "forename": "", "legal_forename": "Amara", "surname": "O'Neill",
        "gender": "redacted for privacy", "date_of_birth": null, "year": "7", "house": [],
        "registration": {"data": [{"id": "A9", "name": null, "code": "7B"}]},
        "education_details": {"data": [{"current_nc_year": 7, "upn": " b801200005001 "}]},
        "contact_details": {"emails": {"email": "a@x.example"}}, "contacts": {"data": null},
    }));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((person.id.as_str(), person.name.given.as_deref()), ("17", Some("Amara")));
    assert_eq!(person.email.as_deref(), Some("a@x.example"));
    assert_eq!(person.groups[0].name.as_deref(), Some("7B"));
    assert_eq!(person.sensitive.as_ref().unwrap().gender.as_deref(), Some("redacted for privacy"));
    assert_eq!(person.grades[0].level, Some(Level::Number(7)));
    let (person, problems, unseen) = student_json(&json!({
        "id": "A1", "forename": {"x": 1}, "date_of_birth": "soon", "education_details": {"upn": "A801200005001"},
    }));
    let codes: Vec<_> = problems.iter().map(|problem| &*problem.code).collect();
    assert_eq!(codes, ["malformed_value", "bad_date", "bad_upn"]);
    assert!(
        unseen.contains(roster_core::PersonField::Given)
            && unseen.contains(roster_core::PersonField::BirthDate)
    );
    assert_eq!(person.name.given, None);
}

#[test]
fn a_relationship_stands_on_either_side_in_any_form() {
    use serde_json::json;
    for (relationship, relation, priority) in [
        (
            json!({"relationship": "Mother", "parental_responsibility": true, "priority": 1}),
            Some("Mother"),
            Some(1),
        ),
        (
            json!({"data": {"relationship": "Mother", "priority": "2", "bill_payer": true}}),
            Some("Mother"),
            Some(2),
        ),
        (json!("Mother"), Some("Mother"), None),
        (json!(null), None, None),
        (json!({"relationship": null, "lives_with_pupil": null}), None, None),
    ] {
        let text = json!({"id": "S1", "contacts": {"data": [{"id": "C1", "relationship": relationship}]}})
            .to_string();
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let at = place("/x", 1);
        let student = student(raw, &the_school(), &everything(), &at).map_err(|_| ()).unwrap();
        let nested = student.contacts.unwrap().0.remove(0);
        let tie = nested.tie.relationship(&"S1".into(), &nested.id);
        assert_eq!((tie.relation.as_deref(), tie.priority), (relation, priority), "{text}");
        let text = json!({"id": "C1", "students": [{"id": "S1", "relationship": relationship}]}).to_string();
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let other = person::students_of(raw).0.remove(0);
        assert!(other.tie.relationship(&other.id, &"C1".into()) == tie, "{text}");
    }
}

#[test]
fn a_row_that_is_none_is_told_by_its_id_if_it_has_one() {
    for (json, id) in [("[]", None), ("{}", None), (r#"{"id":""}"#, None), ("\"Canary\"", None)] {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let problem = student(raw, &the_school(), &everything(), &place("/x", 1)).err().unwrap();
        assert_eq!(problem.id, id, "{json}");
        assert!(!problem.message.contains("Canary"));
    }
}

#[test]
fn check_letters_are_those_of_the_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(&fixture("upn_vectors")).unwrap();
    for vector in vectors {
        let upn = vector["upn"].as_str().unwrap();
        let valid = roster_core::upn::check(upn).is_some();
        assert_eq!(valid, vector["valid"].as_bool().unwrap(), "{upn}");
    }
}

#[test]
fn a_relationship_of_nulls_tells_nothing() {
    let of = |json: &str| {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        students_of(&raw).0.remove(0).tie.is_told()
    };
    assert!(!of(
        r#"{"id":"C1","students":[{"id":"A1","relationship":{"relationship":null,"priority":null}}]}"#
    ));
    assert!(of(
        r#"{"id":"C1","students":[{"id":"A1","relationship":{"relationship":"Mother","priority":null}}]}"#
    ));
}

#[test]
fn gender_identity_is_as_sensitive_as_the_gender() {
    let json = r#"{"id":"A1","gender_identity":"Canary","colour":"red"}"#;
    let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
    let (school, at) = (the_school(), place("/schools/{id}/students", 1));
    let extra = |wants: &Wants| student(&raw, &school, wants, &at).unwrap().mapped.record.extra;
    let plain = extra(&Wants { extra: true, ..Wants::default() });
    assert_eq!(plain.keys().map(String::as_str).collect::<Vec<_>>(), ["colour"]);
    assert!(extra(&Wants { extra: true, ..everything() }).contains_key("gender_identity"));
}
