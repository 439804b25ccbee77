//! The loop that every event passes through.

use std::{collections::BTreeSet, future::poll_fn, pin::pin, task::Poll};

use roster::{Cursor, EntityKind, Error, ErrorKind, PullEvent, PullStream, Slice, Tally};

use super::ndjson::Ndjson;
use crate::{outcome::Failure, progress::Progress};

/// After how many events the loop looks up: shows progress, and lets signals through.
const BEAT: u32 = 1024;

/// What a pull has come to so far.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) tally: Tally,
    /// Kinds that ended as one whole slice: they are done, whatever comes later.
    pub(super) whole: BTreeSet<EntityKind>,
    pub(super) cursor: Option<Cursor>,
}

/// A pull under way.
pub(super) struct Pulling<'a> {
    counts: Counts,
    events: Option<Ndjson<'a>>,
    progress: Option<Progress>,
}

impl<'a> Pulling<'a> {
    pub(super) fn new(events: Option<Ndjson<'a>>, progress: Option<Progress>) -> Self {
        Self { counts: Counts::default(), events, progress }
    }

    /// Ends it: takes the progress away and gives the counts.
    pub(super) fn finish(self) -> Counts {
        drop(self.progress);
        self.counts
    }

    fn event(&mut self, event: PullEvent) -> Result<(), Failure> {
        self.counts.tally.count(&event);
        if let Some(events) = &mut self.events {
            events.write(&event)?;
        }
        match event {
            PullEvent::Checkpoint(cursor) => self.counts.cursor = Some(*cursor),
            PullEvent::End { kind, slice: Slice::All, .. } => {
                self.counts.whole.insert(kind);
            }
            _ => {}
        }
        Ok(())
    }

    fn beat(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.show(self.counts.tally.delivered(), self.counts.tally.problems());
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.events.as_mut().map_or(Ok(()), Ndjson::flush)
    }
}

/// Takes events until the pull ends, fails or is stopped.
///
/// Written as one future, since a `select` for each of a million events would take longer than the events.
pub(super) async fn drive(
    mut pull: PullStream,
    stop: impl Future<Output = ()>,
    pulling: &mut Pulling<'_>,
) -> Result<(), Failure> {
    let mut stop = pin!(stop);
    let mut events: u32 = 0;
    poll_fn(|cx| {
        loop {
            match pull.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(event))) => pulling.event(event)?,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Failure::Roster(error))),
                Poll::Ready(None) => return Poll::Ready(pulling.end()),
                Poll::Pending => break,
            }
            events = events.wrapping_add(1);
            if events.is_multiple_of(BEAT) {
                // A source that never waits would keep signals from being heard.
                cx.waker().wake_by_ref();
                break;
            }
        }
        pulling.beat();
        stop.as_mut().poll(cx).map(|()| Err(stopped()))
    })
    .await
}

fn stopped() -> Failure {
    let message = "a signal stopped the pull, so it is not whole";
    Error::new(ErrorKind::Cancelled, "host", "pulling", message).into()
}
