//! How a command ends.

use std::{io, process::ExitCode};

use roster::{Error, ErrorKind};
use serde::Serialize;

/// How a command ended. The exit codes are an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Failed,
    /// Wrong usage or configuration.
    Misused,
    /// A guard holds it.
    Held,
    /// Done, but a kind is partial.
    Partial,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Misused => 2,
            Outcome::Held => 3,
            Outcome::Partial => 4,
        })
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, or a file it names, is wrong.
    Usage { operation: &'static str, message: String },
    /// The library says why.
    Roster(Error),
    /// Stdout does not take what is written to it.
    Output(io::Error),
}

/// A failure as JSON shows it.
#[derive(Serialize)]
pub(crate) struct ErrorReport<'a> {
    kind: &'a str,
    operation: &'a str,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn usage(operation: &'static str, message: impl Into<String>) -> Self {
        Self::Usage { operation, message: message.into() }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Usage { .. } => Outcome::Misused,
            Self::Roster(error) if error.kind() == ErrorKind::Config => Outcome::Misused,
            Self::Roster(_) | Self::Output(_) => Outcome::Failed,
        }
    }

    pub(crate) fn report(&self) -> ErrorReport<'_> {
        match self {
            Self::Usage { operation, message } => {
                ErrorReport { kind: "usage", operation, message: message.clone() }
            }
            Self::Roster(error) => ErrorReport {
                kind: error.kind().as_str(),
                operation: error.operation(),
                message: error.message().to_owned(),
            },
            Self::Output(error) => {
                ErrorReport { kind: "output", operation: "writing to stdout", message: error.to_string() }
            }
        }
    }

    /// The failure in words, on one line or a few.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Usage { message, .. } => message.clone(),
            Self::Roster(error) if error.kind() == ErrorKind::Config => error.message().to_owned(),
            Self::Roster(error) if error.provider() == "host" => {
                format!("{}: {}", error.operation(), error.message())
            }
            Self::Roster(error) => error.to_string(),
            Self::Output(error) => format!("writing to stdout: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Roster(error)
    }
}
