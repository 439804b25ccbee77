//! Shapes: what is asked, word for word, and bodies that nobody here wrote.

use roster_core::{
    Completeness, EntityKind, ErrorKind, PartialCode, PersonField, PullRequest, Record, SensitiveField, codes,
};
use roster_gclassroom::{GClassroomSource, GClassroomSourceBuilder};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param, query_param_is_missing},
};

use crate::Pulled;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name))
    };
}

const USERS: &str = "/admin/directory/v1/users";
const UNITS: &str = "/admin/directory/v1/customer/my_customer/orgunits";

async fn google() -> MockServer {
    let server = MockServer::start().await;
    administrator(&server).await;
    server
}

/// Whose token it is: an administrator's.
async fn administrator(server: &MockServer) {
    answer(server, "/v1/userProfiles/me", r#"{"id":"1"}"#).await;
    answer(server, "/admin/directory/v1/users/1", r#"{"isAdmin":true}"#).await;
}

fn district(server: &MockServer) -> GClassroomSourceBuilder {
    GClassroomSource::builder().domain("district.example").token("made-up").base_url(server.uri())
}

fn json(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.as_bytes().to_vec(), "application/json")
}

async fn answer(server: &MockServer, at: &str, body: &str) {
    Mock::given(method("GET")).and(path(at)).respond_with(json(body)).mount(server).await;
}

/// The made bodies, as one domain.
async fn fixtures() -> MockServer {
    let server = google().await;
    let pages = [
        ("/v1/courses", "GkgSRhJECPTL7_-0MBI7CiYKIgg=", fixture!("courses_page2.json")),
        ("/v1/courses/600000000003/students", "s2", fixture!("students_600000000003_page2.json")),
    ];
    for (at, token, body) in pages {
        let page = Mock::given(method("GET")).and(path(at)).and(query_param("pageToken", token));
        page.respond_with(json(body)).mount(&server).await;
    }
    let second = fixture!("directory_users_page1.json").contains("nextPageToken");
    if second {
        let token = fixture!("directory_users_page1.json").split("\"nextPageToken\": \"").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        let page = Mock::given(method("GET")).and(path(USERS)).and(query_param("pageToken", token));
        page.respond_with(json(fixture!("directory_users_page2.json"))).mount(&server).await;
    }
    for (at, body) in [
        ("/v1/courses", fixture!("courses_page1.json")),
        ("/v1/courses/600000000003/students", fixture!("students_600000000003_page1.json")),
        ("/v1/courses/600000000003/teachers", fixture!("teachers_600000000003.json")),
        ("/v1/courses/600000000003/aliases", fixture!("aliases_600000000003.json")),
        ("/v1/courses/600000000001/students", fixture!("list_empty.json")),
        ("/v1/courses/600000000001/teachers", fixture!("list_empty.json")),
        ("/v1/courses/600000000001/aliases", fixture!("aliases_many.json")),
        ("/v1/userProfiles/-/guardians", fixture!("guardians_all.json")),
        (USERS, fixture!("directory_users_page1.json")),
        (UNITS, fixture!("directory_orgunits_all.json")),
    ] {
        answer(&server, at, body).await;
    }
    server
}

const RULES: &str = r#"
    [[school]]
    unit = "/Students/*"
    [[people]]
    unit = "/Students/{school}/{gradyear}"
    role = "student"
    [[people]]
    unit = "/Staff/{school}/Teachers"
    role = "teacher"
    [[external_id]]
    schema = "SIS"
    field = "StudentNumber"
    as = "student_number"
    [alias]
    prefix = "sis:"
    [classes]
    school = "owner"
    levels = true
"#;

#[tokio::test]
async fn the_made_bodies_are_one_domain() {
    let server = fixtures().await;
    let rules = roster_gclassroom::GoogleRules::from_toml(RULES).unwrap();
    let source = district(&server).rules(rules).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full().with_sensitive([SensitiveField::Contacts])).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    // The unit's id is the school's; its name comes with it.
    assert_eq!(pulled.ids(EntityKind::Org), ["id:03ph8a2z0", "id:03ph8a2z2"]);
    // One is provisioned, and counted; an owner whom nobody knows is no teacher, and no fraction of a second is too long.
    assert_eq!(pulled.ids(EntityKind::Class), ["600000000001", "600000000003"]);
    assert!(pulled.problem(codes::LEFT_OUT).unwrap().message.contains("PROVISIONED"));
    assert_eq!(pulled.problem(codes::OWNER_NOT_TEACHER).unwrap().id.as_deref(), Some("600000000001"));
    let Record::Class(biology) = &pulled.record(EntityKind::Class, "600000000003").0 else { panic!() };
    assert_eq!((biology.title.as_str(), biology.org.as_deref()), ("Biology", Some("id:03ph8a2z2")));
    assert_eq!((biology.periods[0].as_str(), biology.location.as_deref()), ("Period 2", Some("301")));
    assert_eq!(biology.subjects[0].name.as_deref(), Some("Science"));
    assert_eq!(biology.grades[0].level.map(roster_core::Level::as_str), Some("09"));
    let ids: Vec<_> = biology.identifiers.iter().map(|id| format!("{}={}", id.scheme, id.value)).collect();
    assert_eq!(ids, ["sis_id=2026:SEC-1042", "alias=d:sis:2026:SEC-1042", "alias=p:our-key"]);
    // Ids of 21 digits stay as they are; who has no profile is there by id, and nobody is called "Unknown user".
    let people = pulled.ids(EntityKind::Person);
    for id in
        ["200000000000000000003", "200000000000000000005", "200000000000000000006", "400000000000000000001"]
    {
        assert!(people.contains(&id), "{id}");
    }
    let person = |id: &str| {
        let Record::Person(person) = &pulled.record(EntityKind::Person, id).0 else { panic!() };
        person.clone()
    };
    assert!(person("200000000000000000006").name.is_empty());
    let unknown = person("200000000000000000004");
    assert_ne!(unknown.name.full.as_deref(), Some("Unknown user"));
    let ada = person("200000000000000000001");
    assert_eq!((ada.graduation_year, ada.affiliations[0].org.as_deref()), (Some(2030), Some("id:03ph8a2z2")));
    let numbers: Vec<_> = ada.identifiers.iter().map(|id| format!("{}={}", id.scheme, id.value)).collect();
    assert!(
        numbers.contains(&"student_number=100234".to_owned())
            && numbers.contains(&"google=200000000000000000001".to_owned())
    );
    assert!(numbers.contains(&"external_id:organization=100234".to_owned()), "{numbers:?}");
    let tess = person("100000000000000000001");
    assert_eq!(
        (tess.affiliations[0].title.as_deref(), tess.affiliations[0].org.as_deref()),
        (Some("Teacher"), Some("id:03ph8a2z2"))
    );
    // Six students and two teachers, of whom one is the owner; a guardian of two, once.
    assert_eq!(pulled.count(EntityKind::Enrollment), 8);
    let Record::Enrollment(seat) =
        &pulled.record(EntityKind::Enrollment, "600000000003:100000000000000000001:teacher").0
    else {
        panic!()
    };
    assert_eq!(seat.primary, Some(true));
    assert_eq!(pulled.count(EntityKind::Relationship), 2);
    assert_eq!(person("300000000000000000001").email.as_deref(), Some("gil@home.example"));
    // No code by which anybody may join is asked for, and none is shown.
    for request in server.received_requests().await.unwrap() {
        let query = request.url.query().unwrap_or_default().to_owned();
        assert!(query.contains("fields=") && query.contains("prettyPrint=false"), "{}", request.url);
        assert!(!query.contains("enrollmentCode") && !query.contains("recovery"), "{}", request.url);
        assert!(request.headers["user-agent"].to_str().unwrap().contains("gzip"));
    }
}

