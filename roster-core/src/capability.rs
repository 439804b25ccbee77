//! What a source can do, and what a check found.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ConnectionState, EntityKind, FieldSet};

/// How a source tells changes of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Incremental {
    /// Whole sets only.
    None,
    /// New and changed records. Of deletions it tells those that the vendor happens to show; only a full pull finds the rest.
    UpsertsOnly,
    /// New, changed and deleted records.
    UpsertsAndDeletes,
}

/// What a source can do with one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KindCapability {
    /// How it tells changes.
    pub incremental: Incremental,
    /// The fields that it may fill, sensitive ones included.
    pub fields: FieldSet,
    /// How long changes may be followed before a full pull is due.
    pub reconcile_after: Option<Duration>,
}

impl KindCapability {
    /// Whole sets with these fields.
    pub const fn whole_sets(fields: FieldSet) -> Self {
        Self { incremental: Incremental::None, fields, reconcile_after: None }
    }
}

/// What a source can do. Kinds that are not listed are not supported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// By kind.
    pub kinds: BTreeMap<EntityKind, KindCapability>,
}

impl Capabilities {
    /// Adds a kind.
    #[must_use]
    pub fn with(mut self, kind: EntityKind, capability: KindCapability) -> Self {
        self.kinds.insert(kind, capability);
        self
    }

    /// Whether the kind can be pulled at all.
    pub fn supports(&self, kind: EntityKind) -> bool {
        self.kinds.contains_key(&kind)
    }
}

/// Names a source. Holds no secret, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SourceInfo {
    /// The provider's id, such as `csv`.
    pub provider: &'static str,
    /// What the vendor calls its customer, by the vendor's id; for files, the set's name.
    pub tenant: String,
}

impl SourceInfo {
    /// Names a source.
    pub fn new(provider: &'static str, tenant: impl Into<String>) -> Self {
        Self { provider, tenant: tenant.into() }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The kinds that the credential may read now.
    pub granted: BTreeSet<EntityKind>,
    /// How old the data are, where the vendor says so.
    pub data_as_of: Option<Timestamp>,
    /// The state of the connection, where the vendor has such states.
    pub state: Option<ConnectionState>,
    /// What an operator should know, in whole sentences.
    pub warnings: Vec<String>,
    /// What the source learnt of this server; the host stores it and gives it back to the builder.
    pub profile: Option<serde_json::Value>,
}
