//! A quiet server, read whole.

use roster_core::{EntityKind, PullRequest, RosterSource};
use roster_oneroster::OneRosterSource;
use roster_testkit::{district::what_oneroster_says, sandbox::OneRosterOptions};

use crate::{Pulled, VERSIONS, context, everything, sandbox, source};

#[tokio::test]
async fn every_record_is_what_the_server_says() {
    for version in VERSIONS {
        for options in [OneRosterOptions::default(), OneRosterOptions::default().clamp(7).without_total()] {
            let sandbox = sandbox(options.version(version));
            let pulled = Pulled::of(&source(&sandbox), everything()).await;
            assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
            let said = what_oneroster_says(&sandbox.district(), version);
            let mut count = 0;
            for record in said.records() {
                count += 1;
                let (found, unseen) = &pulled.records[&(record.kind(), record.id().clone())];
                assert!(*found == record && unseen.is_empty(), "{record:?} differs");
            }
            assert_eq!(pulled.records.len(), count);
        }
    }
}

#[tokio::test]
async fn no_more_is_asked_than_is_needed() {
    let sandbox = sandbox(OneRosterOptions::default());
    let mut request = PullRequest::full().only([EntityKind::Org, EntityKind::AcademicSession]);
    request.page_size = Some(1000);
    assert!(Pulled::of(&source(&sandbox), request).await.is_whole());
    assert_eq!(sandbox.requests(), 2);
}

#[tokio::test]
async fn a_token_that_lives_for_three_requests_is_renewed_all_along() {
    let sandbox = sandbox(OneRosterOptions::default().token_requests(3));
    let source = OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
        .build()
        .unwrap();
    let pulled = Pulled::of(&source, everything()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert!(sandbox.tokens_given() > 5);
}

#[tokio::test]
async fn a_check_says_what_may_be_read_and_its_profile_is_taken_back() {
    let sandbox = sandbox(OneRosterOptions::default().without_total());
    let report = source(&sandbox).check(&context()).await.unwrap();
    assert_eq!(report.granted.len(), EntityKind::ALL.len());
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    let profile = report.profile.unwrap();
    let again =
        OneRosterSource::builder().base_url(sandbox.base_url()).token(sandbox.token()).profile(profile);
    assert!(again.build().is_ok());
}

#[tokio::test]
async fn a_busy_server_is_waited_for() {
    let sandbox = sandbox(OneRosterOptions::default().rate(1_000_000));
    sandbox.fault(
        "status_429:users:2"
            .parse::<roster_testkit::sandbox::SandboxFault>()
            .unwrap()
            .header("retry-after", "30"),
    );
    let pulled = Pulled::of(&source(&sandbox), everything()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
}
