//! How access is asked for, given, taken back and lost, told by asking alone and by webhooks.

use futures::TryStreamExt;
use roster_core::{
    Ask, ConnectionState, ErrorKind, PullRequest, SecretString, TenantDirectory, jiff::Timestamp,
};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{WondeOptions, WondeSandbox, WondeStage},
};
use roster_wonde::{Connection, SchoolQuery, WebhookEvent, Webhooks, answer_to};
use serde_json::Value;

use super::{account, cx, pull, source};

const SECRET: &str = "0123456789abcdef";

fn sandbox() -> WondeSandbox {
    let district = DistrictSpec::new(7).generate();
    WondeSandbox::start_with(district, WondeOptions::default().all_stages()).unwrap()
}

/// The school of that stage among those of all stages.
fn school(sandbox: &WondeSandbox, stage: WondeStage) -> String {
    let place = WondeStage::ALL.iter().position(|other| *other == stage).unwrap();
    sandbox.schools()[2 + place].clone()
}

async fn state(sandbox: &WondeSandbox, id: &str) -> ConnectionState {
    account(sandbox).tenant(id, &cx()).await.unwrap().unwrap().state
}

#[tokio::test]
async fn schools_in_all_states() {
    let sandbox = sandbox();
    let expected = [
        (WondeStage::Pending, ConnectionState::Pending),
        (WondeStage::Declined, ConnectionState::Declined),
        (WondeStage::Approved, ConnectionState::AwaitingAudit),
        (WondeStage::Live, ConnectionState::Live),
        (WondeStage::Offline, ConnectionState::Offline),
        (WondeStage::Revoked, ConnectionState::Revoked),
    ];
    let tenants: Vec<_> = account(&sandbox).tenants(&cx()).try_collect().await.unwrap();
    assert_eq!(tenants.len(), 8);
    for (stage, state) in expected {
        let id = school(&sandbox, stage);
        let listed = tenants.iter().find(|tenant| tenant.id == id).unwrap();
        let asked = account(&sandbox).tenant(&id, &cx()).await.unwrap().unwrap();
        assert_eq!((listed.state, asked.state), (state, state), "{stage:?}");
        assert!(listed.identifiers.iter().any(|number| number.starts_with("urn:")), "{listed:?}");
    }
    let not = school(&sandbox, WondeStage::NotRequested);
    assert_eq!(state(&sandbox, &not).await, ConnectionState::NotRequested);
    assert!(account(&sandbox).tenant("A404", &cx()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_school_is_found_by_number_postcode_and_name() {
    let sandbox = sandbox();
    let not = school(&sandbox, WondeStage::NotRequested);
    for typed in ["EX3", "ex3 1aa", "100002", "801/4002", "st not requested"] {
        let found = account(&sandbox).search_schools(&SchoolQuery::typed(typed), &cx()).await.unwrap();
        let ids: Vec<_> = found.iter().map(|tenant| (tenant.id.as_str(), tenant.state)).collect();
        assert_eq!(ids, [(not.as_str(), ConnectionState::NotRequested)], "{typed}");
        assert!(found[0].detail.as_deref().unwrap().contains("Sampleton"));
    }
}

#[tokio::test]
async fn from_the_request_to_the_end() {
    let sandbox = sandbox();
    let id = school(&sandbox, WondeStage::NotRequested);
    let mut ask = Ask::default();
    ask.contact_name = Some("Dana Head".to_owned());
    ask.contact_email = Some("office@x.example".to_owned());
    let account = account(&sandbox);
    assert_eq!(account.connect(&id, ask.clone(), &cx()).await.unwrap(), ConnectionState::Pending);
    assert_eq!(sandbox.requests_for_access()[0]["contacts"][0]["last_name"], "Head");
    let refused = pull(&source(&sandbox, &id), PullRequest::full()).await;
    let error = refused.error.unwrap();
    assert!(
        error.kind() == ErrorKind::Forbidden && error.message().contains("has not given access"),
        "{error}"
    );
    sandbox.set_stage(&id, WondeStage::Approved);
    assert_eq!(state(&sandbox, &id).await, ConnectionState::AwaitingAudit);
    let early = pull(&source(&sandbox, &id), PullRequest::full()).await;
    assert_eq!(early.error.unwrap().kind(), ErrorKind::Forbidden);
    sandbox.set_stage(&id, WondeStage::Live);
    assert_eq!(state(&sandbox, &id).await, ConnectionState::Live);
    assert!(pull(&source(&sandbox, &id), PullRequest::full()).await.error.is_none());
    assert_eq!(account.disconnect(&id, &cx()).await.unwrap(), ConnectionState::Revoked);
    let after = pull(&source(&sandbox, &id), PullRequest::full()).await;
    assert!(after.error.is_some() && after.ends.is_empty());
    // Asking again is no error, and who gave access before is not audited again.
    assert_eq!(account.connect(&id, ask, &cx()).await.unwrap(), ConnectionState::Pending);
}

fn event(body: &Value) -> WebhookEvent {
    let webhooks = Webhooks::new([SecretString::from(SECRET)]).unwrap();
    webhooks.parse([], &format!("secret={SECRET}"), body.to_string().as_bytes()).unwrap()
}

/// Walks a school through its states. After each step the host looks, or is told and looks, or both.
async fn walk(lose: bool, double: bool, reverse: bool) -> Connection {
    let sandbox = sandbox();
    let id = school(&sandbox, WondeStage::NotRequested);
    let account = account(&sandbox);
    let mut connection = Connection::default();
    let mut second = 0;
    let mut clock = || {
        second += 1;
        Timestamp::from_second(second).unwrap()
    };
    let mut told = 0;
    for stage in [
        WondeStage::Pending,
        WondeStage::Approved,
        WondeStage::Live,
        WondeStage::Revoked,
        WondeStage::Approved,
        WondeStage::Revoked,
    ] {
        sandbox.set_stage_because(&id, stage, "because");
        if stage != WondeStage::Live && !lose && !reverse {
            deliver(&sandbox, &account, &mut connection, &mut told, double, &mut clock).await;
        }
        let seen = account.tenant(&id, &cx()).await.unwrap().unwrap().state;
        connection.observe(clock(), seen);
    }
    if reverse {
        let due = sandbox.webhooks_due();
        for body in due.iter().rev().chain(&due) {
            hear(&account, &mut connection, body, &mut clock).await;
        }
    }
    connection
}

async fn deliver(
    sandbox: &WondeSandbox,
    account: &roster_wonde::WondeAccount,
    connection: &mut Connection,
    told: &mut usize,
    double: bool,
    clock: &mut impl FnMut() -> Timestamp,
) {
    let due = sandbox.webhooks_due();
    for body in due.iter().skip(*told) {
        for _ in 0..if double { 2 } else { 1 } {
            hear(account, connection, body, clock).await;
        }
    }
    *told = due.len();
}

async fn hear(
    account: &roster_wonde::WondeAccount,
    connection: &mut Connection,
    body: &Value,
    clock: &mut impl FnMut() -> Timestamp,
) {
    let event = event(body);
    if connection.hear(clock(), &event)
        && let Ok(seen) = account.confirm(&event, &cx()).await
    {
        connection.observe(clock(), seen.state);
    }
}

#[tokio::test]
async fn lost_doubled_and_reversed_webhooks_end_the_same() {
    for (lose, double, reverse) in
        [(true, false, false), (false, false, false), (false, true, false), (false, true, true)]
    {
        let connection = walk(lose, double, reverse).await;
        assert_eq!(connection.state(), ConnectionState::Revoked, "{lose} {double} {reverse}");
        assert_eq!(connection.detail(), (!lose).then_some("because"));
    }
}

#[tokio::test]
async fn an_approval_counts_once_its_token_confirms_it() {
    let sandbox = sandbox();
    let account = account(&sandbox);
    let live = school(&sandbox, WondeStage::Live);
    let pending = school(&sandbox, WondeStage::Pending);
    sandbox.set_stage(&pending, WondeStage::Approved);
    let told = sandbox.webhooks_due().pop().unwrap();
    let seen = account.confirm(&event(&told), &cx()).await.unwrap();
    assert_eq!(seen.state, ConnectionState::AwaitingAudit);

    // A leaked secret and a made-up token do not open a school that took access back.
    let revoked = school(&sandbox, WondeStage::Revoked);
    let token = sandbox.school_token(&pending).unwrap();
    for token in ["made-up", token.as_str(), ""] {
        let mut forged = told.clone();
        forged["school_id"] = revoked.clone().into();
        forged["school_token"] = token.into();
        let done = account.confirm(&event(&forged), &cx()).await;
        assert_eq!(answer_to(&done), 400, "{token}");
        assert!(!format!("{done:?}").contains("made-up"));
    }
    let mut connection = Connection::default();
    connection.observe(Timestamp::UNIX_EPOCH, state(&sandbox, &revoked).await);
    assert_eq!(connection.state(), ConnectionState::Revoked);

    // Where the vendor can't be asked, it is to be told again.
    sandbox.fault("status_503:schools".parse().unwrap());
    let gone = serde_json::json!({ "payload_type": "accessRevoked", "school_id": live });
    drop(sandbox);
    let done = account.confirm(&event(&gone), &cx()).await;
    assert_eq!(answer_to(&done), 503);
}

#[tokio::test]
async fn the_vendor_posts_its_webhooks() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?secret={SECRET}", listener.local_addr().unwrap());
    let received = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 8192];
        let mut length = 0;
        loop {
            length += stream.read(&mut request[length..]).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            if text.ends_with('}') {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                return text;
            }
        }
    });
    let district = DistrictSpec::new(7).generate();
    let sandbox =
        WondeSandbox::start_with(district, WondeOptions::default().all_stages().webhooks_to(url)).unwrap();
    sandbox.set_stage(&school(&sandbox, WondeStage::Pending), WondeStage::Declined);
    let request = received.join().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let query = head.split(['?', ' ']).nth(2).unwrap();
    let webhooks = Webhooks::new([SecretString::from(SECRET)]).unwrap();
    let event = webhooks.parse([], query, body.as_bytes()).unwrap();
    assert!(matches!(event, WebhookEvent::AccessDeclined { .. }));
}
