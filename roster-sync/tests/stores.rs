//! The stores that there are pass the suite, and stores that break a promise do not.

#![expect(clippy::unwrap_used, reason = "what makes the stores of the tests is no test itself")]

use std::{collections::BTreeSet, fmt};

use async_trait::async_trait;
use futures::executor::block_on;
use roster_core::{EntityKind, Result};
use roster_sync::{
    Batch, Change, Counted, Found, Key, Links, MemoryStore, Page, Pair, Past, Quarantined, RecordState,
    RosterInfo, Run, RunEnd, RunStart, Session, SqliteStore, Store, StoredRecord, Write,
    conformance::{CHECKS, run_check},
};
use tempfile::TempDir;

async fn sqlite() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (SqliteStore::open(folder.path().join("roster.db")).await.unwrap(), folder)
}

roster_sync::conformance!(memory, || async { MemoryStore::new() });
roster_sync::conformance!(in_sqlite, sqlite);
roster_sync::conformance!(in_sqlite_on_tokio, sqlite, |test| tokio::runtime::Builder::new_current_thread()
    .build()
    .unwrap()
    .block_on(test));

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    SharesTheLock,
    KeepsTheLock,
    FinishesWhatIsDropped,
    ForgetsTheLastChange,
    TellsRecordsTwice,
    ForgetsStates,
    ForgetsCensus,
    ForgetsBlanks,
    TellsBodiesInReverse,
    ForgetsQuarantineBodies,
    MixesRosters,
    TellsRunsOldestFirst,
    FindsNoOldIds,
    TakesSuppressedForEnded,
    ForgetsOldMemories,
}

const DEFECTS: [(Defect, &str); 15] = [
    (Defect::SharesTheLock, "lock_is_exclusive"),
    (Defect::KeepsTheLock, "drop_gives_the_lock_free"),
    (Defect::FinishesWhatIsDropped, "run_without_memory_writes_nothing"),
    (Defect::ForgetsTheLastChange, "changes_come_in_pages"),
    (Defect::TellsRecordsTwice, "records_come_once_each"),
    (Defect::ForgetsStates, "state_changes_alone"),
    (Defect::ForgetsCensus, "census_is_set_and_removed"),
    (Defect::ForgetsBlanks, "blanked_bodies_are_gone"),
    (Defect::TellsBodiesInReverse, "bodies_come_as_asked"),
    (Defect::ForgetsQuarantineBodies, "goes_in_and_out"),
    (Defect::MixesRosters, "rosters_are_apart"),
    (Defect::TellsRunsOldestFirst, "runs_come_newest_first"),
    (Defect::FindsNoOldIds, "rekeyed_is_found_by_both_ids"),
    (Defect::TakesSuppressedForEnded, "suppressed_record_says_nothing"),
    (Defect::ForgetsOldMemories, "many_runs_leave_what_is_needed"),
];

#[test]
fn each_defect_is_caught_by_the_check_that_is_meant_for_it() {
    for (defect, check) in DEFECTS {
        let store = Sabotaged { store: MemoryStore::new(), other: MemoryStore::new(), defect };
        let verdict = block_on(run_check(check, &store)).expect(check);
        assert!(verdict.is_err(), "{defect:?} is not caught by {check}");
    }
}

#[test]
fn checks_have_names_of_their_own() {
    let names: BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), CHECKS.len());
    assert!(block_on(run_check("none", &MemoryStore::new())).is_none());
}

#[derive(Debug)]
struct Sabotaged {
    store: MemoryStore,
    other: MemoryStore,
    defect: Defect,
}

struct SabotagedSession {
    session: Box<dyn Session>,
    defect: Defect,
    /// How many runs the roster had before.
    runs: usize,
}

impl fmt::Debug for SabotagedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SabotagedSession")
    }
}

impl Sabotaged {
    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn roster<'a>(&self, roster: &'a str) -> &'a str {
        if self.is(Defect::MixesRosters) { "one" } else { roster }
    }
}

#[async_trait]
impl Store for Sabotaged {
    async fn rosters(&self) -> Result<Vec<RosterInfo>> {
        self.store.rosters().await
    }

