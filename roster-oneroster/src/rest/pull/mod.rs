//! The stream: collection after collection, page after page, row after row.

mod delivered;
mod ends;
mod intake;
mod plan;
mod told;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use roster_core::{
    Error, ErrorKind, Place, Problem, PullContext, PullEvent, PullRequest, PullStream, Result, SourceInfo,
    SourcedId, codes, jiff::Timestamp,
};
use roster_http::paging::{Finish, MOST_RESTARTS, OffsetReader, Turn};

use self::{
    intake::Intake,
    plan::{Purpose, Step},
};
use super::{
    changes::Position,
    client::{Client, CollectionPages, Reading, RowsPage},
    collection::Collection,
    learnt::Learnt,
    map::{self, Row, Wants},
    source::is_withheld,
};

/// One pull.
pub(crate) struct Pull {
    info: SourceInfo,
    client: Client,
    request: PullRequest,
    /// Where the last pull ended, of a pull of changes.
    position: Option<Position>,
    begun: Option<Timestamp>,
    cx: PullContext,
    wants: Arc<Wants>,
    learnt: Arc<Mutex<Learnt>>,
    steps: VecDeque<Step>,
    at: Option<At>,
    intake: Intake,
    /// Whether it was asked if anything changed at all.
    looked: bool,
    /// How often all data were replaced while they were read.
    restarts: u32,
    over: bool,
}

/// The collection at hand.
struct At {
    step: Step,
    reader: OffsetReader<CollectionPages>,
    filtered: bool,
    /// The school whose part of the collection is read, and those that come after it.
    school: Option<SourcedId>,
    schools: VecDeque<SourcedId>,
    rows: std::vec::IntoIter<Row>,
    /// Shared by the rows of a page.
    place: Arc<Place>,
    page: u64,
    ended: Option<Ended>,
}

/// How the reading of a collection ended.
enum Ended {
    Read(Finish),
    Refused(Error),
}

impl Pull {
    pub(crate) fn new(
        info: SourceInfo,
        client: Client,
        request: PullRequest,
        position: Option<Position>,
        cx: PullContext,
    ) -> Self {
        let wants = Arc::new(Wants { sensitive: request.sensitive.clone(), extra: request.extra });
        let (steps, intake) =
            (plan::steps(&request), Intake::new(&request, client.vendor.revision_header.is_some()));
        let learnt = Arc::new(Mutex::new(client.learnt()));
        Self {
            info,
            client,
            request,
            position,
            begun: None,
            cx,
            wants,
            learnt,
            steps,
            at: None,
            intake,
            looked: false,
            restarts: 0,
            over: false,
        }
    }

