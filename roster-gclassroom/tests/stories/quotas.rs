//! Quotas and refusals: who waits, who asks again, and how long it takes.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use roster_core::{Clock, EntityKind, PullContext, PullRequest, SystemClock, jiff::Timestamp};
use roster_http::{HttpLimits, Pace};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{GoogleOptions, GoogleSandbox, SandboxFault},
};

use crate::{Pulled, builder, context, sandbox, source};

const DIRECTORY_QUOTA: &str = include_str!("../fixtures/error_403_directory_quota.json");
const DIRECTORY_RATE: &str = include_str!("../fixtures/error_403_directory_user_rate.json");
const CLASSROOM_429: &str = include_str!("../fixtures/error_429_classroom.json");
const CALLER_403: &str = include_str!("../fixtures/error_403_caller.json");

#[tokio::test]
async fn a_quota_is_waited_for_and_any_other_403_is_not() {
    let sandbox = sandbox(GoogleOptions::default());
    let undisturbed = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    for (collection, status, body) in [
        ("users", 403, DIRECTORY_QUOTA),
        ("users", 403, DIRECTORY_RATE),
        ("students", 429, CLASSROOM_429),
        ("students", 403, "Quota exceeded for quota metric 'Requests'"),
    ] {
        sandbox.recover();
        sandbox.answer_with(collection, status, body, 3);
        let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
        assert!(pulled.is_whole() && pulled.records.len() == undisturbed.records.len(), "{status} {body}");
    }
    sandbox.recover();
    let (class, before) = (undisturbed.ids(EntityKind::Class)[0], sandbox.requests());
    sandbox.answer_with(&format!("students/{class}"), 403, CALLER_403, u64::MAX);
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.seats(class).unwrap().is_partial());
    let usual = sandbox.requests() - before;
    sandbox.recover();
    let before = sandbox.requests();
    Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(usual <= sandbox.requests() - before, "a refusal was sent again");
}

/// A clock whose waits take their time, and which notes how many requests came in the midst of the first of them.
#[derive(Debug)]
struct Watching {
    sandbox: Arc<GoogleSandbox>,
    came: Arc<Mutex<Option<u64>>>,
}

impl Clock for Watching {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn wait(&self, time: Duration) -> Option<BoxFuture<'static, ()>> {
        let (sandbox, came) = (Arc::clone(&self.sandbox), Arc::clone(&self.came));
        Some(Box::pin(async move {
            // What had left before the refusal came back arrives first; its answers take longer, and others would follow them.
            let arriving = time / 20;
            tokio::time::sleep(arriving).await;
            let before = sandbox.requests();
            tokio::time::sleep(time / 2).await;
            came.lock().unwrap().get_or_insert(sandbox.requests() - before);
            tokio::time::sleep((time / 2).saturating_sub(arriving)).await;
        }))
    }
}

#[tokio::test]
async fn a_429_slows_all_workers_at_once() {
    let sandbox = Arc::new(sandbox(GoogleOptions::default().latency(Duration::from_millis(150))));
    let came = Arc::new(Mutex::new(None));
    let clock = Watching { sandbox: Arc::clone(&sandbox), came: Arc::clone(&came) };
    let cx = PullContext::default().with_clock(Arc::new(clock));
    let refusal = SandboxFault::named("status_429").unwrap().header("retry-after", "2");
    sandbox.fault(refusal.of("students").times(1));
    let source = builder(&sandbox).quota(0).build().unwrap();
    let pulled = Pulled::on(&source, PullRequest::full().only([EntityKind::Enrollment]), cx).await;
    assert!(pulled.is_whole());
    // One was refused, and sent again; the others waited until then, and none of them was refused.
    assert_eq!(*came.lock().unwrap(), Some(0), "requests while all had to wait");
    assert_eq!(sandbox.answered_again(), 0);
}

#[tokio::test]
async fn a_quota_costs_the_time_that_it_dictates_and_no_request() {
    // 1,200 a minute, scaled down: 40 in 2 seconds.
    let (requests, time) = (40, Duration::from_secs(2));
    let district = DistrictSpec::new(5).schools(2).students(170).generate();
    let sandbox =
        GoogleSandbox::start_with(district, GoogleOptions::default().user_quota(requests, time)).unwrap();
    let source = builder(&sandbox).pace(Pace::new(requests, time + time / 40)).build().unwrap();
    let begun = Instant::now();
    let pulled = Pulled::on(&source, PullRequest::full(), PullContext::default()).await;
    let (took, asked) = (begun.elapsed(), sandbox.requests());
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert_eq!(
        pulled.count(EntityKind::Enrollment),
        roster_testkit::sandbox::what_google_says(&sandbox.district()).enrollments.len()
    );
    assert_eq!(sandbox.answered_again(), 0);
    // What is asked in the first stretch takes no time.
    let stretches = f64::from(u32::try_from(asked).unwrap() - requests) / f64::from(requests);
    let dictated = time.mul_f64(stretches);
    assert!(took >= dictated.mul_f64(0.9), "{took:?} for {asked} requests is too fast");
    assert!(
        took <= dictated.mul_f64(1.1) + Duration::from_millis(600),
        "{took:?} for {asked} requests, where {dictated:?} is due"
    );
}

