//! What a store gives out and takes.

use std::fmt;

use jiff::Timestamp;
use roster_core::{EntityKind, FieldSet, Problem, Record, SourcedId, jiff};
use serde::{Deserialize, Serialize};

use crate::{Digest, Key, SyncReport, memory::Memory};

/// A roster of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RosterInfo {
    /// The host's name for it.
    pub name: String,
    /// The provider of its last run that counted, such as `csv`.
    pub provider: String,
    /// The tenant of that run.
    pub tenant: String,
    /// Where exactly it came from, if the host said so, such as the path of a folder.
    pub origin: Option<String>,
    /// The last change's seq; 0 if there is none.
    pub last_seq: u64,
}

impl RosterInfo {
    /// A roster without changes.
    pub fn new(name: impl Into<String>, provider: impl Into<String>, tenant: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            provider: provider.into(),
            tenant: tenant.into(),
            origin: None,
            last_seq: 0,
        }
    }
}

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordState {
    /// It stands in the roster.
    Active,
    /// It stood there once. What returns is restored under its uid.
    Ended,
    /// It is delivered, and hangs on what is not there. For a host it does not stand in the roster.
    Quarantined,
    /// The host wants to know nothing of it, ever again.
    Suppressed,
}

impl RecordState {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Quarantined => "quarantined",
            Self::Suppressed => "suppressed",
        }
    }
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Op {
    /// It came for the first time.
    Create,
    /// It says something else.
    Update,
    /// It is gone. A state with a date: nothing is deleted.
    End,
    /// It is there again, under its uid.
    Restore,
    /// It is the same under another id of the vendor's.
    Rekey,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::End, Self::Restore, Self::Rekey];

    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::End => "end",
            Self::Restore => "restore",
            Self::Rekey => "rekey",
        }
    }
}

/// A record of a store.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The kind.
    pub kind: EntityKind,
    /// Its name for good, unique in the roster. What was quarantined before it ever stood there has none yet.
    pub uid: Option<u64>,
    /// Today's id.
    pub id: SourcedId,
    /// Whether it counts.
    pub state: RecordState,
    /// How it looks; of one that ended, how it last looked. `None` if that was blanked.
    pub record: Option<Record>,
}

impl StoredRecord {
    /// A record of a store.
    pub fn new(
        kind: EntityKind,
        uid: Option<u64>,
        id: SourcedId,
        state: RecordState,
        record: Option<Record>,
    ) -> Self {
        Self { kind, uid, id, state, record }
    }
}

/// One line of the change log.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Its place in the log, from 1, without a gap.
    pub seq: u64,
    /// The run that made it.
    pub run: u64,
    /// What happened.
    pub op: Op,
    /// The kind.
    pub kind: EntityKind,
    /// The record's name for good.
    pub uid: u64,
    /// Its id after the change.
    pub id: SourcedId,
    /// Its id before a re-key.
    pub from: Option<SourcedId>,
    /// How it looks after the change. `None` at an end, and for what was blanked since.
    pub record: Option<Record>,
    /// The fields that changed, of an update, a restore or a re-key.
    pub changed: FieldSet,
}

impl Change {
    /// A change that created a record; set the other fields as needed.
    pub fn new(seq: u64, run: u64, op: Op, kind: EntityKind, uid: u64, id: SourcedId) -> Self {
        Self { seq, run, op, kind, uid, id, from: None, record: None, changed: FieldSet::EMPTY }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask for to get the next page; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page.
    pub fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next }
    }
}

/// What is kept under an id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The record.
    pub record: StoredRecord,
    /// Its changes, oldest first, without the records.
    pub history: Vec<Change>,
    /// What it is quarantined for.
    pub missing: Option<(EntityKind, SourcedId)>,
    /// The run that quarantined it.
    pub quarantined_by: Option<u64>,
}

impl Found {
    /// A record with its history.
    pub fn new(record: StoredRecord, history: Vec<Change>) -> Self {
        Self { record, history, missing: None, quarantined_by: None }
    }
}

