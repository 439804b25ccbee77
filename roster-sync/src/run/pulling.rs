//! The stream into the stage.

use futures::StreamExt;
use roster_core::{Completeness, Error, ErrorKind, PartialCode, PullContext, PullMode, Result, RosterSource};

use super::{host, start::Start};
use crate::{
    Mode, Session,
    known::Known,
    stage::{Quarantine, Stage, Taken},
};

/// How many pairs are read from the store at a time.
const PAIRS: usize = 16 * 1024;
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
    let mut stage = Stage::new(known(session).await?, quarantine, &start.request, in_steps);
    let mut stream = source.pull(start.request, cx.clone());
    let mut error = None;
    let mut events: u32 = 0;
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => match stage.take(event) {
                Taken::Done => {}
                Taken::Full => stage.settle(None).await?,
                Taken::After(event) => stage.settle(Some(event)).await?,
            },
            Err(fault) => error = Some(fault),
        }
        events = events.wrapping_add(1);
        if events.is_multiple_of(TURN) {
            turn().await;
        }
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

/// All that the store has, with nothing said of it yet.
pub(super) async fn known(session: &mut dyn Session) -> Result<Known> {
    let mut known = Known::default();
    let mut after = 0;
    loop {
        let pairs = session.pairs(after, PAIRS).await?;
        let Some(last) = pairs.last() else { break };
        if last.uid <= after {
            return Err(host(
                ErrorKind::Provider,
                "reading the store",
                "its pairs are not in the order of uids",
            ));
        }
        after = last.uid;
        known.extend(pairs);
    }
    known.finish();
    Ok(known)
}
