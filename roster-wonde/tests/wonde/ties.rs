//! What a contact is to a student, told by both of them.

use roster_core::{
    ContactKind, EntityKind, PullRequest, Record, Relationship, RelationshipField, Role, SensitiveField,
    Slice,
};
use serde_json::json;

use super::{
    Told,
    foreign::{fixture, people, school, source},
    pull,
};

fn sees_contacts() -> PullRequest {
    let mut request = PullRequest::full();
    request.sensitive.insert(SensitiveField::Contacts);
    request
}

fn tie(told: &Told, contact: &str) -> Relationship {
    let mut ties = told.records.values().filter_map(|record| match record {
        Record::Relationship(tie) if tie.contact == contact.into() => Some(*tie.clone()),
        _ => None,
    });
    ties.next().unwrap()
}

async fn told(of_student: serde_json::Value, of_contact: serde_json::Value) -> Told {
    let student = json!({ "id": "S1", "forename": "Ann", "contacts": { "data": [
        { "id": "C1", "forename": "Bea", "relationship": of_student },
    ] } });
    let contact = json!({ "id": "C1", "forename": "Bea", "students": { "data": [
        { "id": "S1", "relationship": of_contact },
    ] } });
    let lists = [
        ("students", json!({ "data": [student] })),
        ("employees", fixture("employees")),
        ("contacts", json!({ "data": [contact] })),
    ];
    let told = pull(&source(&school(&lists).await), sees_contacts()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    told
}

#[tokio::test]
async fn each_side_tells_what_the_other_does_not() {
    let told = told(
        json!({ "relationship": "Mother", "parental_responsibility": null, "priority": 1 }),
        json!({ "relationship": " mother", "parental_responsibility": true, "lives_with_pupil": false }),
    )
    .await;
    let tie = tie(&told, "C1");
    assert_eq!((tie.relation.as_deref(), tie.priority), (Some("Mother"), Some(1)));
    assert_eq!((tie.parental_responsibility, tie.lives_with), (Some(true), Some(false)));
    assert_eq!(tie.kinds, [ContactKind::Guardian, ContactKind::Primary].into());
    assert!(!told.codes().contains(&"relationship_differs") && told.unseen[&tie.id].is_empty());
}

#[tokio::test]
async fn where_they_differ_it_is_told_and_the_student_counts() {
    let told = told(
        json!({ "relationship": "Mother", "priority": 1 }),
        json!({ "relationship": "Aunt", "priority": 2, "lives_with_pupil": true }),
    )
    .await;
    let tie = tie(&told, "C1");
    assert_eq!(
        (tie.relation.as_deref(), tie.priority, tie.lives_with),
        (Some("Mother"), Some(1), Some(true))
    );
    let differing = told.problems.iter().filter(|problem| problem.code == "relationship_differs");
    let fields: Vec<_> = differing
        .map(|problem| {
            assert!(!problem.message.contains("Aunt") && problem.id.as_ref() == Some(&tie.id));
            problem.field.as_deref().unwrap()
        })
        .collect();
    assert_eq!(fields, ["relationship", "priority"]);
}

#[tokio::test]
async fn a_side_that_did_not_come_is_not_silent() {
    let lists = [
        ("students", fixture("students_no_pagination")),
        ("employees", fixture("employees")),
        (
            "contacts",
            json!({ "data": [{ "id": "C9", "surname": "Invented", "students": { "data": [{ "id": "S9" }] } }] }),
        ),
    ];
    let server = school(&lists).await;
    let source = source(&server);
    let first = pull(&source, sees_contacts()).await;
    let mut request = sees_contacts();
    request.mode = PullRequest::changes(first.cursor.clone().unwrap()).mode;
    request.cursor = first.cursor;
    let told = pull(&source, request).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    // The contact changed, and says but whose it is. What the student's row says of it stays.
    let unseen = told.unseen[&tie(&told, "C9").id];
    for field in [RelationshipField::Relation, RelationshipField::Kinds, RelationshipField::Priority] {
        assert!(unseen.contains(field), "{field:?}");
    }
}

#[tokio::test]
async fn contacts_on_either_side_are_one() {
    let student = json!({ "id": "S1", "forename": "Ann", "contacts": { "data": [
        { "id": "C1", "forename": "Bea", "relationship": { "relationship": "Mother", "parental_responsibility": true } },
        { "id": "C2", "forename": "Cal" },
    ] } });
    let contacts = json!({ "data": [
        { "id": "C2", "forename": "Cal", "students": { "data": [{ "id": "S1", "relationship": "Uncle" }] } },
        { "id": "C3", "forename": "Dan", "students": null },
    ] });
    let lists = [
        ("students", json!({ "data": [student] })),
        ("employees", fixture("employees")),
        ("contacts", contacts),
    ];
    let server = school(&lists).await;
    let told = pull(&source(&server), PullRequest::full().with_sensitive([SensitiveField::Contacts])).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert_eq!(people(&told, &Role::Contact), 3);
    let relations: Vec<_> = (told.records.values())
        .filter_map(|record| match record {
            Record::Relationship(tie) => Some((tie.contact.to_string(), tie.relation.clone())),
            _ => None,
        })
        .collect();
    let expected =
        [("C1".to_owned(), Some("Mother".to_owned())), ("C2".to_owned(), Some("Uncle".to_owned()))];
    assert_eq!(relations, expected);
}

#[tokio::test]
async fn contacts_without_a_readable_id_end_no_relationship() {
    for (contacts, partial) in [
        (json!([{ "id": null, "surname": "Invented" }]), true),
        (json!([{ "id": "A12", "surname": "Invented" }]), false),
    ] {
        let student = json!({ "id": "A1", "surname": "Invented", "contacts": { "data": contacts } });
        let server =
            school(&[("students", json!({ "data": [student] })), ("employees", fixture("employees"))]).await;
        let told = pull(&source(&server), sees_contacts()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert_eq!(told.all(EntityKind::Relationship).is_partial(), partial);
    }
    let student = json!({ "id": "A1", "surname": "Invented", "contacts": { "data": ["A12", "A13"] } });
    let server =
        school(&[("students", json!({ "data": [student] })), ("employees", fixture("employees"))]).await;
    let told = pull(&source(&server), sees_contacts()).await;
    assert_eq!(told.of(EntityKind::Relationship), 2);
}

#[tokio::test]
async fn a_student_whose_row_does_not_name_all_contacts_loses_none_by_a_change() {
    for (of_student, is_all) in [(json!([{ "id": "C1" }]), true), (json!([]), false)] {
        let student = json!({ "id": "S1", "forename": "Ann", "contacts": { "data": of_student } });
        let contact = json!({ "id": "C1", "forename": "Bea", "students": { "data": [{ "id": "S1" }] } });
        let students = ("students", json!({ "data": [student] }));
        let employees = ("employees", fixture("employees"));
        let contacts = ("contacts", json!({ "data": [contact] }));
        let whole = school(&[students.clone(), employees.clone(), contacts]).await;
        let mut told = pull(&source(&whole), sees_contacts()).await;
        assert_eq!(told.of(EntityKind::Relationship), 1);
        // The student changed, and the contact did not. What is remembered of it outlives a pull of changes.
        for _ in 0..2 {
            let changes = school(&[students.clone(), employees.clone()]).await;
            let mut request = sees_contacts();
            request.mode = PullRequest::changes(told.cursor.clone().unwrap()).mode;
            request.cursor = told.cursor;
            told = pull(&source(&changes), request).await;
            assert!(told.error.is_none(), "{:?}", told.error);
            let slice = Slice::Of(EntityKind::Person, "S1".into());
            assert_eq!(told.end(EntityKind::Relationship, &slice).is_some(), is_all);
        }
    }
}