/// A run, as it was recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// Its number, unique in the store.
    pub id: u64,
    /// When it started.
    pub started: Timestamp,
    /// When it ended. `None` while it runs, and of one that was interrupted.
    pub finished: Option<Timestamp>,
    /// What came of it. Of one that has not ended, the counts are empty.
    pub report: SyncReport,
    /// The problems that name a record, as many as were kept.
    pub named: Vec<Problem>,
}

impl Run {
    /// A run.
    pub fn new(id: u64, started: Timestamp, finished: Option<Timestamp>, report: SyncReport) -> Self {
        Self { id, started, finished, report, named: Vec::new() }
    }
}

/// What is known of a run before its work.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunStart {
    /// The provider.
    pub provider: String,
    /// The tenant.
    pub tenant: String,
    /// Where exactly the data come from, if the host says so.
    pub origin: Option<String>,
    /// When it starts.
    pub at: Timestamp,
}

impl RunStart {
    /// A start.
    pub fn new(
        provider: impl Into<String>,
        tenant: impl Into<String>,
        origin: Option<String>,
        at: Timestamp,
    ) -> Self {
        Self { provider: provider.into(), tenant: tenant.into(), origin, at }
    }
}

/// What is known of a run after its work.
#[derive(Clone)]
#[non_exhaustive]
pub struct RunEnd {
    /// When it ended.
    pub at: Timestamp,
    /// What came of it.
    pub report: SyncReport,
    /// What the next run has to know. `None` leaves what the runs before left, and of such a run nothing was written.
    pub memory: Option<Memory>,
    /// The problems that name a record.
    pub named: Vec<Problem>,
}

impl RunEnd {
    /// An end that leaves nothing to the next run.
    pub fn new(at: Timestamp, report: SyncReport) -> Self {
        Self { at, report, memory: None, named: Vec::new() }
    }
}

impl fmt::Debug for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunEnd({})", self.report.status.as_str())
    }
}

/// What the runs before left for the next.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Past {
    /// The last change's seq; 0 if there is none.
    pub last_seq: u64,
    /// What the last run that counted left; `None` before the first.
    pub memory: Option<Memory>,
}

impl Past {
    /// A past.
    pub fn new(last_seq: u64, memory: Option<Memory>) -> Self {
        Self { last_seq, memory }
    }
}

/// A record that has a uid, at its narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores make millions of them")]
pub struct Pair {
    /// Its name for good: the seq of the version that created it.
    pub uid: u64,
    /// Kind and id.
    pub key: Key,
    /// What was last received.
    pub digest: Digest,
    /// Its latest version.
    pub seq: u64,
    /// The kind.
    pub kind: EntityKind,
    /// Whether it counts.
    pub state: RecordState,
}

/// What a record hangs on, by [half](Key::half) keys; 0 for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores make millions of them")]
pub struct Links {
    /// The record.
    pub uid: u64,
    /// Of a class its org, of an enrollment its class, of a relationship its pupil.
    pub first: u64,
    /// Of an enrollment its person, of a relationship its contact.
    pub second: u64,
}

/// A record that hangs on what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// Kind and id.
    pub key: Key,
    /// The kind.
    pub kind: EntityKind,
    /// What was last received.
    pub digest: Digest,
    /// Its name for good, if it ever stood in the roster.
    pub uid: Option<u64>,
    /// What is not there.
    pub missing: (EntityKind, SourcedId),
}

impl Quarantined {
    /// A record in quarantine.
    pub fn new(
        key: Key,
        kind: EntityKind,
        digest: Digest,
        uid: Option<u64>,
        missing: (EntityKind, SourcedId),
    ) -> Self {
        Self { key, kind, digest, uid, missing }
    }
}

/// How many active records of a kind are in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Counted {
    /// The kind.
    pub kind: EntityKind,
    /// The group, in words of the engine.
    pub group: String,
    /// How many.
    pub count: u64,
}

impl Counted {
    /// A count.
    pub fn new(kind: EntityKind, group: impl Into<String>, count: u64) -> Self {
        Self { kind, group: group.into(), count }
    }
}
