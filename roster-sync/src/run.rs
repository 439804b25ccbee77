//! Stands in for the engine until it is merged.

use roster_core::{
    EntityKind, Error, ErrorKind, FieldSet, PullContext, PullRequest, Record, Result, RosterSource, SourcedId,
};

use crate::{Guards, Op, Status, Store, SyncReport};

/// Brings a roster of a store in step with a source.
#[derive(Debug)]
pub struct RosterSync<'a> {
    store: &'a dyn Store,
    roster: String,
    request: PullRequest,
    full: bool,
    approved: Option<String>,
    guards: Guards,
    origin: Option<String>,
}

impl<'a> RosterSync<'a> {
    /// A sync of everything.
    pub fn new(store: &'a dyn Store, roster: impl Into<String>) -> Self {
        let request = PullRequest::full();
        let guards = Guards::default();
        Self { store, roster: roster.into(), request, full: false, approved: None, guards, origin: None }
    }

    /// What to pull.
    #[must_use]
    pub fn request(mut self, request: PullRequest) -> Self {
        self.request = request;
        self
    }

    /// Everything, though a cursor is there.
    #[must_use]
    pub fn full(mut self, full: bool) -> Self {
        self.full = full;
        self
    }

    /// The plan of this hash may be applied though a guard holds it.
    #[must_use]
    pub fn approve(mut self, hash: impl Into<String>) -> Self {
        self.approved = Some(hash.into());
        self
    }

    /// Other limits.
    #[must_use]
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    /// Where exactly the data come from.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Syncs.
    ///
    /// # Errors
    ///
    /// If the store fails, or a setting is wrong.
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn run(&self, source: &dyn RosterSource, _: &PullContext) -> Result<SyncReport> {
        Ok(self.absent(source))
    }

    /// Says what a sync would do.
    ///
    /// # Errors
    ///
    /// If the store fails, or a setting is wrong.
    #[expect(clippy::unused_async, reason = "the real one waits")]
    pub async fn plan(
        &self,
        source: &dyn RosterSource,
        _: &PullContext,
        _: &mut (dyn FnMut(PlannedChange) + Send),
    ) -> Result<(SyncReport, Vec<Proposal>)> {
        Ok((self.absent(source), Vec::new()))
    }

    fn absent(&self, source: &dyn RosterSource) -> SyncReport {
        let mut report = SyncReport::new(self.roster.clone(), source.info().tenant, Status::Failed);
        let error = Error::new(ErrorKind::Unsupported, "host", "syncing", "the engine is not merged yet");
        report.error = Some((&error).into());
        report
    }
}

/// A change of a plan.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the engine's own file explains them")]
pub struct PlannedChange {
    pub op: Op,
    pub kind: EntityKind,
    pub uid: Option<u64>,
    pub id: SourcedId,
    pub from: Option<SourcedId>,
    pub before: Option<Record>,
    pub after: Option<Record>,
    pub changed: FieldSet,
}

/// Two ids that may name the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the engine's own file explains them")]
pub struct Proposal {
    pub kind: EntityKind,
    pub from: SourcedId,
    pub to: SourcedId,
    pub reason: String,
}
