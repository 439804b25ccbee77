//! A store in one SQLite file.

mod connect;
mod created;
mod fault;
mod inserts;
mod lock;
mod pairs;
mod read;
mod runs;
mod schema;
mod session;
mod words;
mod write;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use roster_core::{EntityKind, Error, ErrorKind, Result};
use rusqlite::Connection;

use self::{
    connect::{Access, connect},
    fault::{Worked, during},
    session::SqliteSession,
};
use super::{Change, Found, Page, RosterInfo, Run, Session, Store, StoredRecord, place::Place};
use crate::worker::Worker;

/// Keeps rosters in one SQLite file. Clones are handles of the same store.
///
/// The file, its journals and its locks are for this user alone (mode 0600). Any SQLite program can read the views
/// `records`, `changes` and `runs` of it. Keep it on a local disk: network file systems have no locks to rely on. All work
/// is done on threads of the store's own, never on those of the caller's runtime.
#[derive(Clone)]
pub struct SqliteStore {
    path: Arc<Path>,
    access: Access,
    /// For reading. Each session has a connection of its own.
    reader: Arc<Worker<Option<Connection>>>,
}

impl SqliteStore {
    /// Opens the store in that file, and makes it if it is not there. An older store is brought to today's version.
    ///
    /// # Errors
    ///
    /// `Config` if the file is newer than this library, or no store of ours, or can't be made there; `Transport` if the
    /// disk fails.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_for(path.into(), Access::Write).await
    }

    /// Opens a store that is there, for reading alone: it gives no sessions.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `Config` if there is no store.
    pub async fn open_existing(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_for(path.into(), Access::Read).await
    }

    async fn open_for(path: PathBuf, access: Access) -> Result<Self> {
        let reader = Worker::start("roster-store", None)?;
        let opened = move |slot: &mut Option<Connection>| {
            let path = connect::place(&path, access)?;
            *slot = Some(connect(&path, access)?);
            Ok(path)
        };
        let path = reader.call(move |slot| during("opening the store", opened(slot))).await??;
        Ok(Self { path: path.into(), access, reader: Arc::new(reader) })
    }

    /// The file, as the system knows it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads everything of one call at one moment.
    async fn read<R: Default + Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Worked<R> + Send + 'static,
    ) -> Result<R> {
        let at_one_moment = move |slot: &mut Option<Connection>| {
            let Some(connection) = slot else { return Ok(R::default()) };
            let transaction = connection.transaction()?;
            job(&transaction)
        };
        self.reader.call(move |slot| during("reading the store", at_one_moment(slot))).await?
    }

    /// Reads of a roster. One that is not there is empty.
    async fn read_roster<R: Default + Send + 'static>(
        &self,
        roster: &str,
        job: impl FnOnce(&Connection, i64) -> Worked<R> + Send + 'static,
    ) -> Result<R> {
        let roster = roster.to_owned();
        self.read(move |connection| match read::roster_number(connection, &roster)? {
            Some(number) => job(connection, number),
            None => Ok(R::default()),
        })
        .await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.path.display())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn rosters(&self) -> Result<Vec<RosterInfo>> {
        self.read(runs::rosters).await
    }

    async fn open(&self, roster: &str) -> Result<Option<Box<dyn Session>>> {
        if self.access == Access::Read {
            let message = "the store was opened for reading alone; open it for writing to sync into it";
            return Err(Error::new(ErrorKind::Config, "host", "opening a roster", message));
        }
        let session = SqliteSession::open(&self.path, roster).await?;
        Ok(session.map(|session| Box::new(session) as Box<dyn Session>))
    }

    async fn records(
        &self,
        roster: &str,
        kind: Option<EntityKind>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<StoredRecord>> {
        let start = Place::read(after.as_deref())?;
        let page = move |connection: &Connection, number| {
            read::records(connection, number, kind, start, limit).map(Some)
        };
        let page = self.read_roster(roster, page).await?;
        Ok(page.unwrap_or_else(|| Page::new(Vec::new(), None)))
    }

    async fn changes(&self, roster: &str, after: u64, limit: usize) -> Result<Vec<Change>> {
        self.read_roster(roster, move |connection, number| read::changes(connection, number, after, limit))
            .await
    }

    async fn runs(&self, roster: Option<&str>, before: Option<u64>, limit: usize) -> Result<Vec<Run>> {
        let (path, roster) = (Arc::clone(&self.path), roster.map(str::to_owned));
        self.read(move |connection| runs::list(connection, &path, roster.as_deref(), before, limit)).await
    }

    async fn find(&self, roster: &str, id: &str) -> Result<Vec<Found>> {
        let id = id.to_owned();
        self.read_roster(roster, move |connection, number| read::find(connection, number, &id)).await
    }
}
