//! A quiet server, read whole.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use roster_core::{EntityKind, PullRequest, Role, RosterSource};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    district::what_oneroster_says,
    sandbox::{OneRosterOptions, OneRosterSandbox},
};

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

/// Asks as no client of ours does: the head of the answer, and its body as it travels.
fn asked_by_hand(sandbox: &OneRosterSandbox, path: &str, headers: &str) -> (String, Vec<u8>) {
    let base = sandbox.base_url();
    let (host, base) = base.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let token = sandbox.token();
    write!(
        stream,
        "GET /{base}{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "the read is capped by `take`")]
    stream.take(1 << 20).read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let body = answer.split_off(end);
    (String::from_utf8(answer).unwrap().to_ascii_lowercase(), body)
}

#[tokio::test]
async fn compressed_answers_are_read_as_others_are() {
    let plain = sandbox(OneRosterOptions::default());
    let undisturbed = Pulled::of(&source(&plain), everything()).await;
    let gzip = sandbox(OneRosterOptions::default().gzip());
    let pulled = Pulled::of(&source(&gzip), everything()).await;
    assert!(pulled.is_whole() && pulled.records == undisturbed.records);
    let (head, packed) = asked_by_hand(&gzip, "/users?limit=50", "accept-encoding: br, gzip;q=0.8\r\n");
    assert!(head.starts_with("http/1.1 200") && head.contains("content-encoding: gzip"), "{head}");
    let (head, unpacked) = asked_by_hand(&gzip, "/users?limit=50", "");
    assert!(!head.contains("content-encoding") && packed.len() * 2 < unpacked.len());
    // Cut answers stay cut.
    gzip.fault("cut_body:users:middle:1".parse().unwrap());
    assert!(Pulled::of(&source(&gzip), everything()).await.is_whole());
}

#[tokio::test]
async fn views_are_there_where_the_server_has_them() {
    let views = ["schools", "terms", "gradingPeriods", "students", "teachers"];
    for version in VERSIONS {
        let (without, with) = (
            sandbox(OneRosterOptions::default().version(version)),
            sandbox(OneRosterOptions::default().version(version).views()),
        );
        let district = with.district();
        let in_role = |role: Role| {
            let is = |person: &&roster_core::Person| person.affiliations.iter().any(|at| at.role == role);
            district.people.iter().filter(is).count()
        };
        let pupils = in_role(Role::Student);
        assert!(pupils > 0 && pupils < district.people.len());
        for view in views {
            let (head, _) = asked_by_hand(&without, &format!("/{view}"), "");
            assert!(head.starts_with("http/1.1 404"), "{view}: {head}");
            let (head, body) = asked_by_hand(&with, &format!("/{view}?limit=1000"), "");
            assert!(head.starts_with("http/1.1 200"), "{view}: {head}");
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let (key, rows) = body.as_object().unwrap().iter().next().unwrap();
            let rows = rows.as_array().unwrap().len();
            match view {
                "schools" => assert_eq!((key.as_str(), rows), ("orgs", 2)),
                "students" => assert_eq!((key.as_str(), rows), ("users", pupils)),
                "teachers" => assert_eq!((key.as_str(), rows), ("users", in_role(Role::Teacher))),
                _ => assert_eq!(key, "academicSessions"),
            }
            assert!(head.contains(&format!("x-total-count: {rows}\r\n")), "{view}: {head}");
        }
        // A pull asks for none of them.
        assert!(Pulled::of(&source(&without), everything()).await.is_whole());
    }
}
