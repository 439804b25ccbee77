//! Why an attempt failed, and whether another may succeed.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use roster_core::{Error, ErrorKind};

/// Why an attempt failed.
#[derive(Debug)]
pub struct Failure {
    /// What is told if there is no other attempt.
    pub error: Error,
    /// Whether there may be one.
    pub again: Again,
}

/// Whether another attempt may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It can't.
    No,
    /// It may, after a while; the server may have said how long.
    Later(Option<Duration>),
    /// It may, and all who use the credential have to wait.
    Slower(Option<Duration>),
    /// It may, and all have to wait who share the limiter above the credential's: what is used up is counted over all of them.
    SlowerForAll(Option<Duration>),
    /// It may with a new token: once, or there is no end to it.
    NewToken,
    /// It may with a new token, since the one that was refused had been taken before.
    SpentToken,
}

impl From<Error> for Failure {
    /// Another attempt may succeed if the error says so.
    fn from(error: Error) -> Self {
        let again = if error.is_retryable() { Again::Later(None) } else { Again::No };
        Self { error, again }
    }
}

/// An answer that is no success, as a [`Classifier`] sees it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Refusal<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, or its beginning. It may hold a person's data: never to be quoted.
    pub body: &'a [u8],
}

impl<'a> Refusal<'a> {
    /// An answer, for tests of a classifier.
    #[must_use]
    pub const fn new(status: StatusCode, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { status, headers, body }
    }
}

/// What an answer that is no success means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The kind of error.
    pub kind: ErrorKind,
    /// What the vendor means by it and what to do, to follow "the server answered 403".
    pub advice: &'static str,
    /// Whether another attempt may succeed.
    pub again: Again,
}

/// Tells what an answer that is no success means at one vendor.
pub type Classifier = fn(&Refusal<'_>) -> Meaning;

/// What the status alone means, as most vendors use it.
pub fn by_status(refusal: &Refusal<'_>) -> Meaning {
    let (kind, advice, again) = match refusal.status.as_u16() {
        401 => (
            ErrorKind::Unauthorized,
            "the credentials are not known there: renew or re-enter them",
            Again::NewToken,
        ),
        403 => (
            ErrorKind::Forbidden,
            "the credentials may not read this: the district has to share it",
            Again::No,
        ),
        404 | 410 => {
            (ErrorKind::NotFound, "there is no such endpoint or record: check the base URL", Again::No)
        }
        405 | 501 => (ErrorKind::Unsupported, "the server does not support this", Again::No),
        408 | 425 => (ErrorKind::Transport, "the server waited too long for the request", Again::Later(None)),
        413 => (
            ErrorKind::TooLarge,
            "the server finds what was asked too large: ask for smaller pages",
            Again::No,
        ),
        429 => (ErrorKind::RateLimited, "too many requests: try again later", Again::Slower(None)),
        503 => (ErrorKind::Provider, "the server is busy or down: try again later", Again::Slower(None)),
        500..=599 => {
            (ErrorKind::Provider, "the server has a fault of its own: try again later", Again::Later(None))
        }
        300..=399 => (
            ErrorKind::Provider,
            "it sends us elsewhere, and redirects are not followed with a token: set the final address as the base URL",
            Again::No,
        ),
        _ => (ErrorKind::Provider, "the server does not accept the request", Again::No),
    };
    Meaning { kind, advice, again }
}
