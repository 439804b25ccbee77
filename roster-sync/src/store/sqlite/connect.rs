//! Opening the file: its mode, its journal, its cache.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use roster_core::{Error, ErrorKind};
use rusqlite::{Connection, OpenFlags};

use super::{
    fault::{Fault, Worked},
    schema::{self, Schema},
};

/// How long to wait for another writer. One that loads a whole district's first roster holds the file for long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pages kept in memory by each connection, in KiB: what is written is appended, so that more would not help.
const CACHE_KIB: i64 = 8 * 1024;
/// How large a log file may stay once its pages are in the database.
const LOG_BYTES: i64 = 16 * 1024 * 1024;
/// How many pages the log may hold before a commit has to wait until they are in the database: 64 MiB. Most runs write far
/// less, and the next run does it while it pulls.
const LOG_PAGES: i64 = 16 * 1024;

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It is made if it is not there.
    Write,
    /// It has to be there, and its rosters are only read.
    Read,
}

/// Finds the file, or makes it, and says where it really lies.
pub(super) fn place(path: &Path, access: Access) -> Worked<PathBuf> {
    if access == Access::Write {
        create(path)?;
    }
    fs::canonicalize(path).map_err(|error| {
        let advice = match (error.kind(), access) {
            (io::ErrorKind::NotFound, Access::Read) => "there is no store; a first sync makes it",
            _ => "it can't be opened",
        };
        unusable(path, advice, &error)
    })
}

/// SQLite gives its journals the mode of the database: so the file is there, with the right one, before SQLite opens it.
fn create(path: &Path) -> Worked<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(unusable(path, "its folder is not there; make the folder first", &error))
        }
        Err(error) => Err(unusable(path, "it can't be made", &error)),
    }
}

/// Opens the file, makes sure that it is ours, and brings it to today's version.
pub(super) fn connect(path: &Path, access: Access) -> Worked<Connection> {
    // Without `SQLITE_OPEN_READ_ONLY` even for reading: what a killed process left has to be rolled back first.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let found = schema::look(&connection)?;
    if access == Access::Read && found == Schema::Empty {
        let message = format!("{} is empty; a first sync makes a store of it", path.display());
        return Err(Error::new(ErrorKind::Config, "host", "opening the store", message).into());
    }
    set_up(&connection)?;
    schema::migrate(&mut connection)?;
    settle_journal(&connection)?;
    if access == Access::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

fn set_up(connection: &Connection) -> Worked<()> {
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // What was blanked is to be gone from the file, not only from its index.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.query_row(&format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"), [], |_| Ok(()))?;
    connection.query_row(&format!("PRAGMA journal_size_limit = {LOG_BYTES}"), [], |_| Ok(()))?;
    Ok(())
}

/// A database without versions keeps a rollback journal, which writes the pages of the first load once; a write-ahead log
/// would write them twice. From then on the log is better: readers and the writer do not wait for each other.
pub(super) fn settle_journal(connection: &Connection) -> Worked<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    let is_new: bool =
        connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM version)", [], |row| row.get(0))?;
    let wanted = if is_new { "PRAGMA journal_mode = TRUNCATE" } else { "PRAGMA journal_mode = WAL" };
    // Without waiting: while somebody reads or writes, it is left to whoever opens the file next.
    connection.busy_timeout(Duration::ZERO)?;
    let settled = connection.query_row(wanted, [], |_| Ok(()));
    connection.busy_timeout(PATIENCE)?;
    match settled {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(()),
        result => Ok(result?),
    }
}

pub(super) fn unusable(path: &Path, advice: &str, error: &io::Error) -> Fault {
    let message = format!("{}: {advice} ({})", path.display(), error.kind());
    Fault::Told(Error::new(ErrorKind::Config, "host", "opening the store", message))
}
