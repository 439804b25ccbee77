//! What Wonde's refusals mean, and errors of our own.

use roster_core::{Error, ErrorKind};
use roster_http::{Again, Meaning, Refusal, by_status};

use crate::source::PROVIDER;

/// The status of a school that is switched off for now.
pub(crate) const INACTIVE: u16 = 423;

/// What an answer that is no success means.
pub(crate) fn classify(refusal: &Refusal<'_>) -> Meaning {
    let meaning = by_status(refusal);
    match refusal.status.as_u16() {
        401 => Meaning {
            advice: "the token is not known there, or no longer: renew it, or ask the school for access again",
            again: Again::No,
            ..meaning
        },
        403 => Meaning { advice: "the school does not share this with the application", ..meaning },
        404 => Meaning { advice: "there is no such school or record", ..meaning },
        422 => Meaning {
            kind: ErrorKind::Provider,
            advice: "it does not understand the request",
            again: Again::No,
        },
        INACTIVE => Meaning {
            kind: ErrorKind::Provider,
            advice: "the school is switched off there for now; nothing is removed: try again at the next run",
            again: Again::No,
        },
        _ => meaning,
    }
}

/// Whether a resource was refused, rather than failed: a server that fails withholds nothing.
pub(crate) fn is_withheld(error: &Error) -> bool {
    matches!(error.status(), Some(403 | 404 | 405 | 410 | 422))
}

pub(crate) fn wrong(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, operation, message)
}

pub(crate) fn refused(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Forbidden, PROVIDER, operation, message)
}

pub(crate) fn broken(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Provider, PROVIDER, operation, message)
}
