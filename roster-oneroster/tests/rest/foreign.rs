//! Servers that nobody here wrote, as the field describes them.

use roster_core::{Completeness, EntityKind, ErrorKind, PartialCode, PullRequest, Record, RosterSource};
use roster_oneroster::OneRosterSource;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path, query_param, query_param_is_missing},
};

use crate::{Pulled, context};

async fn at(server: &MockServer, answer: impl wiremock::Respond + 'static) {
    Mock::given(method("GET")).respond_with(answer).mount(server).await;
}

fn source(server: &MockServer) -> OneRosterSource {
    OneRosterSource::builder().base_url(format!("{}/api/v1p1", server.uri())).token("t").build().unwrap()
}

fn orgs() -> PullRequest {
    PullRequest::full().only([EntityKind::Org])
}

fn number(request: &Request, name: &str) -> Option<usize> {
    request.url.query_pairs().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
}

/// Bare ids, numbers, a silent clamp of 4 rows, no total, and `next` without the base path.
fn quaint(request: &Request) -> ResponseTemplate {
    let Some(name) = request.url.path().strip_prefix("/api/v1p1/") else { return ResponseTemplate::new(404) };
    let row = |at: usize| match name {
        "orgs" => json!({ "sourcedId": at, "name": format!("School {at}"), "type": "school", "parent": "0" }),
        "users" => {
            json!({ "sourcedId": format!("u{at}"), "role": "student", "orgs": [at], "enabledUser": true })
        }
        "enrollments" => {
            json!({ "sourcedId": at, "user": format!("u{at}"), "class": 1, "school": "1", "role": "student" })
        }
        _ => json!({ "sourcedId": at, "title": "Botany", "school": 1, "terms": 1, "course": "1" }),
    };
    if !["orgs", "users", "enrollments", "classes"].contains(&name) {
        return ResponseTemplate::new(404).set_body_string("<html>Canary</html>");
    }
    let offset = number(request, "offset").unwrap_or(0);
    let rows: Vec<Value> = (offset..11.min(offset + 4)).map(row).collect();
    ResponseTemplate::new(200)
        .insert_header("link", format!("</{name}?offset={}>; rel=\"next\"", offset + rows.len()))
        .set_body_json(json!({ name: rows, "totalCount": 3 }))
}

#[tokio::test]
async fn a_quaint_server_is_read_whole_but_for_what_it_lacks() {
    let server = MockServer::start().await;
    at(&server, quaint).await;
    let pulled = Pulled::of(&source(&server), PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    for kind in [EntityKind::Org, EntityKind::Class, EntityKind::Person, EntityKind::Enrollment] {
        assert_eq!((pulled.of_kind(kind), &pulled.ends[&kind]), (11, &Completeness::Complete), "{kind}");
    }
    for kind in [EntityKind::AcademicSession, EntityKind::Course] {
        let Completeness::Partial { code, reason } = &pulled.ends[&kind] else { panic!("{kind}") };
        assert_eq!(*code, PartialCode::Withheld);
        assert!(reason.contains("answered 404") && !reason.contains("Canary"), "{reason}");
    }
    let report = source(&server).check(&context()).await.unwrap();
    assert!(report.granted.contains(&EntityKind::Person) && !report.granted.contains(&EntityKind::Course));
}

#[tokio::test]
async fn requests_are_of_the_shape_that_the_standard_shows() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v1p1/orgs"))
        .and(query_param("limit", "1000"))
        .and(query_param("offset", "0"))
        .and(query_param("sort", "sourcedId"))
        .and(query_param("orderBy", "asc"))
        .and(query_param_is_missing("filter"))
        .and(header("authorization", "Bearer t"))
        .and(header("accept", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "orgs": [] })))
        .expect(1)
        .mount(&server)
        .await;
    assert!(Pulled::of(&source(&server), orgs()).await.is_whole());
}

