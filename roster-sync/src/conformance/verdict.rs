//! What a check finds.

use std::fmt;

use roster_core::Error;

/// A promise that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The check that found it.
    pub check: &'static str,
    /// What happened.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.message)
    }
}

impl std::error::Error for Violation {}

/// What is wrong, before the check's name is put to it.
#[derive(Debug)]
pub(super) struct Breach(pub(super) String);

impl From<Error> for Breach {
    fn from(error: Error) -> Self {
        Self(format!("an error where none should be: {error}"))
    }
}

/// How a check ends.
pub(super) type Verdict<T = ()> = Result<T, Breach>;

/// Demands that two values are the same.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, wanted: &T) -> Verdict {
    if found == wanted { Ok(()) } else { Err(Breach(format!("{what}: {found:?} instead of {wanted:?}"))) }
}

/// Demands that something holds.
pub(super) fn holds(what: &str, it_does: bool) -> Verdict {
    if it_does { Ok(()) } else { Err(Breach(format!("it does not hold that {what}"))) }
}

/// Demands that something is there.
pub(super) fn there<T>(what: &str, value: Option<T>) -> Verdict<T> {
    value.ok_or_else(|| Breach(format!("{what} is not there")))
}
