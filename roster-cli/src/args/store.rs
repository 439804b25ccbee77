//! The flags of the verbs that have to do with a store.

use clap::{Args, builder::NonEmptyStringValueParser};
use roster::EntityKind;

use super::Global;

/// Which store.
#[derive(Args)]
pub(crate) struct StoreFlag {
    /// The store: sqlite:FILE [default: sqlite:roster.db]
    #[arg(long = "store", value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) url: Option<String>,
}

/// What `sync` and `plan` take.
#[derive(Args)]
pub(crate) struct SyncOptions {
    /// A name in roster.toml, or ad hoc, such as csv:PATH
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    /// The roster's name in the store [default: the source's name, else the tenant]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) roster: Option<String>,
    /// Pulls everything, also where what changed would do
    #[arg(long)]
    pub(crate) full: bool,
    /// Pulls all sensitive fields, contacts and relationships too
    #[arg(long)]
    pub(crate) sensitive: bool,
    /// Pulls this school alone, by id; may be given several times
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) school: Vec<String>,
    /// Pulls this class alone, by id; may be given several times
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) class: Vec<String>,
    /// Approves the plan of this hash, though a guard holds it
    #[arg(long, value_name = "HASH", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) approve: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreFlag,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) options: SyncOptions,
}

#[derive(Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) options: SyncOptions,
    /// Shows personal values too, not only which fields change
    #[arg(long)]
    pub(crate) show_values: bool,
}

#[derive(Args)]
pub(crate) struct RecordsArgs {
    /// The roster's name in the store
    pub(crate) roster: String,
    /// Lists this kind alone
    #[arg(long, value_name = "K")]
    pub(crate) kind: Option<EntityKind>,
    #[command(flatten)]
    pub(crate) store: StoreFlag,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct ChangesArgs {
    /// The roster's name in the store
    pub(crate) roster: String,
    /// Lists those after this one
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(crate) after: u64,
    #[command(flatten)]
    pub(crate) store: StoreFlag,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct RunsArgs {
    /// Lists the runs of this roster alone
    pub(crate) roster: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreFlag,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct WhyArgs {
    /// The roster's name in the store
    pub(crate) roster: String,
    /// The record's id, of whatever kind, also one that it had before a re-key
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) store: StoreFlag,
    #[command(flatten)]
    pub(crate) global: Global,
}
