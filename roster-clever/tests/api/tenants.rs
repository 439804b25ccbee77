//! Who has connected, and how it is with them.

use futures::TryStreamExt;
use roster_clever::CleverAccount;
use roster_core::{ConnectionState, EntityKind, ErrorKind, PullRequest, RosterSource, TenantDirectory};
use roster_testkit::sandbox::{CleverOptions, CleverSandbox};

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
