//! What a server may cost.

use std::time::{Duration, Instant};

use bytes::Bytes;
use roster_core::ErrorKind;
use roster_http::{HttpLimits, RetryPolicy};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{builder, context, get, wire};

/// A mebibyte of zeros as one gzip stream.
const MEBIBYTE: &[u8] = include_bytes!("mebibyte_of_zeros.gz");

/// The beginning of a gzip stream of so many mebibytes of zeros. The block was made with a full flush, so that it can be
/// repeated.
fn bomb(mebibytes: usize) -> Bytes {
    const HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const BLOCK: &[u8] = include_bytes!("mebibyte_of_zeros.deflate");
    [HEADER, &BLOCK.repeat(mebibytes)].concat().into()
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_at_the_limit() {
    let server = MockServer::start().await;
    let answer =
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(bomb(2048));
    Mock::given(method("GET")).respond_with(answer).expect(1).mount(&server).await;
    let begun = Instant::now();
    let error = get(&wire(&server), &context().0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().starts_with("/users page 3: the answer is larger than 1048576 bytes"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn gzip_is_asked_for_and_read() {
    let server = MockServer::start().await;
    let answer =
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(MEBIBYTE);
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    assert_eq!(get(&wire(&server), &context().0).await.unwrap().len(), 1024 * 1024);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["accept-encoding"], "gzip");
}

#[tokio::test]
async fn a_server_that_stalls_is_left() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let mut limits = HttpLimits::default();
    limits.read_time = Duration::from_millis(50);
    let wire = builder(&server.uri()).limits(limits).retry(RetryPolicy::never()).build().unwrap();
    let begun = Instant::now();
    let error = get(&wire, &context().0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.message().contains("no answer within 0.05 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}