#[tokio::test]
async fn what_a_server_does_not_take_is_left_out() {
    let server = MockServer::start().await;
    at(&server, |request: &Request| {
        let is_sorted = request.url.query_pairs().any(|(key, _)| key == "sort");
        if is_sorted || number(request, "limit").is_some_and(|limit| limit > 100) {
            return ResponseTemplate::new(400).set_body_string(r#"{"error":"invalid_sort_field"}"#);
        }
        ResponseTemplate::new(200)
            .set_body_json(json!({ "orgs": [{ "sourcedId": "s", "name": "A", "type": "school" }] }))
            .insert_header("x-total-count", "1")
    })
    .await;
    let source = source(&server);
    assert!(Pulled::of(&source, orgs()).await.is_whole());
    assert!(Pulled::of(&source, orgs()).await.is_whole());
    // Learnt once: without order, then with a modest size.
    assert_eq!(server.received_requests().await.unwrap().len(), 3 + 1);
}

#[tokio::test]
async fn an_answer_without_its_key_is_an_error_never_nobody() {
    for (body, kind) in [
        (
            json!({ "imsx_codeMajor": "failure", "imsx_codeMinor": "forbidden", "who": "Canary" }),
            ErrorKind::Provider,
        ),
        (json!({ "orgs": null }), ErrorKind::Provider),
        (json!("Canary"), ErrorKind::Provider),
    ] {
        let server = MockServer::start().await;
        at(&server, ResponseTemplate::new(200).set_body_json(body)).await;
        let error = Pulled::of(&source(&server), orgs()).await.error.unwrap();
        assert_eq!(error.kind(), kind);
        assert!(error.message().starts_with("/orgs page 1: "), "{error}");
        assert!(!format!("{error:?}").contains("Canary"));
    }
    let server = MockServer::start().await;
    at(&server, ResponseTemplate::new(200).set_body_string("<html>Canary</html>")).await;
    let error = Pulled::of(&source(&server), orgs()).await.error.unwrap();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Decode, "/orgs page 1: the answer is no JSON, at line 1, column 1")
    );
}

