//! What a contact is to a student, told by both of them.

use roster_core::{ContactKind, PullRequest, Record, Relationship, RelationshipField};
use serde_json::json;

use super::{
    Told,
    foreign::{fixture, school, sees_contacts, source},
    pull,
};

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
