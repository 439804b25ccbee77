//! A source that can be stopped, and shows how far it is.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{Stream, StreamExt, stream};
use roster::{
    Capabilities, CheckReport, Error, ErrorKind, PullContext, PullEvent, PullRequest, PullStream, Result,
    RosterSource, SourceInfo, async_trait,
};

use crate::{observer::Counting, output::Output, progress::Progress, stop};

/// After how many events it looks up: shows progress, and lets signals through.
const BEAT: u32 = 1024;

/// Does what its source does, until a signal comes: the pull then ends with an error, and the run is recorded as failed.
#[derive(Debug)]
pub(crate) struct Watched {
    source: Box<dyn RosterSource>,
    counting: Arc<Counting>,
    is_shown: bool,
}

impl Watched {
    pub(crate) fn new(source: Box<dyn RosterSource>, output: Output) -> Self {
        Self { source, counting: Arc::default(), is_shown: output == Output::Text }
    }

    pub(crate) fn counting(&self) -> Arc<Counting> {
        self.counting.clone()
    }
}

#[async_trait]
impl RosterSource for Watched {
    fn info(&self) -> SourceInfo {
        self.source.info()
    }

    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        self.source.check(cx).await
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let pull = self.source.pull(request, cx);
        let progress = self.is_shown.then(Progress::start);
        watch(pull, stop::signal(), progress).boxed()
    }
}

fn watch(
    pull: PullStream,
    stop: impl Future<Output = ()> + Send + 'static,
    progress: Option<Progress>,
) -> impl Stream<Item = Result<PullEvent>> + Send {
    let mut watch =
        Watch { pull: Some(pull), stop: Box::pin(stop), progress, events: 0, records: 0, problems: 0 };
    stream::poll_fn(move |cx| watch.next(cx))
}

struct Watch {
    /// `None` once it is over.
    pull: Option<PullStream>,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    progress: Option<Progress>,
    events: u32,
    records: u64,
    problems: u64,
}

impl Watch {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<PullEvent>>> {
        let Some(pull) = &mut self.pull else {
            return Poll::Ready(None);
        };
        self.events = self.events.wrapping_add(1);
        if self.events.is_multiple_of(BEAT) {
            // A source that never waits would keep signals from being heard.
            cx.waker().wake_by_ref();
        } else {
            match pull.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(event))) => {
                    self.count(&event);
                    return Poll::Ready(Some(Ok(event)));
                }
                Poll::Ready(last) => {
                    self.end();
                    return Poll::Ready(last);
                }
                Poll::Pending => {}
            }
        }
        if let Some(progress) = &mut self.progress {
            progress.show(self.records, self.problems);
        }
        self.stop.as_mut().poll(cx).map(|()| {
            self.end();
            let message = "a signal stopped the pull, so it is not whole";
            Some(Err(Error::new(ErrorKind::Cancelled, "host", "pulling", message)))
        })
    }

    fn count(&mut self, event: &PullEvent) {
        match event {
            PullEvent::Upsert { .. } => self.records += 1,
            PullEvent::Problem(_) => self.problems += 1,
            _ => {}
        }
    }

    /// Gives the source and the terminal free at once, not when the run is over.
    fn end(&mut self) {
        self.pull = None;
        self.progress = None;
    }
}

#[cfg(test)]
mod tests {
    use roster::EntityKind;

    use super::*;

    fn deletes(count: usize) -> PullStream {
        let delete = |n: usize| PullEvent::Delete { kind: EntityKind::Org, id: n.to_string().into() };
        stream::iter((0..count).map(move |n| Ok(delete(n)))).boxed()
    }

    fn drained(stop: impl Future<Output = ()> + Send + 'static) -> Vec<Result<PullEvent>> {
        crate::source::block_on(async { Ok(watch(deletes(5000), stop, None).collect().await) }).unwrap()
    }

    #[test]
    fn all_events_pass() {
        let events = drained(futures::future::pending());
        assert_eq!(events.len(), 5000);
        assert!(events.iter().all(Result::is_ok));
    }

    #[test]
    fn a_signal_ends_it_with_an_error() {
        let events = drained(futures::future::ready(()));
        assert_eq!(events.len(), 1024);
        let error = events.last().unwrap().as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}
