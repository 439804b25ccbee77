//! The conformance suite: a check for each law of [`RosterSource`](roster_core::RosterSource).
//!
//! [`conformance!`](crate::conformance!) makes tests of all of them. Each is also a function that takes a
//! [`Harness`] and a [`Form`], needs a tokio runtime with its clock on, and finds an [`Outcome`] or a [`Violation`].
//! [`CHECKS`] lists them, [`run_check`] makes one by name, and [`run_all`] makes all.

mod case;
mod changes;
mod credential;
mod cursors;
mod form;
mod frame;
mod laziness;
mod list;
mod memory;
mod privacy;
mod pulled;
mod reading;
mod records;
mod refusal;
mod rejection;
mod scope;
mod sensitive;
mod stored;
mod verdict;
mod wholeness;

use std::{future::Future, time::Duration};

use self::verdict::{Breach, Verdict};
pub use self::{
    form::Form,
    verdict::{Outcome, Violation},
};
use crate::Harness;

/// One check of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckInfo {
    /// The name of its function, and of its tests.
    pub name: &'static str,
    /// The number of the law that it checks, as in [`RosterSource`](roster_core::RosterSource); 0 for the habits of the
    /// model: how records are made, and what comes only if it is asked for.
    pub law: u8,
    /// What it demands.
    pub what: &'static str,
}

crate::__each_check! { __check_table }

/// Makes all checks, each on a harness of its own, in the order of [`CHECKS`].
pub async fn run_all<H, F>(make: impl Fn() -> F, form: Form) -> Vec<(CheckInfo, Result<Outcome, Violation>)>
where
    H: Harness,
    F: Future<Output = H>,
{
    let mut verdicts = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        let harness = make().await;
        if let Some(verdict) = run_check(check.name, &harness, form).await {
            verdicts.push((*check, verdict));
        }
    }
    verdicts
}

async fn verdict_in_time<H: Harness>(harness: &H, check: impl Future<Output = Verdict>) -> Verdict {
    let limit = harness.limits().time;
    tokio::time::timeout(limit, check)
        .await
        .unwrap_or_else(|_| Err(Breach(format!("the check was not done after {limit:?}"))))
}

/// What a test of [`conformance!`](crate::conformance!) does.
///
/// `may_skip` names the checks that are to be skipped; `any` among them allows all.
///
/// # Panics
///
/// If the law is broken, or the check is skipped and should not be, or is not and should be.
#[doc(hidden)]
#[expect(clippy::panic, reason = "this is how a test fails")]
#[expect(clippy::print_stderr, reason = "a test that was skipped has to say so")]
pub fn assert_conforms<H, F>(name: &str, form: Form, make: impl Fn() -> F, may_skip: &[&str])
where
    H: Harness,
    F: Future<Output = H>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("no runtime: {error}"));
    let verdict = runtime.block_on(async {
        let harness = make().await;
        run_check(name, &harness, form).await
    });
    // A source's blocking reader may hang; the test must not wait for it.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let unknown = |skip: &&&str| **skip != "any" && CHECKS.iter().all(|check| check.name != **skip);
    if let Some(skip) = may_skip.iter().find(unknown) {
        panic!("`{skip}` is listed as skipped, and there is no such check");
    }
    let expected = may_skip.contains(&name);
    match verdict {
        None => panic!("there is no check `{name}`"),
        Some(Err(violation)) => panic!("{violation}"),
        Some(Ok(Outcome::Skipped(reason))) if expected || may_skip.contains(&"any") => {
            eprintln!("skipped: {name}: {reason}");
        }
        Some(Ok(Outcome::Skipped(reason))) => panic!("{name} was skipped, and is not listed: {reason}"),
        Some(Ok(Outcome::Passed)) if expected => panic!("{name} is listed as skipped, and passes: unlist it"),
        Some(Ok(Outcome::Passed)) => {}
    }
}
