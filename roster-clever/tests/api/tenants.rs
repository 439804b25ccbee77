//! Who has connected, and how it is with them.

use futures::{StreamExt, TryStreamExt};
use roster_clever::CleverAccount;
use roster_core::{
    Completeness, ConnectionState, EntityKind, ErrorKind, PartialCode, PullRequest, Role, RosterSource,
    Slice, TenantDirectory,
};
use roster_testkit::sandbox::{CleverOptions, CleverSandbox};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{header, path, path_regex},
};

use super::{context, sandbox, source};

fn account(sandbox: &CleverSandbox) -> CleverAccount {
    CleverAccount::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret())
        .build_account()
        .unwrap()
}

#[tokio::test]
async fn districts_are_listed_with_their_state() {
    let sandbox = sandbox(20, CleverOptions::default());
    let account = account(&sandbox);
    for (word, state) in [
        ("running", ConnectionState::Live),
        ("success", ConnectionState::Live),
        ("pending", ConnectionState::Failing),
        ("error", ConnectionState::Failing),
        ("paused", ConnectionState::Paused),
    ] {
        sandbox.set_state(word);
        let tenants: Vec<_> = account.tenants(&context()).try_collect().await.unwrap();
        assert_eq!((tenants.len(), tenants[0].state), (1, state), "{word}");
        assert_eq!(tenants[0].id, sandbox.district_id());
        assert!(
            tenants[0].name.contains("Unified")
                && tenants[0].data_as_of.is_some()
                && tenants[0].since.is_some()
        );
        assert!(tenants[0].identifiers[0].starts_with("nces:"));
        let report = source(&sandbox).check(&context()).await.unwrap();
        assert_eq!(report.state, Some(state));
        assert!(
            report.warnings.iter().any(|warning| warning.contains("read:students")),
            "{:?}",
            report.warnings
        );
    }
}

