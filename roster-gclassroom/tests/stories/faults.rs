//! Faults: the undisturbed result, or an error or a partial kind that says where. Never a third outcome.

use std::time::{Duration, Instant};

use roster_core::{Completeness, EntityKind, ErrorKind, PartialCode, PullRequest, codes};
use roster_gclassroom::GClassroomSource;
use roster_http::{HttpLimits, RetryPolicy};
use roster_testkit::sandbox::{At, GoogleOptions, GoogleSandbox, SandboxFault};

use crate::{Pulled, builder, everything, sandbox, source};

fn hasty(sandbox: &GoogleSandbox) -> GClassroomSource {
    let mut limits = HttpLimits::default();
    limits.read_time = Duration::from_millis(250);
    limits.body_bytes = 4 * 1024 * 1024;
    limits.pages = 60;
    builder(sandbox).limits(limits).retry(RetryPolicy::default().attempts(3)).quota(0).build().unwrap()
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

/// Nobody is taken for gone who was there in the undisturbed pull.
fn is_fair(pulled: &Pulled, undisturbed: &Pulled, what: &str) {
    assert_eq!(pulled.deleted, 0, "{what}");
    if let Some(error) = &pulled.error {
        assert!(error.message().contains("page ") || error.message().contains("paging"), "{what}: {error}");
        assert!(pulled.cursor.is_none(), "{what}");
        return;
    }
    for kind in [
        EntityKind::Org,
        EntityKind::Class,
        EntityKind::Person,
        EntityKind::Enrollment,
        EntityKind::Relationship,
    ] {
        let missing: Vec<_> = undisturbed
            .records
            .keys()
            .filter(|key| key.0 == kind && !pulled.records.contains_key(*key))
            .collect();
        if pulled.all(kind) == Some(&Completeness::Complete) {
            assert!(missing.is_empty(), "{what}: {kind} is said to be complete, and {missing:?} is missing");
        }
        for (_, id) in missing.into_iter().filter(|_| kind == EntityKind::Enrollment) {
            let class = id.split(':').next().unwrap();
            assert_ne!(pulled.seats(class), Some(&Completeness::Complete), "{what}: {id:?}");
        }
    }
}

#[tokio::test]
async fn every_fault_at_every_place_has_a_fair_outcome() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
    assert!(undisturbed.is_whole());
    let slow = ["stall", "gzip_bomb", "endless_pages"];
    for name in SandboxFault::names().filter(|name| !slow.contains(name)) {
        for collection in GoogleSandbox::collections() {
            for at in [At::First, At::Middle, At::Last] {
                for times in [1, u64::MAX] {
                    sandbox.recover();
                    sandbox.fault(named(name).of(collection).at(at).times(times));
                    let pulled = Pulled::of(&hasty(&sandbox), everything()).await;
                    is_fair(&pulled, &undisturbed, &format!("{name} in {collection}, {at:?}, {times}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn slow_and_endless_faults_end_too() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
    for (name, kind) in [
        ("stall", ErrorKind::Transport),
        ("gzip_bomb", ErrorKind::TooLarge),
        ("deep_nesting", ErrorKind::TooLarge),
        ("endless_pages", ErrorKind::TooLarge),
    ] {
        sandbox.recover();
        sandbox.fault(named(name).of("users"));
        let begun = Instant::now();
        let pulled = Pulled::of(&hasty(&sandbox), everything()).await;
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}");
        assert_eq!(
            pulled.error.as_ref().map(roster_core::Error::kind),
            Some(kind),
            "{name}: {:?}",
            pulled.error
        );
        is_fair(&pulled, &undisturbed, name);
    }
}

#[tokio::test]
async fn an_html_502_for_ever_on_one_course_is_that_course_s_alone() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let class = undisturbed.ids(EntityKind::Class)[2].to_owned();
    sandbox.fault(named("status_502").of(&format!("students/{class}")));
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.error.is_none());
    let told = pulled.problem(codes::COLLECTION_UNREADABLE).unwrap();
    assert_eq!((told.id.as_deref(), told.field.as_deref()), (Some(class.as_str()), Some("students")));
    assert!(told.message.contains("answered 502") && !told.message.contains("html"), "{}", told.message);
    assert!(matches!(
        pulled.seats(&class),
        Some(Completeness::Partial { code: PartialCode::Unreadable, .. })
    ));
    let others = undisturbed.ids(EntityKind::Class).into_iter().filter(|id| *id != class);
    for other in others {
        assert_eq!(pulled.seats(other), Some(&Completeness::Complete));
    }
    // Of all seats together nothing is said, and of all people that some may be missing: nobody ends for it.
    assert_eq!(pulled.all(EntityKind::Enrollment), None);
    assert!(pulled.all(EntityKind::Person).unwrap().is_partial());
    assert_eq!(pulled.count(EntityKind::Class), undisturbed.count(EntityKind::Class));
    is_fair(&pulled, &undisturbed, "502");
}

#[tokio::test]
async fn page_two_of_the_courses_fails_for_good() {
    let sandbox = sandbox(GoogleOptions::default());
    for status in ["status_500", "status_403", "status_404"] {
        sandbox.recover();
        sandbox.fault(named(status).of("courses").at(At::Last));
        let pulled = Pulled::of(&hasty(&sandbox), PullRequest::full()).await;
        let error = pulled.error.as_ref().unwrap();
        assert!(error.message().contains("/v1/courses page 2"), "{error}");
        assert!(!error.is_retryable() && pulled.ends.is_empty() && pulled.cursor.is_none());
    }
}

#[tokio::test]
async fn a_course_that_vanishes_is_a_note() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let class = undisturbed.ids(EntityKind::Class)[1].to_owned();
    sandbox.let_vanish(&class);
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.ends.iter().all(|(.., end)| !end.is_partial()));
    assert_eq!(pulled.problem(codes::RECORD_VANISHED).unwrap().id.as_deref(), Some(class.as_str()));
    assert_eq!((pulled.seats(&class), pulled.all(EntityKind::Enrollment)), (None, None));
    // For a moment only: then nothing is to be said of it.
    sandbox.recover();
    sandbox.fault(named("status_404").of(&format!("students/{class}")).times(1));
    assert!(Pulled::of(&source(&sandbox), PullRequest::full()).await.is_whole());
}

#[tokio::test]
async fn google_down_ends_the_pull_before_every_course_was_asked() {
    let sandbox = sandbox(GoogleOptions::default());
    sandbox.fault(named("status_500").of("students"));
    sandbox.fault(named("status_500").of("teachers"));
    let before = sandbox.requests();
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let classes = what(&sandbox);
    if let Some(error) = &pulled.error {
        assert_eq!(error.kind(), ErrorKind::Provider);
    } else {
        assert!(classes < 25 && pulled.all(EntityKind::Enrollment).is_none());
    }
    assert!(sandbox.requests() - before < 60 + 100 + 2 * 60, "{}", sandbox.requests() - before);
}

fn what(sandbox: &GoogleSandbox) -> usize {
    sandbox.district().classes.len()
}

#[tokio::test]
async fn who_may_not_see_rosters_is_told_once() {
    let sandbox = sandbox(GoogleOptions::default());
    let consented = GClassroomSource::builder()
        .domain(sandbox.domain())
        .token(sandbox.token())
        .base_url(sandbox.base_url());
    sandbox.grant(&[
        "classroom.courses.readonly",
        "admin.directory.user.readonly",
        "admin.directory.orgunit.readonly",
    ]);
    let pulled = Pulled::of(&consented.build().unwrap(), PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    let told: Vec<_> = pulled.problems.iter().filter(|it| it.code == codes::REFUSED_COLLECTION).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.contains("classroom.rosters.readonly"), "{}", told[0].message);
    assert!(pulled.count(EntityKind::Person) > 0 && pulled.all(EntityKind::Person).unwrap().is_partial());
    assert!(pulled.ends.iter().all(|(kind, _, end)| *kind != EntityKind::Enrollment || end.is_partial()));
}
