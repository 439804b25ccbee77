//! A writer's hold on a roster of the database.

use std::{fmt, path::Path};

use async_trait::async_trait;
use roster_core::Result;
use rusqlite::Connection;

use super::{
    connect::{Access, connect, settle_journal},
    fault::{Worked, during},
    lock::{Claim, Hold, RosterLock, lock_path},
    pairs,
    read::{Bodies, last_seq, roster_number},
    runs,
    write::Writer,
};
use crate::{
    Batch, Counted, Key, Links, Pair, Past, Quarantined, RunEnd, RunStart, Session, Write, store::misuse,
    worker::Worker,
};

/// The roster's own connection, on a thread of its own: other rosters and readers do not wait for it.
pub(super) struct SqliteSession {
    roster: String,
    /// Dropped before the thread is told to end: who comes next has to know that it does.
    _hold: Hold,
    worker: Worker<Option<Desk>>,
}

/// What lies on the session's thread. The lock is dropped last, when what was not finished is taken back.
struct Desk {
    connection: Connection,
    roster: String,
    /// Its number; `None` before its first run.
    number: Option<i64>,
    run: Option<u64>,
    /// The last version, written or not yet visible.
    last_seq: u64,
    /// Whether a transaction is open.
    writing: bool,
    /// Whether a write failed: what was written is then no whole.
    failed: bool,
    /// Whether bodies were blanked.
    blanked: bool,
    _lock: RosterLock,
}

impl SqliteSession {
    /// Takes the roster; `None` if another has it.
    pub(super) async fn open(database: &Path, roster: &str) -> Result<Option<Self>> {
        let claim = Claim::new(lock_path(database, roster));
        let worker = Worker::start("roster-session", None)?;
        let session = Self { roster: roster.to_owned(), _hold: claim.hold(), worker };
        let (database, roster) = (database.to_owned(), roster.to_owned());
        let desk = move |slot: &mut Option<Desk>| {
            let Some(lock) = claim.take()? else { return Ok(false) };
            *slot = Some(Desk::open(&database, roster, lock)?);
            Ok(true)
        };
        let is_ours = session.worker.call(move |slot| during("opening the store", desk(slot))).await??;
        Ok(is_ours.then_some(session))
    }

    async fn work<R: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut Desk) -> Worked<R> + Send + 'static,
    ) -> Result<R> {
        let done = move |slot: &mut Option<Desk>| match slot {
            Some(desk) => job(desk),
            None => Err(misuse::no_run().into()),
        };
        self.worker.call(move |slot| during(operation, done(slot))).await?
    }

    async fn read<R: Send + Default + 'static>(
        &self,
        job: impl FnOnce(&Connection, i64) -> Worked<R> + Send + 'static,
    ) -> Result<R> {
        self.work("reading the store", move |desk| match desk.number {
            Some(roster) => desk.at_one_moment(|connection| job(connection, roster)),
            None => Ok(R::default()),
        })
        .await
    }
}

impl Desk {
    fn open(database: &Path, roster: String, lock: RosterLock) -> Worked<Self> {
        let connection = connect(database, Access::Write)?;
        let number = roster_number(&connection, &roster)?;
        let last_seq = number.map_or(Ok(0), |number| last_seq(&connection, number))?;
        Ok(Self {
            connection,
            roster,
            number,
            run: None,
            last_seq,
            writing: false,
            failed: false,
            blanked: false,
            _lock: lock,
        })
    }

    /// Reads all of one job in one transaction: to begin one for each row costs more than the row.
    fn at_one_moment<R>(&self, job: impl FnOnce(&Connection) -> Worked<R>) -> Worked<R> {
        if self.writing {
            return job(&self.connection);
        }
        let transaction = self.connection.unchecked_transaction()?;
        job(&transaction)
    }

    fn begin(&mut self, start: &RunStart) -> Worked<u64> {
        self.take_back()?;
        let (number, run) = runs::begin(&mut self.connection, &self.roster, start)?;
        self.number = Some(number);
        self.run = Some(run);
        Ok(run)
    }

