//! Faults: the undisturbed result, or an error or a partial kind that says where. Never a third outcome.

use std::time::{Duration, Instant};

use roster_core::{ClassField, Completeness, EntityKind, ErrorKind, PartialCode, PullRequest, Scope, codes};
use roster_gclassroom::GClassroomSource;
use roster_http::{HttpLimits, RetryPolicy};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{At, GoogleOptions, GoogleSandbox, SandboxFault},
};

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
async fn a_401_for_ever_on_one_course_is_that_course_s_alone_and_costs_few_tokens() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let class = undisturbed.ids(EntityKind::Class)[2].to_owned();
    sandbox.fault(named("status_401").of(&format!("students/{class}")));
    let before = sandbox.tokens_given();
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    let told = pulled.problem(codes::REFUSED_COLLECTION).unwrap();
    assert_eq!((told.id.as_deref(), told.field.as_deref()), (Some(class.as_str()), Some("students")));
    assert!(told.message.contains("answered 401"), "{}", told.message);
    assert!(matches!(pulled.seats(&class), Some(Completeness::Partial { code: PartialCode::Withheld, .. })));
    let others = undisturbed.ids(EntityKind::Class).into_iter().filter(|id| *id != class);
    for other in others {
        assert_eq!(pulled.seats(other), Some(&Completeness::Complete));
    }
    is_fair(&pulled, &undisturbed, "401");
    // The pull's own, two at most that this request got, and one where those were forgotten.
    assert!(sandbox.tokens_given() - before <= 5, "{} tokens", sandbox.tokens_given() - before);
    // A credential that serves nowhere any more ends the pull.
    let source = source(&sandbox);
    sandbox.recover();
    assert!(Pulled::of(&source, PullRequest::full()).await.error.is_none());
    sandbox.revoke();
    sandbox.fault(named("expired_token").of("students").times(1));
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert_eq!(pulled.error.map(|error| error.kind()), Some(ErrorKind::Unauthorized));
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
    assert!(pulled.error.is_none());
    // Who is known from that course alone may still be there.
    let partial: Vec<_> = pulled.ends.iter().filter(|(.., end)| end.is_partial()).map(|end| end.0).collect();
    assert_eq!(partial, [EntityKind::Person]);
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

#[tokio::test]
async fn courses_that_are_refused_one_by_one_do_not_end_the_pull() {
    let district = DistrictSpec::new(3).schools(2).students(170).generate();
    let sandbox = GoogleSandbox::start_with(district, GoogleOptions::default()).unwrap();
    assert!(what(&sandbox) > 25);
    for list in ["students", "teachers"] {
        sandbox.answer_with(list, 400, r#"{"error":{"code":400,"status":"FAILED_PRECONDITION"}}"#, u64::MAX);
    }
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    assert!(pulled.all(EntityKind::Person).unwrap().is_partial());
    assert_eq!(pulled.all(EntityKind::Class), Some(&Completeness::Complete));
}

#[tokio::test]
async fn without_units_or_users_nothing_of_a_school_is_said_to_be_whole() {
    let sandbox = sandbox(GoogleOptions::default());
    let whole = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let school = whole.ids(EntityKind::Org)[0].to_owned();
    let request = || PullRequest::full().scoped(Scope::of_orgs([school.as_str().into()]));
    for list in ["orgunits", "users"] {
        sandbox.recover();
        sandbox.fault(named("status_403").of(list));
        let pulled = Pulled::of(&hasty(&sandbox), request()).await;
        assert!(pulled.error.is_none(), "{list}: {:?}", pulled.error);
        for kind in [EntityKind::Class, EntityKind::Person, EntityKind::Enrollment] {
            let end = pulled.all(kind);
            let is_silent = kind == EntityKind::Enrollment && end.is_none();
            assert!(is_silent || end.unwrap().is_partial(), "{list}: {kind}");
        }
    }
}

#[tokio::test]
async fn an_alias_that_can_t_be_read_takes_no_id_along() {
    let sandbox = sandbox(GoogleOptions::default());
    let whole = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let class = whole.ids(EntityKind::Class)[0].to_owned();
    for row in [r#""x""#, r#"{"alias":["CanaryValue"]}"#, "{}"] {
        sandbox.recover();
        let body = format!(r#"{{"aliases":[{{"alias":"d:other"}},{row}]}}"#);
        sandbox.answer_with(&format!("aliases/{class}"), 200, body, u64::MAX);
        let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
        assert!(pulled.record(EntityKind::Class, &class).1.contains(ClassField::Identifiers), "{row}");
        let told = pulled.problems.iter().find(|it| it.field.as_deref() == Some("aliases")).unwrap();
        assert!(told.message.starts_with("the aliases of 1 courses"), "{}", told.message);
    }
}

#[tokio::test]
async fn one_request_at_a_time_is_enough_for_any_number_of_courses() {
    let district = DistrictSpec::new(5).schools(2).students(40).generate();
    let sandbox = GoogleSandbox::start_with(district, GoogleOptions::default()).unwrap();
    sandbox.edit(|district| {
        let first = district.classes[0].clone();
        district.classes.extend((0..250).map(|number| {
            let mut class = first.clone();
            class.id = format!("copy-{number}").into();
            class
        }));
    });
    let mut limits = HttpLimits::default();
    limits.in_flight = 1;
    let source = builder(&sandbox).limits(limits).quota(0).build().unwrap();
    let pull = Pulled::on(&source, PullRequest::full(), roster_core::PullContext::default());
    let pulled = tokio::time::timeout(Duration::from_secs(60), pull).await.expect("the pull hangs");
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert!(pulled.count(EntityKind::Class) > 250);
}
