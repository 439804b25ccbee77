//! Each fault, at each page of each collection: the undisturbed result, or an error or a partial kind that names the page.
//! Never a third outcome.

use std::time::{Duration, Instant};

use futures::StreamExt;
use roster_core::{Completeness, EntityKind, Error, ErrorKind, PullRequest, RosterSource};
use roster_http::{HttpLimits, RetryPolicy};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{At, OneRosterOptions, OneRosterSandbox, SandboxFault},
};

use crate::{Pulled, context, everything, sandbox, source};

const COLLECTIONS: [&str; 7] =
    ["orgs", "academicSessions", "courses", "classes", "users", "enrollments", "demographics"];

/// More time than any answer needs, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits no longer for an answer than this.
fn hasty(sandbox: &OneRosterSandbox, read_time: Duration) -> OneRosterSource {
    let mut limits = HttpLimits::default();
    limits.read_time = read_time;
    limits.body_bytes = 4 * 1024 * 1024;
    limits.pages = 60;
    OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .client(sandbox.client_id(), sandbox.client_secret(), sandbox.token_url())
        .limits(limits)
        .retry(RetryPolicy::default().attempts(3))
        .build()
        .unwrap()
}

/// Whether the outcome is one of those that may be. `disturbed` are the collections where it was disturbed.
fn is_fair(pulled: &Pulled, undisturbed: &Pulled, disturbed: &[&str], what: &str) {
    let names_a_page = |text: &str| disturbed.iter().any(|name| text.contains(&format!("/{name} page ")));
    if let Some(error) = &pulled.error {
        assert!(names_a_page(error.message()), "{what}: {error}");
        return;
    }
    for (kind, end) in &pulled.ends {
        let same = |of: &Pulled| {
            let mut ids: Vec<_> = of.records.iter().filter(|((at, _), _)| at == kind).collect();
            ids.sort_by(|a, b| a.0.cmp(b.0));
            ids.into_iter().map(|(key, (record, _))| (key.clone(), record.clone())).collect::<Vec<_>>()
        };
        match end {
            Completeness::Complete => {
                // Facts that were withheld are unknown, and told so.
                let is_same = same(pulled) == same(undisturbed);
                assert!(
                    is_same || (disturbed == ["demographics"] && *kind == EntityKind::Person),
                    "{what}: {kind} is said to be complete"
                );
            }
            Completeness::Partial { reason, .. } => assert!(names_a_page(reason), "{what}: {reason}"),
            other => panic!("{what}: {kind} ended {other:?}"),
        }
    }
    assert!(pulled.deleted.is_empty(), "{what}");
}

/// A pull in which that collection has a first page, a last one, and one between.
fn with_three_pages(collection: &str) -> PullRequest {
    let (kind, rows) = match collection {
        "orgs" => (EntityKind::Org, 2),
        "academicSessions" => (EntityKind::AcademicSession, 2),
        "courses" => (EntityKind::Course, 5),
        "classes" => (EntityKind::Class, 5),
        "demographics" => (EntityKind::Person, 15),
        _ => return everything(),
    };
    let mut request = everything().only([kind]);
    request.page_size = Some(rows);
    request
}

/// A pull that the fault struck. Only of a server that stalls the time runs out, and not long is waited for that. Where a busy machine let it
/// run out elsewhere, of which the error tells, that pull shows nothing of the fault: there is another, with more time.
async fn struck_by(
    sandbox: &OneRosterSandbox,
    fault: SandboxFault,
    is_stall: bool,
    request: &PullRequest,
    what: &str,
) -> Pulled {
    let mut read_time = if is_stall { Duration::from_millis(150) } else { PATIENCE };
    loop {
        sandbox.recover();
        let struck = sandbox.struck();
        sandbox.fault(fault.clone());
        let pulled = Pulled::of(&hasty(sandbox, read_time), request.clone()).await;
        let was_struck = sandbox.struck() > struck;
        let ran_out = pulled.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Transport);
        let is_elsewhere =
            ran_out && (!was_struck || !names_a_page(pulled.error.as_ref(), fault.collection()));
        if !is_elsewhere || read_time >= PATIENCE {
            assert!(was_struck, "{what}: never struck, {:?}", pulled.error);
            return pulled;
        }
        read_time *= 4;
    }
}

fn names_a_page(error: Option<&Error>, collection: Option<&str>) -> bool {
    error.zip(collection).is_some_and(|(error, name)| error.message().contains(&format!("/{name} page ")))
}

#[tokio::test]
async fn every_fault_at_every_place_has_a_fair_outcome() {
    let district = DistrictSpec::new(11).schools(3).students(40).generate();
    let sandbox = OneRosterSandbox::start_with(district, OneRosterOptions::default()).unwrap();
    for collection in COLLECTIONS {
        let request = with_three_pages(collection);
        sandbox.recover();
        let undisturbed = Pulled::of(&source(&sandbox), request.clone()).await;
        assert!(undisturbed.is_whole());
        for name in SandboxFault::names() {
            for at in [At::First, At::Middle, At::Last] {
                for times in [1, u64::MAX] {
                    let what = format!("{name} in {collection}, {at:?}, {times}");
                    let fault = SandboxFault::named(name).unwrap().of(collection).at(at).times(times);
                    let pulled = struck_by(&sandbox, fault, name == "stall", &request, &what).await;
                    is_fair(&pulled, &undisturbed, &[collection], &what);
                }
            }
        }
    }
}

