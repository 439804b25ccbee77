//! The stream: collection after collection, or event after event.

mod catalogue;
mod ends;
mod feed;
mod intake;
mod parts;
mod plan;
mod recalled;
mod sharing;
mod standing;
mod whole;

use std::sync::Arc;

use futures::{StreamExt, stream};
use roster_core::{
    Error, ErrorKind, PullContext, PullEvent, PullMode, PullRequest, PullStream, Result, SourceInfo,
};

use self::{feed::Feed, intake::Intake, whole::Whole};
use crate::{
    changes::{Position, expired},
    client::Client,
    error::is_withheld,
    map::{self, Row, Said, Wants},
    source::PROVIDER,
};

pub(crate) use self::{sharing::Shared, standing::sentence};

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

impl Pull {
    pub(crate) fn new(
        info: SourceInfo,
        client: Client,
        request: PullRequest,
        position: Option<Position>,
        cx: PullContext,
    ) -> Self {
        let shared = position.as_ref().map(Position::shared).unwrap_or_default();
        let intake = Intake::new(&request, shared.clone());
        let wants = Arc::new(Wants {
            sensitive: request.sensitive.clone(),
            extra: request.extra,
            shared: shared.facts,
        });
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
}

/// The district's row as a record, and how it is with it.
fn district_of(row: Row) -> Option<(map::District, Row)> {
    let Row { id, said, problems, unseen } = row;
    match said {
        Said::District(district) => Some((*district, Row { id, said: Said::Nothing, problems, unseen })),
        _ => None,
    }
}
