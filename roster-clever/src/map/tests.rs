//! Every word and field that Clever publishes is known.

use serde_json::{Value, json};

use super::*;
use crate::event::{self, Tells};

fn facts() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/clever-v3.1-facts.json")).unwrap()
}

fn at() -> Place {
    place("/test", 1)
}

/// An object with every field that the facts list, each with the first of its words, or with a text.
fn filled(facts: &Value, object: &str) -> Value {
    let mut filled = serde_json::Map::new();
    for (name, field) in facts["objects"][object].as_object().unwrap() {
        let of = |field: &Value| -> Value {
            if let Some(inner) = field["ref"].as_str() {
                return filled_or_text(facts, inner);
            }
            match field["enum"].get(0) {
                Some(word) => word.clone(),
                None if field["type"] == "boolean" => json!(true),
                None => json!(format!("CanaryText {name}")),
            }
        };
        let value = if field["array_of"].is_object() { json!([of(&field["array_of"])]) } else { of(field) };
        filled.insert(name.clone(), value);
    }
    filled.insert("id".to_owned(), json!("65f0000000000000000000a1"));
    Value::Object(filled)
}

fn filled_or_text(facts: &Value, object: &str) -> Value {
    if facts["objects"][object].is_object() { filled(facts, object) } else { json!("CanaryText") }
}

#[test]
fn an_object_with_every_field_is_read() {
    let facts = facts();
    for (collection, object) in [
        (Collection::Districts, "District"),
        (Collection::Schools, "School"),
        (Collection::Terms, "Term"),
        (Collection::Courses, "Course"),
        (Collection::Sections, "Section"),
        (Collection::Users, "User"),
    ] {
        let object = filled(&facts, object);
        for wants in [
            Wants::default(),
            Wants { sensitive: SensitiveField::ALL.into(), extra: true, ..Wants::default() },
        ] {
            let row = super::object(collection, &object.to_string(), &wants, &at());
            assert!(!matches!(row.said, Said::Unreadable(_) | Said::Nothing), "{collection:?}: {object}");
            let told: Vec<_> = row.problems.iter().map(|problem| problem.message.clone()).collect();
            assert!(!told.concat().contains("Canary"), "{told:?}");
        }
    }
}

#[test]
fn every_documented_event_is_known() {
    for of_type in facts()["event_types"].as_array().unwrap() {
        let of_type = of_type.as_str().unwrap();
        let object = json!({ "id": "65f0000000000000000000a1", "name": { "first": "A", "last": "B" }, "roles": { "student": {} } });
        let event =
            json!({ "data": { "id": "66a0", "type": of_type, "data": { "object": object } }, "uri": "/x" });
        let event = event::read(&event.to_string(), &Wants::default(), &at());
        let expected = if of_type.starts_with("resources.") {
            matches!(event.tells, Tells::Nothing)
        } else if of_type.ends_with(".deleted") {
            matches!(event.tells, Tells::Gone(..))
        } else {
            matches!(event.tells, Tells::Is(..))
        };
        assert!(expected && event.id.as_deref() == Some("66a0"), "{of_type}");
    }
    for (odd, shown) in [("students.updated", Some("students.updated")), ("Canary Student", None)] {
        let event = json!({ "type": odd, "data": {} });
        let event = event::read(&event.to_string(), &Wants::default(), &at());
        assert!(matches!(&event.tells, Tells::Unknown(name) if name.as_deref() == shown), "{odd}");
    }
}

#[test]
fn every_grade_is_known() {
    let facts = facts();
    for grade in facts["objects"]["Student"]["grade"]["enum"].as_array().unwrap() {
        let grade = grade.as_str().unwrap();
        assert!(grade.is_empty() || reading::level(grade).is_some(), "{grade}");
    }
}

#[test]
fn a_shrunken_object_names_what_it_does_not_tell() {
    use roster_core::{ClassField, PersonField};

    let row =
        |collection, object: Value| super::object(collection, &object.to_string(), &Wants::default(), &at());
    let section = row(Collection::Sections, json!({ "id": "s", "name": "Math", "students": ["a"] }));
    assert!(section.unseen.contains(ClassField::Org) && !section.unseen.contains(ClassField::Title));
    assert!(matches!(&section.said, Said::Section(section) if !section.seats_are_whole));
    let user = row(
        Collection::Users,
        json!({ "id": "u", "email": "", "roles": { "student": { "school": "s", "sis_id": "1" } } }),
    );
    assert!(user.unseen.contains(PersonField::Given) && user.unseen.contains(PersonField::Grades));
    // One school of several may be missing, and a number beside the SIS id.
    assert!(!user.unseen.contains(PersonField::Email) && user.unseen.contains(PersonField::Affiliations));
    assert!(user.unseen.contains(PersonField::Identifiers));
    let whole = json!({
        "id": "u", "email": null, "roles": { "student": {
            "school": "s", "schools": ["s"], "enrollments": [], "sis_id": "1", "state_id": "2", "student_number": "3", "credentials": {},
        } },
    });
    let user = row(Collection::Users, whole);
    assert!(user.unseen.contains(PersonField::Email) && !user.unseen.contains(PersonField::Affiliations));
    assert!(!user.unseen.contains(PersonField::Identifiers));
    let user =
        row(Collection::Users, json!({ "id": "u", "name": { "first": "A", "last": "B" }, "roles": null }));
    assert!(
        user.unseen.contains(PersonField::Affiliations) && user.unseen.contains(PersonField::Identifiers)
    );
    // Of a row of a list, what is not there is not there.
    let body = json!({ "data": [{ "data": { "id": "s", "name": "Math", "students": ["a"] } }] }).to_string();
    let rows = rows(Collection::Sections, body.as_bytes(), &Wants::default(), &at()).unwrap();
    assert!(rows[0].unseen.is_empty());
}

