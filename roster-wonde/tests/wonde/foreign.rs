//! Requests and answers of servers that are no sandbox: their shapes, and what they do otherwise.

use roster_core::{
    Ask, Completeness, ConnectionState, EntityKind, ErrorKind, PullRequest, Record, Role, RosterSource,
    TenantDirectory,
};
use roster_wonde::{WondeAccount, WondeSource};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path, query_param, query_param_contains},
};

use super::{Told, cx, pull};

pub(super) const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

#[expect(clippy::disallowed_methods, reason = "a fixture of this crate")]
pub(super) fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn source(server: &MockServer) -> WondeSource {
    let builder = WondeSource::builder().school("A1000000001").token(TOKEN);
    builder.base_url(format!("{}/v1.0", server.uri())).build().unwrap()
}

pub(super) async fn get(server: &MockServer, at: &str, body: Value) {
    let answer = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(method("GET"))
        .and(path(format!("/v1.0/{at}")))
        .respond_with(answer)
        .with_priority(9)
        .mount(server)
        .await;
}

/// The school of the fixtures, with these lists; what is not given is empty.
pub(super) async fn school(lists: &[(&str, Value)]) -> MockServer {
    let server = MockServer::start().await;
    for (list, body) in lists {
        get(&server, &format!("schools/A1000000001/{list}"), body.clone()).await;
    }
    let empty = json!({ "data": [] });
    for list in ["students", "employees", "classes", "groups", "subjects", "contacts", "deletions"] {
        if !lists.iter().any(|(given, _)| *given == list) {
            get(&server, &format!("schools/A1000000001/{list}"), empty.clone()).await;
        }
    }
    get(&server, "schools/A1000000001", fixture("school")).await;
    get(&server, "meta/schools/A1000000001", fixture("meta_school")).await;
    server
}

pub(super) fn people(told: &Told, role: &Role) -> usize {
    let has = |record: &&Record| matches!(record, Record::Person(person) if person.has_role(role));
    told.records.values().filter(has).count()
}

#[tokio::test]
async fn the_fixtures_are_a_school() {
    let lists = [
        ("students", fixture("students_no_pagination")),
        ("employees", fixture("employees")),
        ("classes", fixture("classes_empty")),
        ("groups", fixture("groups_registration")),
        ("counts", fixture("counts")),
    ];
    let server = school(&lists).await;
    get(&server, "meta/schools/A1000000001/permissions", fixture("permissions")).await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    // A registration group that a server sends where campuses were asked for is none.
    assert_eq!((told.of(EntityKind::Org), told.of(EntityKind::Class)), (1, 2));
    assert_eq!((people(&told, &Role::Teacher), people(&told, &Role::Staff)), (1, 1));
    assert_eq!(told.of(EntityKind::Enrollment), 4);
    let students = people(&told, &Role::Student);
    let counted = fixture("counts")["data"]["students"]["data"]["count"].as_u64().unwrap();
    let end = told.ends.iter().any(|(kind, _, end)| *kind == EntityKind::Person && end.is_partial());
    assert_eq!(end, (students as u64) < counted, "{students}");
}

