//! When a request is sent again, and after how long.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// When a request is sent again: as often and as long as this, whichever is over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a request is sent at most, the first time included.
    pub attempts: u32,
    /// The time from the first attempt to the start of the last. A wait that would go past it is not begun.
    pub deadline: Duration,
    /// The upper bound of the first wait; each further one is twice as long.
    pub first_wait: Duration,
    /// The upper bound of any wait that the server does not ask for.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// Six attempts in five minutes, with waits of at most half a second, one second and so on, up to thirty.
    fn default() -> Self {
        Self {
            attempts: 6,
            deadline: Duration::from_secs(300),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Sends nothing again.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// As often as this at most.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// For as long as this at most.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The upper bound of the wait after that attempt, counted from 1.
    pub fn backoff(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }

    /// What follows a failed attempt, counted from 1, after `elapsed` since the first. `told` is what the server asks for,
    /// `share` a random number from 0 to 1: two that failed at once must not come back in step.
    pub fn decide(&self, attempt: u32, elapsed: Duration, told: Option<Duration>, share: f64) -> Decision {
        if attempt >= self.attempts {
            return Decision::GiveUp(Reason::Attempts);
        }
        let share = share.clamp(0.0, 1.0);
        let wait = match told {
            // A little later than told, since all who were told the same would come at the same moment.
            Some(told) => told.saturating_add(self.first_wait.mul_f64(share)),
            None => self.backoff(attempt).mul_f64(share),
        };
        if elapsed.saturating_add(told.unwrap_or(wait)) > self.deadline {
            return Decision::GiveUp(Reason::Deadline);
        }
        Decision::Wait(wait)
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Another attempt after this time.
    Wait(Duration),
    /// None.
    GiveUp(Reason),
}

/// Why there is no other attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There were enough.
    Attempts,
    /// The wait would go past the deadline.
    Deadline,
}

/// How many requests may be sent again before others succeed: shared by all who use one credential, so that a server that is
/// down is not asked six times by each of them.
#[derive(Debug)]
pub struct RetryBudget {
    /// In halves of a retry.
    halves: Mutex<u32>,
    capacity: u32,
}

impl RetryBudget {
    /// A full budget of so many retries. Two requests that succeed earn one back.
    #[must_use]
    pub fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(2);
        Self { halves: Mutex::new(capacity), capacity }
    }

    /// Takes one retry out, if there is one.
    pub fn spend(&self) -> bool {
        self.change(|halves| halves.checked_sub(2))
    }

    /// A request succeeded.
    pub fn earn(&self) {
        let capacity = self.capacity;
        self.change(|halves| Some((halves + 1).min(capacity)));
    }

    fn change(&self, change: impl FnOnce(u32) -> Option<u32>) -> bool {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(*halves);
        *halves = changed.unwrap_or(*halves);
        changed.is_some()
    }
}

impl Default for RetryBudget {
    /// Twenty retries.
    fn default() -> Self {
        Self::new(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let bounds: Vec<_> = (1..=9).map(|attempt| policy.backoff(attempt).as_millis()).collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert_eq!(policy.backoff(u32::MAX), secs(30));
    }

    #[test]
    fn jitter_is_full_and_never_earlier_than_told() {
        let policy = RetryPolicy::default();
        let wait = |told, share| policy.decide(3, secs(0), told, share);
        assert_eq!(wait(None, 0.0), Decision::Wait(secs(0)));
        assert_eq!(wait(None, 1.0), Decision::Wait(secs(2)));
        assert_eq!(wait(Some(secs(7)), 0.0), Decision::Wait(secs(7)));
        assert_eq!(wait(Some(secs(7)), 1.0), Decision::Wait(Duration::from_millis(7500)));
    }

    #[test]
    fn nobody_sleeps_past_the_deadline() {
        let policy = RetryPolicy::default().deadline(secs(60));
        assert_eq!(policy.decide(1, secs(0), Some(secs(600)), 0.5), Decision::GiveUp(Reason::Deadline));
        assert_eq!(policy.decide(1, secs(0), Some(secs(60)), 0.0), Decision::Wait(secs(60)));
        assert_eq!(policy.decide(2, secs(60), None, 1.0), Decision::GiveUp(Reason::Deadline));
        assert_eq!(policy.decide(6, secs(1), None, 0.0), Decision::GiveUp(Reason::Attempts));
        assert_eq!(policy.decide(1, secs(0), Some(Duration::MAX), 1.0), Decision::GiveUp(Reason::Deadline));
    }

    #[test]
    fn a_budget_is_spent_and_earned_back_by_success() {
        let budget = RetryBudget::new(2);
        assert!(budget.spend() && budget.spend() && !budget.spend());
        budget.earn();
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend() && !budget.spend());
        (0..100).for_each(|_| budget.earn());
        assert!(budget.spend() && budget.spend() && !budget.spend());
    }
}