#[tokio::test]
async fn slow_and_endless_faults_end_too() {
    let sandbox = sandbox(OneRosterOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
    for (name, times, kind) in [
        ("stall", u64::MAX, Some(ErrorKind::Transport)),
        ("stall", 1, None),
        ("gzip_bomb", u64::MAX, Some(ErrorKind::TooLarge)),
        ("deep_nesting", u64::MAX, Some(ErrorKind::TooLarge)),
        ("endless_pages", u64::MAX, Some(ErrorKind::TooLarge)),
    ] {
        sandbox.recover();
        sandbox.fault(SandboxFault::named(name).unwrap().of("users").times(times));
        let begun = Instant::now();
        let pulled = Pulled::of(&hasty(&sandbox, Duration::from_secs(2)), everything()).await;
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}");
        assert_eq!(pulled.error.as_ref().map(Error::kind), kind, "{name}: {:?}", pulled.error);
        is_fair(&pulled, &undisturbed, &["users"], name);
    }
}

/// Rows that never were have been told by nobody, whether the server comes to itself or not.
#[tokio::test]
async fn rows_that_a_server_made_up_are_not_delivered() {
    let sandbox = sandbox(OneRosterOptions::default());
    for collection in COLLECTIONS {
        for at in [At::First, At::Middle, At::Last] {
            for times in [1, 2, u64::MAX] {
                sandbox.recover();
                let fault = SandboxFault::named("endless_pages").unwrap().of(collection);
                sandbox.fault(fault.at(at).times(times));
                let pulled = Pulled::of(&hasty(&sandbox, PATIENCE), with_three_pages(collection)).await;
                let made_up = pulled.records.keys().filter(|(_, id)| id.starts_with("endless")).count();
                // Of a server that makes up all of them until a limit is passed, nothing is applied.
                let fails = pulled.error.is_some();
                assert!(made_up == 0 || fails, "{made_up} in {collection}, {at:?}, {times}");
                assert!(!fails || times == u64::MAX, "{collection}, {at:?}, {times}: {:?}", pulled.error);
            }
        }
    }
}

/// Two that were made up join each other where no real page came before, and the first of them is told: nothing is called whole then.
#[tokio::test]
async fn pages_that_were_made_up_together_leave_their_kinds_partial() {
    let sandbox = sandbox(OneRosterOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
    for collection in COLLECTIONS {
        sandbox.recover();
        sandbox.fault(SandboxFault::named("endless_pages").unwrap().of(collection).times(2));
        let pulled = Pulled::of(&hasty(&sandbox, PATIENCE), with_three_pages(collection)).await;
        let made_up = pulled.records.keys().filter(|(_, id)| id.starts_with("endless")).count();
        assert!(made_up == 0 || !pulled.is_whole(), "{made_up} in {collection}: {:?}", pulled.ends);
        is_fair(&pulled, &undisturbed, &[collection], collection);
    }
}

#[tokio::test]
async fn two_hundred_pulls_in_a_storm_of_faults_are_fair() {
    let sandbox = sandbox(OneRosterOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
    let storm: Vec<_> = SandboxFault::names().collect();
    for name in &storm {
        // Together a fifth of all requests.
        let chance = 200 / u32::try_from(storm.len()).unwrap() + 1;
        let fault = SandboxFault::named(name).unwrap().in_a_thousand(chance);
        // Two made-up pages in a row, which nothing but chance brings, join each other where no real one came before.
        sandbox.fault(if *name == "endless_pages" { fault.at(At::Middle) } else { fault });
    }
    let (mut whole, mut partial, mut failed) = (0, 0, 0);
    for round in 0..200 {
        let pulled = Pulled::of(&hasty(&sandbox, Duration::from_millis(400)), everything()).await;
        is_fair(&pulled, &undisturbed, &COLLECTIONS, &format!("round {round}"));
        match &pulled.error {
            Some(_) => failed += 1,
            None if pulled.is_whole() => whole += 1,
            None => partial += 1,
        }
    }
    println!(
        "{whole} whole, {partial} partial, {failed} failed; {} faults in {} requests",
        sandbox.struck(),
        sandbox.requests()
    );
    assert!(whole > 0 && sandbox.struck() * 6 > sandbox.requests(), "{whole} {partial} {failed}");
}

#[tokio::test]
async fn a_server_that_is_down_gets_few_requests() {
    let sandbox = sandbox(OneRosterOptions::default());
    sandbox.fault(SandboxFault::named("status_500").unwrap());
    let source = source(&sandbox);
    for _ in 0..10 {
        assert!(Pulled::of(&source, everything()).await.error.is_some());
    }
    // One of each pull, and the budget of retries.
    assert!(sandbox.requests() <= 10 + 20, "{}", sandbox.requests());
}

#[tokio::test]
async fn a_pull_that_is_dropped_asks_for_nothing_more() {
    let sandbox = sandbox(OneRosterOptions::default().latency(Duration::from_millis(20)));
    let mut request = PullRequest::full();
    request.page_size = Some(5);
    let mut stream = source(&sandbox).pull(request, context());
    for _ in 0..4 {
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    let asked = sandbox.requests();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(sandbox.requests() <= asked + 8);
}
