//! One run: pull, stage, plan, guards, apply.

mod loading;
mod preview;
mod pulling;
mod start;
mod suppress;

use jiff::tz::Offset;
use roster_core::{Error, ErrorKind, PullContext, PullRequest, Result, RosterSource, jiff};

pub use self::preview::PlannedChange;
use self::{pulling::Pulled, start::Start};
use crate::{
    Failed, Guards, Memory, Mode, RunEnd, RunStart, Session, Status, Store, SyncReport,
    apply::apply,
    memory::{Asked, Overbooked, by_the_hour},
    plan::{Ground, Plan, Proposal, still_counts},
};

/// Keeps one roster of a store in step with a source.
///
/// ```no_run
/// # async fn nightly(source: &dyn roster_core::RosterSource, store: &dyn roster_sync::Store) -> roster_core::Result<()> {
/// use roster_sync::{RosterSync, Status};
///
/// let report = RosterSync::new(store, "lincoln").run(source, &Default::default()).await?;
/// if report.status == Status::Held {
///     println!("{} guards hold it; approve {}", report.holds.len(), report.plan);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RosterSync<'a> {
    store: &'a dyn Store,
    roster: String,
    request: PullRequest,
    full: bool,
    approve: Option<String>,
    guards: Guards,
    origin: Option<String>,
    seats: Option<u64>,
}

impl<'a> RosterSync<'a> {
    /// Of the roster that the host calls so.
    pub fn new(store: &'a dyn Store, roster: impl Into<String>) -> Self {
        Self {
            store,
            roster: roster.into(),
            request: PullRequest::full(),
            full: false,
            approve: None,
            guards: Guards::default(),
            origin: None,
            seats: None,
        }
    }

    /// What to pull. Its mode and cursor are set by the run.
    #[must_use]
    pub fn request(mut self, request: PullRequest) -> Self {
        self.request = request;
        self
    }

    /// Pulls everything, even where changes would do.
    #[must_use]
    pub fn full(mut self, full: bool) -> Self {
        self.full = full;
        self
    }

    /// Applies a plan of this hash even if guards hold it. It works once.
    #[must_use]
    pub fn approve(mut self, hash: impl Into<String>) -> Self {
        self.approve = Some(hash.into());
        self
    }

    /// How much may change without approval.
    #[must_use]
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    /// Where exactly the data come from, such as the path of a folder; kept with the roster.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// For how many students there are seats: with more, the run is held, and a roster's first run too.
    #[must_use]
    pub fn seats(mut self, seats: Option<u64>) -> Self {
        self.seats = seats;
        self
    }

    /// Pulls, and applies what no guard holds.
    ///
    /// # Errors
    ///
    /// Those of the store, and `Config` for wrong guards. A pull that fails is told by the report.
    pub async fn run(&self, source: &dyn RosterSource, cx: &PullContext) -> Result<SyncReport> {
        let guards = self.guards.checked()?;
        let info = source.info();
        let Some(mut session) = self.store.open(&self.roster).await? else {
            return Ok(SyncReport::new(&self.roster, info.tenant, Status::Busy));
        };
        let started = cx.clock().now();
        let run =
            session.begin(RunStart::new(info.provider, &info.tenant, self.origin.clone(), started)).await?;
        let result = self.work(source, cx, guards, &mut *session).await;
        let (mut report, memory, named) = match result {
            Ok(done) => done,
            Err(error) => {
                let mut report = SyncReport::new(&self.roster, info.tenant, Status::Failed);
                (report.run, report.error) = (Some(run), Some(Failed::from(&error)));
                // Where even that fails, the first error tells why.
                drop(session.finish(RunEnd::new(cx.clock().now(), report)).await);
                return Err(error);
            }
        };
        report.run = Some(run);
        let mut end = RunEnd::new(cx.clock().now(), report.clone());
        (end.memory, end.named) = (memory, named);
        session.finish(end).await?;
        Ok(report)
    }

    async fn work(
        &self,
        source: &dyn RosterSource,
        cx: &PullContext,
        guards: Guards,
        session: &mut dyn Session,
    ) -> Result<(SyncReport, Option<Memory>, Vec<roster_core::Problem>)> {
        let (mut plan, ground, mut report, pulled) = self.draw(source, cx, guards, session).await?;
        let named = std::mem::take(&mut plan.stage.named);
        if !report.holds.is_empty() && self.approve.as_deref() != Some(&report.plan) {
            if report.error.is_none() {
                report.status = Status::Held;
            }
            return Ok((report, None, named));
        }
        if report.error.is_some() && (pulled.mode == Mode::Full || plan.stage.cursor.is_none()) {
            return Ok((report, None, named));
        }
        if report.error.is_none() {
            report.status = if plan.is_empty() { Status::Unchanged } else { Status::Applied };
        }
        let memory = memory(source, &ground, &plan, &pulled, !report.holds.is_empty());
        if !plan.is_empty() {
            apply(&mut plan, session, ground.last_seq).await?;
        }
        Ok((report, Some(memory), named))
    }

