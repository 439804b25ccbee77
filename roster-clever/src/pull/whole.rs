//! A full pull: collection after collection.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use roster_core::{
    Error, ErrorKind, PartialCode, Place, Problem, Result, codes, hashed::hash, jiff::Timestamp,
};
use roster_http::paging::ChainReader;

use super::{
    Pull, Stage,
    plan::{self, Step},
    sharing::Again,
};
use crate::{
    changes::{Bond, Position},
    client::{Access, Ask},
    collection::Walk,
    error::is_withheld,
    map::{self, Row},
    pages::CollectionPages,
    source::PROVIDER,
};

/// A full pull.
pub(super) struct Whole {
    /// Where the next pull goes on: after the newest event before the first request, if there is a feed.
    cursor: Position,
    /// The token at the beginning.
    pub(super) access: Arc<Access>,
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
    /// How many rows came.
    came: u64,
    over: bool,
    /// Only these people of the first rows are read, once more.
    again: Option<Again>,
}

impl Pull {
    pub(super) async fn begin_whole(&mut self, access: &Arc<Access>, begun: Timestamp) -> Result<()> {
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

    pub(super) async fn advance_whole(&mut self) -> Result<()> {
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
            let (step, repeated) = (at.step, at.repeated);
            let (is_empty, was_again) = (at.seen.is_empty(), at.again.is_some());
            whole.at = None;
            if !was_again {
                let now = self.client.access(&self.cx).await?;
                self.judge_scope(step, is_empty, &now);
            }
            if let Some(again) =
                step.walk.filter(|_| !was_again).and_then(|walk| self.intake.judge_sharing(walk))
            {
                self.open(step, repeated, Some(again));
                return Ok(());
            }
            self.close(step, repeated, false);
            return Ok(());
        }
        match whole.steps.pop_front() {
            Some(step) => {
                self.open(step, 0, None);
                Ok(())
            }
            None => self.finish().await,
        }
    }

    fn open(&mut self, step: Step, repeated: u64, again: Option<Again>) {
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
            repeated,
            came: 0,
            over: false,
            again,
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
                at.came += rows.len() as u64;
                if let Some(again) = &at.again {
                    at.over = at.came >= again.rows;
                    rows.retain(|row| again.concerns(row));
                }
                if let Some(walk) = step.walk {
                    self.intake.sharing.page(walk, &mut rows, at.came, at.again.is_some());
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

    pub(super) fn had_contacts(&self) -> bool {
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
        position.remember(self.intake.sharing.remembered());
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