    fn write(&mut self, batch: &Batch) -> Worked<()> {
        let (Some(number), Some(run)) = (self.number, self.run) else { return Err(misuse::no_run().into()) };
        if self.failed {
            return Err(misuse::written_in_part().into());
        }
        if !self.writing {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.writing = true;
        }
        let written = Writer::new(&self.connection, number, run)
            .and_then(|mut writer| writer.write(batch, self.last_seq));
        self.failed = written.is_err();
        self.blanked |= batch.writes().iter().any(|write| matches!(write, Write::Blank { .. }));
        self.last_seq = written?;
        Ok(())
    }

    fn finish(&mut self, end: &RunEnd) -> Worked<()> {
        let run = self.run.ok_or_else(misuse::no_run)?;
        if end.memory.is_none() {
            self.take_back()?;
        } else if self.failed {
            return Err(misuse::written_in_part().into());
        }
        runs::finish(&self.connection, run, end)?;
        if self.writing {
            self.connection.execute_batch("COMMIT")?;
            self.writing = false;
            // The run has ended, whatever comes of this: who opens the file next tries again.
            drop(settle_journal(&self.connection));
            // What is to be gone lies in the database until the log is folded in, and then in the log until that is cut off.
            if std::mem::take(&mut self.blanked) {
                drop(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
            }
        }
        self.run = None;
        Ok(())
    }

    /// Takes the pages that the last run wrote from the log into the database, where that is in nobody's way.
    fn fold_log(&mut self) {
        if !self.writing {
            // Readers may need the log still; then it is left for another time.
            drop(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
        }
    }

    /// Takes back what was written and is not visible yet.
    fn take_back(&mut self) -> Worked<()> {
        // After some errors, such as a full disk, SQLite has done it by itself.
        if self.writing && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.writing = false;
        self.failed = false;
        self.last_seq = self.number.map_or(Ok(0), |number| last_seq(&self.connection, number))?;
        Ok(())
    }
}

impl fmt::Debug for SqliteSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteSession({:?})", self.roster)
    }
}

#[async_trait]
impl Session for SqliteSession {
    async fn past(&mut self) -> Result<Past> {
        self.work("reading the store", |desk| {
            let memory = match desk.number {
                Some(number) => runs::memory(&desk.connection, number)?,
                None => None,
            };
            Ok(Past::new(desk.last_seq, memory))
        })
        .await
    }

    async fn begin(&mut self, start: RunStart) -> Result<u64> {
        self.work("beginning a run", move |desk| desk.begin(&start)).await
    }

    async fn pairs(&mut self, after: u64, limit: usize) -> Result<Vec<Pair>> {
        let pairs =
            self.read(move |connection, roster| pairs::pairs(connection, roster, after, limit)).await?;
        if pairs.is_empty() {
            // All was read: nothing will be wanted before the pull is over.
            self.worker.post(|slot| slot.iter_mut().for_each(Desk::fold_log))?;
        }
        Ok(pairs)
    }

    async fn links(&mut self, after: u64, limit: usize) -> Result<Vec<Links>> {
        self.read(move |connection, roster| pairs::links(connection, roster, after, limit)).await
    }

    async fn bodies(&mut self, seqs: Vec<u64>) -> Result<Vec<Option<String>>> {
        self.work("reading the store", move |desk| {
            let roster = desk.number.unwrap_or_default();
            desk.at_one_moment(|connection| {
                let mut bodies = Bodies::new(connection, roster)?;
                seqs.into_iter().map(|seq| bodies.last(seq)).collect()
            })
        })
        .await
    }

    async fn quarantined(&mut self) -> Result<Vec<Quarantined>> {
        self.read(pairs::quarantined).await
    }

    async fn quarantined_bodies(&mut self, keys: Vec<Key>) -> Result<Vec<Option<String>>> {
        self.work("reading the store", move |desk| {
            let roster = desk.number.unwrap_or_default();
            desk.at_one_moment(|connection| pairs::quarantined_bodies(connection, roster, &keys))
        })
        .await
    }

    async fn census(&mut self) -> Result<Vec<Counted>> {
        self.read(pairs::census).await
    }

    async fn write(&mut self, mut batch: Batch) -> Result<Batch> {
        self.work("writing the store", move |desk| {
            desk.write(&batch)?;
            batch.clear();
            Ok(batch)
        })
        .await
    }

    async fn finish(&mut self, end: RunEnd) -> Result<()> {
        self.work("finishing a run", move |desk| desk.finish(&end)).await
    }
}