    /// Pulls and draws up the plan.
    async fn draw(
        &self,
        source: &dyn RosterSource,
        cx: &PullContext,
        guards: Guards,
        session: &mut dyn Session,
    ) -> Result<(Plan, Ground, SyncReport, Pulled)> {
        let past = session.past().await?;
        let capabilities = source.capabilities();
        let asked = Asked::of(&self.request, |kind| capabilities.supports(kind));
        let now = cx.clock().now();
        let start = Start::choose(&self.request, self.full, past.memory.as_ref(), &capabilities, now);
        let (stage, pulled) = pulling::pull(source, cx, start, session).await?;
        let ground = Ground {
            roster: self.roster.clone(),
            provider: source.info().provider.to_owned(),
            last_seq: past.last_seq,
            before: past.memory,
            asked,
            guards,
            seats: self.seats,
            today: Offset::UTC.to_datetime(now).date(),
            now,
            whole: pulled.error.is_none(),
            in_steps: pulled.mode == Mode::Changes,
        };
        let mut plan = Plan::draw(stage, &ground, session).await?;
        let mut report = SyncReport::new(&self.roster, source.info().tenant, Status::Unchanged);
        self.tell(&mut report, &mut plan, &pulled, source);
        let less = ground.before.as_ref().map(|before| ground.asked.less_than(&before.asked));
        if let Some(less) = less.filter(|less| !less.is_empty()) {
            report.notes.push(format!("No longer asked for: {}.", less.join(", ")));
        }
        Ok((plan, ground, report, pulled))
    }

    fn tell(&self, report: &mut SyncReport, plan: &mut Plan, pulled: &Pulled, source: &dyn RosterSource) {
        let capabilities = source.capabilities();
        report.mode = pulled.mode;
        report.notes.clone_from(&pulled.notes);
        report.plan.clone_from(&plan.hash);
        report.holds.clone_from(&plan.holds);
        report.seats = Some(plan.seats);
        report.proposals = plan.proposals.len() as u64;
        report.problems = plan.stage.problems.problems();
        report.report = plan.stage.problems.report().into_iter().cloned().collect();
        report.kinds = std::mem::take(&mut plan.counts);
        let holds = !plan.holds.is_empty();
        if holds && self.approve.as_ref().is_some_and(|approved| *approved != plan.hash) {
            report.notes.push("The approval names another plan, and was not used up.".to_owned());
        }
        report.notes.extend(suppress::note(&plan.stage));
        report.notes.extend(plan.waiting());
        // What the host no longer asks for ends too, and nothing of it is in doubt.
        for (kind, counts) in &mut report.kinds {
            (counts.supported, counts.complete) = (capabilities.supports(*kind), pulled.error.is_none());
        }
        for kind in self.request.wanted() {
            let counts = report.kinds.entry(kind).or_default();
            counts.supported = capabilities.supports(kind);
            let mut ends = plan.stage.slices.iter().filter(|(of, ..)| *of == kind).peekable();
            counts.complete = ends.peek().is_some()
                && ends.all(|(.., completeness)| !completeness.is_partial())
                && pulled.error.is_none();
        }
        if let Some(error) = &pulled.error {
            if pulled.mode == Mode::Full {
                // Nothing of it is applied, so that there is nothing to hold or to approve.
                report.plan.clear();
                report.holds.clear();
                report.seats = None;
            }
            report.status = Status::Failed;
            report.error = Some(Failed::from(error));
        }
    }

    /// Draws up the plan and writes nothing. `change` is told each change, in the order in which it would be applied.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn plan(
        &self,
        source: &dyn RosterSource,
        cx: &PullContext,
        change: &mut (dyn FnMut(PlannedChange) + Send),
    ) -> Result<(SyncReport, Vec<Proposal>)> {
        let guards = self.guards.checked()?;
        let Some(mut session) = self.store.open(&self.roster).await? else {
            return Ok((SyncReport::new(&self.roster, source.info().tenant, Status::Busy), Vec::new()));
        };
        let (mut plan, _, mut report, _) = self.draw(source, cx, guards, &mut *session).await?;
        if report.error.is_none() {
            let approved = self.approve.as_deref() == Some(&report.plan);
            report.status = match (report.holds.is_empty() || approved, plan.is_empty()) {
                (false, _) => Status::Held,
                (true, true) => Status::Unchanged,
                (true, false) => Status::Applied,
            };
        }
        preview::tell(&mut plan, &mut *session, change).await?;
        Ok((report, plan.proposals))
    }
}

/// What the next run has to know.
fn memory(
    source: &dyn RosterSource,
    ground: &Ground,
    plan: &Plan,
    pulled: &Pulled,
    approved: bool,
) -> Memory {
    let info = source.info();
    let before = ground.before.as_ref();
    let mut memory = Memory {
        provider: info.provider.to_owned(),
        tenant: info.tenant,
        cursor: plan.stage.cursor.clone().or_else(|| old_cursor(before, pulled)),
        asked: ground.asked.clone(),
        needs_full: pulled.needs_full(&plan.stage),
        full: before.map(|before| before.full.clone()).unwrap_or_default(),
        fresh: before.map(|before| before.fresh.clone()).unwrap_or_default(),
        window: Vec::new(),
        approvals: before.map_or(0, |before| before.approvals) + u64::from(approved),
        seats: Overbooked::after(before.and_then(|before| before.seats), &plan.seats, approved),
    };
    if !approved && let Some(before) = before {
        memory.window.extend(before.window.iter().filter(|effect| still_counts(effect, ground.now)).cloned());
    }
    // The first run's creates are counted by no guard, and an approval begins the count anew.
    if before.is_some() && !approved {
        memory.window.extend(plan.effects.to_window(ground.now));
    }
    memory.window = by_the_hour(memory.window);
    for (kind, _, completeness) in plan.stage.slices.iter().filter(|(.., how)| !how.is_partial()) {
        if pulled.error.is_none() {
            memory.fresh.insert(*kind, ground.now);
            if *completeness == roster_core::Completeness::Complete {
                memory.full.insert(*kind, ground.now);
            }
        }
    }
    memory
}

/// A feed that has no news need not name a new place to go on from.
fn old_cursor(before: Option<&Memory>, pulled: &Pulled) -> Option<roster_core::Cursor> {
    before.filter(|_| pulled.mode == Mode::Changes)?.cursor.clone()
}

/// An error of the host's side.
fn host(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(kind, "host", operation, message)
}
