//! A server that misbehaves: the result is the same, or a typed error, and nothing is said to be gone.

use roster_core::{Completeness, EntityKind, ErrorKind, PartialCode, PullMode, PullRequest, SensitiveField};
use roster_testkit::sandbox::{At, CleverOptions, CleverSandbox, SandboxFault};
use serde_json::json;

use super::{Told, builder, pull, sandbox, source};

const LISTS: [&str; 7] = ["districts", "schools", "terms", "courses", "sections", "users", "events"];

fn request() -> PullRequest {
    let mut request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    request.page_size = Some(20);
    request
}

/// Nothing that was not delivered lies in a slice that is complete.
fn assert_honest(told: &Told, whole: &Told, what: &str) {
    if told.error.is_some() {
        return;
    }
    let (ours, all) = (told.records(), whole.records());
    for kind in EntityKind::ALL {
        let lacks = all.keys().any(|key| key.0 == kind && !ours.contains_key(key));
        let is_whole = told.ends(kind).iter().all(|(_, how)| **how == Completeness::Complete);
        assert!(!lacks || !is_whole, "{what}: {kind}");
    }
}

#[tokio::test]
async fn a_fault_at_every_page_is_told_or_survived() {
    let sandbox = sandbox(30, CleverOptions::default());
    let whole = pull(&source(&sandbox), request()).await.whole();
    let faults = [
        ("status_500", true),
        ("status_403", false),
        ("status_404", false),
        ("status_503", true),
        ("reset", true),
        ("cut_body", true),
        ("wrong_length", true),
        ("invalid_json", false),
        ("missing_key", false),
        ("empty_page", false),
        ("repeated_page", false),
        ("clamp", false),
        ("expired_token", false),
        ("foreign_next", false),
        ("deep_nesting", false),
        ("gzip_bomb", false),
    ];
    for (name, heals) in faults {
        for list in LISTS {
            for at in [At::First, At::Middle, At::Last] {
                if name == "gzip_bomb" && (list != "users" || at != At::First) {
                    continue;
                }
                let fault = SandboxFault::named(name).unwrap().of(list).at(at);
                let what = format!("{name} {list} {at:?}");
                sandbox.fault(fault.clone().times(1));
                let told = pull(&source(&sandbox), request()).await;
                assert_honest(&told, &whole, &what);
                if heals {
                    assert!(
                        told.error.is_none() && told.records() == whole.records(),
                        "{what}: {:?}",
                        told.error
                    );
                }
                sandbox.recover();
                // A list that is always empty can't be told from an empty one; one bomb is enough.
                if at != At::First || matches!(name, "empty_page" | "gzip_bomb") {
                    continue;
                }
                sandbox.fault(fault.at(At::Any));
                assert_honest(&pull(&source(&sandbox), request()).await, &whole, &what);
                sandbox.recover();
            }
        }
    }
}

