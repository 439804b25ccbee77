//! What looks as if it were gone, and is not; and what is not forgotten by a pull in which nothing was said of it.

use roster_core::{
    Completeness, ContactKind, EntityKind, PersonField, PullRequest, Record, RelationshipField,
    SensitiveField,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param, query_param_contains},
};

use super::{
    Told,
    foreign::{fixture, school, source},
    pull,
};

const STUDENTS: &str = "schools/A1000000001/students";

/// Students of these numbers, with what they have in their details.
fn students(numbers: std::ops::Range<u32>, details: impl Fn(u32) -> Value) -> Value {
    let student = |number| {
        json!({ "id": format!("A{number}"), "mis_id": number, "forename": "Ann",
            "education_details": { "data": details(number) } })
    };
    numbers.map(student).collect()
}

/// A school of these students, in one page or several.
async fn school_of(pages: Vec<Value>) -> MockServer {
    let server = school(&[("employees", fixture("employees"))]).await;
    let last = pages.len();
    for (number, rows) in (1..).zip(pages) {
        let next = format!("{}/v1.0/{STUDENTS}?page={}", server.uri(), number + 1);
        let next = (number < last).then_some(next);
        let body =
            json!({ "data": rows, "meta": { "pagination": { "next": next, "more": next.is_some() } } });
        let mock = Mock::given(path(format!("/v1.0/{STUDENTS}")));
        let (mock, priority) =
            if number == 1 { (mock, 3) } else { (mock.and(query_param("page", number.to_string())), 2) };
        mock.respond_with(ResponseTemplate::new(200).set_body_json(body))
            .with_priority(priority)
            .mount(&server)
            .await;
    }
    server
}

/// A full pull that remembers another.
fn after(told: &Told, mut request: PullRequest) -> PullRequest {
    request.cursor.clone_from(&told.cursor);
    request
}

/// How many students' fields are not told.
fn unseen(told: &Told, field: PersonField) -> usize {
    let of = |number: u32| told.unseen.get(format!("A{number}").as_str()).copied();
    (0..1000).filter_map(of).filter(|unseen| unseen.contains(field)).count()
}

#[tokio::test]
async fn a_page_is_not_judged_before_the_whole_list_was_counted() {
    // Only the older ones have a number, and they come last.
    let older = |number| json!({ "learner_number": (number >= 10).then_some("1") });
    let uneven = || school_of(vec![students(0..10, older), students(10..40, older)]);
    let server = uneven().await;
    let first = pull(&source(&server), PullRequest::full()).await;
    let again = pull(&source(&server), after(&first, PullRequest::full())).await;
    assert!(again.error.is_none(), "{:?}", again.error);
    assert_eq!(unseen(&again, PersonField::Identifiers), 0);
    assert!(!again.codes().contains(&"values_gone"), "{:?}", again.problems);
    assert_eq!(*again.all(EntityKind::Person), Completeness::Complete);

    let none = |_| json!({ "learner_number": null });
    let server = school_of(vec![students(0..20, none), students(20..40, none)]).await;
    let gone = pull(&source(&server), after(&again, PullRequest::full())).await;
    assert_eq!(unseen(&gone, PersonField::Identifiers), 40);
    let told = gone.codes().into_iter().filter(|code| *code == "values_gone").count();
    assert_eq!(told, 1);
}

/// What was told of as gone.
fn told_gone(told: &Told) -> Vec<&str> {
    let gone = told.problems.iter().filter(|problem| problem.code == "values_gone");
    gone.map(|problem| problem.message.split('`').nth(1).unwrap()).collect()
}

#[tokio::test]
async fn a_number_that_some_had_does_not_keep_a_corrected_upn_away() {
    for (key, of) in [("former_upn", 20), ("learner_number", 12)] {
        let had = |number| {
            let value = (number < of).then_some("B801200005001");
            json!({ "upn": "H801200001002", key: value })
        };
        let first = pull(&source(&school_of(vec![students(0..20, had)]).await), PullRequest::full()).await;
        let server = school_of(vec![students(0..20, |_| json!({ "upn": "H801200001001" }))]).await;
        let told = pull(&source(&server), after(&first, PullRequest::full())).await;
        assert_eq!(unseen(&told, PersonField::Identifiers), 0, "{key}");
        assert_eq!(told_gone(&told), [format!("students.identifiers.{key}")]);
        // It was taken as gone, and is not told of every day.
        let told = pull(&source(&server), after(&told, PullRequest::full())).await;
        assert_eq!((unseen(&told, PersonField::Identifiers), told_gone(&told).len()), (0, 0), "{key}");
    }
}

#[tokio::test]
async fn a_house_that_some_had_does_not_keep_forms_as_they_were() {
    let group = |id: &str, kind: &str| json!({ "data": { "id": id, "name": id, "type": kind } });
    for (of, kept) in [(12, 0), (20, 20)] {
        let list = |form: &str, houses: u32| {
            let student = |number: u32| {
                let house = if number < houses { group("H1", "HOUSE") } else { Value::Null };
                json!({ "id": format!("A{number}"), "forename": "Ann", "registration": group(form, "REGISTRATION"),
                    "house": house })
            };
            (0..20).map(student).collect::<Value>()
        };
        let first = pull(&source(&school_of(vec![list("F1", of)]).await), PullRequest::full()).await;
        let server = school_of(vec![list("F2", 0)]).await;
        let told = pull(&source(&server), after(&first, PullRequest::full())).await;
        assert_eq!(told_gone(&told), ["students.groups.HOUSE"]);
        assert_eq!(unseen(&told, PersonField::Groups), kept, "{of}");
    }
}

