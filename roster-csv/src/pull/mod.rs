//! The stream: rows come from the reader's thread, records are made where the stream is polled, one row a turn.

mod engine;
mod feed;
mod fingerprint;
mod folded;
mod folds;
mod intake;
mod judge;
mod look;
mod made_ids;
mod owners;
mod people;
mod plan;
mod reader;
mod references;
mod register;
mod rejection;
mod seats;
mod shape;
mod similar;
mod sources;
mod spared;
mod unfold;
mod unfolded;
mod view;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::Stream;
use roster_core::jiff::tz::Offset;
use roster_core::{Error, Notice, PullContext, PullEvent, PullRequest, Result, SourceInfo};

use self::{
    engine::Engine,
    plan::Step,
    reader::{Message, Reader},
    unfolded::Unfolded,
};
pub(crate) use self::{
    people::incomplete,
    plan::{blocked, extra_field},
    reader::Job,
};
use crate::{
    changes::Position,
    row::Ways,
    rows::{Batch, WINDOW},
    survey::Survey,
};

/// How many rows may pass before other tasks get their turn. A stream that is always ready would starve them.
const TURN: u32 = 4096;

/// A pull of files.
pub(crate) struct Pull {
    info: SourceInfo,
    request: PullRequest,
    may_repair: bool,
    cx: PullContext,
    state: State,
    /// The batch at hand, and the next row of it.
    batch: Batch,
    next: usize,
    turn: u32,
}

enum State {
    /// Nothing was done yet.
    Waiting(Box<Job>),
    /// The thread reads.
    Reading(Box<Reading>),
    /// The last events are given out.
    Ending(Box<Engine>, Option<PullEvent>),
    Ended,
}

struct Reading {
    reader: Reader,
    survey: Option<(Arc<Survey>, Vec<Step>, Engine)>,
    unfolded: Option<Unfolded>,
    /// The batch at hand was made here.
    is_made: bool,
    /// The batch at hand is of rows that are several records each, and told of as seats.
    are_seats: bool,
}

impl Reading {
    const fn of(reader: Reader) -> Self {
        Self { reader, survey: None, unfolded: None, is_made: false, are_seats: false }
    }
}

impl Pull {
    pub(crate) fn new(info: SourceInfo, job: Job, cx: PullContext) -> Self {
        let request = job.request.clone();
        Self {
            info,
            request,
            may_repair: job.settings.may_repair,
            cx,
            state: State::Waiting(Box::new(job)),
            batch: Batch::default(),
            next: 0,
            turn: 0,
        }
    }

