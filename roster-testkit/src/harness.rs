//! What the suite has to know of a source.

use std::{
    future::{Future, ready},
    time::Duration,
};

use roster_core::{EntityKind, PullContext, PullRequest, RosterSource, Scope, SourcedId};

use crate::{Ids, Truth};

/// One tenant of a vendor, real or fake, that knows the truth and can change it.
///
/// Only [`open`](Self::open) and [`truth`](Self::truth) must be written, as `async fn`s. What a harness leaves at its default
/// it can't do: the checks that need it are skipped, and say so. Each check gets a harness of its own, so that what one
/// changes or breaks does not disturb another.
///
/// Without the truth, a swallowed record, a stop at an empty page or a cursor taken too late could not be found out.
pub trait Harness: Sync {
    /// The source.
    type Source: RosterSource;

    /// Opens the source anew, as a host does after a restart.
    fn open(&self) -> impl Future<Output = Self::Source> + Send;

    /// What the vendor has now and a full pull of `request` must deliver, and what can't be read.
    ///
    /// [`Truth::of`] tells it from all records of the tenant. `request` may ask for contacts or for the harness's
    /// [`scope`](Self::scope); kinds that it does not ask for are left out by the suite.
    fn truth(&self, request: &PullRequest) -> impl Future<Output = Truth> + Send;

    /// The same provider's source for another tenant.
    fn open_other_tenant(&self) -> impl Future<Output = Option<Self::Source>> + Send {
        ready(None)
    }

    /// A source for the tenant whose credential belongs to another one.
    fn open_with_foreign_credential(&self) -> impl Future<Output = Option<Self::Source>> + Send {
        ready(None)
    }

    /// Lets a day pass at the vendor: some records come, some change, some go. Called between pulls and during them,
    /// more than once.
    fn next_day(&self) -> impl Future<Output = Option<Change>> + Send {
        ready(None)
    }

    /// Lets records come into [`scope`](Self::scope) that existed outside it.
    fn enter_scope(&self) -> impl Future<Output = Option<Change>> + Send {
        ready(None)
    }

    /// Makes one record of the vendor's data unreadable, and moves it from the truth's `present` to its `rejected`.
    fn break_record(&self) -> impl Future<Output = Option<Broken>> + Send {
        ready(None)
    }

    /// Makes the vendor misbehave in all pulls from now on.
    fn fault(&self, fault: Fault) -> impl Future<Output = Support> + Send {
        let _ = fault;
        ready(Support::Unsupported)
    }

    /// A scope that reaches some records, but not all.
    fn scope(&self) -> Option<Scope> {
        None
    }

    /// Strings that must never be shown: tokens, client ids, keys, passwords.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Names, addresses and numbers of (invented) people in the data, and the values in broken records. The suite adds the
    /// e-mail addresses, telephone numbers and full names that a pull delivers.
    fn personal(&self) -> Vec<String> {
        Vec::new()
    }

    /// How much was asked of the vendor since the harness was made: requests received, pages handed out, files opened.
    /// It must count what sources do without being polled, too.
    fn work(&self) -> Option<u64> {
        None
    }

    /// How many units of [`work`](Self::work) may be under way when a pull is dropped, and still arrive.
    fn in_flight(&self) -> u64 {
        1
    }

    /// How many of the vendor's records sources hold; a [`DropCounter`](crate::DropCounter) tells.
    fn live(&self) -> Option<Live> {
        None
    }

    /// How the source is pulled: with an observer that counts, on a clock that stands still. Where the suite listens itself,
    /// the observer does not hear.
    fn context(&self) -> PullContext {
        PullContext::default()
    }

    /// When the suite gives up.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// What changed at the vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Records that came or look different now.
    pub upserted: Ids,
    /// Records that are gone.
    pub deleted: Ids,
}

impl Change {
    /// Nothing changed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These came or look different now.
    #[must_use]
    pub fn upserting<I: Into<SourcedId>>(
        mut self,
        kind: EntityKind,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        self.upserted = self.upserted.with(kind, ids);
        self
    }

    /// These are gone.
    #[must_use]
    pub fn deleting<I: Into<SourcedId>>(
        mut self,
        kind: EntityKind,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        self.deleted = self.deleted.with(kind, ids);
        self
    }
}

/// A record that was made unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// Its kind.
    pub kind: EntityKind,
    /// Its id.
    pub id: SourcedId,
}

impl Broken {
    /// Names the record.
    #[must_use]
    pub fn new(kind: EntityKind, id: impl Into<SourcedId>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// A way in which a vendor, or a reader of files, misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The source's own reader, a task or a thread, dies in the middle of a pull, as by a panic.
    ReaderDies,
    /// The vendor's answer breaks off in the middle of a pull, after retries too.
    CutConnection,
    /// A page in the middle holds no record and names a next page.
    EmptyPage,
    /// The vendor names the same next page again and again.
    RepeatedPageToken,
    /// The vendor no longer keeps the changes since any cursor taken so far.
    ForgottenChanges,
}

/// Whether a harness can do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It is done.
    Supported,
    /// It can't: the check is skipped.
    Unsupported,
}

/// How many records are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Live {
    /// How many were at most, since the harness was made.
    pub peak: usize,
    /// How many may be: the records of the pages in flight.
    pub bound: usize,
}

impl Live {
    /// So many were alive, and so many may be.
    #[must_use]
    pub const fn new(peak: usize, bound: usize) -> Self {
        Self { peak, bound }
    }
}

/// When the suite gives up, so that no check hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The events of one pull.
    pub events: usize,
    /// The time of one check. It can't stop a source that blocks the thread.
    pub time: Duration,
}

impl Default for Limits {
    /// A million events, two minutes.
    fn default() -> Self {
        Self { events: 1_000_000, time: Duration::from_secs(120) }
    }
}

impl Limits {
    /// At most so many events a pull.
    #[must_use]
    pub const fn with_events(mut self, events: usize) -> Self {
        self.events = events;
        self
    }

    /// At most so much time a check.
    #[must_use]
    pub const fn with_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }
}