#[test]
fn seats_are_whole_only_with_a_list_of_pupils() {
    let whole = |students: Option<Value>| {
        let mut section = json!({ "id": "s", "school": "a", "name": "Math", "sis_id": "1", "subject": "math", "teachers": [] });
        if let Some(students) = students {
            section["students"] = students;
        }
        let body = json!({ "data": [{ "data": section }] }).to_string();
        let listed = rows(Collection::Sections, body.as_bytes(), &Wants::default(), &at()).unwrap().remove(0);
        let told = super::object(Collection::Sections, &section.to_string(), &Wants::default(), &at());
        [listed, told].map(|row| matches!(row.said, Said::Section(section) if section.seats_are_whole))
    };
    assert_eq!(whole(Some(json!([]))), [true, true]);
    assert_eq!(whole(Some(Value::Null)), [false, false]);
    assert_eq!(whole(None), [false, false]);
}

#[test]
fn an_event_blanks_no_fact_and_no_extra_field_that_it_does_not_tell() {
    use roster_core::PersonField;

    for (fact, carrier) in [
        ("home_language_code", "home_language_code"),
        ("gifted_status", "gifted_status"),
        ("section_504_status", "section_504_status"),
        ("disability_type", "disability"),
        ("race", "race"),
    ] {
        let field = match fact {
            "race" => DemographicField::Race,
            other => DemographicField::Other(other.to_owned()),
        };
        let shared = [field].into();
        let wants = Wants { sensitive: SensitiveField::ALL.into(), extra: true, shared };
        let mut object = json!({ "id": "u", "roles": { "student": { "hispanic_ethnicity": "Y" } } });
        let row = super::object(Collection::Users, &object.to_string(), &wants, &at());
        assert!(row.unseen.contains(PersonField::Demographics), "{fact}");
        assert!(row.unseen.contains(PersonField::Extra));
        object["roles"]["student"][carrier] =
            if carrier == "disability" { json!({ "disability_type": "x" }) } else { json!("Y") };
        object["roles"]["student"]["ext"] = json!({});
        let row = super::object(Collection::Users, &object.to_string(), &wants, &at());
        assert!(!row.unseen.contains(PersonField::Demographics), "{fact}");
        assert!(!row.unseen.contains(PersonField::Extra));
    }
}

#[test]
fn odd_types_are_taken_and_odd_structure_is_not() {
    let body = json!({ "data": [
        { "data": { "id": 7, "name": { "first": 1, "last": "B" }, "email": null, "roles": { "teacher": { "school": "s", "schools": "s" } } } },
        { "id": "flat", "name": { "first": "A" }, "roles": { "districtadmin": {}, "student": null } },
        { "data": { "id": "r", "roles": "teacher" } },
        { "data": { "name": "nobody" } },
        5,
    ] });
    let rows = rows(Collection::Users, body.to_string().as_bytes(), &Wants::default(), &at()).unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id.as_deref().unwrap_or("-")).collect();
    assert_eq!(ids, ["7", "flat", "r", "-", "-"]);
    let said: Vec<_> = rows.iter().map(|row| matches!(row.said, Said::Person(..))).collect();
    assert_eq!(said, [true, true, false, false, false]);
    let Said::Person(person, _) = &rows[0].said else { panic!() };
    assert_eq!((person.affiliations.len(), person.name.given.as_deref()), (1, Some("1")));
}

