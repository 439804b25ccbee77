//! How a roster is to be kept in step.

use roster_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// How much may change before somebody has to approve it. Limits are bounded: a guard can be set, and not switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Guards {
    /// Records that end: more than 5 and more than 10 % by default.
    pub ends: Limit,
    /// Records that are updated: more than 5 and more than 75 % by default. A class of which only the school year changed that its
    /// source made up does not count.
    pub updates: Limit,
    /// Records that go into quarantine, of those seen: more than 5 and more than 5 % by default.
    pub dangling: Limit,
    /// Ids in another form than stored ones, or destroyed, of those seen: more than 5 and more than 5 % by default.
    pub id_shape: Limit,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            ends: Limit::new(5, 10),
            updates: Limit::new(5, 75),
            dangling: Limit::new(5, 5),
            id_shape: Limit::new(5, 5),
        }
    }
}

impl Guards {
    /// Checks the limits.
    ///
    /// # Errors
    ///
    /// `Config` if one is so wide that the guard would be off: a count over 100, or a percentage over 50 (of updates: 90).
    pub fn checked(self) -> Result<Self> {
        for (name, limit, most) in [
            ("ends", self.ends, 50),
            ("updates", self.updates, 90),
            ("dangling", self.dangling, 50),
            ("id_shape", self.id_shape, 50),
        ] {
            if limit.count > 100 || limit.percent > most {
                let message = format!(
                    "the guard `{name}` takes a count up to 100 and a percentage up to {most}, not {} and {} %",
                    limit.count, limit.percent
                );
                return Err(Error::new(ErrorKind::Config, "host", "reading the guards", message));
            }
        }
        Ok(self)
    }
}

/// A limit that is passed by more than `count` and more than `percent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "two numbers")]
pub struct Limit {
    /// So many are never too many.
    pub count: u64,
    /// So many of a hundred are not too many.
    pub percent: u64,
}

impl Limit {
    /// A limit.
    pub const fn new(count: u64, percent: u64) -> Self {
        Self { count, percent }
    }

    /// How many may be, of `of`.
    pub const fn most(self, of: u64) -> u64 {
        let share = of.saturating_mul(self.percent) / 100;
        if share > self.count { share } else { self.count }
    }

    /// Whether `count` of `of` are too many.
    pub const fn is_passed(self, count: u64, of: u64) -> bool {
        count > self.most(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_count_and_share_must_be_passed() {
        let limit = Limit::new(5, 10);
        assert!(!limit.is_passed(5, 6) && limit.is_passed(6, 6));
        assert!(!limit.is_passed(100, 1000) && limit.is_passed(101, 1000));
        assert!(!limit.is_passed(10, 101) && limit.is_passed(11, 101));
    }

    #[test]
    fn guards_can_be_set_and_not_switched_off() {
        assert!(Guards::default().checked().is_ok());
        let off = Guards { ends: Limit::new(5, 100), ..Guards::default() };
        assert!(off.checked().unwrap_err().message().contains("`ends`"));
    }
}
