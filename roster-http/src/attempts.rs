//! Attempts at one request, until it succeeds or no further one makes sense.

use std::time::Duration;

use futures::future::BoxFuture;
use roster_core::{Error, ErrorKind, Notice, PullContext, Result, jiff::Timestamp};

use crate::{
    failure::{Again, Failure},
    limiter::Limiter,
    retry::{Decision, Reason, RetryPolicy},
    timer::{elapsed, wait},
};

/// Which token an attempt is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The one that all share.
    Shared,
    /// A new one, which nobody else has before the answer is here.
    Alone,
}

/// What attempts need to know.
pub(crate) struct Attempts<'a> {
    pub(crate) policy: &'a RetryPolicy,
    pub(crate) limiter: &'a Limiter,
    pub(crate) cx: &'a PullContext,
    /// Told to the observer: an endpoint's template.
    pub(crate) label: &'a str,
    pub(crate) provider: &'static str,
    pub(crate) operation: &'static str,
    /// Whether the request may be sent again although it may have been carried out.
    pub(crate) repeatable: bool,
}

impl Attempts<'_> {
    /// Makes attempts. One that wants a new token is followed by another at once, the first time.
    ///
    /// A token that others used may be refused because they used it up, again and again where it lives for a few requests. Who was
    /// refused twice so is given one alone: if that is refused too, it is not the token that is wrong, and no other one is got.
    /// Boxed, since the compiler can't prove otherwise that the whole may move between threads.
    pub(crate) async fn run<'f, A, T>(
        &self,
        mut attempt: impl FnMut(Turn) -> BoxFuture<'f, Result<A, Failure>>,
        read: impl Fn(A) -> Result<T>,
    ) -> Result<T> {
        let begun = self.cx.clock().now();
        let (mut made, mut refused, mut spent, mut turn) = (0, false, false, Turn::Shared);
        loop {
            let leave = self.enter(begun).await?;
            self.cx.observer().notice(&Notice::Request { operation: self.label });
            let outcome = attempt(turn).await.and_then(|answer| read(answer).map_err(Failure::from));
            drop(leave);
            let failure = match outcome {
                Ok(answer) => {
                    self.limiter.budget().earn();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if !self.repeatable && may_be_done(&failure) {
                let why = "it may have been carried out: look before it is sent again";
                return Err(explained(&failure.error, why, None));
            }
            let told = match failure.again {
                Again::NewToken if !refused => {
                    refused = true;
                    continue;
                }
                Again::SpentToken => {
                    if std::mem::replace(&mut spent, true) {
                        turn = Turn::Alone;
                    }
                    continue;
                }
                Again::No | Again::NewToken => return Err(failure.error.exhausted()),
                Again::Later(told) | Again::Slower(told) | Again::SlowerForAll(told) => told,
            };
            made += 1;
            turn = Turn::Shared;
            let time = self.wait_before_next(made, begun, told, &failure.error)?;
            match failure.again {
                Again::Slower(_) => self.limiter.pause(told.unwrap_or(time), self.cx),
                Again::SlowerForAll(_) => self.limiter.pause_all(told.unwrap_or(time), self.cx),
                _ => {}
            }
            self.cx.observer().notice(&Notice::Retry { operation: self.label, attempt: made, wait: time });
            tracing::debug!(
                provider = self.provider,
                endpoint = self.label,
                attempt = made,
                ?time,
                "sent again"
            );
            wait(time, self.cx).await;
        }
    }

    async fn enter(&self, begun: Timestamp) -> Result<crate::limiter::Leave> {
        let left = self.policy.deadline.saturating_sub(elapsed(begun, self.cx));
        self.limiter.enter(left, self.cx).await.map_err(|wait| {
            let message = format!(
                "{}: we have to wait {} for the server, which is longer than the {} that a request may take; try again then",
                self.label,
                seconds(wait),
                seconds(self.policy.deadline)
            );
            Error::new(ErrorKind::RateLimited, self.provider, self.operation, message)
                .with_retry_after(wait)
                .exhausted()
        })
    }

    fn wait_before_next(
        &self,
        made: u32,
        begun: Timestamp,
        told: Option<Duration>,
        error: &Error,
    ) -> Result<Duration> {
        let decision = self.policy.decide(made, elapsed(begun, self.cx), told, fastrand::f64());
        let why = match decision {
            Decision::Wait(_) if !is_counted(error) && !self.limiter.budget().spend() => {
                "too many requests failed to send this one again".to_owned()
            }
            Decision::Wait(time) => return Ok(time),
            Decision::GiveUp(Reason::Attempts) => format!("sent {made} times"),
            Decision::GiveUp(Reason::Deadline) => {
                let limit = seconds(self.policy.deadline);
                match told {
                    Some(told) => format!(
                        "the server asks us to wait {}, longer than the {limit} that a request may take",
                        seconds(told)
                    ),
                    None => format!("given up after {limit}"),
                }
            }
        };
        Err(explained(error, &why, told))
    }
}

/// Whether a request that failed so may have been carried out all the same, and would be sent again.
fn may_be_done(failure: &Failure) -> bool {
    const TOO_MANY_REQUESTS: u16 = 429;
    matches!(failure.again, Again::Later(_) | Again::Slower(_) | Again::SlowerForAll(_))
        && failure.error.status() != Some(TOO_MANY_REQUESTS)
}

/// The same error, with why it is final.
fn explained(error: &Error, why: &str, told: Option<Duration>) -> Error {
    let message = format!("{} ({why})", error.message());
    let mut last = Error::new(error.kind(), error.provider(), error.operation(), message);
    if let Some(status) = error.status() {
        last = last.with_status(status);
    }
    if let Some(told) = told.or(error.retry_after()) {
        last = last.with_retry_after(told);
    }
    last.exhausted()
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().ceil())
}

/// Whether a quota is used up. A server that counts is well, and says so: the budget is for those that fail, and for those that
/// say by a failure's status that they are busy.
fn is_counted(error: &Error) -> bool {
    error.kind() == ErrorKind::RateLimited && matches!(error.status(), Some(403 | 429))
}