#[tokio::test]
async fn a_base_url_below_which_there_is_nothing_is_told() {
    for (status, kind) in
        [(404, ErrorKind::NotFound), (403, ErrorKind::Forbidden), (401, ErrorKind::Unauthorized)]
    {
        let server = MockServer::start().await;
        at(&server, ResponseTemplate::new(status)).await;
        let error = Pulled::of(&source(&server), PullRequest::full()).await.error.unwrap();
        assert_eq!(error.kind(), kind);
        assert_eq!(source(&server).check(&context()).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn rows_that_a_server_repeats_are_counted_once() {
    let server = MockServer::start().await;
    let org = |id: &str| json!({ "sourcedId": id, "name": "A", "type": "school" });
    let body = json!({ "orgs": [org("a"), org("b"), org("a")] });
    at(&server, ResponseTemplate::new(200).insert_header("x-total-count", "3").set_body_json(body)).await;
    let pulled = Pulled::of(&source(&server), orgs()).await;
    assert_eq!(pulled.of_kind(EntityKind::Org), 2);
    let Completeness::Partial { reason, .. } = &pulled.ends[&EntityKind::Org] else { panic!() };
    assert_eq!(reason, "/orgs page 4: the server counts 3 rows, and 2 different ones came");
    assert!(pulled.problems.iter().any(|problem| problem.code == "repeated_record"));
}

/// What came before a refusal came soundly: a server that refuses a page in the middle does not take back the page before it.
#[tokio::test]
async fn a_refusal_in_the_middle_loses_no_row_that_came() {
    for (refused, rows, page) in [(3, 4, 2), (6, 7, 3), (9, 10, 4)] {
        for status in [403, 404] {
            for has_total in [false, true] {
                let server = MockServer::start().await;
                at(&server, move |request: &Request| {
                    let offset = number(request, "offset").unwrap_or(0);
                    if offset >= refused {
                        return ResponseTemplate::new(status);
                    }
                    let rows: Vec<_> = (offset..11.min(offset + 4))
                        .map(|at| json!({ "sourcedId": at, "name": "A", "type": "school" }))
                        .collect();
                    let answer = ResponseTemplate::new(200).set_body_json(json!({ "orgs": rows }));
                    if has_total { answer.insert_header("x-total-count", "11") } else { answer }
                })
                .await;
                let mut request = orgs();
                request.page_size = Some(4);
                let pulled = Pulled::of(&source(&server), request).await;
                let what = format!("{status} after {rows} rows, {:?}", pulled.error);
                assert_eq!((pulled.of_kind(EntityKind::Org), pulled.error.is_none()), (rows, true), "{what}");
                let Completeness::Partial { code, reason } = &pulled.ends[&EntityKind::Org] else {
                    panic!("{what}")
                };
                assert_eq!(*code, PartialCode::Withheld);
                assert!(reason.starts_with(&format!("/orgs page {page}: ")), "{what}: {reason}");
            }
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_base_url_is_one_too_many_and_left_out() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1p1/orgs"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "orgs": [] })))
        .mount(&server)
        .await;
    for slashes in ["/", "//"] {
        let source = OneRosterSource::builder()
            .base_url(format!("{}/api/v1p1{slashes}", server.uri()))
            .token("t")
            .build();
        assert!(Pulled::of(&source.unwrap(), orgs()).await.is_whole(), "{slashes}");
    }
    // One that wants a slash behind each collection sends us there, and is told as it is.
    let server = MockServer::start().await;
    at(&server, ResponseTemplate::new(301).insert_header("location", "/api/v1p1/orgs/")).await;
    let error = Pulled::of(&source(&server), orgs()).await.error.unwrap();
    assert!(error.message().contains("answered 301") && error.message().contains("redirects"), "{error}");
}

#[tokio::test]
async fn no_content_is_an_empty_page_and_an_empty_answer_is_none() {
    let server = MockServer::start().await;
    at(&server, ResponseTemplate::new(204)).await;
    assert!(Pulled::of(&source(&server), orgs()).await.is_whole());
    assert!(source(&server).check(&context()).await.is_ok());

    // Said once, in passing, it does not make a school nobody's.
    let server = MockServer::start().await;
    Mock::given(path("/api/v1p1/orgs"))
        .respond_with(ResponseTemplate::new(204))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let rows = json!({ "orgs": [{ "sourcedId": "a", "name": "A", "type": "school" }] });
    at(&server, ResponseTemplate::new(200).insert_header("x-total-count", "1").set_body_json(rows)).await;
    let pulled = Pulled::of(&source(&server), orgs()).await;
    assert!(pulled.is_whole() && pulled.of_kind(EntityKind::Org) == 1, "{:?}", pulled.ends);

    // In the middle it proves nothing, as any empty page there.
    let server = MockServer::start().await;
    at(&server, |request: &Request| {
        if number(request, "offset") != Some(0) {
            return ResponseTemplate::new(204);
        }
        let rows = json!([
            { "sourcedId": "a", "name": "A", "type": "school" },
            { "sourcedId": "b", "name": "B", "type": "school" },
        ]);
        ResponseTemplate::new(200).insert_header("x-total-count", "5").set_body_json(json!({ "orgs": rows }))
    })
    .await;
    let pulled = Pulled::of(&source(&server), orgs()).await;
    assert!(
        matches!(&pulled.ends[&EntityKind::Org], Completeness::Partial { reason, .. } if reason.contains("empty page"))
    );

    let server = MockServer::start().await;
    at(&server, ResponseTemplate::new(200)).await;
    let error = Pulled::of(&source(&server), orgs()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
}

#[tokio::test]
async fn keys_of_collections_are_understood_in_any_case() {
    for key in ["orgs", "Orgs", "ORGS"] {
        let server = MockServer::start().await;
        let body = json!({ "page": 1, key: [{ "sourcedId": "a", "name": "A", "type": "school" }] });
        at(&server, ResponseTemplate::new(200).insert_header("x-total-count", "1").set_body_json(body)).await;
        let pulled = Pulled::of(&source(&server), orgs()).await;
        assert!(pulled.is_whole() && pulled.of_kind(EntityKind::Org) == 1, "{key}: {:?}", pulled.error);
    }
}

#[tokio::test]
async fn dates_with_a_zone_are_the_day_that_is_written() {
    let server = MockServer::start().await;
    at(&server, |request: &Request| {
        let row = json!({
            "sourcedId": "t", "title": "Term", "type": "term", "schoolYear": "2027",
            "startDate": "2026-08-17+02:00", "endDate": "2027-01-31T00:00:00.000Z",
        });
        let rows = if number(request, "offset") == Some(0) { vec![row] } else { Vec::new() };
        ResponseTemplate::new(200).set_body_json(json!({ "academicSessions": rows }))
    })
    .await;
    let request = PullRequest::full().only([EntityKind::AcademicSession]);
    let pulled = Pulled::of(&source(&server), request).await;
    let Some((Record::AcademicSession(term), unseen)) = pulled.records.values().next() else { panic!() };
    let written = |date: Option<roster_core::jiff::civil::Date>| date.map(|date| date.to_string());
    assert_eq!(written(term.begin).as_deref(), Some("2026-08-17"));
    assert_eq!(written(term.end).as_deref(), Some("2027-01-31"));
    assert!(unseen.is_empty());
}

/// Headers as they are written on the wire, since a server's library may write them in any case.
#[tokio::test]
async fn names_of_headers_are_read_in_any_case() {
    for name in ["X-Total-Count", "x-total-count", "X-TOTAL-COUNT"] {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/api/v1p1", listener.local_addr().unwrap());
        let body = r#"{"orgs": [{"sourcedId": "a", "name": "A", "type": "school"}]}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n{name}: 2\r\n\r\n{body}",
            body.len()
        );
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let source = OneRosterSource::builder().base_url(base).token("t").build().unwrap();
        let pulled = Pulled::of(&source, orgs()).await;
        serving.abort();
        // It counts two rows, and sends one: the total was seen.
        assert!(matches!(pulled.ends.get(&EntityKind::Org), Some(Completeness::Partial { .. })), "{name}");
    }
}