#[tokio::test]
async fn pages_without_an_end_pass_a_limit() {
    let sandbox = sandbox(20, CleverOptions::default());
    sandbox.fault("endless_pages:users".parse().unwrap());
    let mut limits = roster_http::HttpLimits::default();
    limits.pages = 30;
    let source = builder(&sandbox).token(sandbox.token()).limits(limits).build().unwrap();
    let error = pull(&source, request()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_list_that_is_withheld_is_partial_and_the_others_whole() {
    let sandbox = sandbox(30, CleverOptions::default());
    sandbox.fault("status_403:courses".parse().unwrap());
    let told = pull(&source(&sandbox), request()).await.whole();
    assert!(matches!(
        told.end(EntityKind::Course),
        Completeness::Partial { code: PartialCode::Withheld, .. }
    ));
    for kind in [EntityKind::Org, EntityKind::AcademicSession, EntityKind::Class, EntityKind::Person] {
        assert_eq!(*told.end(kind), Completeness::Complete, "{kind}");
    }
    assert!(told.codes().contains(&"refused_collection") && !told.codes().contains(&"dangling_reference"));
}

#[tokio::test]
async fn too_many_requests_are_waited_for_whatever_the_reset_says() {
    for (ahead, name) in
        [(None, "absent"), (Some(2), "soon"), (Some(-600), "past"), (Some(7200), "far ahead")]
    {
        let sandbox = sandbox(30, CleverOptions::default());
        let mut fault = SandboxFault::named("status_429").unwrap().of("users").times(3);
        if let Some(ahead) = ahead {
            let now = roster_core::Clock::now(&roster_testkit::TestClock::default()).as_second();
            fault = fault
                .header("x-ratelimit-reset", &(now + ahead).to_string())
                .header("x-ratelimit-remaining", "0");
        }
        sandbox.fault(fault);
        let clock = std::sync::Arc::new(roster_testkit::TestClock::default());
        let begun = roster_core::Clock::now(&*clock);
        let cx = roster_core::PullContext::default().with_clock(clock.clone());
        let told = super::pull_with(&source(&sandbox), request(), cx).await;
        assert!(told.error.is_none(), "{name}: {:?}", told.error);
        // Clever's window is a minute: without a time that is to come, that is waited for.
        let waited = roster_core::Clock::now(&*clock).duration_since(begun).as_secs();
        assert!(name == "soon" || waited >= 60, "{name}: {waited} s");
    }
    let sandbox = sandbox(30, CleverOptions::default());
    sandbox.fault("status_429:users".parse().unwrap());
    let error = pull(&source(&sandbox), request()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[tokio::test]
async fn pages_that_are_too_large_are_asked_for_smaller() {
    let sandbox = sandbox(30, CleverOptions::default());
    sandbox.fault("status_413:users:1".parse().unwrap());
    let source = source(&sandbox);
    let told = pull(&source, PullRequest::full()).await;
    assert!(told.error.is_none(), "{:?}", told.error);
}

fn changes(told: &Told) -> PullRequest {
    let mut request = request();
    (request.mode, request.cursor) = (PullMode::Changes, told.cursor());
    request
}

#[tokio::test]
async fn a_fault_at_every_page_of_the_feed_is_told_or_survived() {
    for name in ["status_500", "cut_body", "reset", "expired_token"] {
        let sandbox = sandbox(60, CleverOptions::default());
        let full = pull(&source(&sandbox), request()).await.whole();
        for _ in 0..3 {
            sandbox.next_day();
        }
        let whole = pull(&source(&sandbox), changes(&full)).await.whole();
        for list in ["events", "terms", "courses", "districts"] {
            for at in [At::First, At::Middle, At::Last] {
                sandbox.fault(SandboxFault::named(name).unwrap().of(list).at(at).times(1));
                let told = pull(&source(&sandbox), changes(&full)).await;
                if told.error.is_none() {
                    assert!(told.records() == whole.records(), "{name} {list} {at:?}");
                }
                sandbox.recover();
            }
        }
    }
}

#[tokio::test]
async fn events_that_are_unknown_repeated_or_out_of_order_harm_nobody() {
    let sandbox = sandbox(20, CleverOptions::default());
    let full = pull(&source(&sandbox), request()).await.whole();
    sandbox.add_event("students.updated", &json!({ "id": "65f0000000000000000000a1" }));
    sandbox.add_event("resources.created", &json!({ "id": "65f0000000000000000000a2" }));
    sandbox.add_event("users.updated", &json!({ "email": "nobody" }));
    let told = pull(&source(&sandbox), changes(&full)).await.whole();
    assert_eq!(told.codes(), ["unknown_event", "malformed_record"]);
    assert_eq!(told.records().len(), 0);
    assert!(matches!(
        told.end(EntityKind::Person),
        Completeness::Partial { code: PartialCode::NeedsFull, .. }
    ));
    assert_eq!(*told.end(EntityKind::Class), Completeness::Changes);
}

#[tokio::test]
async fn a_district_s_state_is_a_warning_and_ends_nothing() {
    let sandbox: CleverSandbox = sandbox(20, CleverOptions::default());
    for word in ["paused", "pending", "error"] {
        sandbox.set_state(word);
        let told = pull(&source(&sandbox), request()).await.whole();
        assert!(told.codes().contains(&"tenant_state"), "{word}");
        assert!(told.count(EntityKind::Person) > 20);
        for kind in EntityKind::ALL {
            assert!(
                matches!(told.end(kind), Completeness::Partial { code: PartialCode::Frozen, .. }),
                "{word} {kind}"
            );
        }
        assert!(told.cursor().is_some());
    }
    sandbox.set_state("success");
    assert_eq!(
        *pull(&source(&sandbox), request()).await.whole().end(EntityKind::Person),
        Completeness::Complete
    );
    let foreign =
        builder(&sandbox).district("5a0c91b95c7cc000010d0000").token(sandbox.token()).build().unwrap();
    let error = pull(&foreign, request()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
}
