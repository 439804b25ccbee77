//! Nothing of a person and no secret in any output, at the most talkative level.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::Arc;

use futures::StreamExt;
use roster_classlink::{ClassLinkPartner, ClassLinkSource};
use roster_core::{PullContext, PullRequest, RosterSource, SensitiveField, TenantDirectory};
use roster_testkit::{
    Log, TestClock,
    district::DistrictSpec,
    sandbox::{ClassLinkSandbox, SandboxFault},
    shown_by,
};

const FAULTS: [&str; 9] = [
    "",
    "status_500:users",
    "status_502:users",
    "invalid_json:users",
    "missing_key:users",
    "cut_body:users",
    "wrong_count:users",
    "status_401",
    "status_403:classes",
];

#[tokio::test]
async fn no_log_error_or_debug_shows_a_marker() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.writer()).finish();
    // For all threads: this test is alone in its program.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let sandbox = ClassLinkSandbox::start(&DistrictSpec::new(11).students(40)).unwrap();
    let tenant = sandbox.live()[2].clone();
    let server = sandbox.server(&tenant).unwrap();
    server.edit(|district| {
        for person in &mut district.people {
            person.name.family = Some("Markerstudent".to_owned());
            person.email = Some("not an address Markerstudent".to_owned());
        }
    });
    let context = || PullContext::default().with_clock(Arc::new(TestClock::default()));
    let builder = || ClassLinkSource::builder().base_url(sandbox.base_url()).token(sandbox.partner_token());
    let partner: ClassLinkPartner = builder().partner().unwrap();
    let bearer = sandbox.bearer(&tenant).unwrap();
    let mut shown = format!("{partner:?} {:?}", partner.tenants(&context()).collect::<Vec<_>>().await);
    for way in ["proxy", "direct"] {
        for fault in FAULTS {
            server.recover();
            if !fault.is_empty() {
                server.fault(fault.parse::<SandboxFault>().unwrap());
            }
            let source = builder().access(way).tenant(&tenant).build().unwrap();
            shown.push_str(&format!("{source:?} {:?}", source.check(&context()).await));
            let request = PullRequest::full().with_sensitive(SensitiveField::ALL);
            shown.push_str(&shown_by(&source, request, context()).await);
        }
    }
    let wrong = ClassLinkSource::builder().base_url(sandbox.base_url()).token("CanaryToken").tenant(&tenant);
    shown.push_str(&format!("{:?}", wrong.build().unwrap().check(&context()).await));
    let log = log.text();
    assert!(log.contains("/users") && log.contains("looked up again") && shown.contains("bad_email"));
    assert!(shown.contains("answered 500") && shown.contains("are the same"));
    let id = sandbox.application_id(&tenant).unwrap();
    let secrets = ["Markerstudent", "CanaryToken", sandbox.partner_token(), &bearer, &id];
    for marker in
        secrets.into_iter().chain([server.consumer_key(), server.consumer_secret(), "never-to-be-read"])
    {
        assert!(!log.contains(marker), "{marker} in the log");
        assert!(!shown.contains(marker), "{marker} in what is shown");
    }
}
