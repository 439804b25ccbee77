//! Tokens: fetched once, renewed ahead, and once more on a 401.

use std::time::Duration;

use futures::future::join_all;
use roster_core::ErrorKind;
use roster_http::{Auth, BaseUrl, ClientAuth, Grant, HttpLimits, RetryPolicy, TokenCache, Wire};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_string_contains, header, header_exists, method, path},
};

use crate::{builder, context, get, get_path};

fn grant(server: &MockServer) -> Grant {
    let url = BaseUrl::parse("test", "token_url", &format!("{}/token", server.uri())).unwrap();
    Grant::client_credentials("test", url, "CanaryId".into(), "CanarySecret".into())
        .with_scopes(["roster.readonly"])
}

fn wire(server: &MockServer, grant: Grant) -> Wire {
    let policy = RetryPolicy::default().attempts(2);
    let tokens = TokenCache::new(grant, policy, HttpLimits::default()).unwrap();
    builder(&server.uri()).auth(Auth::Token(tokens)).build().unwrap()
}

async fn count(server: &MockServer, path: &str) -> usize {
    server.received_requests().await.unwrap().iter().filter(|request| request.url.path() == path).count()
}

/// Gives out tokens `t1`, `t2` and so on, which live for that time, and takes the newest alone.
async fn server(expires_in: &str) -> MockServer {
    let server = MockServer::start().await;
    let given = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let body = format!(r#""token_type":"Bearer","expires_in":{expires_in}}}"#);
    let counter = std::sync::Arc::clone(&given);
    let give = move |_: &Request| {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        let body = format!(r#"{{"access_token":"t{number}",{body}"#);
        ResponseTemplate::new(200).set_body_raw(body, "text/plain").set_delay(Duration::from_millis(30))
    };
    Mock::given(method("POST")).and(path("/token")).respond_with(give).mount(&server).await;
    let check = move |request: &Request| {
        let newest = format!("Bearer t{}", given.load(std::sync::atomic::Ordering::SeqCst));
        let is_newest = request.headers.get("authorization").is_some_and(|value| *value == newest);
        ResponseTemplate::new(if is_newest { 200 } else { 401 })
    };
    Mock::given(method("GET")).respond_with(check).mount(&server).await;
    server
}

#[tokio::test]
async fn fifty_pulls_fetch_one_token_and_renew_it_once() {
    let server = server("3600").await;
    let wire = wire(&server, grant(&server));
    let (cx, clock, _) = context();
    let fifty =
        || async { join_all((0..50).map(|_| get(&wire, &cx))).await.into_iter().all(|got| got.is_ok()) };
    assert!(fifty().await);
    assert_eq!(count(&server, "/token").await, 1);
    // Ahead of its end.
    clock.advance(Duration::from_secs(3600 - 60));
    assert!(fifty().await);
    assert_eq!(count(&server, "/token").await, 2);
    assert!(!format!("{wire:?}").contains("Canary"));
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_renewed_once_for_all() {
    let server = server("\"3600\"").await;
    let wire = wire(&server, grant(&server));
    let (cx, ..) = context();
    get(&wire, &cx).await.unwrap();
    // The server forgets it: somebody else was given one.
    reqwest::Client::new().post(format!("{}/token", server.uri())).send().await.unwrap();
    let all = join_all((0..50).map(|_| get(&wire, &cx))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(count(&server, "/token").await, 3);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_is_the_end() {
    let server = MockServer::start().await;
    let token = ResponseTemplate::new(200).set_body_string(r#"{"access_token":"t"}"#);
    Mock::given(method("POST")).respond_with(token).expect(2).mount(&server).await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).expect(2).mount(&server).await;
    let error = get(&wire(&server, grant(&server)), &context().0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

/// Gives out tokens, of which each is taken for so many requests; a path that begins with `/bad` takes none.
async fn short_lived(most: u32) -> MockServer {
    use std::{
        collections::HashMap,
        sync::{Arc, Mutex},
    };

    let server = MockServer::start().await;
    let used: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    let given = Arc::clone(&used);
    let give = move |_: &Request| {
        let mut given = given.lock().unwrap();
        let token = format!("t{}", given.len() + 1);
        given.insert(format!("Bearer {token}"), 0);
        ResponseTemplate::new(200).set_body_string(format!(r#"{{"access_token":"{token}"}}"#))
    };
    Mock::given(method("POST")).and(path("/token")).respond_with(give).mount(&server).await;
    let check = move |request: &Request| {
        let mut used = used.lock().unwrap();
        let token = request.headers.get("authorization").unwrap().to_str().unwrap().to_owned();
        let times = used.get_mut(&token).unwrap();
        *times += 1;
        let is_bad = request.url.path().starts_with("/bad");
        let status = if is_bad || *times > most { 401 } else { 200 };
        // Before the refusal is here, others have used the same token.
        ResponseTemplate::new(status).set_delay(Duration::from_millis(if is_bad { 50 } else { 2 }))
    };
    Mock::given(method("GET")).respond_with(check).mount(&server).await;
    server
}

#[tokio::test]
async fn tokens_that_live_for_three_requests_serve_all() {
    let server = short_lived(3).await;
    let wire = wire(&server, grant(&server));
    let (cx, ..) = context();
    // Eight are under way at once, so that most find a token that others have used up.
    let all = join_all((0..120).map(|_| get(&wire, &cx))).await;
    assert!(all.iter().all(Result::is_ok), "{:?}", all.iter().find(|got| got.is_err()));
    let tokens = count(&server, "/token").await;
    assert!((40..=120).contains(&tokens), "{tokens}");
}

#[tokio::test]
async fn a_request_that_no_token_helps_costs_two_and_no_more() {
    let server = short_lived(u32::MAX).await;
    let wire = wire(&server, grant(&server));
    let (cx, ..) = context();
    get(&wire, &cx).await.unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let others = join_all((0..6).map(|_| async {
        while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
            get(&wire, &cx).await.unwrap();
        }
    }));
    let bad = async {
        let error = get_path(&wire, "bad", &cx).await.unwrap_err();
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        error
    };
    let (_, bad) = futures::join!(others, bad);
    assert_eq!((bad.kind(), bad.status()), (ErrorKind::Unauthorized, Some(401)));
    let (tokens, sent) = (count(&server, "/token").await, count(&server, "/bad").await);
    // The one that all had, one for all, and one that nobody else had.
    assert_eq!((tokens, sent), (3, 3));
    // That one serves the others from then on.
    get(&wire, &cx).await.unwrap();
    assert_eq!(count(&server, "/token").await, 3);
}

#[tokio::test]
async fn credentials_go_where_the_server_wants_them() {
    let server = MockServer::start().await;
    let in_body = body_string_contains("client_secret=CanarySecret");
    let token = ResponseTemplate::new(200).set_body_string(r#"{"access_token":"t"}"#);
    Mock::given(method("POST"))
        .and(in_body)
        .and(body_string_contains("scope=roster.readonly"))
        .respond_with(token)
        .mount(&server)
        .await;
    let refusal = ResponseTemplate::new(401)
        .set_body_string(r#"{"error":"invalid_client","error_description":"Canary"}"#);
    Mock::given(method("POST"))
        .and(header_exists("authorization"))
        .respond_with(refusal)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(header("authorization", "Bearer t"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let (cx, ..) = context();
    get(&wire(&server, grant(&server)), &cx).await.unwrap();
    get(&wire(&server, grant(&server).with_client_auth(ClientAuth::Body)), &cx).await.unwrap();
    let error =
        get(&wire(&server, grant(&server).with_client_auth(ClientAuth::Header)), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(!format!("{error:?}").contains("Canary"), "{error:?}");
}

#[tokio::test]
async fn a_refresh_token_is_used_and_replaced() {
    let server = MockServer::start().await;
    for (held, next) in [("r1", "r2"), ("r2", "r3")] {
        let token = format!(r#"{{"access_token":"{next}","expires_in":60,"refresh_token":"{next}"}}"#);
        Mock::given(method("POST"))
            .and(body_string_contains("grant_type=refresh_token"))
            .and(body_string_contains(format!("refresh_token={held}")))
            .respond_with(ResponseTemplate::new(200).set_body_string(token))
            .expect(1)
            .mount(&server)
            .await;
    }
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let wire = wire(&server, grant(&server).with_refresh_token("r1".into()));
    let (cx, clock, _) = context();
    get(&wire, &cx).await.unwrap();
    clock.advance(Duration::from_secs(60));
    get(&wire, &cx).await.unwrap();
}

#[tokio::test]
async fn fifty_pulls_without_a_token_do_not_ask_fifty_times() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(400)
        .set_body_string("<html>Canary</html>")
        .set_delay(Duration::from_millis(50));
    Mock::given(method("POST")).respond_with(busy).mount(&server).await;
    let wire = wire(&server, grant(&server).with_client_auth(ClientAuth::Header));
    let (cx, ..) = context();
    let all = join_all((0..50).map(|_| get(&wire, &cx))).await;
    assert!(all.iter().all(|got| got.as_ref().is_err_and(|error| error.status() == Some(400))));
    // Eight requests are under way at once, and one of them asks for the token.
    let asked = count(&server, "/token").await;
    assert!(asked <= 50 / 8 + 1, "{asked}");
}
