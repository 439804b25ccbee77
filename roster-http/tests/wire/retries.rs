//! What is sent again, when, and how often.

use std::{sync::Arc, time::Duration};

use roster_core::{ErrorKind, PullContext};
use roster_http::{Again, Auth, BaseUrl, Classifier, Limiter, Meaning, RetryBudget, by_status};
use roster_testkit::TestClock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{builder, context, get, wire};

async fn answers(status: u16, times: u64, headers: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start().await;
    let refusal = headers
        .iter()
        .fold(ResponseTemplate::new(status), |answer, (name, value)| answer.insert_header(*name, *value));
    Mock::given(method("GET"))
        .respond_with(refusal.set_body_string("Canary Student"))
        .up_to_n_times(times)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("fine"))
        .mount(&server)
        .await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_fault_that_passes_is_waited_out() {
    for status in [500, 502, 503, 504, 408, 429] {
        let server = answers(status, 2, &[]).await;
        let (cx, clock, ear) = context();
        assert_eq!(get(&wire(&server), &cx).await.unwrap(), "fine", "{status}");
        assert_eq!(requests(&server).await, 3);
        assert!(clock.waits().len() >= 2 && clock.waits().iter().all(|wait| *wait <= Duration::from_secs(1)));
        assert_eq!(ear.0.lock().unwrap().iter().filter(|heard| *heard == "retry").count(), 2);
    }
}

#[tokio::test]
async fn what_stays_wrong_is_told_with_its_place_and_without_its_body() {
    for (status, kind, sent) in [
        (400, ErrorKind::Provider, 1),
        (401, ErrorKind::Unauthorized, 1),
        (403, ErrorKind::Forbidden, 1),
        (404, ErrorKind::NotFound, 1),
        (501, ErrorKind::Unsupported, 1),
        (500, ErrorKind::Provider, 4),
        (429, ErrorKind::RateLimited, 4),
        (302, ErrorKind::Provider, 1),
    ] {
        let server = answers(status, 100, &[("location", "http://127.0.0.1:1/elsewhere")]).await;
        let error = get(&wire(&server), &context().0).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status(), requests(&server).await),
            (kind, Some(status), sent),
            "{status}"
        );
        assert!(error.message().starts_with(&format!("/users page 3: the server answered {status}: ")));
        assert!(!error.is_retryable() && !format!("{error:?}").contains("Canary"));
    }
}

#[tokio::test]
async fn a_wait_is_as_long_as_told() {
    let server = answers(429, 1, &[("retry-after", "40")]).await;
    let (cx, clock, _) = context();
    assert_eq!(get(&wire(&server), &cx).await.unwrap(), "fine");
    assert!(clock.waits()[0] >= Duration::from_secs(40) && clock.waits()[0] < Duration::from_secs(41));
}

#[tokio::test]
async fn a_wait_past_the_deadline_fails_at_once_and_says_so() {
    let server = answers(429, 9, &[("retry-after", "600")]).await;
    let (cx, clock, _) = context();
    let error = get(&wire(&server), &cx).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(600))));
    assert!(error.message().contains("wait 600 s, longer than the 60 s"), "{error}");
    assert_eq!((requests(&server).await, clock.waits().len()), (1, 0));
}

#[tokio::test]
async fn a_dead_server_gets_no_more_than_the_budget() {
    let server = answers(500, 1000, &[]).await;
    let limiter = Limiter::with_budget(8, RetryBudget::new(5));
    let wire = builder(&server.uri()).limiter(limiter).build().unwrap();
    let (cx, ..) = context();
    let first = get(&wire, &cx).await.unwrap_err();
    let second = get(&wire, &cx).await.unwrap_err();
    let third = get(&wire, &cx).await.unwrap_err();
    assert!(first.message().ends_with("(sent 4 times)"), "{first}");
    assert!(second.message().ends_with("(too many requests failed to send this one again)"), "{second}");
    assert!(third.message().ends_with("(too many requests failed to send this one again)"), "{third}");
    // Three that were asked for, and five retries.
    assert_eq!(requests(&server).await, 8);
}

/// A server that answers with raw bytes, the n-th connection with the n-th answer.
async fn raw(answers: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            // The client may be gone by then, which is its right.
            drop(socket.read(&mut request).await);
            drop(socket.write_all(answer.as_bytes()).await);
        }
    });
    url
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nhalf",
        "",
        "nonsense\r\n\r\n",
    ] {
        let url = raw(vec![cut, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine"]).await;
        assert_eq!(get(&builder(&url).build().unwrap(), &context().0).await.unwrap(), "fine", "{cut}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_plainly() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = get(&builder(&url).build().unwrap(), &context().0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(error.message(), "/users page 3: no connection: nothing listens there (sent 4 times)");
}

#[tokio::test]
async fn a_token_never_leaves_its_origin() {
    let (home, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let auth = Auth::bearer("test", &"CanaryToken".into()).unwrap();
    let wire = builder(&home.uri()).auth(auth).build().unwrap();
    let url = BaseUrl::parse("test", "base_url", &elsewhere.uri()).unwrap().endpoint(["users"]);
    let call =
        roster_http::Call { operation: "reading a page", label: "/users", place: "/users".to_owned(), url };
    let error = wire.get(&call, &PullContext::default(), |_| Ok(())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(requests(&elsewhere).await, 0);
    assert!(!format!("{wire:?}{error:?}").contains("Canary"));
}

#[tokio::test]
async fn a_pause_that_one_is_told_is_kept_by_all() {
    let server = answers(429, 1, &[("retry-after", "50")]).await;
    let limiter = Limiter::new(1);
    let wires = [(); 2].map(|()| builder(&server.uri()).limiter(limiter.clone()).build().unwrap());
    let clock = TestClock::default();
    let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
    let (first, second) = futures::join!(get(&wires[0], &cx), get(&wires[1], &cx));
    assert!(first.is_ok() && second.is_ok());
    assert!(clock.waits().iter().all(|wait| *wait >= Duration::from_secs(50)), "{:?}", clock.waits());
}

#[tokio::test]
async fn a_quota_of_all_users_slows_another_user_and_a_user_s_own_does_not() {
    let of_all: Classifier = |refusal| Meaning { again: Again::SlowerForAll(None), ..by_status(refusal) };
    let of_one: Classifier = |refusal| Meaning { again: Again::Slower(None), ..by_status(refusal) };
    for (classifier, slows) in [(of_all, true), (of_one, false)] {
        let server = answers(429, 1, &[("retry-after", "3")]).await;
        let project = Limiter::new(8);
        let user = || {
            let limiter = Limiter::made(4, RetryBudget::default(), None, Some(project.clone()));
            builder(&server.uri()).limiter(limiter).classifier(classifier).build().unwrap()
        };
        let pause = Duration::from_secs(3);
        // By the real clock: what is looked at is who waits while another does.
        let cx = PullContext::default();
        let (one, two) = (user(), user());
        let begun = std::time::Instant::now();
        let other = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            get(&two, &cx).await.map(|_| begun.elapsed())
        };
        let (refused, other) = futures::join!(get(&one, &cx), other);
        assert!(refused.is_ok() && begun.elapsed() >= pause);
        assert_eq!(other.unwrap() >= pause, slows);
    }
}
