//! How many requests are answered in a time.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many requests in each stretch of that time; further ones are refused until it is over.
pub(super) struct Rate {
    requests: u32,
    time: Duration,
    window: Mutex<(Option<Instant>, u32)>,
}

impl Rate {
    pub(super) fn new(requests: u32, time: Duration) -> Self {
        Self { requests, time, window: Mutex::new((None, 0)) }
    }

    /// Counts a request. `Err` with what is left of the stretch if there were too many in it.
    pub(super) fn take(&self) -> Result<(), Duration> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = window.0.filter(|begun| begun.elapsed() < self.time);
        let Some(begun) = begun else {
            *window = (Some(Instant::now()), 1);
            return if self.requests == 0 { Err(self.time) } else { Ok(()) };
        };
        window.1 = window.1.saturating_add(1);
        if window.1 > self.requests { Err(self.time.saturating_sub(begun.elapsed())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_has_so_many() {
        let rate = Rate::new(2, Duration::from_secs(3600));
        assert!(rate.take().is_ok() && rate.take().is_ok());
        let left = rate.take().unwrap_err();
        assert!(left <= Duration::from_secs(3600) && left > Duration::from_secs(3000));
        let rate = Rate::new(1, Duration::ZERO);
        assert!((0..10).all(|_| rate.take().is_ok()));
    }
}
