//! A webhook is told, and the vendor is asked whether it is so.

use roster_core::{ConnectionState, ErrorKind, Result, SecretString};
use roster_wonde::{Connection, Observation, WebhookEvent, WondeAccount, answer_to};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path},
};

use super::{
    cx,
    foreign::{TOKEN, fixture},
};

const ID: &str = "A1000000001";
const DELIVERED: &str = "delivered-token";

fn approval() -> WebhookEvent {
    let token = Some(SecretString::from(DELIVERED));
    WebhookEvent::SchoolApproved { school: Some(ID.to_owned()), name: None, token }
}

/// Answers those who bear the token.
async fn answer(server: &MockServer, token: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(path(format!("/v1.0/{at}")))
        .and(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn fine(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn school() -> ResponseTemplate {
    fine(&fixture("school"))
}

/// What the application itself may ask: the school, how it stands, and lists that are empty.
async fn applications(server: &MockServer) {
    answer(server, TOKEN, &format!("schools/{ID}"), school()).await;
    answer(server, TOKEN, &format!("meta/schools/{ID}"), fine(&fixture("meta_school"))).await;
    answer(server, TOKEN, "schools", fine(&json!({ "data": [] }))).await;
}

async fn confirm(server: &MockServer, event: &WebhookEvent) -> Result<Observation> {
    let account = WondeAccount::builder().token(TOKEN).base_url(server.uri()).build_account().unwrap();
    account.confirm(event, &cx()).await
}

#[tokio::test]
async fn an_approval_told_once_more_leaves_a_live_school_live() {
    let server = MockServer::start().await;
    applications(&server).await;
    // A school's own token may read the school, and not how it stands.
    answer(&server, DELIVERED, &format!("schools/{ID}"), school()).await;
    answer(&server, DELIVERED, &format!("meta/schools/{ID}"), ResponseTemplate::new(403)).await;
    let mut connection = Connection::default();
    for _ in 0..2 {
        let seen = confirm(&server, &approval()).await.unwrap();
        connection.observe(seen.at, seen.state);
        assert_eq!(connection.state(), ConnectionState::Live);
    }
}

#[tokio::test]
async fn where_nobody_can_tell_how_it_stands_what_is_served_tells() {
    for (rows, state) in
        [(json!([{ "id": "S1" }]), ConnectionState::Live), (json!([]), ConnectionState::AwaitingAudit)]
    {
        let server = MockServer::start().await;
        answer(&server, TOKEN, &format!("schools/{ID}"), ResponseTemplate::new(403)).await;
        answer(&server, TOKEN, "schools", fine(&json!({ "data": [] }))).await;
        answer(&server, DELIVERED, &format!("schools/{ID}"), school()).await;
        answer(&server, DELIVERED, &format!("schools/{ID}/students"), fine(&json!({ "data": rows }))).await;
        assert_eq!(confirm(&server, &approval()).await.unwrap().state, state);
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_confirms_nothing() {
    let mut other = fixture("school");
    other["data"]["id"] = json!("A1000000002");
    let nothing = fine(&json!({ "data": [] }));
    for refusal in [
        ResponseTemplate::new(401),
        ResponseTemplate::new(403),
        ResponseTemplate::new(404),
        fine(&other),
        nothing,
    ] {
        let server = MockServer::start().await;
        applications(&server).await;
        answer(&server, DELIVERED, &format!("schools/{ID}"), refusal).await;
        let done = confirm(&server, &approval()).await;
        assert_eq!(answer_to(&done), 400);
        assert_eq!(done.unwrap_err().kind(), ErrorKind::Forbidden);
    }
    // A good token of a school that the vendor says has not given access.
    let server = MockServer::start().await;
    answer(&server, DELIVERED, &format!("schools/{ID}"), school()).await;
    answer(&server, TOKEN, &format!("schools/{ID}"), ResponseTemplate::new(403)).await;
    let withdrawn = json!({ "data": { "online": true, "approved": false, "audited": true } });
    answer(&server, TOKEN, &format!("meta/schools/{ID}"), fine(&withdrawn)).await;
    answer(&server, TOKEN, "schools", fine(&json!({ "data": [] }))).await;
    assert_eq!(answer_to(&confirm(&server, &approval()).await), 400);
}

#[tokio::test]
async fn what_cannot_be_asked_is_to_be_told_again() {
    let html = || ResponseTemplate::new(200).set_body_string("<html>Canary</html>");
    for failure in
        [ResponseTemplate::new(503), ResponseTemplate::new(423), ResponseTemplate::new(429), html()]
    {
        let server = MockServer::start().await;
        applications(&server).await;
        answer(&server, DELIVERED, &format!("schools/{ID}"), failure).await;
        let done = confirm(&server, &approval()).await;
        assert_eq!(answer_to(&done), 503, "{done:?}");
        assert!(!format!("{done:?}").contains("Canary"));
    }
    // The application's own token is not taken, or what it is told can't be read: that is no word about the school's.
    for failure in
        [ResponseTemplate::new(401), html(), ResponseTemplate::new(500), ResponseTemplate::new(423)]
    {
        let server = MockServer::start().await;
        answer(&server, DELIVERED, &format!("schools/{ID}"), school()).await;
        answer(&server, TOKEN, &format!("schools/{ID}"), failure.clone()).await;
        assert_eq!(answer_to(&confirm(&server, &approval()).await), 503);
        let (school, name) = (Some(ID.to_owned()), None);
        let revoked = WebhookEvent::AccessRevoked { school, name, reason: None };
        assert_eq!(answer_to(&confirm(&server, &revoked).await), 503);
    }
}

#[tokio::test]
async fn a_school_whose_data_are_refused_with_401_is_looked_for_in_the_lists() {
    let server = MockServer::start().await;
    answer(&server, TOKEN, &format!("schools/{ID}"), ResponseTemplate::new(401)).await;
    answer(&server, TOKEN, "schools", fine(&json!({ "data": [] }))).await;
    let listed = fine(&json!({ "data": [fixture("school")["data"]] }));
    answer(&server, TOKEN, "schools/revoked", listed).await;
    let revoked = WebhookEvent::AccessRevoked { school: Some(ID.to_owned()), name: None, reason: None };
    assert_eq!(confirm(&server, &revoked).await.unwrap().state, ConnectionState::Revoked);
}

#[tokio::test]
async fn the_host_that_the_list_names_is_asked_too() {
    let (here, there) = (MockServer::start().await, MockServer::start().await);
    let mut listed = fixture("school")["data"].clone();
    listed["region"]["domain"] = json!(there.address().to_string());
    let body = json!({ "data": listed });
    answer(&here, TOKEN, &format!("schools/{ID}"), fine(&body)).await;
    answer(&here, TOKEN, &format!("meta/schools/{ID}"), fine(&fixture("meta_school"))).await;
    answer(&here, TOKEN, "schools", fine(&json!({ "data": [listed] }))).await;
    answer(&here, DELIVERED, &format!("schools/{ID}"), ResponseTemplate::new(401)).await;
    assert_eq!(answer_to(&confirm(&here, &approval()).await), 400, "nobody knows the token");
    answer(&there, DELIVERED, &format!("schools/{ID}"), fine(&body)).await;
    assert_eq!(confirm(&here, &approval()).await.unwrap().state, ConnectionState::Live);
}

#[tokio::test]
async fn an_event_without_a_school_or_of_another_sort_is_not_about_access() {
    let server = MockServer::start().await;
    for school in [None, Some(" ".to_owned())] {
        let event = WebhookEvent::AccessDeclined { school, name: None, reason: None };
        assert_eq!(answer_to(&confirm(&server, &event).await), 400);
    }
}
