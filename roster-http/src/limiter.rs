//! One credential's share of the vendor: how many requests at once, and when to slow down.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use roster_core::{Notice, PullContext, jiff::Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    pace::{Pace, Paced},
    retry::RetryBudget,
    timer::wait,
};

/// Shared by all sources of one credential, since the vendor counts by credential. Cheap to clone.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    slots: Arc<Semaphore>,
    paused: Mutex<Option<Timestamp>>,
    paced: Option<Paced>,
    budget: RetryBudget,
    /// Whom this one shares a larger share with.
    above: Option<Limiter>,
}

/// Leave to send one request.
#[derive(Debug)]
pub(crate) struct Leave(
    #[expect(dead_code, reason = "held for as long as the request is under way")] OwnedSemaphorePermit,
    #[expect(dead_code, reason = "held for as long as the request is under way")] Option<Box<Leave>>,
);

impl Limiter {
    /// So many requests at once, and the default budget of retries.
    #[must_use]
    pub fn new(in_flight: usize) -> Self {
        Self::with_budget(in_flight, RetryBudget::default())
    }

    /// So many requests at once, and that budget of retries.
    #[must_use]
    pub fn with_budget(in_flight: usize, budget: RetryBudget) -> Self {
        Self::made(in_flight, budget, None, None)
    }

    /// So many requests at once, the default budget of retries, and no more requests in a time than the vendor takes: it is
    /// better to wait than to be refused.
    #[must_use]
    pub fn paced(in_flight: usize, pace: Pace) -> Self {
        Self::made(in_flight, RetryBudget::default(), Some(pace), None)
    }

    /// So many requests at once, that budget of retries, at that pace if there is one, and within what the limiter `above`
    /// allows, for vendors that count by user and by project.
    #[must_use]
    pub fn made(in_flight: usize, budget: RetryBudget, pace: Option<Pace>, above: Option<Self>) -> Self {
        let slots = Arc::new(Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS)));
        let paced = pace.map(Paced::new);
        Self(Arc::new(Inner { slots, paused: Mutex::new(None), paced, budget, above }))
    }

    /// Slows all down: nobody who shares this sends anything for that time.
    pub fn pause(&self, time: Duration, cx: &PullContext) {
        let until = cx.clock().now().checked_add(time).unwrap_or(Timestamp::MAX);
        let mut paused = self.paused();
        *paused = Some(paused.map_or(until, |other| other.max(until)));
    }

    /// Slows down all who share the limiter above this one, where there is one, and else as [`pause`](Self::pause).
    pub fn pause_all(&self, time: Duration, cx: &PullContext) {
        match &self.0.above {
            Some(above) => above.pause_all(time, cx),
            None => self.pause(time, cx),
        }
    }

    pub(crate) fn budget(&self) -> &RetryBudget {
        &self.0.budget
    }

    /// Waits for leave to send. `Err` with the wait if that would last longer than `at_most`.
    pub(crate) async fn enter(&self, at_most: Duration, cx: &PullContext) -> Result<Leave, Duration> {
        // The semaphore is never closed.
        let slot = Arc::clone(&self.0.slots).acquire_owned().await.map_err(|_| Duration::ZERO)?;
        if let Some(paced) = &self.0.paced {
            let time = paced.book(cx.clock().now(), at_most)?;
            if !time.is_zero() {
                cx.observer().notice(&Notice::Throttled { wait: time });
                wait(time, cx).await;
            }
        }
        while let Some((until, time)) = self.pause_left(cx) {
            if time > at_most {
                return Err(time);
            }
            cx.observer().notice(&Notice::Throttled { wait: time });
            wait(time, cx).await;
            // Taken off even where the clock stands still, so that a test's clock can't hold anybody for ever.
            let mut paused = self.paused();
            if *paused == Some(until) {
                *paused = None;
            }
        }
        let above = match &self.0.above {
            // Boxed, since it may have one above it in turn.
            Some(above) => Some(Box::new(Box::pin(above.enter(at_most, cx)).await?)),
            None => None,
        };
        Ok(Leave(slot, above))
    }

    fn pause_left(&self, cx: &PullContext) -> Option<(Timestamp, Duration)> {
        let until = (*self.paused())?;
        let left = Duration::try_from(until.duration_since(cx.clock().now())).ok()?;
        (!left.is_zero()).then_some((until, left))
    }

    fn paused(&self) -> std::sync::MutexGuard<'_, Option<Timestamp>> {
        self.0.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limiter({} free)", self.0.slots.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use roster_testkit::TestClock;

    use super::*;

    #[tokio::test]
    async fn who_is_told_to_slow_down_slows_all() {
        let clock = TestClock::default();
        let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
        let limiter = Limiter::new(2);
        limiter.clone().pause(Duration::from_secs(40), &cx);
        let refused = limiter.enter(Duration::from_secs(39), &cx).await.unwrap_err();
        assert_eq!((refused, clock.waits().len()), (Duration::from_secs(40), 0));
        let leave = limiter.enter(Duration::from_secs(60), &cx).await.unwrap();
        assert_eq!(clock.waits(), [Duration::from_secs(40)]);
        let _second = limiter.enter(Duration::ZERO, &cx).await.unwrap();
        assert_eq!(format!("{limiter:?}"), "Limiter(0 free)");
        drop(leave);
        assert_eq!(format!("{limiter:?}"), "Limiter(1 free)");
    }

    #[tokio::test]
    async fn users_of_a_project_share_its_pace() {
        let clock = TestClock::default();
        let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
        let project = Limiter::paced(8, Pace::new(3, Duration::from_secs(60)));
        let user = || Limiter::made(4, RetryBudget::default(), None, Some(project.clone()));
        let (one, two) = (user(), user());
        for limiter in [&one, &two, &one] {
            drop(limiter.enter(Duration::ZERO, &cx).await.unwrap());
        }
        drop(two.enter(Duration::from_secs(60), &cx).await.unwrap());
        assert_eq!(clock.waits(), [Duration::from_secs(60)]);
    }

    #[tokio::test]
    async fn what_is_counted_over_all_users_slows_all_and_else_one() {
        let clock = TestClock::default();
        let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
        let project = Limiter::new(8);
        let user = || Limiter::made(4, RetryBudget::default(), None, Some(project.clone()));
        let (one, two) = (user(), user());
        one.pause(Duration::from_secs(30), &cx);
        drop(two.enter(Duration::ZERO, &cx).await.unwrap());
        one.pause_all(Duration::from_secs(40), &cx);
        assert_eq!(two.enter(Duration::ZERO, &cx).await.unwrap_err(), Duration::from_secs(40));
        // Where nobody shares, it is the credential's own.
        let alone = Limiter::new(1);
        alone.pause_all(Duration::from_secs(50), &cx);
        assert_eq!(alone.enter(Duration::ZERO, &cx).await.unwrap_err(), Duration::from_secs(50));
    }

    #[tokio::test]
    async fn all_who_share_a_pace_wait_for_it() {
        let clock = TestClock::default();
        let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
        let limiter = Limiter::paced(4, Pace::new(2, Duration::from_secs(60)));
        for _ in 0..2 {
            drop(limiter.enter(Duration::ZERO, &cx).await.unwrap());
        }
        assert_eq!(limiter.enter(Duration::from_secs(59), &cx).await.unwrap_err(), Duration::from_secs(60));
        drop(limiter.clone().enter(Duration::from_secs(60), &cx).await.unwrap());
        assert_eq!(clock.waits(), [Duration::from_secs(60)]);
    }
}