#[tokio::test]
async fn a_district_that_is_gone_has_lost_its_connection() {
    let sandbox = sandbox(20, CleverOptions::default());
    let account = account(&sandbox);
    let id = sandbox.district_id();
    assert!(account.tenant(&id, &context()).await.unwrap().is_some());
    let opened = account.open(&id, &context()).await.unwrap();
    sandbox.revoke(true);
    assert!(account.tenant(&id, &context()).await.unwrap().is_none());
    assert_eq!(account.open(&id, &context()).await.err().unwrap().kind(), ErrorKind::Config);
    let report = source(&sandbox).check(&context()).await.unwrap();
    assert_eq!((report.state, report.granted.len()), (Some(ConnectionState::Revoked), 0));
    let mut stream = opened.pull(PullRequest::full(), context());
    let first = futures::StreamExt::next(&mut stream).await.unwrap();
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(account.disconnect(&id, &context()).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_check_says_what_may_be_read() {
    let sandbox = sandbox(20, CleverOptions::default());
    let report = source(&sandbox).check(&context()).await.unwrap();
    assert_eq!(report.granted.len(), EntityKind::ALL.len());
    let profile = report.profile.unwrap();
    assert_eq!((profile["api_version"].as_str(), profile["events"].as_bool()), (Some("3.1"), Some(true)));
    let wrong = CleverAccount::builder()
        .base_url(sandbox.base_url())
        .client("CanaryId", "CanarySecret")
        .build_account()
        .unwrap();
    let error = wrong.tenants(&context()).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unauthorized && !format!("{error:?}").contains("Canary"));
}

/// A list of tokens, and what the API answers for each of them: a status, and the district's id where it is 200.
async fn listed(rows: serde_json::Value, districts: &[(&str, u16)]) -> (wiremock::MockServer, CleverAccount) {
    let server = wiremock::MockServer::start().await;
    Mock::given(path("/oauth/tokens"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": rows })))
        .mount(&server)
        .await;
    for (district, status) in districts {
        let body = json!({ "data": [{ "data": { "id": district, "name": format!("{district} Unified") } }] });
        Mock::given(path("/v3.1/districts"))
            .and(header("authorization", format!("Bearer token-{district}")))
            .respond_with(ResponseTemplate::new(*status).set_body_json(body))
            .mount(&server)
            .await;
    }
    let account =
        CleverAccount::builder().base_url(server.uri()).client("id", "secret").build_account().unwrap();
    (server, account)
}

fn token(district: &str) -> serde_json::Value {
    json!({ "id": "1", "owner": { "type": "district", "id": district }, "access_token": format!("token-{district}"), "scopes": [] })
}

#[tokio::test]
async fn tokens_that_can_not_be_read_are_told_and_counted() {
    let nameless = json!({ "id": "5", "owner": "CanaryOwner", "access_token": "CanaryToken" });
    let lacking = json!({ "id": "2", "owner": { "type": "district", "id": "d2" }, "access_token": null });
    let rows = json!([token("d1"), lacking, 7, nameless, { "owner": { "type": "school", "id": "s" }, "access_token": "x" }]);
    let (_server, account) = listed(rows, &[("d1", 200)]).await;
    let all: Vec<_> = account.tenants(&context()).collect().await;
    let tenants: Vec<_> = all.iter().filter_map(|item| item.as_ref().ok()).collect();
    let shown: Vec<_> = tenants.iter().map(|tenant| (tenant.id.as_str(), tenant.state)).collect();
    assert_eq!(shown, [("d1", ConnectionState::Live), ("d2", ConnectionState::Failing)]);
    assert!(tenants[1].detail.as_deref().unwrap().contains("access_token"), "{:?}", tenants[1].detail);
    // What names no district comes last, after all that could be told.
    let error = all.last().unwrap().as_ref().unwrap_err();
    assert_eq!((all.len(), error.kind()), (3, ErrorKind::Decode));
    assert!(error.message().contains("2 rows") && !format!("{error:?}").contains("Canary"), "{error}");
    // Of the one that is asked for it can't be said that its access was taken back.
    let error = account.tenant("d2", &context()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(account.open("d2", &context()).await.err().unwrap().kind(), ErrorKind::Decode);
    assert_eq!(account.tenant("d3", &context()).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_newer_token_that_can_not_be_read_does_not_hide_an_older_one() {
    let lacking = json!({ "id": "2", "owner": { "type": "district", "id": "d1" }, "created": "2026-01-01T00:00:00.000Z" });
    let (_server, account) = listed(json!([lacking, token("d1")]), &[("d1", 200)]).await;
    let tenants: Vec<_> = account.tenants(&context()).try_collect().await.unwrap();
    assert_eq!((tenants.len(), tenants[0].state), (1, ConnectionState::Live));
}

/// A district that authorizes the app anew while its teachers are read: some came by the first token, and the second brings none.
async fn authorized_anew(second: &[&str]) -> Vec<(Slice, Completeness)> {
    let server = wiremock::MockServer::start().await;
    let first = ["read:students", "read:teachers", "read:school_admins", "read:district_admins"];
    for (number, scopes) in [first.as_slice(), second].into_iter().enumerate() {
        let row = json!({
            "id": "t", "owner": { "type": "district", "id": "d1" }, "access_token": format!("token-{number}"), "scopes": scopes,
        });
        Mock::given(path("/oauth/tokens"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [row] })))
            .up_to_n_times(if number == 0 { 1 } else { 100 })
            .mount(&server)
            .await;
    }
    let teacher = json!({ "data": { "id": "p1", "name": { "first": "A", "last": "B" }, "roles": { "teacher": { "schools": ["s"] } } } });
    let answer = move |request: &wiremock::Request| {
        let query = request.url.query().unwrap_or_default();
        let rows = match request.url.path() {
            "/v3.1/districts" => json!([{ "data": { "id": "d1", "name": "Hill Unified" } }]),
            "/v3.1/users" if query.contains("role=teacher") && query.contains("starting_after") => {
                if request.headers["authorization"] == "Bearer token-0" {
                    return ResponseTemplate::new(401);
                }
                json!([])
            }
            "/v3.1/users" if query.contains("role=teacher") => json!([teacher]),
            _ => json!([]),
        };
        ResponseTemplate::new(200).set_body_json(json!({ "data": rows }))
    };
    Mock::given(path_regex("^/v3.1/")).respond_with(answer).mount(&server).await;
    let source = roster_clever::CleverSource::builder().base_url(server.uri()).district("d1");
    let source = source.client("id", "secret").build().unwrap();
    let told = super::pull(&source, PullRequest::full().only([EntityKind::Person])).await.whole();
    told.ends(EntityKind::Person).into_iter().map(|(slice, how)| (slice.clone(), how.clone())).collect()
}

#[tokio::test]
async fn a_scope_that_is_lost_in_the_middle_ends_nobody() {
    let lost = ["read:students", "read:school_admins", "read:district_admins"];
    let ends = authorized_anew(&lost).await;
    let of = |role| {
        let slice = Slice::Role(role);
        &ends.iter().find(|(of, _)| *of == slice).unwrap().1
    };
    assert!(
        matches!(of(Role::Teacher), Completeness::Partial { code: PartialCode::Withheld, .. }),
        "{ends:?}"
    );
    assert_eq!((of(Role::Student), of(Role::Staff)), (&Completeness::Complete, &Completeness::Complete));
    // A new token that reads as much goes on where the first one stopped.
    let same = [lost.as_slice(), &["read:teachers"]].concat();
    assert_eq!(authorized_anew(&same).await, [(Slice::All, Completeness::Complete)]);
}

#[tokio::test]
async fn a_district_that_can_not_be_looked_at_does_not_hide_the_others() {
    for status in [500, 502, 503, 429, 400, 200] {
        let (server, account) =
            listed(json!([token("d1"), token("d2"), token("d3")]), &[("d1", 200), ("d3", 200)]).await;
        let answer = ResponseTemplate::new(status).set_body_string("<html>Canary</html>");
        Mock::given(header("authorization", "Bearer token-d2")).respond_with(answer).mount(&server).await;
        let tenants: Vec<_> = account.tenants(&context()).try_collect().await.unwrap();
        let shown: Vec<_> = tenants.iter().map(|tenant| (tenant.id.as_str(), tenant.state)).collect();
        let (live, failing) = (ConnectionState::Live, ConnectionState::Failing);
        assert_eq!(shown, [("d1", live), ("d2", failing), ("d3", live)], "{status}");
        let detail = tenants[1].detail.as_deref().unwrap();
        assert!(detail.contains("/districts") && !detail.contains("Canary"), "{status}: {detail}");
        // Who asks for that one is told the error itself.
        assert!(account.tenant("d2", &context()).await.is_err(), "{status}");
    }
}