    /// The next event at hand: one that waits, or one made of the next row.
    fn at_hand(&mut self) -> Option<PullEvent> {
        let State::Reading(reading) = &mut self.state else {
            return None;
        };
        let Some((survey, _, engine)) = &mut reading.survey else {
            return None;
        };
        loop {
            if let Some(event) = engine.pop() {
                return Some(event);
            }
            let index = self.next;
            if index >= self.batch.len() {
                return None;
            }
            self.next += 1;
            self.turn += 1;
            let event = 'told: {
                let odd;
                let (batch, index) = match &mut reading.unfolded {
                    Some(unfolded) if reading.are_seats => {
                        match engine.seat(survey, unfolded, &self.batch, index) {
                            Ok(event) => break 'told event,
                            Err(made) => odd = made,
                        }
                        (&*odd, 0)
                    }
                    _ => (&self.batch, index),
                };
                if index.is_multiple_of(WINDOW) {
                    engine.look_ahead(batch, &(index..batch.len().min(index + WINDOW)));
                }
                engine.row(survey, batch, index)
            };
            if event.is_some() {
                return event;
            }
            // Rows that give no event (blank, out of scope) must not hold the task up either.
            if self.turn >= TURN && self.batch.len() > self.next {
                return engine.pop();
            }
        }
    }

    /// Takes in what the thread says. `Some` ends the pull with an error.
    #[inline(never)]
    fn hear(&mut self, message: Option<Message>) -> Option<Error> {
        let State::Reading(reading) = &mut self.state else {
            return None;
        };
        let batch = std::mem::take(&mut self.batch);
        self.next = 0;
        reading.are_seats = false;
        match &mut reading.unfolded {
            Some(unfolded) if std::mem::take(&mut reading.is_made) => unfolded.recycle(batch),
            _ => reading.reader.recycle(batch),
        }
        if reading.survey.as_ref().is_some_and(|(_, _, engine)| engine.replaced) {
            return Some(reader::replaced());
        }
        match (message, &mut reading.survey) {
            (Some(Message::Surveyed(survey, steps)), _) => {
                let mut engine = Engine::new(self.request.clone(), &survey);
                engine.findings.ways = Ways {
                    may_repair: self.may_repair,
                    dates: survey.dialect.dates,
                    grades: survey.dialect.grades,
                    this_year: Offset::UTC.to_datetime(self.cx.clock().now()).year(),
                };
                reading.unfolded = Some(Unfolded::of(&survey, &steps));
                reading.survey = Some((survey, steps, engine));
            }
            (Some(Message::Rows(mut batch)), _) => {
                if let Some(unfolded) = &mut reading.unfolded {
                    unfolded.share(&mut batch);
                }
                self.batch = batch;
            }
            (Some(Message::Folded(rows)), Some((survey, _, engine))) => {
                let file = survey.files.get(engine.step_file());
                if reading.unfolded.as_ref().is_some_and(Unfolded::tells_seats) {
                    reading.are_seats = true;
                    self.batch = rows;
                    return None;
                }
                if let (Some(file), Some(unfolded)) = (file, &mut reading.unfolded) {
                    self.batch = unfolded.make(file, &rows);
                    reading.is_made = true;
                }
                reading.reader.recycle(rows);
            }
            (Some(Message::Begin(step)), Some((survey, _, engine))) => {
                engine.begin(survey, step);
                if let (Some(file), Some(unfolded)) = (survey.files.get(step.file), &mut reading.unfolded) {
                    tracing::debug!(file = %file.name, purpose = ?step.purpose, "reading");
                    let header = unfolded.begin(file, step, engine.looks_up());
                    self.batch = header.unwrap_or_default();
                }
            }
            (Some(Message::Expect(rows)), _) => {
                if let Some(unfolded) = &mut reading.unfolded {
                    unfolded.expect(rows);
                }
            }
            (Some(Message::Problem(problem)), Some((_, _, engine))) => engine.say(*problem),
            (Some(Message::Odd(rows)), Some((survey, _, engine))) => engine.take_odd(survey, rows),
            (Some(Message::Counted(rows)), Some((_, _, engine))) => {
                engine.folded.count_rows(&engine.at.name, rows);
            }
            (Some(Message::End), Some((survey, _, engine))) => engine.end(survey),
            (Some(Message::Unchanged), Some((_, _, engine))) => {
                engine.unchanged();
                let checkpoint =
                    self.request.cursor.clone().map(|cursor| PullEvent::Checkpoint(Box::new(cursor)));
                self.end(checkpoint);
            }
            (Some(Message::Done(position)), Some((survey, steps, engine))) => {
                engine.finish(survey);
                for (file, rows) in engine.file_counts(survey, steps) {
                    debug_assert!(rows.add_up(), "{file}: {rows:?}");
                    self.cx.observer().notice(&Notice::File { file, rows });
                }
                let position = Position { sound: engine.is_sound(), ..*position };
                match position.encode(&self.info, &self.request) {
                    Ok(cursor) => self.end(Some(PullEvent::Checkpoint(Box::new(cursor)))),
                    Err(error) => return Some(error),
                }
            }
            (Some(Message::Failed(error)), _) => return Some(error),
            // A reader that died: an error, never a quiet end.
            (_, _) => return Some(reading.reader.post_mortem()),
        }
        None
    }

    fn end(&mut self, checkpoint: Option<PullEvent>) {
        if let State::Reading(reading) = std::mem::replace(&mut self.state, State::Ended)
            && let Some((_, _, engine)) = reading.survey
        {
            self.state = State::Ending(Box::new(engine), checkpoint);
        }
    }
}

impl Stream for Pull {
    type Item = Result<PullEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.at_hand() {
                return Poll::Ready(Some(Ok(event)));
            }
            if this.turn >= TURN {
                this.turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let message = match &mut this.state {
                State::Waiting(_) => {
                    let State::Waiting(job) = std::mem::replace(&mut this.state, State::Ended) else {
                        continue;
                    };
                    match Reader::start(*job) {
                        Ok(reader) => this.state = State::Reading(Box::new(Reading::of(reader))),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                    continue;
                }
                State::Reading(reading) => ready!(reading.reader.poll(cx)),
                State::Ending(engine, checkpoint) => match engine.pop().or_else(|| checkpoint.take()) {
                    Some(event) => return Poll::Ready(Some(Ok(event))),
                    None => {
                        this.state = State::Ended;
                        return Poll::Ready(None);
                    }
                },
                State::Ended => return Poll::Ready(None),
            };
            if let Some(error) = this.hear(message) {
                this.state = State::Ended;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}