#[tokio::test]
async fn a_date_that_is_gone_does_not_keep_what_somebody_is() {
    let staff = |start: Option<&'static str>, campus: &str| {
        let one = |number| {
            json!({ "id": format!("A{number}"), "surname": "Lee", "campus": { "data": { "id": campus } },
                "employment_details": { "data": { "current": true, "employment_start_date": start } } })
        };
        json!({ "data": (0..20).map(one).collect::<Value>() })
    };
    let first = school(&[("employees", staff(Some("2020-09-01"), "C1"))]).await;
    let first = pull(&source(&first), PullRequest::full()).await;
    let server = school(&[("employees", staff(None, "C2"))]).await;
    let told = pull(&source(&server), after(&first, PullRequest::full())).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert_eq!(unseen(&told, PersonField::Affiliations), 0);
    assert_eq!(told_gone(&told), ["employees.affiliations"]);
}

#[tokio::test]
async fn a_new_mis_keeps_none_of_the_old_ones_numbers() {
    let one = |learner: Option<&'static str>, upn: Option<&'static str>| {
        students(0..20, move |_| json!({ "learner_number": learner, "upn": upn }))
    };
    let (learner, upn) = (Some("1000000001"), Some("H801200001001"));
    let before = pull(&source(&school_of(vec![one(learner, upn)]).await), PullRequest::full()).await;
    let mut renamed = fixture("school");
    renamed["data"]["mis"] = json!("Another");
    for (is_new, upn, kept) in [(false, upn, 20), (true, upn, 0), (true, None, 20)] {
        let server = school_of(vec![one(None, upn)]).await;
        if is_new {
            let answer = ResponseTemplate::new(200).set_body_json(&renamed);
            Mock::given(path("/v1.0/schools/A1000000001"))
                .respond_with(answer)
                .with_priority(1)
                .mount(&server)
                .await;
        }
        let told = pull(&source(&server), after(&before, PullRequest::full())).await;
        assert_eq!(told.codes().contains(&"mis_changed"), is_new);
        assert_eq!(unseen(&told, PersonField::Identifiers), kept, "{is_new} {upn:?}");
    }
}

fn sees_contacts() -> PullRequest {
    PullRequest::full().with_sensitive([SensitiveField::Contacts])
}

/// A school of one student and its contact, whose own list is given, or refused.
async fn family(is_responsible: bool, has_list: bool) -> MockServer {
    let relationship = json!({ "relationship": "Mother", "parental_responsibility": is_responsible });
    let student = json!({ "id": "S1", "forename": "Ann", "contacts": { "data": [
        { "id": "C1", "forename": "Bea", "relationship": relationship },
    ] } });
    let contact = json!({ "id": "C1", "forename": "Bea", "students": { "data": [
        { "id": "S1", "relationship": { "priority": 1 } },
    ] } });
    let lists = [
        ("students", json!({ "data": [student] })),
        ("employees", fixture("employees")),
        ("contacts", json!({ "data": [contact] })),
    ];
    let server = school(&lists).await;
    let refusal = ResponseTemplate::new(403).set_body_json(json!({}));
    Mock::given(path("/v1.0/schools/A1000000001/contacts"))
        .respond_with(refusal)
        .with_priority(if has_list { 200 } else { 1 })
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn who_is_no_guardian_any_more_is_told_where_only_one_side_ever_told() {
    let first = pull(&source(&family(true, false).await), sees_contacts()).await;
    let told = pull(&source(&family(false, false).await), after(&first, sees_contacts())).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    let tie = told.records.values().find_map(|record| match record {
        Record::Relationship(tie) => Some(tie.clone()),
        _ => None,
    });
    let tie = tie.unwrap();
    assert!(!tie.kinds.contains(&ContactKind::Guardian));
    assert!(told.unseen[&tie.id].is_empty());

    // What the other side told once stays, however often it is refused.
    let mut told = pull(&source(&family(true, true).await), sees_contacts()).await;
    let Record::Relationship(both) = &told.records[&(EntityKind::Relationship, tie.id.clone())] else {
        panic!()
    };
    assert!(both.priority == Some(1) && told.unseen[&tie.id].is_empty());
    for _ in 0..3 {
        told = pull(&source(&family(true, false).await), after(&told, sees_contacts())).await;
        assert!(told.unseen[&tie.id].contains(RelationshipField::Priority));
        assert!(told.codes().contains(&"permission_withdrawn"));
    }
}

#[tokio::test]
async fn a_pull_without_the_list_does_not_forget_what_was_shared_with_it() {
    let refused = |include: Option<&'static str>| async move {
        let all = students(0..3, |_| json!({ "upn": "H801200001001" }));
        let bare = all.as_array().unwrap().iter().map(|one| json!({ "id": one["id"], "forename": "Ann" }));
        let server = school_of(vec![bare.collect()]).await;
        let mock = Mock::given(path(format!("/v1.0/{STUDENTS}")));
        let mock = match include {
            Some(include) => mock.and(query_param_contains("include", include)),
            None => mock,
        };
        mock.respond_with(ResponseTemplate::new(403).set_body_json(json!({})))
            .with_priority(1)
            .mount(&server)
            .await;
        server
    };
    let whole = school_of(vec![students(0..3, |_| json!({ "upn": "H801200001001" }))]).await;
    let first = pull(&source(&whole), PullRequest::full()).await;
    let without = pull(&source(&refused(None).await), after(&first, PullRequest::full())).await;
    assert!(without.error.is_none() && without.codes().contains(&"permission_withdrawn"));
    let told =
        pull(&source(&refused(Some("education_details")).await), after(&without, PullRequest::full())).await;
    assert!(told.error.is_none() && told.codes().contains(&"permission_withdrawn"), "{:?}", told.codes());
    assert_eq!(unseen(&told, PersonField::Identifiers), 3);
}
