//! Requests that change something.

use roster_core::{ErrorKind, PullContext, Result};
use roster_http::{Answer, Call, Method, Wire};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json, header, method},
};

use crate::{context, wire};

async fn send(wire: &Wire, verb: &Method, cx: &PullContext) -> Result<usize> {
    let url = wire.base().endpoint(["access"]);
    let call = Call { operation: "asking for access", label: "/access", place: "/access".to_owned(), url };
    let body = json!({ "notes": "please" });
    let body = (*verb == Method::POST).then_some(&body);
    wire.send(verb, &call, body, cx, |answer: Answer| Ok(answer.body.len())).await
}

#[tokio::test]
async fn any_success_is_one_and_the_body_arrives() {
    let server = MockServer::start().await;
    let posted = Mock::given(method("POST")).and(header("content-type", "application/json"));
    let posted = posted.and(body_json(json!({ "notes": "please" })));
    posted.respond_with(ResponseTemplate::new(201).set_body_string("made")).mount(&server).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let (cx, ..) = context();
    assert_eq!(send(&wire(&server), &Method::POST, &cx).await.unwrap(), 4);
    assert_eq!(send(&wire(&server), &Method::DELETE, &cx).await.unwrap(), 0);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_twice() {
    for (verb, status, sent) in [
        (Method::POST, 500, 1),
        (Method::POST, 503, 1),
        (Method::POST, 429, 4),
        (Method::DELETE, 503, 4),
        (Method::PUT, 502, 4),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        let (cx, ..) = context();
        let error = send(&wire(&server), &verb, &cx).await.unwrap_err();
        assert_eq!(server.received_requests().await.unwrap().len(), sent, "{verb} {status}");
        assert_ne!(error.kind(), ErrorKind::Config);
        assert!(sent > 1 || error.message().contains("may have been carried out"), "{error}");
    }
}