#[tokio::test]
async fn pages_are_followed_by_their_whole_links() {
    let server = school(&[("employees", fixture("employees"))]).await;
    let here = |page: &str| {
        let text = fixture(page).to_string().replace("https://api.wonde.com", &server.uri());
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let students = "/v1.0/schools/A1000000001/students";
    let second = ResponseTemplate::new(200).set_body_json(here("students_page2"));
    Mock::given(path(students))
        .and(query_param("page", "2"))
        .respond_with(second)
        .expect(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let first = ResponseTemplate::new(200).set_body_json(here("students_page1"));
    Mock::given(path(students))
        .and(query_param("per_page", "200"))
        .and(query_param("cursor", "true"))
        .and(query_param_contains("include", "education_details"))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .respond_with(first)
        .expect(1)
        .with_priority(2)
        .mount(&server)
        .await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert_eq!(people(&told, &Role::Student), 4);
}

#[tokio::test]
async fn changes_are_asked_for_as_php_writes_a_time() {
    let lists = [
        ("students", fixture("students_no_pagination")),
        ("employees", fixture("employees")),
        ("deletions", fixture("deletions")),
    ];
    let server = school(&lists).await;
    let source = source(&server);
    let told = pull(&source, PullRequest::full()).await;
    let told = pull(&source, PullRequest::changes(told.cursor.unwrap())).await;
    let deleted: Vec<_> = told.deleted.iter().map(|(kind, id)| format!("{kind} {id}")).collect();
    // The one that was restored is not among them; who is not current any more is.
    assert_eq!(deleted, ["person A1000000303", "person A1000001090", "class A1000000499"]);
    let requests = server.received_requests().await.unwrap();
    let asked: Vec<_> = (requests.iter())
        .filter(|request| {
            request.url.path().ends_with("/students") || request.url.path().ends_with("/deletions")
        })
        .filter_map(|request| {
            let pairs = request.url.query_pairs();
            pairs.into_owned().find(|(name, _)| name == "updated_after").map(|(_, value)| value)
        })
        .collect();
    assert_eq!(asked.len(), 2);
    for time in asked {
        assert!(time.len() == 19 && time.as_bytes()[10] == b' ', "{time}");
    }
}

#[tokio::test]
async fn what_is_no_list_is_never_nobody() {
    for body in [json!({ "data": null }), json!({}), json!({ "data": "none" }), json!({ "error": "x" })] {
        let server = school(&[("students", body.clone()), ("employees", fixture("employees"))]).await;
        let told = pull(&source(&server), PullRequest::full()).await;
        assert_eq!(told.error.unwrap().kind(), ErrorKind::Provider, "{body}");
    }
    // Nobody at all is no school.
    let server = school(&[]).await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert_eq!(told.error.unwrap().kind(), ErrorKind::Provider);
    assert!(told.ends.is_empty() && told.cursor.is_none());
}

#[tokio::test]
async fn a_school_that_is_switched_off_is_offline() {
    let server = MockServer::start().await;
    let off = ResponseTemplate::new(423).set_body_string("<html>SchoolInactive</html>");
    Mock::given(path("/v1.0/schools/A1000000001")).respond_with(off).mount(&server).await;
    let report = source(&server).check(&cx()).await.unwrap();
    assert_eq!(report.state, Some(ConnectionState::Offline));
    let told = pull(&source(&server), PullRequest::full()).await;
    let error = told.error.unwrap();
    assert_eq!((error.status(), error.is_retryable()), (Some(423), false));
    let account = WondeAccount::builder()
        .token(TOKEN)
        .base_url(format!("{}/v1.0", server.uri()))
        .build_account()
        .unwrap();
    assert_eq!(account.tenant("A1000000001", &cx()).await.unwrap().unwrap().state, ConnectionState::Offline);
}

#[tokio::test]
async fn a_server_that_takes_no_cursor_and_no_size_is_asked_without() {
    let server = school(&[("employees", fixture("employees"))]).await;
    let students = "/v1.0/schools/A1000000001/students";
    for (name, value) in [("cursor", "true"), ("per_page", "200")] {
        let refusal = ResponseTemplate::new(400);
        Mock::given(path(students))
            .and(query_param(name, value))
            .respond_with(refusal)
            .expect(1..)
            .with_priority(1)
            .mount(&server)
            .await;
    }
    let fine = ResponseTemplate::new(200).set_body_json(fixture("students_no_pagination"));
    Mock::given(path(students)).respond_with(fine).expect(1).with_priority(2).mount(&server).await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert!(people(&told, &Role::Student) > 0);
}

#[tokio::test]
async fn an_include_that_is_invalid_is_left_out() {
    let server = school(&[("employees", fixture("employees"))]).await;
    let students = "/v1.0/schools/A1000000001/students";
    let refusal = ResponseTemplate::new(422).set_body_string("invalid include: Canary");
    Mock::given(path(students))
        .and(query_param_contains("include", "campus"))
        .respond_with(refusal)
        .with_priority(1)
        .mount(&server)
        .await;
    let fine = ResponseTemplate::new(200).set_body_json(fixture("students_no_pagination"));
    Mock::given(path(students))
        .and(query_param_contains("include", "education_details"))
        .respond_with(fine)
        .expect(1)
        .with_priority(2)
        .mount(&server)
        .await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    let told_of = told.problems.iter().find(|problem| problem.code == "capability_missing").unwrap();
    assert!(told_of.message.contains("students.campus") && !told_of.message.contains("Canary"));
}

#[tokio::test]
async fn a_stranger_as_region_gets_no_token() {
    let mut stranger = fixture("school");
    stranger["data"]["region"]["domain"] = json!("evil.example");
    let server = MockServer::start().await;
    get(&server, "schools/A1000000001", stranger).await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert_eq!(told.error.unwrap().kind(), ErrorKind::Provider);
}

#[tokio::test]
async fn access_is_asked_for_and_given_back() {
    let server = MockServer::start().await;
    let done = || {
        ResponseTemplate::new(200)
            .set_body_json(json!({ "success": true, "state": "pending", "message": "" }))
    };
    Mock::given(method("POST"))
        .and(path("/v1.0/schools/A1/request-access"))
        .and(header("content-type", "application/json"))
        .and(body_json(fixture("request_access_body")))
        .respond_with(done())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/v1.0/schools/A1/revoke-access"))
        .respond_with(done())
        .expect(1)
        .mount(&server)
        .await;
    for list in [
        "schools",
        "schools/all",
        "schools/pending",
        "schools/declined",
        "schools/revoked",
        "schools/audited",
        "schools/offline",
    ] {
        get(&server, list, json!({ "data": [] })).await;
    }
    let account = WondeAccount::builder().token(TOKEN).base_url(server.uri()).build_account().unwrap();
    let mut ask = Ask::default();
    ask.contact_name = Some("Dana Head".to_owned());
    ask.contact_phone = Some("01632 960000".to_owned());
    ask.contact_email = Some("office@example.sch.uk".to_owned());
    ask.notes = Some("School business manager".to_owned());
    assert_eq!(account.connect("A1", ask, &cx()).await.unwrap(), ConnectionState::Pending);
    assert_eq!(account.disconnect("A1", &cx()).await.unwrap(), ConnectionState::Revoked);
}

#[tokio::test]
async fn duties_are_no_classes_and_years_may_be_named() {
    let classes = json!({ "data": [
        { "id": "K1", "name": "Yard", "type": "duty" },
        { "id": "K2", "name": "7A", "type": "roll class", "students": null, "employees": { "data": [] } },
        { "id": "K3", "description": "8B", "academic_year": "2019/2020", "subject": { "data": { "id": "J1" } }, "students": ["S1", "S2"] },
        { "id": "K3", "description": "8B" },
    ] });
    let lists = [("classes", classes), ("employees", fixture("employees"))];
    let server = school(&lists).await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert_eq!((told.of(EntityKind::Class), told.of(EntityKind::Enrollment)), (2, 2));
    assert_eq!(told.of(EntityKind::AcademicSession), 2);
    assert!(told.codes().contains(&"not_teaching") && told.codes().contains(&"repeated_record"));
    assert_eq!(*told.all(EntityKind::Class), Completeness::Complete);
}

#[tokio::test]
async fn a_class_that_cannot_be_read_ends_none_of_its_seats() {
    let row = json!({ "id": "A1000009999", "name": "PLACEHOLDER", "students": { "data": [] } });
    let body = json!({ "data": [row] }).to_string().replace("PLACEHOLDER", "\\ud83d");
    let server =
        school(&[("students", fixture("students_no_pagination")), ("employees", fixture("employees"))]).await;
    Mock::given(path("/v1.0/schools/A1000000001/classes"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .with_priority(1)
        .mount(&server)
        .await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert!(
        told.problems
            .iter()
            .any(|problem| problem.id.as_ref().is_some_and(|id| id.as_str() == "A1000009999"))
    );
    assert!(told.all(EntityKind::Enrollment).is_partial());
}

#[tokio::test]
async fn a_full_later_page_without_paging_is_not_known_to_be_the_last() {
    let employees = fixture("employees");
    for (rows, partial) in [(200, true), (20, false)] {
        let server = school(&[("employees", employees.clone())]).await;
        let list = "/v1.0/schools/A1000000001/students";
        let next = format!("{}{list}?page=2", server.uri());
        let people = |from: usize, count: usize| -> Vec<Value> {
            (from..from + count).map(|n| json!({ "id": format!("A{n}"), "surname": "Invented" })).collect()
        };
        let first =
            json!({ "data": people(1000, 200), "meta": { "pagination": { "next": next, "more": true } } });
        let second = ResponseTemplate::new(200).set_body_json(json!({ "data": people(2000, rows) }));
        Mock::given(path(list))
            .and(query_param("page", "2"))
            .respond_with(second)
            .with_priority(1)
            .mount(&server)
            .await;
        let first = ResponseTemplate::new(200).set_body_json(first);
        Mock::given(path(list)).respond_with(first).with_priority(2).mount(&server).await;
        let told = pull(&source(&server), PullRequest::full()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert_eq!(people_partial(&told), partial, "{rows}");
    }
}

fn people_partial(told: &Told) -> bool {
    told.ends.iter().any(|(kind, _, end)| *kind == EntityKind::Person && end.is_partial())
}

#[tokio::test]
async fn counts_that_fail_stop_nothing() {
    let lists = [("students", fixture("students_no_pagination")), ("employees", fixture("employees"))];
    let server = school(&lists).await;
    Mock::given(path("/v1.0/schools/A1000000001/counts"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .with_priority(1)
        .mount(&server)
        .await;
    let told = pull(&source(&server), PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
    assert!(told.cursor.is_some() && told.codes().contains(&"count_differs"));
}
