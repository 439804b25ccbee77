//! Where rosters are kept: the trait, and the stores that there are.

mod batch;
mod body;
mod memory;
mod misuse;
mod place;
mod rows;

/// So many of a roster's runs keep the problems that name records, and what they left to the next run. Of older ones both are
/// dropped once there are twice as many, since problems of every night add up; the last memory stays, however old it is.
const KEPT_RUNS: usize = 20;

#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use roster_core::{EntityKind, Result};

#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
pub use self::{
    batch::{Batch, Span, VersionWrite, Write},
    memory::MemoryStore,
    rows::{
        Change, Counted, Found, Links, Op, Page, Pair, Past, Quarantined, RecordState, RosterInfo, Run,
        RunEnd, RunStart, StoredRecord,
    },
};

/// Keeps rosters: what stands in them, what happened to them, and what the runs said.
///
/// A host reads through it; only a [`Session`] writes. Whoever implements it is told by the suite of the feature
/// `conformance` when it is right.
///
/// Each error has the kind `Transport` (the disk or the server failed; try again) or `Config` (the store is newer than this
/// library, or no store of ours).
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The rosters that there are, by name.
    async fn rosters(&self) -> Result<Vec<RosterInfo>>;

    /// Takes the roster for one writer, without waiting: `None` if another has it, in this process or in another.
    ///
    /// A roster that is not there yet comes into being with its first run. A lock that a dead process held is free.
    async fn open(&self, roster: &str) -> Result<Option<Box<dyn Session>>>;

    /// Records, by uid, those quarantined before they ever had one at the end: at most `limit`, those after the place that
    /// the last page named.
    async fn records(
        &self,
        roster: &str,
        kind: Option<EntityKind>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<StoredRecord>>;

    /// At most `limit` changes whose seq is greater than `after`, in the order in which a host applies them.
    ///
    /// Seqs have no gap, and within a run parents come before what hangs on them, ends in reverse.
    async fn changes(&self, roster: &str, after: u64, limit: usize) -> Result<Vec<Change>>;

    /// At most `limit` runs, newest first, those before the run `before`; of one roster or of all. A run whose process died
    /// is [`Interrupted`](crate::Status::Interrupted).
    async fn runs(&self, roster: Option<&str>, before: Option<u64>, limit: usize) -> Result<Vec<Run>>;

    /// What is kept under that id, of whatever kind, also under an id that it had before a re-key.
    async fn find(&self, roster: &str, id: &str) -> Result<Vec<Found>>;
}

/// One writer's hold on a roster. Dropping it gives the roster free and takes back what was not [finished](Self::finish).
#[async_trait]
pub trait Session: fmt::Debug + Send {
    /// What the runs before left for the next.
    async fn past(&mut self) -> Result<Past>;

    /// Records that a run starts, before its work, and gives its number. Runs of this roster that were left without an
    /// end are marked interrupted.
    async fn begin(&mut self, start: RunStart) -> Result<u64>;

    /// At most `limit` records that have a uid, by uid, those after `after`.
    async fn pairs(&mut self, after: u64, limit: usize) -> Result<Vec<Pair>>;

    /// What the records after uid `after` hang on, at most `limit` of them, by uid. As [`pairs`](Self::pairs), which leaves
    /// it out since few runs need it.
    async fn links(&mut self, after: u64, limit: usize) -> Result<Vec<Links>>;

    /// The bodies of these versions, in JSON, in the same order. The body of an `end` is the one before it. `None` for one
    /// that was blanked.
    async fn bodies(&mut self, seqs: Vec<u64>) -> Result<Vec<Option<String>>>;

    /// All that is quarantined, without the bodies.
    async fn quarantined(&mut self) -> Result<Vec<Quarantined>>;

    /// The bodies of what is quarantined under these keys, in the same order.
    async fn quarantined_bodies(&mut self, keys: Vec<crate::Key>) -> Result<Vec<Option<String>>>;

    /// Counts of active records by group, as the last run wrote them.
    async fn census(&mut self) -> Result<Vec<Counted>>;

    /// Writes, in order, without making it visible; gives the batch back, empty, to be filled again.
    async fn write(&mut self, batch: Batch) -> Result<Batch>;

    /// Ends the run, and makes visible in the same moment what was written.
    async fn finish(&mut self, end: RunEnd) -> Result<()>;
}
