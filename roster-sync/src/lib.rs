#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
mod key;
mod memory;
mod report;
mod settings;
mod store;
mod worker;

#[cfg(feature = "sqlite")]
pub use self::store::SqliteStore;
pub use self::{
    key::{Digest, Key},
    memory::Memory,
    report::{Failed, Guard, Hold, KindCounts, Mode, Status, SyncReport},
    settings::{Guards, Limit},
    store::{
        Batch, Change, Counted, Found, Links, MemoryStore, Op, Page, Pair, Past, Quarantined, RecordState,
        RosterInfo, Run, RunEnd, RunStart, Session, Span, Store, StoredRecord, VersionWrite, Write,
    },
};
