//! The stream: collection after collection, page after page, row after row.

mod ends;
mod intake;
mod plan;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use roster_core::{
    EntityKind, Place, Problem, PullContext, PullEvent, PullRequest, PullStream, Result, SourceInfo, codes,
    jiff::Timestamp,
};
use roster_http::paging::{Finish, OffsetReader, Turn};

use self::{
    intake::Intake,
    plan::{Purpose, Step},
};
use super::{
    changes::Position,
    client::{Client, CollectionPages, Learnt, Reading, RowsPage},
    collection::Collection,
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
    over: bool,
}

/// The collection at hand.
struct At {
    step: Step,
    reader: OffsetReader<CollectionPages>,
    filtered: bool,
    rows: std::iter::Flatten<std::vec::IntoIter<Option<Row>>>,
    place: Place,
    page: u64,
    ended: Option<Finish>,
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
        let (steps, intake) = (plan::steps(&request), Intake::new(&request));
        Self {
            info,
            client,
            request,
            position,
            begun: None,
            cx,
            wants,
            learnt: Arc::default(),
            steps,
            at: None,
            intake,
            over: false,
        }
    }

    pub(crate) fn into_stream(self) -> PullStream {
        stream::unfold(self, |mut pull| async move {
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
            if let Some(finish) = at.ended {
                let (step, page, repeated) = (at.step, at.page, at.reader.paging().repeated());
                self.at = None;
                self.intake.end(step, page, finish, repeated);
                return Ok(());
            }
            return self.turn().await;
        }
        match self.steps.pop_front() {
            Some(step) => {
                self.open(step, self.since(step));
                Ok(())
            }
            None => self.finish(),
        }
    }

    /// Since when changes of a step's collection are asked for. In a scope they can't tell what came into it, and a server that
    /// does not filter is not asked to: then the whole set is read.
    fn since(&self, step: Step) -> Option<Timestamp> {
        let can =
            self.request.scope.is_everything() && self.client.filters() && step.purpose != Purpose::Learn;
        self.position.filter(|_| can).map(Position::since)
    }

    fn open(&mut self, step: Step, since: Option<Timestamp>) {
        let reading = Reading {
            collection: step.collection,
            wants: Arc::clone(&self.wants),
            since,
            page_size: self.request.page_size,
        };
        let reader = self.client.read(reading, self.cx.clone(), &self.learnt);
        tracing::debug!(endpoint = step.collection.path(), purpose = ?step.purpose, changes = since.is_some(), "reading");
        self.at = Some(At {
            step,
            reader,
            filtered: since.is_some(),
            rows: Vec::new().into_iter().flatten(),
            place: map::place(step.collection, 1),
            page: 1,
            ended: None,
        });
    }

    async fn turn(&mut self) -> Result<()> {
        let Some(at) = &mut self.at else { return Ok(()) };
        let step = at.step;
        match at.reader.next().await {
            Ok(Turn::Rows(page, number, new)) => {
                self.intake.begin(step, at.reader.paging().total(), at.filtered);
                at.take(page, number, &new);
            }
            Ok(Turn::End(last, finish)) => {
                self.intake.begin(step, at.reader.paging().total(), at.filtered);
                if let Some((page, number, new)) = last {
                    at.take(page, number, &new);
                }
                at.ended = Some(finish);
            }
            Ok(Turn::StartOver) => {
                let message = "rows moved while they were read; the collection is read again from its start";
                let problem = Problem::warning(codes::ROWS_MOVED, message).of(step.collection.kind());
                self.intake.begin(step, None, at.filtered);
                self.intake.tell(problem.at(at.place.clone()));
            }
            Err(error) if is_withheld(&error) => {
                let filtered = at.filtered;
                self.at = None;
                self.intake.refuse(step, error, filtered);
            }
            // A filter that is not understood is left out, and the whole set read.
            Err(error) if at.filtered && matches!(error.status(), Some(400 | 422)) => {
                tracing::info!(endpoint = step.collection.path(), "the server does not filter; all is read");
                self.open(step, None);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.over = true;
        if let Some(error) = self.intake.all_refused() {
            return Err(error);
        }
        let learnt = *self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = self.begun.unwrap_or_else(|| self.cx.clock().now());
        let cursor = Position::new(begun, learnt, self.position).encode(&self.info, &self.request)?;
        self.intake.checkpoint(cursor);
        Ok(())
    }
}

impl At {
    /// Takes the new rows of a page to be delivered one by one.
    fn take(&mut self, page: RowsPage, number: u64, new: &[usize]) {
        self.page = number;
        self.place = map::place(self.step.collection, number);
        let mut rows: Vec<_> = page.rows.into_iter().map(Some).collect();
        if new.len() < rows.len() {
            let mut keep = new.iter().copied().peekable();
            for (index, row) in rows.iter_mut().enumerate() {
                if keep.next_if_eq(&index).is_none() {
                    *row = None;
                }
            }
        }
        self.rows = rows.into_iter().flatten();
    }
}

/// The kinds that a collection's wholeness decides about.
fn touched(step: Step, scoped: bool) -> Vec<EntityKind> {
    use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
    match (step.collection, step.purpose) {
        (Collection::Orgs, Purpose::Learn) => vec![Org, Course],
        (Collection::Classes, Purpose::Learn) => vec![Enrollment, Person, Relationship],
        (Collection::Classes, _) if scoped => vec![Class, Enrollment, Person, Relationship],
        (Collection::Enrollments, Purpose::Deliver) if scoped => vec![Enrollment, Person, Relationship],
        (Collection::Users, _) | (Collection::Enrollments, Purpose::Learn) => vec![Person, Relationship],
        (Collection::Demographics, _) => Vec::new(),
        (collection, _) => vec![collection.kind()],
    }
}
