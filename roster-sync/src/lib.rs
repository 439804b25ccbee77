#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
mod key;
mod known;
mod memory;
mod record;
mod report;
mod run;
mod settings;
mod spill;
mod stage;
mod store;
mod worker;

#[cfg(feature = "sqlite")]
pub use self::store::SqliteStore;
pub use self::{
    key::{Digest, Key},
    memory::Memory,
    report::{Failed, Guard, Hold, KindCounts, Mode, Status, SyncReport},
    run::{PlannedChange, Proposal, RosterSync},
    settings::{Guards, Limit},
    store::{
        Batch, Change, Counted, Found, Links, MemoryStore, Op, Page, Pair, Past, Quarantined, RecordState,
        RosterInfo, Run, RunEnd, RunStart, Session, Span, Store, StoredRecord, VersionWrite, Write,
    },
};
