//! Why a pull ended early.

use std::{fmt, time::Duration};

/// Any error, to be kept as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A result of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What to do about an [`Error`]; match on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings are wrong, or they name something that is not there. Mend them; nothing was sent.
    Config,
    /// The vendor does not know us: renew or re-enter the credentials.
    Unauthorized,
    /// The vendor knows us and says no: the district has to share more.
    Forbidden,
    /// Too many requests, even after waiting as told. Try later.
    RateLimited,
    /// There is no such tenant or record.
    NotFound,
    /// A limit of ours was passed: a body, a file, a page count, a wait.
    TooLarge,
    /// The data kept changing while it was read; nothing can be concluded. Try later.
    Unstable,
    /// The network or the disk failed, or the answer broke off. Try later.
    Transport,
    /// The vendor answered with a fault of its own, or against its own rules.
    Provider,
    /// The answer, or the file, does not parse as a whole. (One bad record is a [`Problem`](crate::Problem).)
    Decode,
    /// The cursor can't be used here: pull in full.
    CursorInvalid,
    /// The vendor no longer keeps changes that far back: pull in full.
    CursorExpired,
    /// The source can't do this.
    Unsupported,
    /// The host stopped the pull.
    Cancelled,
}

impl ErrorKind {
    /// The name in `snake_case`, as in JSON reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Unstable => "unstable",
            Self::Transport => "transport",
            Self::Provider => "provider",
            Self::Decode => "decode",
            Self::CursorInvalid => "cursor_invalid",
            Self::CursorExpired => "cursor_expired",
            Self::Unsupported => "unsupported",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Config => "configuration error",
            Self::Unauthorized => "not authenticated",
            Self::Forbidden => "not allowed",
            Self::RateLimited => "rate limited",
            Self::NotFound => "not found",
            Self::TooLarge => "over a limit",
            Self::Unstable => "unstable data",
            Self::Transport => "transport error",
            Self::Provider => "provider error",
            Self::Decode => "unreadable answer",
            Self::CursorInvalid => "unusable cursor",
            Self::CursorExpired => "expired cursor",
            Self::Unsupported => "not supported",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Why a pull ended early. One pointer wide, so that `Result` stays small.
///
/// It never quotes data: foreign errors that do (of a JSON or TOML parser, of an HTTP client) are told by class, line and
/// column, and are not kept as a cause.
///
/// `Debug` reads as `Display` does, with the causes, since it is what a `main` that returns an error prints.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{kind} from {provider} while {operation}: {message}")]
struct Inner {
    kind: ErrorKind,
    provider: &'static str,
    operation: &'static str,
    message: String,
    status: Option<u16>,
    retry_after: Option<Duration>,
    retryable: bool,
    source: Option<BoxError>,
}

impl Error {
    /// An error of `provider` (its id, or `host`) that came while `operation` was being done, such as "reading a cursor".
    ///
    /// `message` says what is wrong, where, and what to do; never a student's name, never a secret.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        provider: &'static str,
        operation: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            provider,
            operation,
            message: message.into(),
            status: None,
            retry_after: None,
            retryable: matches!(kind, ErrorKind::RateLimited | ErrorKind::Transport),
            source: None,
        }))
    }

    /// Adds the cause. Not for errors that quote data.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds how long the vendor asks us to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Marks an error that outlived all retries, so that no outer layer starts over.
    #[must_use]
    pub fn exhausted(mut self) -> Self {
        self.0.retryable = false;
        self
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The provider's id, or `host`.
    pub fn provider(&self) -> &'static str {
        self.0.provider
    }

    /// What was being done: one of a short list of phrases, fit for a metric's label.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What is wrong, without kind, provider and operation.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// How long the vendor asks us to wait, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }
}
