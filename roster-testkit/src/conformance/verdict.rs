//! What a check finds.

use std::fmt;

/// What a check found, where it found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The law is kept, as far as the check can tell.
    Passed,
    /// It could not be checked, for this reason.
    Skipped(String),
}

/// A law that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The check that found it.
    pub check: &'static str,
    /// The law's number, as in [`CheckInfo`](super::CheckInfo).
    pub law: u8,
    /// What happened. Holds kinds, ids and codes; no person's data, except where showing them is what is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.law {
            0 => write!(f, "{} (the model's habits): {}", self.check, self.message),
            law => write!(f, "{} (law {law}): {}", self.check, self.message),
        }
    }
}

impl std::error::Error for Violation {}

/// What is wrong, before the check's name is put to it.
#[derive(Debug)]
pub(crate) struct Breach(pub(crate) String);

/// How a check ends.
pub(crate) type Verdict = Result<Outcome, Breach>;

/// Ends the check: a law is broken.
macro_rules! breach {
    ($($message:tt)+) => {
        return Err($crate::conformance::verdict::Breach(format!($($message)+)))
    };
}

/// Ends the check: it can't be made here.
macro_rules! skip {
    ($($reason:tt)+) => {
        return Ok($crate::conformance::verdict::Outcome::Skipped(format!($($reason)+)))
    };
}

pub(crate) use {breach, skip};
