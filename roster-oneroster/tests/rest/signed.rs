//! OAuth 1.0a against a server that checks it by code of its own.

use std::time::Duration;

use roster_core::{ErrorKind, PullContext, PullRequest, RosterSource};
use roster_oneroster::OneRosterSource;
use roster_testkit::sandbox::{OneRosterOptions, OneRosterSandbox, SandboxFault};

use crate::{Pulled, everything, sandbox, source};

fn signed(sandbox: &OneRosterSandbox, secret: &str, method: &str) -> OneRosterSource {
    OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .consumer(sandbox.consumer_key(), secret)
        .signature_method(method)
        .build()
        .unwrap()
}

#[tokio::test]
async fn both_methods_pull_what_a_token_pulls() {
    let sandbox = sandbox(OneRosterOptions::default());
    let by_token = Pulled::of(&source(&sandbox), everything()).await;
    for method in ["HMAC-SHA256", "HMAC-SHA1"] {
        let source = signed(&sandbox, sandbox.consumer_secret(), method);
        let pulled = Pulled::of(&source, everything()).await;
        assert!(pulled.is_whole() && pulled.records == by_token.records, "{method}: {:?}", pulled.error);
        // The filter of changes has quotes and an operator, and is signed too.
        let mut changes = everything();
        changes.mode = roster_core::PullMode::Changes;
        changes.cursor.clone_from(&pulled.cursor);
        let night = Pulled::of(&source, changes).await;
        assert!(night.error.is_none() && night.records.is_empty(), "{method}: {:?}", night.error);
    }
}

#[tokio::test]
async fn each_attempt_is_signed_anew() {
    let sandbox = sandbox(OneRosterOptions::default());
    // The server takes no nonce twice.
    sandbox.fault("status_503:users:3".parse::<SandboxFault>().unwrap());
    let pulled = Pulled::of(&signed(&sandbox, sandbox.consumer_secret(), "HMAC-SHA256"), everything()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_clock_are_told() {
    let mut options = OneRosterOptions::default();
    options.signed_within = Some(Duration::from_secs(300));
    let sandbox = sandbox(options);
    let right = signed(&sandbox, sandbox.consumer_secret(), "HMAC-SHA1");
    assert!(right.check(&PullContext::default()).await.is_ok());
    let wrong =
        signed(&sandbox, "CanarySecret", "HMAC-SHA1").check(&PullContext::default()).await.unwrap_err();
    assert!(wrong.kind() == ErrorKind::Unauthorized && !wrong.message().contains("apart"), "{wrong}");
    assert!(!format!("{wrong:?}").contains("Canary"));
    // On a clock that stands still, years ago.
    let late = Pulled::of(&right, PullRequest::full()).await.error.unwrap();
    assert!(late.kind() == ErrorKind::Unauthorized && late.message().contains("s apart"), "{late}");
}

#[tokio::test]
async fn fifty_pulls_share_one_token() {
    let sandbox = sandbox(OneRosterOptions::default());
    let source = OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
        .build()
        .unwrap();
    let pulls = (0..50).map(|_| Pulled::of(&source, everything()));
    let pulled = futures::future::join_all(pulls).await;
    assert!(pulled.iter().all(|one| one.is_whole() && one.records == pulled[0].records));
    assert_eq!(sandbox.tokens_given(), 1);
}
