//! What came of a run.

use std::collections::BTreeMap;

use roster_core::{EntityKind, Error, ProblemGroup, SourcedId};
use serde::{Deserialize, Serialize};

/// What came of a run, or would come of it. In JSON it is the document that `roster sync --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// The run's number. `None` of a plan, and of a run that found the roster busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The host's name of the roster.
    pub roster: String,
    /// What the vendor calls its customer.
    pub tenant: String,
    /// How the run pulled.
    pub mode: Mode,
    /// How it ended.
    pub status: Status,
    /// Names the plan, for an approval. Empty if there was none.
    pub plan: String,
    /// Counts by kind, of the kinds asked for.
    pub kinds: BTreeMap<EntityKind, KindCounts>,
    /// Students who need a seat; `None` if there was no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// Why the plan was held, or would be without the approval.
    pub holds: Vec<Hold>,
    /// How many records may be the same under another id, without proof enough.
    pub proposals: u64,
    /// How many problems the pull told.
    pub problems: u64,
    /// The problems by cause.
    pub report: Vec<ProblemGroup>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failed>,
    /// What is to be said of the run beside problems, in whole sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl SyncReport {
    /// A report without counts.
    pub fn new(roster: impl Into<String>, tenant: impl Into<String>, status: Status) -> Self {
        Self {
            run: None,
            roster: roster.into(),
            tenant: tenant.into(),
            mode: Mode::Full,
            status,
            plan: String::new(),
            kinds: BTreeMap::new(),
            seats: None,
            holds: Vec::new(),
            proposals: 0,
            problems: 0,
            report: Vec::new(),
            error: None,
            notes: Vec::new(),
        }
    }

    /// Whether a kind asked for and supported was not seen whole.
    pub fn is_partial(&self) -> bool {
        self.kinds.values().any(|counts| counts.supported && !counts.complete)
    }
}

/// Active students in scope, each once whatever classes and schools they are in. Those whose account is suspended or archived need
/// no seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seats {
    /// How many the roster has.
    pub now: u64,
    /// How many it has, or would have, after the run.
    pub after: u64,
    /// How many there are seats for, if that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Seats {
    /// So many now and after, of so many.
    pub const fn new(now: u64, after: u64, limit: Option<u64>) -> Self {
        Self { now, after, limit }
    }

    /// How many too many there would be.
    pub const fn over(&self) -> u64 {
        match self.limit {
            Some(limit) => self.after.saturating_sub(limit),
            None => 0,
        }
    }
}

/// How a run pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything.
    Full,
    /// What changed since the last run.
    Changes,
}

impl Mode {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// What was to be written is written.
    Applied,
    /// Nothing had to be written.
    Unchanged,
    /// A guard held it: nothing was written.
    Held,
    /// It broke off. Of a full pull nothing was written.
    Failed,
    /// Another run has the roster. Nothing was pulled.
    Busy,
    /// It is under way.
    Running,
    /// Its process died, or it was stopped. Nothing was written.
    Interrupted,
}

impl Status {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Busy => "busy",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the store is now as the vendor told.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Applied | Self::Unchanged)
    }
}

/// The counts of one kind. Each id that was delivered or rejected is counted once:
/// `seen = created + updated + unchanged + restored + rekeyed + rejected + quarantined`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KindCounts {
    /// Whether the source has the kind at all.
    pub supported: bool,
    /// Ids delivered or rejected.
    pub seen: u64,
    /// New.
    pub created: u64,
    /// Known, and different.
    pub updated: u64,
    /// Known, and the same.
    pub unchanged: u64,
    /// Ended before, and there again.
    pub restored: u64,
    /// Known under another id.
    pub rekeyed: u64,
    /// Left out because something is wrong with them, or because the host suppressed them.
    pub rejected: u64,
    /// Hang on what is not there.
    pub quarantined: u64,
    /// Known, and gone.
    pub ended: u64,
    /// Known, and kept as they are because of a problem.
    pub protected: u64,
    /// Whether all slices ended, and none of them partial.
    pub complete: bool,
}

impl KindCounts {
    /// Whether each id seen is in exactly one count.
    pub const fn add_up(&self) -> bool {
        self.seen
            == self.created
                + self.updated
                + self.unchanged
                + self.restored
                + self.rekeyed
                + self.rejected
                + self.quarantined
    }

    /// Whether anything would be different for a host.
    pub const fn changes(&self) -> u64 {
        self.created + self.updated + self.restored + self.rekeyed + self.ended
    }
}

/// Why a plan was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hold {
    /// Which guard.
    pub guard: Guard,
    /// The kind, if it is about one.
    pub kind: Option<EntityKind>,
    /// The school, if it is about one.
    pub school: Option<SourcedId>,
    /// How many there would be, with those of the last 24 hours.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// How many there may be without approval.
    pub limit: u64,
}

impl Hold {
    /// A hold.
    pub fn new(
        guard: Guard,
        kind: Option<EntityKind>,
        school: Option<SourcedId>,
        count: u64,
        of: u64,
        limit: u64,
    ) -> Self {
        Self { guard, kind, school, count, of, limit }
    }
}

/// What watches over a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Guard {
    /// Too many records would end.
    Ends,
    /// Too many records would be updated.
    Updates,
    /// Too many records hang on what is not there.
    Dangling,
    /// A kind that was not empty would be.
    EmptyKind,
    /// Every teacher of a school would be gone.
    NoTeachers,
    /// Every student of a school would be gone.
    NoStudents,
    /// The roster came from another vendor until now.
    OtherVendor,
    /// The host asks for less than in the last run that counted.
    Narrowed,
    /// Ids that are new are those of stored records in another form, or were destroyed by a spreadsheet.
    IdShape,
    /// More students than there are seats for.
    Seats,
}

impl Guard {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ends => "ends",
            Self::Updates => "updates",
            Self::Dangling => "dangling",
            Self::EmptyKind => "empty_kind",
            Self::NoTeachers => "no_teachers",
            Self::NoStudents => "no_students",
            Self::OtherVendor => "other_vendor",
            Self::Narrowed => "narrowed",
            Self::IdShape => "id_shape",
            Self::Seats => "seats",
        }
    }
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failed {
    /// What to do about it: the name of an [`ErrorKind`](roster_core::ErrorKind).
    pub kind: String,
    /// What was being done.
    pub operation: String,
    /// What is wrong.
    pub message: String,
}

impl From<&Error> for Failed {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind().as_str().to_owned(),
            operation: error.operation().to_owned(),
            message: error.message().to_owned(),
        }
    }
}