    pub(crate) fn into_stream(self) -> PullStream {
        // In a box: it is handed on with each event, and is large.
        stream::unfold(Box::new(self), |mut pull| async move {
            let item = pull.next().await?;
            Some((item, pull))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<PullEvent>> {
        loop {
            if let Some(event) = self.intake.pop() {
                return Some(Ok(event));
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.over = true;
                return Some(Err(error));
            }
        }
    }

    async fn advance(&mut self) -> Result<()> {
        // Before the first request, so that nothing falls between.
        self.begun.get_or_insert_with(|| self.cx.clock().now());
        if let Some(at) = &mut self.at {
            if let Some(row) = at.rows.next() {
                self.intake.row(at.step, row, &at.place, at.filtered);
                return Ok(());
            }
            return match at.ended.take() {
                Some(ended) => {
                    self.end(ended);
                    Ok(())
                }
                None => self.turn().await,
            };
        }
        if !std::mem::replace(&mut self.looked, true) && self.is_unchanged().await? {
            let withheld = self.position.as_ref().map(Position::withheld);
            self.intake.unchanged(withheld.unwrap_or(&BTreeSet::new()));
            return self.finish();
        }
        match self.steps.pop_front() {
            Some(step) => {
                match self.client.withheld(step.collection) {
                    Some(error) => self.intake.refuse(step, error, false),
                    None => {
                        let schools = self.schools(step);
                        self.open(step, self.since(step), schools);
                    }
                }
                Ok(())
            }
            None => {
                self.intake.settle();
                self.finish()
            }
        }
    }

    /// Whether the server's data have the revision that the host has whole. One row is asked for.
    async fn is_unchanged(&mut self) -> Result<bool> {
        let Some(known) = self.position.as_ref().and_then(Position::revision) else { return Ok(false) };
        let is_shared = |step: &&Step| self.client.withheld(step.collection).is_none();
        let Some(first) = self.steps.iter().find(is_shared) else { return Ok(false) };
        match self.client.peek(first.collection, &self.cx, &self.learnt).await {
            Ok(()) => {}
            Err(error) if is_withheld(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(self.learnt().revision.as_deref() == Some(known))
    }

    fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All data were replaced while they were read: they are read again, from the first collection.
    fn start_over(&mut self, moved: &Error) -> Result<()> {
        self.restarts += 1;
        self.at = None;
        if self.restarts > MOST_RESTARTS {
            let message = format!(
                "{}, and again each of the {MOST_RESTARTS} times that the pull started over; pull at a quiet time",
                moved.message()
            );
            return Err(Error::new(moved.kind(), moved.provider(), moved.operation(), message));
        }
        self.learnt().revision = None;
        self.steps = plan::steps(&self.request);
        self.intake.start_over();
        let message = format!("{}; the pull started over", moved.message());
        self.intake.tell(Problem::warning(codes::ROWS_MOVED, message));
        Ok(())
    }

    /// Since when changes of a step's collection are asked for. In a scope they can't tell what came into it, and a server that
    /// does not filter is not asked to: then the whole set is read.
    fn since(&self, step: Step) -> Option<Timestamp> {
        let can =
            self.request.scope.is_everything() && self.client.filters() && step.purpose != Purpose::Learn;
        self.position.as_ref().filter(|_| can).map(Position::since)
    }

    /// The schools of the scope, where their seats are asked for school by school.
    fn schools(&self, step: Step) -> VecDeque<SourcedId> {
        if self.client.school_endpoints && step.collection == Collection::Enrollments {
            self.intake.schools()
        } else {
            VecDeque::new()
        }
    }

    /// Opens a collection, or the first school's part of it.
    fn open(&mut self, step: Step, since: Option<Timestamp>, mut schools: VecDeque<SourcedId>) {
        let school = schools.pop_front();
        let place = Arc::new(map::place(step.collection, school.as_ref(), 1));
        let reading = Reading {
            collection: step.collection,
            school: school.clone(),
            wants: Arc::clone(&self.wants),
            since,
            page_size: self.request.page_size,
            miscounted: Arc::default(),
        };
        let reader = self.client.read(reading, self.cx.clone(), &self.learnt);
        tracing::debug!(endpoint = step.collection.path(), purpose = ?step.purpose, changes = since.is_some(), "reading");
        self.at = Some(At {
            step,
            reader,
            filtered: since.is_some(),
            school,
            schools,
            rows: Vec::new().into_iter(),
            place,
            page: 1,
            ended: None,
        });
    }

    async fn turn(&mut self) -> Result<()> {
        let Some(at) = &mut self.at else { return Ok(()) };
        let step = at.step;
        let turn = at.reader.next().await;
        if turn.is_ok() {
            self.intake.answered();
        }
        match turn {
            Ok(Turn::Rows(page, number, new)) => {
                self.intake.begin(step, at.reader.paging().total(), at.filtered);
                at.doubt(&page, number, &mut self.intake);
                at.take(page, number, &new);
            }
            Ok(Turn::End(last, finish)) => {
                self.intake.begin(step, at.reader.paging().total(), at.filtered);
                if let Some((page, number, new)) = last {
                    at.doubt(&page, number, &mut self.intake);
                    at.take(page, number, &new);
                }
                at.ended = Some(Ended::Read(finish));
            }
            Ok(Turn::StartOver) => {
                let message = "rows moved while they were read, or came out of their order; the collection is read again from its start";
                let problem = Problem::warning(codes::ROWS_MOVED, message).of(step.collection.kind());
                self.intake.begin(step, None, at.filtered);
                self.intake.tell(problem.at(Place::clone(&at.place)));
            }
            Err(error) if error.kind() == ErrorKind::Unstable => return self.start_over(&error),
            Err(error) if at.school.is_some() && is_withheld(&error) => {
                tracing::info!("the server does not tell a school's seats; all are read");
                self.open(step, None, VecDeque::new());
            }
            Err(error) if is_withheld(&error) => {
                // What came before the refusal came soundly.
                if let Some((page, number, new)) = at.reader.give_held() {
                    self.intake.answered();
                    self.intake.begin(step, at.reader.paging().total(), at.filtered);
                    at.doubt(&page, number, &mut self.intake);
                    at.take(page, number, &new);
                }
                at.ended = Some(Ended::Refused(error));
            }
            // A filter that is not understood is left out, and the whole set read.
            Err(error) if at.filtered && matches!(error.status(), Some(400 | 422)) => {
                tracing::info!(endpoint = step.collection.path(), "the server does not filter; all is read");
                self.open(step, None, VecDeque::new());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The collection at hand is over, and all of its rows were taken.
    fn end(&mut self, ended: Ended) {
        let Some(at) = self.at.take() else { return };
        let (step, paging) = (at.step, at.reader.paging());
        match ended {
            Ended::Read(finish) => {
                self.learnt().observed.repeats |= finish == Finish::Repeats;
                self.intake.finished(step, at.school.as_ref(), at.page, finish, paging.repeated());
                if !at.schools.is_empty() {
                    return self.open(step, None, at.schools);
                }
                self.intake.close(step);
            }
            Ended::Refused(error) => {
                self.learnt().observed.refused.insert(step.collection);
                self.intake.refuse(step, error, at.filtered);
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        self.over = true;
        if let Some(error) = self.intake.all_refused() {
            return Err(error);
        }
        let learnt = self.learnt().clone();
        for told in self.client.habits().drift(&learnt.observed) {
            let message = format!("{told}; check the source again and keep the new profile");
            self.intake.tell(Problem::warning(codes::PROFILE_DRIFT, message));
        }
        let begun = self.begun.unwrap_or_else(|| self.cx.clock().now());
        // A revision stands for all the data: what was not delivered whole can't be called unchanged by it.
        let revision = learnt.revision.clone().filter(|_| self.intake.is_sound());
        let position = Position::new(begun, &learnt, self.position.as_ref())
            .with_revision(revision, self.intake.withheld());
        let cursor = position.encode(&self.info, &self.request)?;
        self.intake.checkpoint(cursor);
        Ok(())
    }
}

impl At {
    /// Says so where a page has another number of rows than it says.
    fn doubt(&self, page: &RowsPage, number: u64, intake: &mut Intake) {
        if let Some(said) = page.miscounted {
            intake.miscounted(
                self.step,
                &map::place(self.step.collection, self.school.as_ref(), number),
                said,
                page.rows.len(),
            );
        }
    }

    /// Takes the new rows of a page to be delivered one by one.
    fn take(&mut self, page: RowsPage, number: u64, new: &[usize]) {
        self.page = number;
        self.place = Arc::new(map::place(self.step.collection, self.school.as_ref(), number));
        let mut rows = page.rows;
        // Most pages begin with the last row of the one before, and all others are new.
        let old = rows.len().saturating_sub(new.len());
        let are_the_last = new.first().is_none_or(|first| *first == old);
        if !are_the_last {
            let (mut new, mut index) = (new.iter().peekable(), 0..);
            rows.retain(|_| index.next().is_some_and(|index| new.next_if_eq(&&index).is_some()));
        }
        let skipped = if are_the_last { old } else { 0 };
        self.rows = rows.into_iter();
        self.rows.by_ref().take(skipped).for_each(drop);
    }
}
