#![doc = include_str!("../README.md")]

mod apply;
#[cfg(feature = "conformance")]
pub mod conformance;
mod key;
mod known;
mod memory;
mod plan;
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
    plan::Proposal,
    report::{Failed, Guard, Hold, KindCounts, Mode, Seats, Status, SyncReport},
    run::{PlannedChange, RosterSync},
    settings::{Guards, Limit},
    store::{
        Batch, Change, Counted, Found, Links, MemoryStore, Op, Page, Pair, Past, Quarantined, RecordState,
        RosterInfo, Run, RunEnd, RunStart, Session, Span, Store, StoredRecord, VersionWrite, Write,
    },
};
