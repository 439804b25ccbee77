//! A clock that tests set.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use roster_core::{Clock, jiff::Timestamp};

/// A clock that stands still but for those who wait: their time passes at once.
///
/// Its clones tell one time.
///
/// ```
/// use std::time::Duration;
///
/// use roster_core::Clock;
/// use roster_testkit::TestClock;
///
/// let clock = TestClock::default();
/// let before = clock.now();
/// futures::executor::block_on(clock.wait(Duration::from_secs(300)).unwrap());
/// assert_eq!(clock.now().duration_since(before).as_secs(), 300);
/// assert_eq!(clock.waits(), [Duration::from_secs(300)]);
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    waits: Vec<Duration>,
}

impl TestClock {
    /// A clock at that time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { now, waits: Vec::new() })))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let mut state = self.state();
        // A clock at the end of time stays there.
        state.now = state.now.checked_add(time).unwrap_or(Timestamp::MAX);
    }

    /// How long was waited, wait by wait.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first of September 2026, at noon.
impl Default for TestClock {
    fn default() -> Self {
        Self::at(Timestamp::constant(1_788_264_000, 0))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn wait(&self, time: Duration) -> Option<BoxFuture<'static, ()>> {
        let clock = self.clone();
        Some(Box::pin(async move {
            clock.advance(time);
            clock.state().waits.push(time);
        }))
    }
}