#[test]
fn a_value_of_another_form_is_unknown_and_not_empty() {
    use roster_core::PersonField::{
        Affiliations, Email, Family, Full, Given, Grades, GraduationYear, Identifiers, PreferredFamily,
        PreferredGiven, PreferredMiddle, Username,
    };

    let unseen = |part: Value| {
        let mut user = json!({ "id": "u", "name": { "first": "A", "last": "B" }, "roles": { "student": { "schools": ["s"] } } });
        let (name, value) = part.as_object().unwrap().iter().next().unwrap();
        match name.split_once('.') {
            Some((_, key)) => user["roles"]["student"][key] = value.clone(),
            None => user[name.as_str()] = value.clone(),
        }
        let body = json!({ "data": [{ "data": user }] }).to_string();
        let row = rows(Collection::Users, body.as_bytes(), &Wants::default(), &at()).unwrap().remove(0);
        assert!(matches!(row.said, Said::Person(..)));
        (row.unseen, row.problems.len())
    };
    for (part, fields) in [
        (json!({ "email": ["a@example.org"] }), vec![Email]),
        (json!({ "name": { "first": {}, "last": "B" } }), vec![Given]),
        (json!({ "name": { "first": "A", "last": [] } }), vec![Family, Full]),
        (json!({ "roles": { "student": {}, "teacher": "yes" } }), vec![Affiliations, Identifiers, Grades]),
        (json!({ "role.grade": { "id": 7 } }), vec![Grades]),
        (json!({ "role.graduation_year": [2030] }), vec![GraduationYear]),
        (json!({ "role.school": { "id": "s" } }), vec![Affiliations]),
        (json!({ "role.schools": ["s", {}] }), vec![Affiliations]),
        (json!({ "role.enrollments": ["s"] }), vec![Affiliations]),
        (json!({ "role.enrollments": [{ "school": "s", "start_date": {} }] }), vec![Affiliations]),
        (json!({ "role.sis_id": ["1"] }), vec![Identifiers]),
        (json!({ "role.credentials": "ada" }), vec![Identifiers, Username]),
        (json!({ "role.credentials": { "district_username": {} } }), vec![Identifiers, Username]),
        (json!({ "role.preferred_name": "Ada" }), vec![PreferredGiven, PreferredMiddle, PreferredFamily]),
        (json!({ "role.preferred_name": { "first": [], "last": "B" } }), vec![PreferredGiven]),
    ] {
        let (unseen, problems) = unseen(part.clone());
        assert!(fields.iter().all(|field| unseen.contains(*field)) && problems > 0, "{part}");
        if fields.len() < 3 {
            assert_eq!(unseen, FieldSet::of(fields), "{part}");
        }
    }
    // Nothing is there, and so there is nothing to be read.
    for empty in [Value::Null, json!("")] {
        for key in ["email", "role.grade", "role.school", "role.sis_id", "role.credentials"] {
            assert_eq!(unseen(json!({ key: empty })), (FieldSet::EMPTY, 0), "{key}");
        }
    }
}

#[test]
fn a_section_that_tells_no_school_and_no_teacher_of_record_blanks_neither_in_its_seats() {
    use roster_core::EnrollmentField::{Org, Primary};

    let seats = |section: Value, is_event: bool| {
        let row = if is_event {
            super::object(Collection::Sections, &section.to_string(), &Wants::default(), &at())
        } else {
            let body = json!({ "data": [{ "data": section }] }).to_string();
            rows(Collection::Sections, body.as_bytes(), &Wants::default(), &at()).unwrap().remove(0)
        };
        let Said::Section(section) = row.said else { panic!() };
        section.seats.iter().map(|seat| section.unseen_of(seat)).collect::<Vec<_>>()
    };
    let shrunken = json!({ "id": "s", "name": "Math", "students": ["a"], "teachers": ["t"] });
    let (org, both) = (FieldSet::of([Org]), FieldSet::of([Org, Primary]));
    assert_eq!(seats(shrunken.clone(), true), [both, org]);
    // A row of a list tells all that there is.
    assert_eq!(seats(shrunken, false), [FieldSet::EMPTY; 2]);
    let mut whole = json!({
        "id": "s", "school": "a", "name": "Math", "sis_id": "1", "subject": "math", "students": ["a"], "teachers": ["t"],
    });
    assert_eq!(seats(whole.clone(), true), [FieldSet::EMPTY; 2]);
    (whole["school"], whole["teacher"]) = (json!({ "id": "a" }), json!(["t"]));
    for is_event in [true, false] {
        assert_eq!(seats(whole.clone(), is_event), [both, org]);
    }
}

#[test]
fn links_are_told_by_their_rel() {
    let of = |links: Value| next(json!({ "data": [], "links": links }).to_string().as_bytes());
    assert_eq!(
        of(json!([{ "rel": "prev", "uri": "/a" }, { "rel": "next", "uri": "/b" }])),
        Next::Link("/b".to_owned())
    );
    assert_eq!(of(json!([{ "rel": "self", "uri": "/a" }])), Next::End);
    for untold in [json!([]), json!(null), json!("x"), json!([7])] {
        assert_eq!(of(untold), Next::Untold);
    }
    assert_eq!(next(b"{}"), Next::Untold);
}
