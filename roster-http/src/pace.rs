//! How many requests a vendor takes in a time, and when the next one may leave.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use roster_core::jiff::Timestamp;

/// No more than so many requests in any stretch of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    requests: usize,
    time: Duration,
}

impl Pace {
    /// No more than so many requests, one at least, in any stretch of that time.
    #[must_use]
    pub fn new(requests: u32, time: Duration) -> Self {
        Self { requests: usize::try_from(requests).unwrap_or(usize::MAX).max(1), time }
    }
}

/// When the latest requests left or will leave, oldest first: as many as are taken in the time.
#[derive(Debug)]
pub(crate) struct Paced {
    pace: Pace,
    booked: Mutex<VecDeque<Timestamp>>,
}

impl Paced {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, booked: Mutex::default() }
    }

    /// Books the next departure. Returns how long it is until then; `Err` with that, and nothing booked, if it is longer than
    /// `at_most`. Who books waits for that long and no longer: the order is that of the booking.
    pub(crate) fn book(&self, now: Timestamp, at_most: Duration) -> Result<Duration, Duration> {
        let mut booked = self.booked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = booked.len() >= self.pace.requests;
        let free = booked.front().filter(|_| is_full);
        let at = free.map_or(now, |oldest| oldest.checked_add(self.pace.time).unwrap_or(now).max(now));
        let time = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        if time > at_most {
            return Err(time);
        }
        if is_full {
            booked.pop_front();
        }
        booked.push_back(at);
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    proptest! {
        #[test]
        fn no_stretch_of_the_time_has_more(requests in 1_u32..6, gaps in prop::collection::vec(0_i64..40, 1..60)) {
            let paced = Paced::new(Pace::new(requests, MINUTE));
            let (mut now, mut left) = (Timestamp::UNIX_EPOCH, Vec::new());
            for gap in gaps {
                now += Duration::from_secs(u64::try_from(gap).unwrap());
                left.push(now + paced.book(now, Duration::MAX).unwrap());
            }
            prop_assert!(left.is_sorted());
            let many = usize::try_from(requests).unwrap();
            for (first, over) in left.iter().zip(left.iter().skip(many)) {
                prop_assert!(*over >= *first + MINUTE);
            }
        }
    }

    #[test]
    fn who_would_wait_too_long_takes_nobody_s_place() {
        let paced = Paced::new(Pace::new(1, MINUTE));
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(paced.book(now, Duration::ZERO), Ok(Duration::ZERO));
        assert_eq!(paced.book(now, MINUTE / 2), Err(MINUTE));
        assert_eq!(paced.book(now + MINUTE, Duration::ZERO), Ok(Duration::ZERO));
    }
}
