//! What goes wrong in a database, told without a word of its data.

use roster_core::{Error, ErrorKind, Result};
use rusqlite::ErrorCode;

/// What ends the work on a database: its own error, or one of ours.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Told(Error),
}

/// What work on a database gives.
pub(super) type Worked<T> = std::result::Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

/// Says what was being done.
pub(super) fn during<T>(operation: &'static str, worked: Worked<T>) -> Result<T> {
    worked.map_err(|fault| match fault {
        Fault::Told(error) => error,
        Fault::Sql(error) => told(operation, &error),
    })
}

/// Keeps class and code: the text of a database's error may hold what was to be stored.
fn told(operation: &'static str, error: &rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        let message =
            format!("the store does not hold what it should ({}); restore it from a backup", class(error));
        return Error::new(ErrorKind::Transport, "host", operation, message).exhausted();
    };
    let (kind, advice) = advice(failure.code);
    let message = format!("SQLite says: {failure}; {advice}");
    Error::new(kind, "host", operation, message)
}

const fn advice(code: ErrorCode) -> (ErrorKind, &'static str) {
    match code {
        ErrorCode::NotADatabase => (ErrorKind::Config, "the file is no SQLite database; name another file"),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            (ErrorKind::Config, "the file and its folder must be writable by this user")
        }
        ErrorCode::CannotOpen => {
            (ErrorKind::Transport, "see that the file and its folder are there and may be read and written")
        }
        ErrorCode::DiskFull => (ErrorKind::Transport, "make room on the disk and try again"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            (ErrorKind::Transport, "another process has been writing for long; try again later")
        }
        ErrorCode::DatabaseCorrupt => (ErrorKind::Transport, "the file is damaged; restore it from a backup"),
        _ => (ErrorKind::Transport, "look after the disk and try again"),
    }
}

fn class(error: &rusqlite::Error) -> &'static str {
    match error {
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..) => {
            "a column has another type"
        }
        rusqlite::Error::IntegralValueOutOfRange(..) => "a number is out of range",
        rusqlite::Error::Utf8Error(..) => "a text is not UTF-8",
        rusqlite::Error::QueryReturnedNoRows => "a row is missing",
        _ => "a statement does not fit",
    }
}

/// A value that the schema does not allow.
pub(super) fn strange(what: &'static str) -> Fault {
    let message = format!("the store holds {what} that this library does not know; restore it from a backup");
    Fault::Told(Error::new(ErrorKind::Transport, "host", "reading the store", message).exhausted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_class_and_not_its_text() {
        let failure = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT);
        let error = rusqlite::Error::SqliteFailure(failure, Some("Canary".to_owned()));
        let told = told("writing the store", &error);
        assert!(told.message().contains("onstraint") && !format!("{told:?}").contains("Canary"), "{told}");
        assert_eq!(advice(ErrorCode::NotADatabase).0, ErrorKind::Config);
    }
}
