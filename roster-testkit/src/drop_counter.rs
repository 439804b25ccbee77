//! Counts what is alive.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Counts how many of its [`Token`]s are alive, and how many were at most.
///
/// Put a token into each row that a fake vendor hands out, and the count says how many rows a source holds.
///
/// ```
/// let counter = roster_testkit::DropCounter::new();
/// let row = ("p1", counter.token());
/// assert_eq!((counter.now(), counter.peak()), (1, 1));
/// drop(row);
/// assert_eq!((counter.now(), counter.peak()), (0, 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct DropCounter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    now: AtomicUsize,
    peak: AtomicUsize,
}

/// Counted by its [`DropCounter`] until it is dropped.
#[derive(Debug)]
pub struct Token(Arc<Counts>);

impl DropCounter {
    /// Nothing is alive yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more is alive.
    #[must_use = "it is counted until it is dropped"]
    pub fn token(&self) -> Token {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.peak.fetch_max(now, Ordering::SeqCst);
        Token(Arc::clone(&self.0))
    }

    /// How many are alive.
    pub fn now(&self) -> usize {
        self.0.now.load(Ordering::SeqCst)
    }

    /// How many were alive at most.
    pub fn peak(&self) -> usize {
        self.0.peak.load(Ordering::SeqCst)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
