//! How to pull: who listens, and what time it is.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How to pull. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PullContext {
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
}

impl PullContext {
    /// With an observer, on the system's clock.
    #[must_use]
    pub fn new(observer: Arc<dyn Observer>) -> Self {
        Self { observer, clock: Arc::new(SystemClock) }
    }

    /// With another observer, on the same clock.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// On another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Who listens.
    pub fn observer(&self) -> &dyn Observer {
        &*self.observer
    }

    /// What time it is.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// Nobody listens, and time is the system's.
impl Default for PullContext {
    fn default() -> Self {
        Self::new(Arc::new(Unobserved))
    }
}

/// Hears of requests, retries, waits and files. Called inline: it must not block.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Something happened.
    fn notice(&self, notice: &Notice<'_>);
}

/// The observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn notice(&self, _: &Notice<'_>) {}
}

/// What an [`Observer`] hears. No notice holds a secret or a person's data.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A request is about to be sent.
    Request {
        /// The endpoint's template.
        operation: &'a str,
    },
    /// A request will be sent again.
    Retry {
        /// The endpoint's template.
        operation: &'a str,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How long it waits.
        wait: Duration,
    },
    /// A request waits for its turn.
    Throttled {
        /// How long.
        wait: Duration,
    },
    /// The counts of a file are final. Comes once a file, before the pull's last event.
    File {
        /// Its name in the set.
        file: &'a str,
        /// What became of its rows.
        rows: RowCounts,
    },
}

/// What became of the rows of a file: each ends in exactly one of the four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows read, the header not counted. Always the sum of the other four.
    pub rows: u64,
    /// Became a record, or a part of one, that stands at the end; or a delete.
    pub used: u64,
    /// Left out because something is wrong with them, or withdrawn by a later problem.
    pub rejected: u64,
    /// Left out on purpose: blank, out of scope, or a contact that was not asked for.
    pub skipped: u64,
    /// Said again what another row had said.
    pub duplicate: u64,
}

impl RowCounts {
    /// Whether each row ended in exactly one count.
    pub const fn add_up(&self) -> bool {
        self.rows == self.used + self.rejected + self.skipped + self.duplicate
    }
}

/// Tells the time, so that tests can set it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// Lets so much time pass on this clock. `None` if it can't: then whoever waits does so by the runtime's timer.
    ///
    /// A clock that is set by hand lets a test see five minutes pass in a millisecond.
    fn wait(&self, time: Duration) -> Option<BoxFuture<'static, ()>> {
        let _ = time;
        None
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