#[tokio::test]
async fn a_quota_that_is_smaller_than_we_think_loses_nobody() {
    let district = DistrictSpec::new(5).schools(2).students(150).generate();
    let options = GoogleOptions::default().user_quota(20, Duration::from_millis(300));
    let sandbox = GoogleSandbox::start_with(district, options).unwrap();
    let mut retry = roster_http::RetryPolicy::default().attempts(20);
    retry.first_wait = Duration::from_millis(50);
    retry.longest_wait = Duration::from_millis(600);
    let source = builder(&sandbox).quota(0).retry(retry).build().unwrap();
    let pulled = Pulled::on(&source, PullRequest::full(), PullContext::default()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    assert!(sandbox.refused() > 0);
    assert_eq!(sandbox.answered_again(), 0);
}

#[tokio::test]
async fn a_token_that_ends_in_mid_pull_is_renewed_once_for_all() {
    let sandbox = sandbox(GoogleOptions::default().token_requests(40));
    let mut limits = HttpLimits::default();
    limits.in_flight = 8;
    let source = builder(&sandbox).limits(limits).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    let answered = sandbox.requests();
    let needed = answered.div_ceil(40);
    assert!(
        sandbox.tokens_given() > 1 && sandbox.tokens_given() <= needed,
        "{} tokens",
        sandbox.tokens_given()
    );
}

#[tokio::test]
async fn eight_workers_with_one_dead_token_get_one_new_one() {
    let sandbox = sandbox(GoogleOptions::default().latency(Duration::from_millis(5)));
    let mut limits = HttpLimits::default();
    limits.in_flight = 8;
    let source = builder(&sandbox).limits(limits).quota(0).build().unwrap();
    let whole = Pulled::of(&source, PullRequest::full()).await;
    assert_eq!((sandbox.tokens_given(), whole.is_whole()), (1, true));
    sandbox.fault(SandboxFault::named("expired_token").unwrap().of("students").times(1));
    let pulled = Pulled::on(&source, PullRequest::full(), context()).await;
    assert!(pulled.is_whole() && pulled.records.len() == whole.records.len());
    assert_eq!(sandbox.tokens_given(), 2);
}

/// 3,000 courses, 30,000 people, 50 ms a request, no quota. Takes a minute: `cargo test --release -p roster-gclassroom --test
/// stories -- --ignored --nocapture large`. In CI the same with fewer, below.
#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
async fn large(students: usize, latency: Duration, most: f64) {
    let spec = DistrictSpec::new(9)
        .schools(students.div_ceil(3000))
        .students(students)
        .classes_per_student(2)
        .families_with_contacts(0);
    let district = spec.class_size(24).generate();
    let said = roster_testkit::sandbox::what_google_says(&district);
    let sandbox = GoogleSandbox::start_with(district, GoogleOptions::default().latency(latency)).unwrap();
    let source = builder(&sandbox).rules(roster_gclassroom::GoogleRules::default()).quota(0).build().unwrap();
    let begun = Instant::now();
    let pulled = Pulled::on(&source, PullRequest::full(), PullContext::default()).await;
    let took = begun.elapsed();
    assert!(pulled.is_whole(), "{:?}", pulled.error);
    for (kind, count) in [
        (EntityKind::Class, said.classes.len()),
        (EntityKind::Person, said.people.len()),
        (EntityKind::Enrollment, said.enrollments.len()),
    ] {
        assert_eq!(pulled.count(kind), count, "{kind}");
    }
    let requests = u32::try_from(sandbox.requests()).unwrap();
    let ideal = latency * requests / 8;
    let ratio = took.as_secs_f64() / ideal.as_secs_f64();
    eprintln!(
        "{} courses, {} people, {} seats: {requests} requests in {took:?}, {ratio:.2} of {ideal:?}",
        said.classes.len(),
        said.people.len(),
        said.enrollments.len()
    );
    assert!(ratio <= most, "{ratio}");
    assert_eq!(sandbox.answered_again(), 0);
}

#[tokio::test]
async fn many_courses_are_under_way_at_once() {
    // Debug builds on a busy machine: the ratio is looked at by hand, in a release build.
    large(600, Duration::from_millis(50), 6.0).await;
}

#[tokio::test]
#[ignore = "takes a minute, and times mean something in a release build on a quiet machine alone"]
async fn a_large_domain_takes_the_time_of_its_requests() {
    large(28_000, Duration::from_millis(50), 1.3).await;
}
