//! Credentials that their owner changes, and requests that are changed where they are refused.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::{FutureExt, future::join_all};
use roster_core::{ErrorKind, Result};
use roster_http::{Again, Auth, Meaning, Rotating, Wire, by_status};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::{builder, context, get};

/// Takes that bearer alone.
async fn server(bearer: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let check = move |request: &Request| {
        let given = request.headers.get("authorization");
        ResponseTemplate::new(if given.is_some_and(|value| value == bearer) { 200 } else { 401 })
    };
    Mock::given(method("GET")).respond_with(check).mount(&server).await;
    server
}

/// Finds these, one after the other, and the last one ever after.
fn wire(server: &MockServer, found: &'static [&'static str]) -> (Wire, Arc<AtomicU32>) {
    let looked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&looked);
    let look_up = move |_| {
        let at = counter.fetch_add(1, Ordering::SeqCst) as usize;
        let bearer = found.get(at).or(found.last()).copied().unwrap_or_default();
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Auth::bearer("test", &bearer.into())
        }
        .boxed()
    };
    let first = Auth::bearer("test", &"CanaryOld".into()).unwrap();
    let auth = Auth::Rotating(Rotating::new("test", first, Arc::new(look_up)));
    (builder(&server.uri()).auth(auth).build().unwrap(), looked)
}

#[tokio::test]
async fn a_changed_credential_is_looked_up_once_for_all_and_kept() {
    let server = server("Bearer CanaryNew").await;
    let (wire, looked) = wire(&server, &["CanaryNew"]);
    let (cx, ..) = context();
    for _ in 0..2 {
        let all = join_all((0..50).map(|_| get(&wire, &cx))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(looked.load(Ordering::SeqCst), 1);
    }
    assert!(!format!("{wire:?}").contains("Canary"));
}

#[tokio::test]
async fn one_that_is_the_same_or_wrong_again_is_not_sent_on_and_on() {
    for (found, requests) in [(&["CanaryOld"][..], 1), (&["CanaryOther"], 2)] {
        let server = server("Bearer CanaryNew").await;
        let (wire, looked) = wire(&server, found);
        let (cx, ..) = context();
        let error = get(&wire, &cx).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthorized, Some(401)));
        assert!(!format!("{error:?}").contains("Canary"));
        assert_eq!(server.received_requests().await.unwrap().len(), requests);
        assert_eq!(looked.load(Ordering::SeqCst), 1);
    }
    // Who comes later looks again: the owner may have mended it.
    let server = server("Bearer CanaryNew").await;
    let (wire, looked) = wire(&server, &["CanaryOld", "CanaryNew"]);
    let (cx, ..) = context();
    assert!(get(&wire, &cx).await.is_err() && get(&wire, &cx).await.is_ok());
    assert_eq!(looked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn all_who_wait_for_a_look_up_in_vain_are_told_by_it() {
    let server = server("Bearer CanaryNew").await;
    let (wire, looked) = wire(&server, &["CanaryOld"]);
    let (cx, ..) = context();
    let all = join_all((0..20).map(|_| get(&wire, &cx))).await;
    assert!(all.iter().all(Result::is_err));
    assert!(looked.load(Ordering::SeqCst) < 10, "{looked:?}");
}

#[tokio::test]
async fn a_variant_shares_who_waits_and_differs_in_what_it_reads() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(502)).mount(&server).await;
    let wire = builder(&server.uri()).build().unwrap();
    let (cx, clock, _) = context();
    let handed_back = wire.with_classifier(|refusal| Meaning { again: Again::No, ..by_status(refusal) });
    let error = get(&handed_back, &cx).await.unwrap_err();
    assert_eq!((error.status(), server.received_requests().await.unwrap().len()), (Some(502), 1));
    assert!(clock.waits().is_empty());
    // The wait of one holds the other back.
    handed_back.slow_down(30, &cx);
    assert!(get(&wire, &cx).await.is_err());
    assert!(!clock.waits().is_empty());
}
