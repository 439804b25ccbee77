//! A writer's hold on a roster in memory.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use roster_core::Result;

use super::{Data, MemoryStore};
use crate::{Batch, Counted, Key, Links, Pair, Past, Quarantined, RunEnd, RunStart, Session, store::misuse};

/// Works on its own copy of the roster, made at the first write, which takes the other's place at the end.
pub(super) struct MemorySession {
    store: MemoryStore,
    roster: String,
    data: Arc<Data>,
    run: Option<u64>,
    /// Whether a write failed: what was written is then no whole.
    failed: bool,
}

impl MemorySession {
    pub(super) fn new(store: MemoryStore, roster: String, data: Arc<Data>) -> Self {
        Self { store, roster, data, run: None, failed: false }
    }
}

/// Dropping the copy takes back what was written.
impl Drop for MemorySession {
    fn drop(&mut self) {
        self.store.lock().held.remove(&self.roster);
    }
}

impl fmt::Debug for MemorySession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySession({:?})", self.roster)
    }
}

#[async_trait]
impl Session for MemorySession {
    async fn past(&mut self) -> Result<Past> {
        Ok(Past::new(self.data.last_seq(), self.store.lock().runs.memory(&self.roster)))
    }

    async fn begin(&mut self, start: RunStart) -> Result<u64> {
        let mut shelves = self.store.lock();
        shelves.rosters.entry(self.roster.clone()).or_default();
        let run = shelves.runs.begin(&self.roster, start);
        self.run = Some(run);
        Ok(run)
    }

    async fn pairs(&mut self, after: u64, limit: usize) -> Result<Vec<Pair>> {
        let pairs = self.data.current.range(after.saturating_add(1)..).take(limit);
        Ok(pairs
            .map(|(uid, current)| Pair {
                uid: *uid,
                key: current.key,
                digest: current.digest,
                seq: current.seq,
                kind: current.kind,
                state: current.state,
            })
            .collect())
    }

    async fn links(&mut self, after: u64, limit: usize) -> Result<Vec<Links>> {
        let links = self.data.current.range(after.saturating_add(1)..).take(limit);
        Ok(links
            .map(|(uid, current)| Links { uid: *uid, first: current.links.0, second: current.links.1 })
            .collect())
    }

    async fn bodies(&mut self, seqs: Vec<u64>) -> Result<Vec<Option<String>>> {
        seqs.into_iter().map(|seq| Ok(self.data.body(seq)?.map(str::to_owned))).collect()
    }

    async fn quarantined(&mut self) -> Result<Vec<Quarantined>> {
        Ok(self.data.quarantine.values().map(|held| held.row.clone()).collect())
    }

    async fn quarantined_bodies(&mut self, keys: Vec<Key>) -> Result<Vec<Option<String>>> {
        let body = |key| self.data.quarantine.get(&key)?.body.as_deref().map(str::to_owned);
        Ok(keys.into_iter().map(body).collect())
    }

    async fn census(&mut self) -> Result<Vec<Counted>> {
        let counts = self.data.census.iter();
        Ok(counts.map(|((kind, group), count)| Counted::new(*kind, group, *count)).collect())
    }

    async fn write(&mut self, mut batch: Batch) -> Result<Batch> {
        let run = self.run.ok_or_else(misuse::no_run)?;
        if self.failed {
            return Err(misuse::written_in_part());
        }
        let result = Arc::make_mut(&mut self.data).apply(&batch, run);
        self.failed = result.is_err();
        result?;
        batch.clear();
        Ok(batch)
    }

    async fn finish(&mut self, end: RunEnd) -> Result<()> {
        let run = self.run.ok_or_else(misuse::no_run)?;
        let mut shelves = self.store.lock();
        if end.memory.is_none() {
            self.data = shelves.rosters.get(&self.roster).cloned().unwrap_or_default();
        } else if self.failed {
            return Err(misuse::written_in_part());
        } else {
            shelves.rosters.insert(self.roster.clone(), Arc::clone(&self.data));
        }
        shelves.runs.finish(run, end);
        self.run = None;
        self.failed = false;
        Ok(())
    }
}
