//! A store in memory.

mod data;
mod runs;
mod session;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use roster_core::{EntityKind, Result};

use self::{data::Data, runs::Runs, session::MemorySession};
use super::{Change, Found, Page, RosterInfo, Run, Session, Store, StoredRecord};

/// Keeps rosters in memory, for tests and for a try. Clones are handles of the same store.
///
/// It does what [`SqliteStore`](crate::SqliteStore) does, except that nothing of it outlives the process.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shelves: Arc<Mutex<Shelves>>,
}

#[derive(Default)]
struct Shelves {
    rosters: BTreeMap<String, Arc<Data>>,
    runs: Runs,
    /// The rosters that a session has.
    held: BTreeSet<String>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Held for moments only, and never across an await. A panic of another thread leaves no half a change in it: what a
    /// session wrote comes in by one assignment.
    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self, roster: &str) -> Arc<Data> {
        self.lock().rosters.get(roster).cloned().unwrap_or_default()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} rosters)", self.lock().rosters.len())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn rosters(&self) -> Result<Vec<RosterInfo>> {
        let shelves = self.lock();
        Ok(shelves.rosters.iter().map(|(name, data)| shelves.runs.info(name, data.last_seq())).collect())
    }

    async fn open(&self, roster: &str) -> Result<Option<Box<dyn Session>>> {
        let mut shelves = self.lock();
        if !shelves.held.insert(roster.to_owned()) {
            return Ok(None);
        }
        let data = shelves.rosters.get(roster).cloned().unwrap_or_default();
        Ok(Some(Box::new(MemorySession::new(self.clone(), roster.to_owned(), data))))
    }

    async fn records(
        &self,
        roster: &str,
        kind: Option<EntityKind>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<StoredRecord>> {
        self.data(roster).records(kind, after.as_deref(), limit)
    }

    async fn changes(&self, roster: &str, after: u64, limit: usize) -> Result<Vec<Change>> {
        self.data(roster).changes(after, limit)
    }

    async fn runs(&self, roster: Option<&str>, before: Option<u64>, limit: usize) -> Result<Vec<Run>> {
        let shelves = self.lock();
        Ok(shelves.runs.list(roster, before, limit, |roster| shelves.held.contains(roster)))
    }

    async fn find(&self, roster: &str, id: &str) -> Result<Vec<Found>> {
        self.data(roster).find(id)
    }
}
