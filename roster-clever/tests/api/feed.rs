//! The feed: whether it still knows where we were, whether anything happened, and pages without rows.

use roster_core::{Completeness, Cursor, EntityKind, ErrorKind, PullMode, PullRequest, Scope};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{path, query_param},
};

use super::{
    Told, pull,
    recorded::{recorded, source},
};

const NEWEST: &str = "66a000000000000000000000";

fn scoped() -> PullRequest {
    PullRequest::full().scoped(Scope::of_orgs(["5a25ff950a5f621109000004".into()]))
}

fn since(request: PullRequest, cursor: Option<Cursor>) -> PullRequest {
    let mut request = request;
    (request.mode, request.cursor) = (PullMode::Changes, cursor);
    request
}

fn body(events: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "data": events, "links": [{ "rel": "self", "uri": "/x" }] }))
}

/// The recorded district, with what it answers to a look for the newest event, and to those after it.
async fn town(known: ResponseTemplate, after: ResponseTemplate) -> MockServer {
    let server = recorded("v3.1").await;
    Mock::given(path(format!("/v3.1/events/{NEWEST}"))).respond_with(known).mount(&server).await;
    Mock::given(path("/v3.1/events"))
        .and(query_param("starting_after", NEWEST))
        .respond_with(after)
        .mount(&server)
        .await;
    server
}

/// A full pull, and what changed since.
async fn changes(server: &MockServer, request: PullRequest) -> Told {
    let source = source(server, "3.1");
    let full = pull(&source, request.clone()).await.whole();
    pull(&source, since(request, full.cursor())).await
}

async fn asked(server: &MockServer, of: &str) -> usize {
    let sent = server.received_requests().await.unwrap();
    sent.iter().filter(|request| request.url.path() == of).count()
}

fn known() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "data": { "id": NEWEST } }))
}

