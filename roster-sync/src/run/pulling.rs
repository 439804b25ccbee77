//! The stream into the stage.

use futures::StreamExt;
use roster_core::{
    Completeness, Error, ErrorKind, PartialCode, PullContext, PullEvent, PullMode, Result, RosterSource,
};

use super::{loading::Loading, start::Start};
use crate::{
    Mode, Session,
    stage::{Quarantine, Stage, Taken},
};

/// After how many events the store is asked what it has read meanwhile.
const LOOK: u32 = 1024;
/// After how many events others get their turn.
const TURN: u32 = 4096;

/// How a pull went.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) mode: Mode,
    pub(super) notes: Vec<String>,
    pub(super) error: Option<Error>,
}

impl Pulled {
    /// Why the next pull has to be a full one, if so.
    ///
    /// What a full pull could not read is told by no feed. What the vendor withholds or has frozen, another full pull would
    /// not see either.
    pub(super) fn needs_full(&self, stage: &Stage) -> Option<String> {
        let asked = stage.slices.iter().find_map(|(kind, _, completeness)| match (self.mode, completeness) {
            (_, Completeness::Partial { code: PartialCode::NeedsFull, .. }) => {
                Some(format!("only a full pull can tell all of the kind {kind}"))
            }
            (Mode::Full, Completeness::Partial { code: PartialCode::Unreadable, .. }) => {
                Some(format!("the last full pull could not read all of the kind {kind}"))
            }
            _ => None,
        });
        asked.or_else(|| stage.unclear.clone().filter(|_| self.mode == Mode::Changes))
    }
}

/// Pulls into a stage. A cursor that is refused or too old turns it into a full pull at once.
pub(super) async fn pull(
    source: &dyn RosterSource,
    cx: &PullContext,
    start: Start,
    session: &mut dyn Session,
) -> Result<(Stage, Pulled)> {
    let (stage, pulled) = once(source, cx, start.clone(), session).await?;
    let refused = pulled.error.as_ref().filter(|error| {
        pulled.mode == Mode::Changes
            && matches!(error.kind(), ErrorKind::CursorInvalid | ErrorKind::CursorExpired)
    });
    if let Some(error) = refused {
        let note = format!("Everything was pulled, since the cursor could not be used: {}.", error.message());
        return once(source, cx, start.in_full(note), session).await;
    }
    Ok((stage, pulled))
}

async fn once(
    source: &dyn RosterSource,
    cx: &PullContext,
    start: Start,
    session: &mut dyn Session,
) -> Result<(Stage, Pulled)> {
    let in_steps = start.request.mode == PullMode::Changes;
    let quarantine = Quarantine::new(session.quarantined().await?);
    let mut loading = Loading::of(session);
    let mut stage = Stage::new(quarantine, &start.request, in_steps);
    let mut stream = source.pull(start.request, cx.clone());
    let mut error = None;
    let mut events: u32 = 0;
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => {
                if stage.known.is_behind() && matches!(event, PullEvent::Upsert { .. }) {
                    loading.more(&mut stage.known).await?;
                }
                match stage.take(event) {
                    Taken::Done => {}
                    Taken::Full => settle(&mut stage, None, &mut loading).await?,
                    Taken::After(event) => settle(&mut stage, Some(event), &mut loading).await?,
                }
            }
            Err(fault) => error = Some(fault),
        }
        events = events.wrapping_add(1);
        if events.is_multiple_of(LOOK) {
            loading.look(&mut stage.known)?;
        }
        if events.is_multiple_of(TURN) {
            turn().await;
        }
    }
    if stage.knows_only_that_nothing_changed() {
        stage.known.complete();
    } else {
        loading.all(&mut stage.known).await?;
    }
    stage.settle(None).await?;
    if error.is_some() {
        stage.back_to_checkpoint();
    }
    let mode = if in_steps { Mode::Changes } else { Mode::Full };
    Ok((stage, Pulled { mode, notes: start.note.into_iter().collect(), error }))
}

/// Lets other tasks of the runtime work: a source that always has something never lets go by itself.
async fn turn() {
    let mut over = false;
    std::future::poll_fn(|cx| {
        if over {
            return std::task::Poll::Ready(());
        }
        over = true;
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Does what can't do without all that the store knows.
async fn settle(stage: &mut Stage, event: Option<PullEvent>, loading: &mut Loading<'_>) -> Result<()> {
    loading.all(&mut stage.known).await?;
    stage.settle(event).await
}