#[tokio::test]
async fn requests_are_what_google_documents() {
    let server = google().await;
    let expected = [
        (UNITS, vec![("type", "allIncludingParent")]),
        (USERS, vec![("customer", "my_customer"), ("maxResults", "500")]),
        (USERS, vec![("domain", "district.example"), ("maxResults", "1")]),
        ("/v1/userProfiles/-/guardians", vec![("pageSize", "100")]),
    ];
    for (at, parameters) in expected {
        let mut mock =
            Mock::given(method("GET")).and(path(at)).and(header("authorization", "Bearer made-up"));
        for (name, value) in parameters {
            mock = mock.and(query_param(name, value));
        }
        mock.respond_with(json("{}")).expect(1).mount(&server).await;
    }
    let courses = Mock::given(method("GET")).and(path("/v1/courses")).and(query_param("pageSize", "100"));
    let courses = courses.and(query_param_is_missing("teacherId")).and(query_param_is_missing("studentId"));
    courses
        .respond_with(json(r#"{"courses":[{"id":"6","name":"x","courseState":"ACTIVE"}]}"#))
        .expect(1)
        .mount(&server)
        .await;
    for list in ["students", "teachers"] {
        let fields = format!(
            "nextPageToken,{list}(userId,profile(id,name(givenName,familyName,fullName),emailAddress))"
        );
        let mock = Mock::given(method("GET")).and(path(format!("/v1/courses/6/{list}")));
        let mock = mock.and(query_param("fields", fields)).and(query_param("pageSize", "100"));
        mock.respond_with(json("{}")).expect(1).mount(&server).await;
    }
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    let pulled = Pulled::of(&district(&server).build().unwrap(), request).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert_eq!(pulled.count(EntityKind::Class), 1);
    server.verify().await;
}

#[tokio::test]
async fn a_teacher_asks_for_own_courses_alone() {
    let server = google().await;
    let courses = Mock::given(method("GET")).and(path("/v1/courses")).and(query_param("teacherId", "me"));
    courses.respond_with(json("{}")).expect(1).mount(&server).await;
    let source = GClassroomSource::builder().domain("me").token("t").base_url(server.uri()).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.ends.iter().all(|(.., end)| end.is_partial()));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_token_is_an_error_and_an_empty_page_is_not_the_end() {
    let server = google().await;
    for at in [USERS, UNITS] {
        answer(&server, at, "{}").await;
    }
    answer(&server, "/v1/courses", fixture!("courses_repeated_token_same_page.json")).await;
    let pulled = Pulled::of(&district(&server).build().unwrap(), PullRequest::full()).await;
    assert_eq!(pulled.error.as_ref().map(roster_core::Error::kind), Some(ErrorKind::Provider));
    assert!(pulled.ends.is_empty());
    server.reset().await;
    administrator(&server).await;
    for at in [USERS, UNITS] {
        answer(&server, at, "{}").await;
    }
    let last = Mock::given(method("GET")).and(path("/v1/courses")).and(query_param("pageToken", "page-3"));
    last.respond_with(json(r#"{"courses":[{"id":"6","name":"x"}]}"#)).mount(&server).await;
    answer(&server, "/v1/courses", fixture!("courses_empty_but_more.json")).await;
    answer(&server, "/v1/courses/6/students", "{}").await;
    answer(&server, "/v1/courses/6/teachers", "{}").await;
    let pulled = Pulled::of(&district(&server).build().unwrap(), PullRequest::full()).await;
    assert!(pulled.is_whole() && pulled.count(EntityKind::Class) == 1);
}

#[tokio::test]
async fn bodies_of_other_shapes_are_read_or_told() {
    let server = google().await;
    answer(&server, UNITS, r#"{"kind":"k","etag":"e"}"#).await;
    answer(
        &server,
        USERS,
        r#"{"kind":"k","users":[
            {"id":"111220860655841818702","primaryEmail":"no address","name":null,"externalIds":{"type":"organization","value":7},
             "suspended":"true","organizations":"x","orgUnitPath":"/"},
            {"id":107708392406225674265,"name":{"fullName":"Canary"},"externalIds":null,"aliases":null},
            5,
            {"primaryEmail":"nobody@district.example"}
        ]}"#,
    )
    .await;
    answer(
        &server,
        "/v1/courses",
        r#"{"courses":[
            {"id":6,"name":7,"courseState":"active","section":["x"],"enrollmentCode":"Canary"},
            {"id":"7","courseState":"ACTIVE"},
            {"id":"8","name":"x","courseState":"HIBERNATING"},
            {"id":"9","name":"New","courseState":"ACTIVE","brandNewField":{"a":[1]}}
        ]}"#,
    )
    .await;
    for (course, students) in [
        (
            "6",
            r#"{"students":[{"userId":"1","profile":[]},{"userId":"1"},{"profile":{"id":"2"}},{"profile":{}}]}"#,
        ),
        ("7", "{}"),
        ("9", r#"{"error":{"code":500}}"#),
    ] {
        answer(&server, &format!("/v1/courses/{course}/students"), students).await;
        answer(&server, &format!("/v1/courses/{course}/teachers"), r#"{"teachers":[]}"#).await;
    }
    let pulled = Pulled::of(&district(&server).build().unwrap(), PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    let people = pulled.ids(EntityKind::Person);
    // An id that comes as a number keeps all its digits.
    for id in ["111220860655841818702", "107708392406225674265", "1", "2"] {
        assert!(people.contains(&id), "{id} of {people:?}");
    }
    for code in [codes::BAD_EMAIL, codes::MALFORMED_VALUE, codes::MALFORMED_RECORD, codes::MISSING_REQUIRED] {
        assert!(pulled.problem(code).is_some(), "{code}");
    }
    // A state that is not known leaves nobody out.
    assert_eq!(pulled.ids(EntityKind::Class), ["6", "8", "9"]);
    // Course 7 has no name, and is protected; of 6 a student can't be told; 9 says that it has a fault.
    let named = pulled
        .problems
        .iter()
        .any(|it| it.protects().is_some_and(|(kind, id)| kind == EntityKind::Class && id.as_str() == "7"));
    assert!(named && pulled.all(EntityKind::Class) == Some(&Completeness::Complete));
    for class in ["6", "9"] {
        assert!(
            matches!(pulled.seats(class), Some(Completeness::Partial { code: PartialCode::Unreadable, .. })),
            "{class}"
        );
    }
    assert_eq!(pulled.seats("7"), Some(&Completeness::Complete));
    assert!(
        pulled.all(EntityKind::Person).unwrap().is_partial() && pulled.all(EntityKind::Enrollment).is_none()
    );
    let told: String = pulled.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(!told.contains("Canary") && !told.contains("no address"));
}

#[tokio::test]
async fn an_old_page_token_starts_the_list_over_once() {
    let server = google().await;
    for at in [USERS, UNITS] {
        answer(&server, at, "{}").await;
    }
    let old = Mock::given(method("GET")).and(path("/v1/courses")).and(query_param("pageToken", "old"));
    old.respond_with(ResponseTemplate::new(400)).up_to_n_times(1).mount(&server).await;
    let fresh = Mock::given(method("GET")).and(path("/v1/courses")).and(query_param("pageToken", "old"));
    fresh.respond_with(json(r#"{"courses":[{"id":"7","name":"y"}]}"#)).mount(&server).await;
    answer(&server, "/v1/courses", r#"{"courses":[{"id":"6","name":"x"}],"nextPageToken":"old"}"#).await;
    for course in ["6", "7"] {
        answer(&server, &format!("/v1/courses/{course}/students"), "{}").await;
        answer(&server, &format!("/v1/courses/{course}/teachers"), "{}").await;
    }
    let pulled = Pulled::of(&district(&server).build().unwrap(), PullRequest::full()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert_eq!(pulled.ids(EntityKind::Class), ["6", "7"]);
}

#[tokio::test]
async fn another_customer_s_administrator_is_told_from_nobody_s() {
    let server = MockServer::start().await;
    let domain = Mock::given(method("GET")).and(path(USERS)).and(query_param("domain", "district.example"));
    let refused =
        ResponseTemplate::new(403).set_body_string(fixture!("error_403_directory_not_authorized.json"));
    domain.respond_with(refused.clone()).mount(&server).await;
    let own = Mock::given(method("GET")).and(path(USERS)).and(query_param("customer", "my_customer"));
    own.respond_with(json(r#"{"users":[{"id":"1"}]}"#)).mount(&server).await;
    let source = district(&server).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert_eq!(pulled.error.as_ref().map(roster_core::Error::kind), Some(ErrorKind::Config));
    assert!(pulled.records.is_empty() && server.received_requests().await.unwrap().len() == 2);
    // Who may not list own users either is nobody's, and nothing of the customer is walked.
    server.reset().await;
    Mock::given(method("GET")).and(path(USERS)).respond_with(refused).mount(&server).await;
    answer(&server, "/v1/courses", "{}").await;
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.ends.iter().all(|(.., end)| end.is_partial()));
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.iter().filter(|it| it.url.path() == "/v1/courses").count(), 1);
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_state_that_nobody_knows_is_delivered() {
    let server = google().await;
    for at in [USERS, UNITS, "/v1/courses/6/students", "/v1/courses/6/teachers"] {
        answer(&server, at, "{}").await;
    }
    answer(&server, "/v1/courses", r#"{"courses":[{"id":"6","name":"x","courseState":"FROZEN"}]}"#).await;
    let pulled = Pulled::of(&district(&server).build().unwrap(), PullRequest::full()).await;
    assert!(pulled.is_whole());
    assert_eq!(pulled.ids(EntityKind::Class), ["6"]);
    assert!(pulled.problem(codes::UNKNOWN_VALUE).is_some());
}

#[tokio::test]
async fn a_user_without_a_unit_is_not_one_of_the_root() {
    let server = google().await;
    for at in [UNITS, "/v1/courses"] {
        answer(&server, at, "{}").await;
    }
    answer(&server, USERS, r#"{"users":[{"id":"7","primaryEmail":"a@district.example"}]}"#).await;
    let rules = "[[people]]\nunit = \"/\"\nrole = \"student\"";
    let rules = roster_gclassroom::GoogleRules::from_toml(rules).unwrap();
    let pulled = Pulled::of(&district(&server).rules(rules).build().unwrap(), PullRequest::full()).await;
    let (Record::Person(person), unseen) = pulled.record(EntityKind::Person, "7") else { panic!() };
    assert!(person.affiliations.is_empty());
    for field in [PersonField::Affiliations, PersonField::Grades, PersonField::GraduationYear] {
        assert!(unseen.contains(field), "{field:?}");
    }
    assert_eq!(pulled.problem(codes::MISSING_REQUIRED).unwrap().field.as_deref(), Some("orgUnitPath"));
}
