//! What a host that pulls rosters needs, for `use roster::prelude::*`.

#[doc(no_inline)]
pub use futures::{StreamExt as _, TryStreamExt as _};
#[doc(no_inline)]
pub use roster_core::{
    Completeness, Cursor, EntityKind, Error, ErrorKind, Item, Problem, PullContext, PullEvent, PullMode,
    PullRequest, PullStream, Record, Result, Role, RosterSource, RosterSourceExt, Scope, SensitiveField,
    Severity, Slice, SourcedId, Tally,
};

#[cfg(feature = "classlink")]
#[doc(no_inline)]
pub use crate::classlink::{ClassLinkPartner, ClassLinkSource};
#[cfg(feature = "clever")]
#[doc(no_inline)]
pub use crate::clever::{CleverAccount, CleverSource};
#[cfg(feature = "config")]
#[doc(no_inline)]
pub use crate::config::{Config, Resolver};
#[cfg(feature = "csv")]
#[doc(no_inline)]
pub use crate::csv::CsvSource;
#[cfg(feature = "oneroster")]
#[doc(no_inline)]
pub use crate::oneroster::OneRosterSource;
#[cfg(feature = "sqlite")]
#[doc(no_inline)]
pub use crate::sync::SqliteStore;
#[cfg(feature = "sync")]
#[doc(no_inline)]
pub use crate::sync::{RosterSync, Status, Store, SyncReport};
#[cfg(feature = "wonde")]
#[doc(no_inline)]
pub use crate::wonde::{WondeAccount, WondeSource};
