//! The stream: collection after collection, or event after event.

mod catalogue;
mod ends;
mod feed;
mod intake;
mod plan;
mod recalled;
mod standing;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use futures::{StreamExt, stream};
use roster_core::{
    Error, ErrorKind, PartialCode, Place, Problem, PullContext, PullEvent, PullMode, PullRequest, PullStream,
    Result, SourceInfo, codes, hashed::hash, jiff::Timestamp,
};
use roster_http::paging::ChainReader;

use self::{feed::Feed, intake::Intake, plan::Step};
use crate::{
    changes::{Bond, Position, expired},
    client::{Access, Ask, Client},
    collection::Walk,
    error::is_withheld,
    map::{self, Row, Said, Wants},
    pages::CollectionPages,
    source::PROVIDER,
};

pub(crate) use self::standing::sentence;

/// Why a feed is no longer followed that was once.
const DENIED: &str = "Clever no longer gives its feed out: events may have been switched off for the app";

/// One pull.
pub(crate) struct Pull {
    info: SourceInfo,
    client: Client,
    request: PullRequest,
    /// Where the last pull ended; of a full pull, a memory.
    position: Option<Position>,
    cx: PullContext,
    wants: Arc<Wants>,
    stage: Stage,
    intake: Intake,
    over: bool,
}

/// How far a pull is.
enum Stage {
    /// Nothing was asked yet.
    New,
    /// Collections are read.
    Whole(Box<Whole>),
    /// The feed is read.
    Feed(Box<Feed>),
}

/// A full pull.
struct Whole {
    /// Where the next pull goes on: after the newest event before the first request, if there is a feed.
    cursor: Position,
    access: Arc<Access>,
    steps: VecDeque<Step>,
    at: Option<At>,
    answered: bool,
    refused: Option<Error>,
}

/// The collection at hand.
struct At {
    step: Step,
    reader: ChainReader<CollectionPages>,
    rows: std::vec::IntoIter<Row>,
    place: Place,
    /// Rows that came, by hashed id; a page of a chain may repeat some, but not all.
    seen: HashSet<u64>,
    repeated: u64,
    over: bool,
}

