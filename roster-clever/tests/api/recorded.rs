//! Recorded answers map to exactly what is in them.

use std::collections::BTreeSet;

use roster_clever::CleverSource;
use roster_core::{
    Completeness, ContactKind, EntityKind, IdentifierScheme, PullMode, PullRequest, Record, Role,
    SensitiveField, Slice,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, path_regex, query_param},
};

use super::{Told, pull};

pub(crate) const DISTRICT: &str = "5a0c91b95c7cc000010d417c";

fn fixture(name: &str) -> Value {
    let text = match name {
        "districts" => include_str!("../fixtures/districts-v3.0.json"),
        "sections" => include_str!("../fixtures/sections-v3.0-slice.json"),
        "users" => include_str!("../fixtures/users-v3.0-slice.json"),
        "multirole" => include_str!("../fixtures/user-multirole-v3.1-synthetic.json"),
        "events1" => include_str!("../fixtures/events-v3.1-synthetic-page1.json"),
        _ => include_str!("../fixtures/events-v3.1-synthetic-page2.json"),
    };
    serde_json::from_str(text).unwrap()
}

/// A server with the recorded district; what was not recorded is empty there.
pub(crate) async fn recorded(version: &str) -> MockServer {
    let server = MockServer::start().await;
    let mut users: Vec<Value> = fixture("users")["data"].as_array().unwrap().clone();
    users.push(json!({ "data": fixture("multirole")["data"] }));
    let lists = [
        ("districts", fixture("districts")),
        ("sections", fixture("sections")),
        ("schools", json!({ "data": [], "links": [{ "rel": "self", "uri": "/x" }] })),
        (
            "terms",
            json!({ "data": [{ "data": {
            "id": "603ebb2ab452fb006c763964", "district": DISTRICT, "name": "Spring", "start_date": "2021-01-04T00:00:00.000Z", "end_date": "2021-06-11",
        } }], "links": [{ "rel": "self", "uri": "/x" }] }),
        ),
        ("courses", json!({ "data": [], "links": [{ "rel": "self", "uri": "/x" }] })),
    ];
    for (name, body) in lists {
        Mock::given(method("GET"))
            .and(path(format!("/{version}/{name}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    Mock::given(method("GET"))
        .and(path(format!("/{version}/users")))
        .respond_with(move |request: &Request| {
            let role = request
                .url
                .query_pairs()
                .find(|(key, _)| key == "role")
                .map(|(_, role)| role.into_owned())
                .unwrap();
            let held: Vec<_> =
                users.iter().filter(|user| user["data"]["roles"].get(&role).is_some()).collect();
            ResponseTemplate::new(200)
                .set_body_json(json!({ "data": held, "links": [{ "rel": "self", "uri": "/x" }] }))
        })
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(format!("/{version}/events")))
        .and(query_param("ending_before", "last"))
        .and(query_param("limit", "1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "data": [{ "data": { "id": "66a000000000000000000000", "type": "users.updated" } }], "links": [],
        })))
        .mount(&server)
        .await;
    server
}

pub(crate) fn source(server: &MockServer, version: &str) -> CleverSource {
    CleverSource::builder()
        .base_url(server.uri())
        .api_version(version)
        .district(DISTRICT)
        .token("t")
        .build()
        .unwrap()
}

async fn pulled(version: &str) -> Told {
    let server = recorded(&format!("v{version}")).await;
    let request = PullRequest::full().with_sensitive(SensitiveField::ALL);
    pull(&source(&server, version), request).await.whole()
}

#[tokio::test]
async fn the_slices_are_the_people_roles_seats_and_relationships_in_them() {
    for version in ["3.0", "3.1"] {
        let told = pulled(version).await;
        // 49 students, 4 teachers, 3 administrators, 49 contacts, and one who teaches and works there too.
        assert_eq!(told.count(EntityKind::Person), 106);
        assert_eq!((told.count(EntityKind::Class), told.count(EntityKind::Org)), (3, 1));
        let seats: BTreeSet<_> =
            told.records().into_keys().filter(|(kind, _)| *kind == EntityKind::Enrollment).collect();
        assert_eq!(seats.len(), 16 + 16 + 17 + 3 * 4);
        let mut expected = 0;
        for contact in fixture("users")["data"].as_array().unwrap() {
            expected +=
                contact["data"]["roles"]["contact"]["student_relationships"].as_array().map_or(0, Vec::len);
        }
        assert_eq!(told.count(EntityKind::Relationship), expected);
        let guardians = told.records().into_values().filter(|record| match record {
            Record::Relationship(tie) => tie.kinds.contains(&ContactKind::Guardian),
            _ => false,
        });
        assert_eq!(guardians.count(), 19);
        for kind in EntityKind::ALL {
            assert_eq!(*told.end(kind), Completeness::Complete, "{kind}");
        }
        // Each section ends its own seats.
        let sections = told
            .ends(EntityKind::Enrollment)
            .into_iter()
            .filter(|(slice, _)| matches!(slice, Slice::Of(EntityKind::Class, _)));
        assert_eq!(sections.count(), 3);
    }
}

#[tokio::test]
async fn people_are_read_with_their_roles_and_ids() {
    let told = pulled("3.1").await;
    let records = told.records();
    let person = |id: &str| match &records[&(EntityKind::Person, id.to_owned())] {
        Record::Person(person) => person.clone(),
        _ => panic!(),
    };
    let student = person("5a25ffb0c1bc2a00360003f6");
    assert_eq!((student.name.given.as_deref(), student.name.middle.as_deref()), (Some("Yvette"), Some("W")));
    assert_eq!(student.username.as_deref(), Some("yvettec36"));
    assert_eq!(student.grades[0].level.unwrap().as_str(), "10");
    let sensitive = student.sensitive.as_deref().unwrap();
    assert_eq!(sensitive.birth_date.unwrap().to_string(), "1997-05-18");
    assert_eq!(sensitive.addresses[0].postal_code.as_deref(), Some("11385"));
    // What is not shared is unknown: it is not there, and no "N".
    let facts: Vec<_> = sensitive.demographics.keys().map(roster_core::DemographicField::as_str).collect();
    assert_eq!(facts, ["hispanic_or_latino", "race"]);
    let ids: Vec<_> =
        student.identifiers.iter().map(|id| (id.scheme.as_str(), id.role.clone().unwrap())).collect();
    let schemes = ["sis_id", "state_id", "student_number", "user_name"];
    assert_eq!(ids, schemes.map(|scheme| (scheme, Role::Student)));

    let teacher = person("603ebb2ab452fb006c763989");
    assert_eq!(teacher.affiliations.len(), 3);
    assert_eq!(teacher.affiliations.iter().filter(|held| held.primary == Some(true)).count(), 1);
    assert!(
        teacher
            .identifiers
            .iter()
            .any(|id| id.scheme == IdentifierScheme::CleverLegacy && id.value == "5a25ff9fa1782763460000aa")
    );

    let contact = person("603ebb2bb452fb006c7639cd");
    assert_eq!((contact.name.full.as_deref(), contact.name.family.as_deref()), (Some("Aaron Berge"), None));
    assert!(contact.is_contact());

    let administrator = person("603ebb2ab452fb006c7639ca");
    assert_eq!(administrator.affiliations[0].role, Role::DistrictAdministrator);
    assert_eq!(administrator.affiliations[0].org.as_deref(), Some(super::recorded::DISTRICT));

    // One person in two walks is one person, once.
    let both = person("65f0000000000000000000e9");
    assert!(both.has_role(&Role::Teacher) && both.has_role(&Role::Staff));
    let sis: Vec<_> = both
        .identifiers
        .iter()
        .filter(|id| id.scheme == IdentifierScheme::SisId)
        .map(|id| id.value.as_str())
        .collect();
    assert_eq!(sis, ["ST-9", "T-9"]);
    let times = told.events.iter().filter(|event| matches!(event, roster_core::PullEvent::Upsert { record, .. } if record.id().as_str() == "65f0000000000000000000e9"));
    assert_eq!(times.count(), 1);
}

#[tokio::test]
async fn terms_are_known_by_what_they_say_and_sections_name_them_so() {
    let told = pulled("3.1").await;
    let records = told.records();
    let key = "Spring:2021-01-04:2021-06-11";
    let Record::AcademicSession(term) = &records[&(EntityKind::AcademicSession, key.to_owned())] else {
        panic!()
    };
    assert_eq!(term.identifiers[0].value, "603ebb2ab452fb006c763964");
    let Record::Class(class) = &records[&(EntityKind::Class, "5a25ffc265e950634b00017c".to_owned())] else {
        panic!()
    };
    assert_eq!(class.sessions, [key.into()]);
    // The recorded courses are not there: that is told, and the reference is unknown.
    assert_eq!(class.course, None);
    assert_eq!(told.codes().iter().filter(|code| **code == "dangling_reference").count(), 3);
    let Record::Enrollment(seat) = &records
        [&(EntityKind::Enrollment, "5a25ffc265e950634b00017c:603ebb2ab452fb006c763989:teacher".to_owned())]
    else {
        panic!()
    };
    assert_eq!((seat.primary, seat.org.as_deref()), (Some(true), Some("5a25ff950a5f621109000004")));
}

#[tokio::test]
async fn recorded_events_are_replayed_page_by_page() {
    let server = recorded("v3.1").await;
    let source = source(&server, "3.1");
    let full = pull(&source, PullRequest::full()).await.whole();
    for (after, body) in
        [("66a000000000000000000000", fixture("events1")), ("66a000000000000000000003", fixture("events2"))]
    {
        Mock::given(path("/v3.1/events"))
            .and(query_param("starting_after", after))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    Mock::given(path_regex("^/v3.1/events/66a0"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": {} })))
        .mount(&server)
        .await;
    let mut request = PullRequest::full();
    (request.mode, request.cursor) = (PullMode::Changes, full.cursor());
    let told = pull(&source, request).await.whole();
    let section = "65f0000000000000000000b1";
    assert!(told.records().contains_key(&(EntityKind::Class, section.to_owned())));
    assert_eq!(told.count(EntityKind::Enrollment), 3);
    let slice = Slice::Of(EntityKind::Class, section.into());
    assert!(told.ends(EntityKind::Enrollment).contains(&(&slice, &Completeness::Complete)));
    let last = told.events.iter().rev().find_map(|event| match event {
        roster_core::PullEvent::Delete { kind, id } => Some((*kind, id.to_string())),
        _ => None,
    });
    assert_eq!(last, Some((EntityKind::Person, "65f0000000000000000000a1".to_owned())));
    let cursors = told.events.iter().filter(|event| matches!(event, roster_core::PullEvent::Checkpoint(_)));
    assert_eq!(cursors.count(), 3, "one a page, and one at the end");
    assert!(serde_json::to_string(&told.cursor().unwrap()).unwrap().contains("66a000000000000000000004"));
}
