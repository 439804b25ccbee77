//! One pull: a queue of events, filled page by page.

use std::{collections::VecDeque, sync::Arc};

use roster_core::{
    Completeness, Cursor, EntityKind, Error, ErrorKind, FieldSet, Notice, PartialCode, Place, Problem,
    PullContext, PullEvent, PullMode, PullRequest, Result, RosterSource, RowCounts, Slice,
};

use super::{
    source::{PROVIDER, ScriptedSource, cursor, revision_of},
    vendor::{Refusal, Row},
    view::seen_by,
};
use crate::Token;

/// How pages are followed. All but the first are for sabotage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    Careful,
    StopsAtEmptyPage,
    FollowsAnyToken,
}

/// One pull.
pub(super) struct Reading {
    source: ScriptedSource,
    request: PullRequest,
    cx: PullContext,
    stage: Stage,
    kinds: VecDeque<EntityKind>,
    cursor: Option<Cursor>,
    queue: VecDeque<Queued>,
}

enum Stage {
    Start,
    NextKind,
    Page { kind: EntityKind, token: Option<String>, page: u64, rows: RowCounts },
    Feed { kind: EntityKind, since: usize },
    Over,
}

/// An event that waits; the row that it was made of is counted as long as it does.
struct Queued {
    event: PullEvent,
    _alive: Option<Token>,
}

impl Reading {
    pub(super) fn new(source: ScriptedSource, request: PullRequest, cx: PullContext) -> Self {
        Self {
            source,
            request,
            cx,
            stage: Stage::Start,
            kinds: VecDeque::new(),
            cursor: None,
            queue: VecDeque::new(),
        }
    }

    /// The next item, for `stream::unfold`.
    pub(super) async fn next(mut self) -> Option<(Result<PullEvent>, Self)> {
        loop {
            if let Some(Queued { event, .. }) = self.queue.pop_front() {
                return Some((Ok(event), self));
            }
            if matches!(self.stage, Stage::Over) {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.stage = Stage::Over;
                return Some((Err(error), self));
            }
        }
    }

    async fn advance(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Start => self.start(),
            Stage::NextKind => self.next_kind(),
            Stage::Page { kind, token, page, rows } => self.page(kind, token, page, rows).await,
            Stage::Feed { kind, since } => self.feed(kind, since).await,
            Stage::Over => Ok(()),
        }
    }

    /// Nothing may fall between the cursor and the first page, so the cursor is first.
    fn start(&mut self) -> Result<()> {
        self.source.prove_credential()?;
        if self.request.mode == PullMode::Changes {
            revision_of(&self.source.info(), &self.request)?;
        }
        self.cursor = Some(cursor(&self.source.info(), &self.request, self.source.vendor().revision())?);
        self.kinds = self.request.wanted().collect();
        self.stage = Stage::NextKind;
        Ok(())
    }

    fn next_kind(&mut self) -> Result<()> {
        let Some(kind) = self.kinds.pop_front() else {
            let cursor = self.cursor.take().map(|cursor| PullEvent::Checkpoint(Box::new(cursor)));
            self.queue.extend(cursor.map(|event| Queued { event, _alive: None }));
            return Ok(());
        };
        self.push(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) });
        self.stage = match self.request.mode {
            PullMode::Full => Stage::Page { kind, token: None, page: 1, rows: RowCounts::default() },
            PullMode::Changes => {
                Stage::Feed { kind, since: revision_of(&self.source.info(), &self.request)? }
            }
        };
        Ok(())
    }

    async fn page(
        &mut self,
        kind: EntityKind,
        token: Option<String>,
        page: u64,
        mut rows: RowCounts,
    ) -> Result<()> {
        self.cx.observer().notice(&Notice::Request { operation: kind.as_str() });
        let answer = self.source.vendor().page(kind, &self.request, token.as_deref()).await;
        let answer = answer.map_err(refused)?;
        let stop = answer.rows.is_empty() && self.source.paging() == Paging::StopsAtEmptyPage;
        for row in answer.rows {
            rows.rows += 1;
            match row.record {
                Some(_) => rows.used += 1,
                None => rows.rejected += 1,
            }
            self.push_row(kind, row, page);
        }
        match answer.next {
            Some(next) if !stop => {
                if token.as_ref() == Some(&next) && self.source.paging() != Paging::FollowsAnyToken {
                    return Err(failure(ErrorKind::Provider, "the same page token came twice"));
                }
                self.stage = Stage::Page { kind, token: Some(next), page: page + 1, rows };
            }
            _ => {
                self.cx.observer().notice(&Notice::File { file: kind.as_str(), rows });
                self.end(kind, Completeness::Complete);
            }
        }
        Ok(())
    }

    async fn feed(&mut self, kind: EntityKind, since: usize) -> Result<()> {
        self.cx.observer().notice(&Notice::Request { operation: "changes" });
        let unchanged = since == self.source.vendor().revision();
        let feed = self.source.vendor().changes(kind, &self.request, since).await.map_err(refused)?;
        for row in feed.rows {
            self.push_row(kind, row, 1);
        }
        for id in feed.deletes {
            self.push(PullEvent::Delete { kind, id });
        }
        let completeness = if feed.needs_full {
            Completeness::Partial {
                code: PartialCode::NeedsFull,
                reason: "records came into scope or left it".to_owned(),
            }
        } else if unchanged {
            Completeness::Unchanged
        } else {
            Completeness::Changes
        };
        self.end(kind, completeness);
        Ok(())
    }

    fn push_row(&mut self, kind: EntityKind, row: Row, page: u64) {
        let place = Place::Page { operation: kind.as_str().into(), page };
        let event = if let Some(record) = row.record {
            PullEvent::Upsert {
                record: seen_by(record, &self.request),
                unseen: FieldSet::EMPTY,
                place: Some(Arc::new(place)),
            }
        } else {
            let message = "the record can't be read; it was left out";
            let problem = Problem::error("bad_record", message).of(kind).with_id(row.id).at(place);
            PullEvent::Problem(Box::new(problem))
        };
        self.queue.push_back(Queued { event, _alive: Some(row.alive) });
    }

    fn push(&mut self, event: PullEvent) {
        self.queue.push_back(Queued { event, _alive: None });
    }

    fn end(&mut self, kind: EntityKind, completeness: Completeness) {
        self.push(PullEvent::End { kind, slice: Slice::All, completeness });
        self.stage = Stage::NextKind;
    }
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::BrokeOff => failure(ErrorKind::Transport, "the answer broke off"),
        Refusal::Died => failure(ErrorKind::Transport, "the reader died"),
        Refusal::Forgotten => {
            failure(ErrorKind::CursorExpired, "changes that old are forgotten; pull in full")
        }
        Refusal::NoSuchRevision => {
            failure(ErrorKind::CursorInvalid, "there is no such revision; pull in full")
        }
    }
}

fn failure(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, PROVIDER, "reading a page", message)
}