impl Pull {
    pub(crate) fn new(
        info: SourceInfo,
        client: Client,
        request: PullRequest,
        position: Option<Position>,
        cx: PullContext,
    ) -> Self {
        let shared = position.as_ref().map(|position| position.shared.clone()).unwrap_or_default();
        let wants = Arc::new(Wants { sensitive: request.sensitive.clone(), extra: request.extra, shared });
        let intake = Intake::new(&request);
        Self { info, client, request, position, cx, wants, stage: Stage::New, intake, over: false }
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
            if let Some(event) = self.intake.out.pop_front() {
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
        match &mut self.stage {
            Stage::New => self.begin().await,
            Stage::Feed(_) => self.advance_feed().await,
            Stage::Whole(_) => self.advance_whole().await,
        }
    }

    /// Before anything is told: that the cursor serves, and that the token is the district's.
    async fn begin(&mut self) -> Result<()> {
        let begun = self.cx.clock().now();
        if self.client.looks_like_user() && self.client.is_user(&self.cx).await {
            let refused = Error::new(ErrorKind::Forbidden, PROVIDER, "proving the token", "");
            return Err(self.client.explained(refused, &self.cx).await);
        }
        let access = self.client.access(&self.cx).await?;
        let changes = self.position.clone().filter(|_| self.request.mode == PullMode::Changes);
        // Without a feed nothing but the whole set tells what changed.
        if let Some(position) = changes
            && let Some(event) = position.event.clone()
        {
            position.check(&self.info, access.bond, begun)?;
            let district = self.client.district(&self.wants, &self.cx).await?;
            if !self.client.has_event(&event, &self.cx).await? {
                return Err(expired(
                    &self.info,
                    "Clever does not know, or no longer has, the event that it names",
                ));
            }
            let scoped = !self.request.scope.is_everything();
            if !scoped || self.is_quiet(&event).await? {
                let feed = Feed::new(
                    position,
                    &event,
                    scoped,
                    self.request.page_size,
                    &self.client,
                    &self.wants,
                    &self.cx,
                );
                self.stage = Stage::Feed(Box::new(feed));
                self.intake.recalled = Some(recalled::Recalled::default());
                self.judge_district(district, true);
                self.begin_feed(begun);
                return Ok(());
            }
        }
        self.begin_whole(&access, begun).await
    }

    /// Whether there is no event after the position: in a scope a feed can't tell what came into it, so that one event makes the
    /// whole set to be read.
    async fn is_quiet(&mut self, event: &str) -> Result<bool> {
        let from = format!("starting_after={}", roster_http::percent_encode(event));
        match self.client.events(Some(&from), Some(1), 1, &self.wants, &self.cx).await {
            Ok(page) => Ok(page.events.is_empty()),
            Err(error) if is_withheld(&error) => Err(expired(&self.info, DENIED)),
            Err(error) => Err(error),
        }
    }

    async fn begin_whole(&mut self, access: &Arc<Access>, begun: Timestamp) -> Result<()> {
        // The newest event comes first, so that nothing falls between.
        let newest = self.client.newest_event(&self.cx).await;
        let district = self.client.district(&self.wants, &self.cx).await?;
        let cursor = match self.feed_of(newest, access.bond, begun) {
            Err(error) => return Err(self.client.explained(error, &self.cx).await),
            Ok(cursor) => cursor,
        };
        self.judge_district(district, false);
        self.stage = Stage::Whole(Box::new(Whole {
            cursor,
            access: Arc::clone(access),
            steps: plan::steps(&self.request),
            at: None,
            answered: false,
            refused: None,
        }));
        Ok(())
    }

    /// The place from which changes are followed: in the feed, if there is one.
    fn feed_of(&mut self, newest: Result<Option<String>>, bond: Bond, at: Timestamp) -> Result<Position> {
        let why = match newest {
            Ok(Some(event)) => return Ok(Position::new(Some(event), at, bond)),
            Ok(None) => "Clever's feed has no event: events may not be switched on for the app",
            Err(error) if is_withheld(&error) || error.kind() == ErrorKind::Decode => {
                "Clever does not give its feed out: events may not be switched on for the app, or it has no Secure Sync"
            }
            Err(error) => return Err(error),
        };
        let message =
            format!("{why}. Everything is read each time (Clever's settings of the app: Enable events)");
        self.intake.tell(Problem::warning(codes::NO_EVENT_FEED, message));
        // What was seen is remembered all the same.
        Ok(Position::new(None, at, bond))
    }

    async fn advance_whole(&mut self) -> Result<()> {
        let Stage::Whole(whole) = &mut self.stage else { return Ok(()) };
        if let Some(at) = &mut whole.at {
            if let Some(row) = at.rows.next() {
                if at.is_new(&row) {
                    self.intake.row(at.step, row, &at.place);
                }
                return Ok(());
            }
            if !at.over {
                return self.turn().await;
            }
            let (step, repeated, is_empty) = (at.step, at.repeated, at.seen.is_empty());
            whole.at = None;
            if is_empty {
                self.judge_empty(step);
            }
            self.close(step, repeated, false);
            return Ok(());
        }
        match whole.steps.pop_front() {
            Some(step) => {
                self.open(step);
                Ok(())
            }
            None => self.finish().await,
        }
    }

    fn open(&mut self, step: Step) {
        let Stage::Whole(whole) = &mut self.stage else { return };
        let Step { collection, walk } = step;
        let ask = Ask { collection, walk, limit: self.client.limit(self.request.page_size), from: None };
        let path = ask.path();
        tracing::debug!(endpoint = path, "reading");
        whole.at = Some(At {
            step,
            reader: self.client.read(ask, &self.wants, &self.cx),
            rows: Vec::new().into_iter(),
            place: map::place(path, 1),
            seen: HashSet::new(),
            repeated: 0,
            over: false,
        });
    }

    async fn turn(&mut self) -> Result<()> {
        let Stage::Whole(whole) = &mut self.stage else { return Ok(()) };
        let Some(at) = &mut whole.at else { return Ok(()) };
        let step = at.step;
        match at.reader.next().await {
            Ok(Some(page)) => {
                whole.answered = true;
                let mut rows = page.rows;
                if step.walk == Some(Walk::Student) {
                    map::keep_unshared(&mut rows, &self.wants.shared);
                }
                at.take(rows)?;
                self.intake.begin(step.collection);
                Ok(())
            }
            Ok(None) => {
                at.over = true;
                self.intake.begin(step.collection);
                Ok(())
            }
            Err(error) if is_withheld(&error) => {
                whole.at = None;
                self.refuse(step, error).await
            }
            Err(error) => Err(self.client.explained(error, &self.cx).await),
        }
    }

    /// A collection was refused: it is withheld, unless the token is of the wrong kind.
    async fn refuse(&mut self, step: Step, error: Error) -> Result<()> {
        let Stage::Whole(whole) = &mut self.stage else { return Ok(()) };
        if whole.refused.is_none() && self.client.is_user(&self.cx).await {
            return Err(self.client.explained(error, &self.cx).await);
        }
        let is_lost = step.walk == Some(Walk::Contact) && self.had_contacts();
        let code = if is_lost { PartialCode::Frozen } else { PartialCode::Withheld };
        self.intake.refuse(step, &error, code);
        if let Stage::Whole(whole) = &mut self.stage {
            whole.refused = Some(error);
        }
        self.close(step, 0, true);
        Ok(())
    }

    fn had_contacts(&self) -> bool {
        self.position.as_ref().is_some_and(|position| position.had_contacts)
    }

    fn close(&mut self, step: Step, repeated: u64, was_refused: bool) {
        if repeated > 0 {
            let message = format!("{repeated} rows came more than once; each was counted once");
            let problem = Problem::warning(codes::REPEATED_RECORD, message).of(step.collection.kind());
            self.intake.tell(problem);
        }
        if step.walk == Some(Walk::Contact) && !self.intake.saw_contact && !was_refused {
            self.judge_no_contacts();
        }
        let Stage::Whole(whole) = &self.stage else { return };
        let is_last = whole.steps.is_empty();
        self.intake.close(step, is_last, was_refused);
    }

    async fn finish(&mut self) -> Result<()> {
        self.over = true;
        let (had_contacts, saw_contact) = (self.had_contacts(), self.intake.saw_contact);
        let Stage::Whole(whole) = &mut self.stage else { return Ok(()) };
        if let (false, Some(error)) = (whole.answered, whole.refused.take()) {
            return Err(self.client.explained(error, &self.cx).await);
        }
        let position = &mut whole.cursor;
        position.had_contacts = had_contacts || saw_contact;
        position.shared.extend(self.wants.shared.iter().chain(&self.intake.shared).cloned());
        let cursor = position.encode(&self.info, &self.request)?;
        self.intake.checkpoint(cursor);
        Ok(())
    }
}

impl At {
    /// Takes the rows of a page. One that brings rows, and none that is new, shows that the cursor does not advance.
    fn take(&mut self, rows: Vec<Row>) -> Result<()> {
        let is_known = |row: &Row| row.id.as_ref().is_some_and(|id| self.seen.contains(&hash(id)));
        if !rows.is_empty() && rows.iter().all(is_known) {
            let page = self.reader.page();
            let message = format!(
                "{} page {page}: the page has no row that is new: the cursor does not advance",
                self.step.path()
            );
            return Err(Error::new(ErrorKind::Provider, PROVIDER, "paging", message));
        }
        self.place = map::place(self.step.path(), self.reader.page());
        self.rows = rows.into_iter();
        Ok(())
    }

    fn is_new(&mut self, row: &Row) -> bool {
        let is_new = row.id.as_ref().is_none_or(|id| self.seen.insert(hash(id)));
        self.repeated += u64::from(!is_new);
        is_new
    }
}

impl Step {
    /// The scope without which nothing comes, where there is one.
    fn scope(self) -> Option<&'static str> {
        self.walk.map_or(self.collection.scope(), |walk| Some(walk.scope()))
    }

    fn path(self) -> &'static str {
        self.walk.map_or(self.collection.path(), Walk::path)
    }
}

/// The district's row as a record, and how it is with it.
fn district_of(row: Row) -> Option<(map::District, Row)> {
    let Row { id, said, problems, unseen } = row;
    match said {
        Said::District(district) => Some((*district, Row { id, said: Said::Nothing, problems, unseen })),
        _ => None,
    }
}