    async fn open(&self, roster: &str) -> Result<Option<Box<dyn Session>>> {
        let roster = self.roster(roster);
        let mut session = self.store.open(roster).await?;
        if session.is_none() && self.is(Defect::SharesTheLock) {
            session = self.other.open(roster).await?;
        }
        if self.is(Defect::KeepsTheLock) && session.is_some() {
            // What is forgotten here keeps the lock that is asked first.
            let kept = self.other.open(roster).await?;
            session = session.filter(|_| kept.is_some());
            std::mem::forget(kept);
        }
        let (runs, defect) = (self.store.runs(Some(roster), None, 100).await?.len(), self.defect);
        Ok(session.map(|session| Box::new(SabotagedSession { session, defect, runs }) as Box<dyn Session>))
    }

    async fn records(
        &self,
        roster: &str,
        kind: Option<EntityKind>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<StoredRecord>> {
        let again = after.clone();
        let mut page = self.store.records(self.roster(roster), kind, after, limit).await?;
        if self.is(Defect::TellsRecordsTwice) && again.is_some() {
            page.items.extend(page.items.first().cloned());
        }
        Ok(page)
    }

    async fn changes(&self, roster: &str, after: u64, limit: usize) -> Result<Vec<Change>> {
        let mut changes = self.store.changes(self.roster(roster), after, limit).await?;
        if self.is(Defect::ForgetsTheLastChange) && changes.len() < limit {
            changes.pop();
        }
        Ok(changes)
    }

    async fn runs(&self, roster: Option<&str>, before: Option<u64>, limit: usize) -> Result<Vec<Run>> {
        let mut runs = self.store.runs(roster, before, limit).await?;
        if self.is(Defect::TellsRunsOldestFirst) {
            runs.reverse();
        }
        Ok(runs)
    }

    async fn find(&self, roster: &str, id: &str) -> Result<Vec<Found>> {
        let mut found = self.store.find(self.roster(roster), id).await?;
        if self.is(Defect::FindsNoOldIds) {
            found.retain(|found| found.record.id.as_str() == id);
        }
        Ok(found)
    }
}

#[async_trait]
impl Session for SabotagedSession {
    async fn past(&mut self) -> Result<Past> {
        let mut past = self.session.past().await?;
        if self.defect == Defect::ForgetsOldMemories && self.runs > 20 {
            past.memory = None;
        }
        Ok(past)
    }

    async fn begin(&mut self, start: RunStart) -> Result<u64> {
        self.session.begin(start).await
    }

    async fn pairs(&mut self, after: u64, limit: usize) -> Result<Vec<Pair>> {
        let mut pairs = self.session.pairs(after, limit).await?;
        if self.defect == Defect::TakesSuppressedForEnded {
            let suppressed = pairs.iter_mut().filter(|pair| pair.state == RecordState::Suppressed);
            suppressed.for_each(|pair| pair.state = RecordState::Ended);
        }
        Ok(pairs)
    }

    async fn links(&mut self, after: u64, limit: usize) -> Result<Vec<Links>> {
        self.session.links(after, limit).await
    }

    async fn bodies(&mut self, seqs: Vec<u64>) -> Result<Vec<Option<String>>> {
        let mut bodies = self.session.bodies(seqs).await?;
        if self.defect == Defect::TellsBodiesInReverse {
            bodies.reverse();
        }
        Ok(bodies)
    }

    async fn quarantined(&mut self) -> Result<Vec<Quarantined>> {
        self.session.quarantined().await
    }

    async fn quarantined_bodies(&mut self, keys: Vec<Key>) -> Result<Vec<Option<String>>> {
        let bodies = self.session.quarantined_bodies(keys).await?;
        let is_lost = self.defect == Defect::ForgetsQuarantineBodies;
        Ok(bodies.into_iter().map(|body| body.filter(|_| !is_lost)).collect())
    }

    async fn census(&mut self) -> Result<Vec<Counted>> {
        self.session.census().await
    }

    async fn write(&mut self, mut batch: Batch) -> Result<Batch> {
        let defect = self.defect;
        let is_lost = |write: &Write| match write {
            Write::State { .. } => defect == Defect::ForgetsStates,
            Write::Census { count: 0, .. } => defect == Defect::ForgetsCensus,
            Write::Blank { .. } => defect == Defect::ForgetsBlanks,
            _ => false,
        };
        // The checks write these in batches of their own, or beside writes that do not matter to them.
        if batch.writes().iter().any(is_lost) {
            batch.clear();
        }
        self.session.write(batch).await
    }

    async fn finish(&mut self, mut end: RunEnd) -> Result<()> {
        if self.defect == Defect::FinishesWhatIsDropped && end.memory.is_none() {
            end.memory = self.session.past().await?.memory;
        }
        self.session.finish(end).await
    }
}
