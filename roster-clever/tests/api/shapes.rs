//! Shapes that no fixture shows, and that a recorded district may.

use roster_core::{
    ClassField, Completeness, EntityKind, OrgType, PartialCode, Person, PersonField, PullEvent, PullMode,
    PullRequest, Record, Role, SensitiveField, Slice,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, path_regex, query_param},
};

use super::{
    Told, pull,
    recorded::{DISTRICT, recorded, source},
};

/// The recorded district, of which some lists are these.
async fn town(lists: &[(&str, Value)]) -> MockServer {
    let server = recorded("v3.1").await;
    for (list, rows) in lists {
        let mock = match list.split_once('=') {
            Some((_, role)) => Mock::given(path("/v3.1/users")).and(query_param("role", role)),
            None => Mock::given(path(format!("/v3.1/{list}"))),
        };
        // Without links, as bare as can be.
        let answer = |rows: &Value| ResponseTemplate::new(200).set_body_json(json!({ "data": rows }));
        Mock::given(path(format!("/v3.1/{}", list.split_once('?').map_or(*list, |(list, _)| list))))
            .and(|request: &wiremock::Request| {
                request.url.query().unwrap_or_default().contains("starting_after")
            })
            .respond_with(answer(&json!([])))
            .with_priority(1)
            .mount(&server)
            .await;
        mock.respond_with(answer(rows)).with_priority(2).mount(&server).await;
    }
    server
}

async fn pulled(lists: &[(&str, Value)]) -> Told {
    let server = town(lists).await;
    pull(&source(&server, "3.1"), PullRequest::full().with_sensitive(SensitiveField::ALL)).await.whole()
}

fn wrapped(rows: impl IntoIterator<Item = Value>) -> Value {
    rows.into_iter().map(|row| json!({ "data": row })).collect()
}

fn record(told: &Told, kind: EntityKind, id: &str) -> Record {
    told.records().remove(&(kind, id.to_owned())).unwrap_or_else(|| panic!("{kind} {id} was not told"))
}

fn person(told: &Told, id: &str) -> Person {
    match record(told, EntityKind::Person, id) {
        Record::Person(person) => *person,
        _ => panic!(),
    }
}

#[tokio::test]
async fn a_district_may_be_of_an_unknown_state_and_other_fields_of_any_form() {
    let district = json!({
        "id": DISTRICT.to_uppercase(), "name": "Hill Unified", "state": "archived", "nces_id": 3_620_430, "mdr_number": null,
        "login_methods": "Clever Badges", "district_contact": { "name": { "first": "CanaryName" } }, "launch_date": 0, "error": {},
        "last_sync": "yesterday", "pause_start": "", "lms_type": null,
    });
    let told = pulled(&[("districts", json!([{ "data": district, "uri": 7 }]))]).await;
    assert!(told.codes().contains(&"unknown_value"));
    let Record::Org(org) = record(&told, EntityKind::Org, &DISTRICT.to_uppercase()) else { panic!() };
    assert_eq!((org.org_type, org.identifiers[0].value.as_str()), (OrgType::District, "3620430"));
    assert_eq!(*told.end(EntityKind::Person), Completeness::Complete);
}

#[tokio::test]
async fn schools_terms_and_courses_may_lack_all_but_their_ids() {
    let told = pulled(&[
        ("schools", wrapped([json!({ "id": "s1" }), json!({ "id": 2, "name": "Two", "low_grade": 1, "high_grade": "3", "sis_id": 77 })])),
        (
            "terms",
            wrapped([
                json!({ "id": "t1" }),
                json!({ "id": "t2", "start_date": "2026-08-01", "end_date": null }),
                json!({ "id": "t3", "name": "Fall", "start_date": "2026-08-01T00:00:00.000Z", "end_date": "someday" }),
                json!({ "id": "t4", "name": "Fall", "start_date": "2026-08-01", "end_date": "someday" }),
            ]),
        ),
        ("courses", wrapped([json!({ "id": "c1", "name": "", "number": null }), json!({ "id": "c2", "number": 101 })])),
        (
            "sections",
            wrapped([
                json!({ "id": "k1", "school": "s1", "students": [] }),
                json!({ "id": "k2", "school": "2", "name": "Two", "course": "c2", "term_id": "t2", "students": [5, "5", "", null], "teachers": "9" }),
                json!({ "id": "k3", "school": "2", "name": "Three", "course": { "id": "c2" }, "term_id": "t9", "students": ["5"], "teacher": "9", "grade": 7, "period": 2 }),
            ]),
        ),
    ])
    .await;
    let Record::Org(two) = record(&told, EntityKind::Org, "2") else { panic!() };
    assert_eq!((two.grades.len(), two.identifiers[0].value.as_str()), (3, "77"));
    // The same words and dates are the same term, however the dates are written.
    assert_eq!((told.count(EntityKind::AcademicSession), told.count(EntityKind::Course)), (3, 2));
    assert_eq!(told.count(EntityKind::Class), 3);
    let seats = |class: &str| {
        let records = told.records();
        records.keys().filter(|(kind, id)| *kind == EntityKind::Enrollment && id.starts_with(class)).count()
    };
    assert_eq!((seats("k1"), seats("k2"), seats("k3")), (0, 2, 2));
    let Record::Class(class) = record(&told, EntityKind::Class, "k2") else { panic!() };
    assert_eq!((class.course.as_deref(), class.sessions.len()), (Some(":101"), 1));
    // What can't be found, or is of no form, is unknown and not empty.
    let unseen = told.events.iter().find_map(|event| match event {
        PullEvent::Upsert { record, unseen, .. } if record.id().as_str() == "k3" => Some(*unseen),
        _ => None,
    });
    assert!(unseen.unwrap().contains(ClassField::Course) && unseen.unwrap().contains(ClassField::Sessions));
    for class in ["k1", "k2", "k3"] {
        let slice = Slice::Of(EntityKind::Class, class.into());
        assert!(told.ends(EntityKind::Enrollment).contains(&(&slice, &Completeness::Complete)), "{class}");
    }
}

