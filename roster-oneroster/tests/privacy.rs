//! Nothing of a person and no secret in any output, at the most talkative level.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use roster_core::{PullContext, PullRequest, RosterSource, SensitiveField};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    Log, TestClock,
    district::DistrictSpec,
    sandbox::{OneRosterSandbox, SandboxFault},
    shown_by,
};

#[tokio::test]
async fn no_log_error_or_debug_shows_a_marker() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.writer()).finish();
    // For all threads: this test is alone in its program.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let sandbox = OneRosterSandbox::start(DistrictSpec::new(11).students(40)).unwrap();
    let context = || PullContext::default().with_clock(Arc::new(TestClock::default()));
    sandbox.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let source = OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
        .build()
        .unwrap();
    let mut shown = format!("{source:?} {:?}", source.check(&context()).await);
    let faults = [
        "",
        "status_500:users",
        "invalid_json:users",
        "missing_key:users",
        "cut_body:users",
        "status_401",
        "status_403:classes",
    ];
    for fault in faults {
        sandbox.recover();
        if !fault.is_empty() {
            sandbox.fault(fault.parse::<SandboxFault>().unwrap());
        }
        shown.push_str(
            &shown_by(&source, PullRequest::full().with_sensitive(SensitiveField::ALL), context()).await,
        );
    }
    let log = log.text();
    assert!(log.contains("/users") && shown.contains("bad_email") && shown.contains("answered 500"));
    for marker in ["Markerstudent", sandbox.client_id(), sandbox.client_secret(), sandbox.token()] {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