#[tokio::test]
async fn an_event_that_the_feed_does_not_know_is_an_expired_cursor() {
    for status in [400, 403, 404, 410, 501] {
        let server = town(ResponseTemplate::new(status), body(&[])).await;
        let told = changes(&server, PullRequest::full()).await;
        // Nothing was told before that.
        assert!(told.events.is_empty(), "{status}");
        assert_eq!(told.error.unwrap().kind(), ErrorKind::CursorExpired, "{status}");
    }
    // A fault says nothing of the event.
    for (status, kind) in [(500, ErrorKind::Provider), (429, ErrorKind::RateLimited)] {
        let server = town(ResponseTemplate::new(status), body(&[])).await;
        let told = changes(&server, PullRequest::full()).await;
        assert_eq!(told.error.unwrap().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn a_scope_in_which_nothing_happened_is_not_read() {
    let server = town(known(), body(&[])).await;
    let source = source(&server, "3.1");
    let full = pull(&source, scoped()).await.whole();
    let before = asked(&server, "/v3.1/users").await;
    let told = pull(&source, since(scoped(), full.cursor())).await.whole();
    assert_eq!((told.records().len(), asked(&server, "/v3.1/users").await), (0, before));
    for kind in [EntityKind::Org, EntityKind::Class, EntityKind::Person, EntityKind::Enrollment] {
        assert_eq!(*told.end(kind), Completeness::Changes, "{kind}");
    }
    assert!(serde_json::to_string(&told.cursor().unwrap()).unwrap().contains(NEWEST));
}

#[tokio::test]
async fn a_scope_in_which_anything_happened_is_read_whole() {
    let event = json!({ "data": {
        "id": "66a000000000000000000009", "type": "schools.updated", "data": { "object": { "id": "elsewhere" } },
    } });
    let server = town(known(), body(&[event])).await;
    let told = changes(&server, scoped()).await.whole();
    assert!(told.count(EntityKind::Person) > 0);
    assert_eq!(*told.end(EntityKind::Person), Completeness::Complete);
}

#[tokio::test]
async fn a_feed_that_a_scope_may_not_look_at_is_an_expired_cursor() {
    for (status, kind) in [
        (403, ErrorKind::CursorExpired),
        (404, ErrorKind::CursorExpired),
        (501, ErrorKind::CursorExpired),
        (500, ErrorKind::Provider),
    ] {
        let server = town(known(), ResponseTemplate::new(status)).await;
        let told = changes(&server, scoped()).await;
        assert_eq!((told.events.len(), told.error.unwrap().kind()), (0, kind), "{status}");
    }
}

/// Terms in pages, of which the first few have no rows and each names one more.
async fn with_empty_pages(pages: usize) -> MockServer {
    let server = recorded("v3.1").await;
    let answer = move |request: &Request| {
        let number: usize = request
            .url
            .query_pairs()
            .find(|(key, _)| key == "page")
            .map_or(0, |(_, page)| page.parse().unwrap());
        let next = format!("/v3.1/terms?starting_after=x&page={}", number + 1);
        let (rows, links) = if number < pages {
            (json!([]), json!([{ "rel": "next", "uri": next }]))
        } else {
            (json!([{ "data": { "id": "t", "name": "Spring" } }]), json!([{ "rel": "self", "uri": "/x" }]))
        };
        ResponseTemplate::new(200).set_body_json(json!({ "data": rows, "links": links }))
    };
    Mock::given(path("/v3.1/terms")).respond_with(answer).with_priority(1).mount(&server).await;
    server
}

#[tokio::test]
async fn empty_pages_are_followed_a_few_times_and_are_the_end_then() {
    let request = || PullRequest::full().only([EntityKind::AcademicSession]);
    for pages in [1, 3] {
        let server = with_empty_pages(pages).await;
        let told = pull(&source(&server, "3.1"), request()).await.whole();
        // What lies behind them is not lost.
        assert_eq!(
            (told.count(EntityKind::AcademicSession), pages + 1),
            (1, asked(&server, "/v3.1/terms").await)
        );
        assert_eq!(*told.end(EntityKind::AcademicSession), Completeness::Complete);
    }
    let server = with_empty_pages(usize::MAX).await;
    let told = pull(&source(&server, "3.1"), request()).await.whole();
    assert_eq!(*told.end(EntityKind::AcademicSession), Completeness::Complete);
    assert_eq!(asked(&server, "/v3.1/terms").await, 4);
}

#[tokio::test]
async fn an_empty_page_that_names_itself_is_the_last() {
    let server = recorded("v3.1").await;
    let answer = |request: &Request| {
        let after = request.url.query_pairs().find(|(key, _)| key == "starting_after").is_some();
        let rows = if after { json!([]) } else { json!([{ "data": { "id": "t", "name": "Spring" } }]) };
        let links = json!([{ "rel": "next", "uri": "/v3.1/terms?limit=100&starting_after=t" }]);
        ResponseTemplate::new(200).set_body_json(json!({ "data": rows, "links": links }))
    };
    Mock::given(path("/v3.1/terms")).respond_with(answer).with_priority(1).mount(&server).await;
    let request = PullRequest::full().only([EntityKind::AcademicSession]);
    let told = pull(&source(&server, "3.1"), request).await.whole();
    assert_eq!(*told.end(EntityKind::AcademicSession), Completeness::Complete);
    assert_eq!(asked(&server, "/v3.1/terms").await, 2);
}

#[tokio::test]
async fn a_cursor_that_does_not_advance_is_an_error() {
    // A page names itself; a page comes again under another name; pages turn in a circle; a feed comes back to where it was.
    let circle = |request: &Request| {
        let after =
            request.url.query_pairs().find(|(key, _)| key == "starting_after").map(|(_, id)| id.into_owned());
        let (id, next) = match after.as_deref() {
            None | Some("b") => ("a", "a"),
            _ => ("b", "b"),
        };
        let links = json!([{ "rel": "next", "uri": format!("/v3.1/terms?starting_after={next}") }]);
        ResponseTemplate::new(200)
            .set_body_json(json!({ "data": [{ "data": { "id": id, "name": id } }], "links": links }))
    };
    let itself = |_: &Request| {
        let links = json!([{ "rel": "next", "uri": "/v3.1/terms" }]);
        ResponseTemplate::new(200)
            .set_body_json(json!({ "data": [{ "data": { "id": "a" } }], "links": links }))
    };
    let again = |request: &Request| {
        let query = request.url.query().unwrap_or_default().len();
        let links = json!([{ "rel": "next", "uri": format!("/v3.1/terms?starting_after=a{query}") }]);
        ResponseTemplate::new(200)
            .set_body_json(json!({ "data": [{ "data": { "id": "a" } }], "links": links }))
    };
    for number in 0..3 {
        let server = recorded("v3.1").await;
        let mock = Mock::given(path("/v3.1/terms"));
        let mock = match number {
            0 => mock.respond_with(circle),
            1 => mock.respond_with(itself),
            _ => mock.respond_with(again),
        };
        mock.with_priority(1).mount(&server).await;
        let request = PullRequest::full().only([EntityKind::AcademicSession]);
        let error = pull(&source(&server, "3.1"), request).await.error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Provider, "{number}");
        assert!(asked(&server, "/v3.1/terms").await <= 4, "{number}");
    }
    let event = json!({ "data": { "id": "66a000000000000000000003", "type": "resources.created", "data": { "object": {} } } });
    let links = json!([{ "rel": "next", "uri": format!("/v3.1/events?starting_after={NEWEST}") }]);
    let after = ResponseTemplate::new(200).set_body_json(json!({ "data": [event], "links": links }));
    let told = changes(&town(known(), after).await, PullRequest::full()).await;
    assert_eq!(told.error.unwrap().kind(), ErrorKind::Provider);
}