#[tokio::test]
async fn schools_of_a_pupil_stand_in_three_places() {
    let student = |id: &str, role: Value| json!({ "id": id, "name": { "first": "A", "last": "B" }, "roles": { "student": role } });
    let attended = |school: &str| json!({ "school": school, "start_date": "2026-08-01", "end_date": "" });
    let told = pulled(&[(
        "users?role=student",
        wrapped([
            student("p1", json!({ "school": "a", "schools": ["a", "b"], "enrollments": [attended("b")] })),
            student("p2", json!({ "school": "a" })),
            student("p3", json!({ "schools": ["b"] })),
            // As those have it who read enrollments alone.
            student("p4", json!({ "enrollments": [attended("c"), attended("d")] })),
            student("p5", json!({ "school": null, "schools": null, "enrollments": null })),
            // A school that was attended once, and is none of those that are.
            student("p6", json!({ "school": "a", "schools": ["a"], "enrollments": [attended("z")] })),
        ]),
    )])
    .await;
    let schools = |id: &str| {
        let person = person(&told, id);
        assert!(person.affiliations.iter().all(|held| held.role == Role::Student));
        person
            .affiliations
            .iter()
            .map(|held| held.org.clone().map_or("-".to_owned(), |org| org.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(schools("p1"), ["a", "b"]);
    assert_eq!((schools("p2"), schools("p3")), (vec!["a".to_owned()], vec!["b".to_owned()]));
    assert_eq!(schools("p4"), ["c", "d"]);
    assert_eq!((schools("p5"), schools("p6")), (vec!["-".to_owned()], vec!["a".to_owned()]));
    assert!(person(&told, "p4").affiliations[0].begin.is_some());
}

#[tokio::test]
async fn contacts_may_have_no_students_and_administrators_either_spelling() {
    let contact = |id: &str, ties: Value| json!({ "id": id, "name": { "last": "Ada Moss" }, "roles": { "contact": { "student_relationships": ties } } });
    let told = pulled(&[
        (
            "users?role=contact",
            wrapped([
                contact("c1", json!([])),
                contact("c2", Value::Null),
                contact("c3", json!([{ "student": 5, "relationship": "", "type": null }, { "student": "", "type": "Emergency" }])),
            ]),
        ),
        (
            "users?role=district_admin",
            wrapped([
                json!({ "id": "a1", "district": DISTRICT, "name": { "last": "B" }, "roles": { "districtadmin": {} } }),
                json!({ "id": "a2", "district": DISTRICT, "name": "Ada Moss", "roles": { "district_admin": { "title": null } } }),
            ]),
        ),
        ("users?role=staff", wrapped([json!({ "id": "w1", "name": {}, "roles": { "staff": { "staff_id": 5, "schools": "s1", "roles": ["x"] } } })])),
        (
            "users?role=teacher",
            wrapped([
                json!({ "id": "n1", "name": { "last": "B" }, "roles": {} }),
                json!({ "id": "n2", "name": { "last": "B" }, "roles": { "librarian": { "school": "s1" } } }),
            ]),
        ),
    ])
    .await;
    assert_eq!(told.count(EntityKind::Relationship), 1);
    for id in ["a1", "a2"] {
        assert_eq!(person(&told, id).affiliations[0].role, Role::DistrictAdministrator, "{id}");
        assert_eq!(person(&told, id).affiliations[0].org.as_deref(), Some(DISTRICT), "{id}");
    }
    assert_eq!(person(&told, "w1").identifiers[0].value, "5");
    // Without a role somebody is a person all the same, since the host wants contacts too.
    assert!(person(&told, "n1").affiliations.is_empty());
    assert_eq!(person(&told, "n2").affiliations[0].role, Role::Other("librarian".to_owned()));
    for code in ["missing_role", "unknown_role"] {
        assert!(told.codes().contains(&code), "{code}");
    }
    // One relationship names no student: that contact's are not whole, the others' are.
    let partial = told
        .ends(EntityKind::Relationship)
        .into_iter()
        .find(|(slice, _)| **slice == Slice::Of(EntityKind::Person, "c3".into()));
    assert!(matches!(partial.unwrap().1, Completeness::Partial { code: PartialCode::Unreadable, .. }));
}

/// What events say, after a full pull of the recorded district.
async fn replayed(events: &[Value]) -> Told {
    let server = recorded("v3.1").await;
    let source = source(&server, "3.1");
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    let full = pull(&source, request.clone()).await.whole();
    Mock::given(path("/v3.1/events"))
        .and(query_param("starting_after", "66a000000000000000000000"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "data": events, "links": [{ "rel": "self", "uri": "/x" }] })),
        )
        .mount(&server)
        .await;
    Mock::given(path_regex("^/v3.1/events/66a0"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": {} })))
        .mount(&server)
        .await;
    let mut changes = request;
    (changes.mode, changes.cursor) = (PullMode::Changes, full.cursor());
    pull(&source, changes).await.whole()
}

fn event(number: u32, of_type: &str, data: &Value) -> Value {
    json!({ "data": { "id": format!("66a0000000000000000001{number:02}"), "type": of_type, "data": data } })
}

fn needs_full(told: &Told, kind: EntityKind) -> bool {
    told.ends(kind)
        .into_iter()
        .any(|(_, how)| matches!(how, Completeness::Partial { code: PartialCode::NeedsFull, .. }))
}

#[tokio::test]
async fn events_without_what_they_are_about_make_the_next_pull_a_full_one() {
    for data in [
        json!({ "object": null }),
        json!({}),
        json!({ "object": {} }),
        json!({ "object": "x" }),
        json!({ "object": [] }),
    ] {
        for of_type in ["users.updated", "users.deleted"] {
            let told = replayed(&[event(1, of_type, &data)]).await;
            assert!(needs_full(&told, EntityKind::Person), "{of_type} {data}");
            assert!(!needs_full(&told, EntityKind::Class), "{of_type} {data}");
            assert_eq!(told.records().len(), 0);
        }
    }
    // What is no event at all may be about anything.
    for odd in [
        json!({ "data": { "id": "66a000000000000000000101", "type": "users.updated", "data": "x" } }),
        json!({ "data": [] }),
        json!(7),
        json!({}),
    ] {
        let told = replayed(std::slice::from_ref(&odd)).await;
        assert!(needs_full(&told, EntityKind::Person), "{odd}");
        assert!(told.codes().contains(&"malformed_record"), "{odd}");
    }
}

#[tokio::test]
async fn events_of_other_forms_and_versions_are_told_and_harm_nobody() {
    let known = "65f0000000000000000000a1";
    let object = json!({ "id": known, "name": { "first": "A", "last": "B" }, "roles": { "teacher": { "school": "s", "schools": ["s"] } } });
    let told = replayed(&[
        event(1, "students.updated", &json!({ "object": object })),
        event(2, "users.merged", &json!({ "object": object })),
        event(3, "schooladmins.deleted", &json!({ "object": { "id": known } })),
        event(4, "", &json!({ "object": object })),
        // Unwrapped, as no page shows: it is understood all the same.
        json!({ "id": "66a000000000000000000105", "type": "users.created", "data": { "object": object }, "previous_attributes": null }),
    ])
    .await;
    let unknown = told.codes().into_iter().filter(|code| *code == "unknown_event").count();
    assert_eq!((unknown, told.count(EntityKind::Person)), (3, 1));
    assert!(person(&told, known).has_role(&Role::Teacher));
    // The type of the fourth can't be told, nor what it is about.
    assert!(needs_full(&told, EntityKind::Person));
    let cursor = serde_json::to_string(&told.cursor().unwrap()).unwrap();
    assert!(cursor.contains("66a000000000000000000105"), "{cursor}");
}

#[tokio::test]
async fn an_event_with_empty_roles_loses_nobody() {
    let id = "5a25ffb0c1bc2a00360003f6";
    let of = |roles: Value| json!({ "object": { "id": id, "name": { "first": "A", "last": "B" }, "roles": roles } });
    let unseen = |told: &Told| {
        told.events.iter().find_map(|event| match event {
            PullEvent::Upsert { record, unseen, .. } if record.id().as_str() == id => Some(*unseen),
            _ => None,
        })
    };
    let told = replayed(&[event(1, "users.updated", &of(Value::Null))]).await;
    assert!(unseen(&told).unwrap().contains(PersonField::Affiliations));
    // An object that names each role says that they hold none; a role that is null is not held.
    for roles in [json!({}), json!({ "student": null })] {
        let told = replayed(&[event(1, "users.updated", &of(roles))]).await;
        assert!(told.codes().contains(&"missing_role"));
        assert!(person(&told, id).affiliations.is_empty());
    }
}
