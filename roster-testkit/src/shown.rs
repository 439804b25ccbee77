//! What a source lets be seen: for tests that no secret and no personal datum is in it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use futures::StreamExt;
use roster_core::{PullContext, PullEvent, PullRequest, RosterSource};

/// A log in memory. Clones write into the same one.
///
/// With `tracing-subscriber`: `.with_writer(log.writer())`.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Makes writers into it.
    pub fn writer(&self) -> impl Fn() -> Self + Send + Sync + 'static {
        let log = self.clone();
        move || log.clone()
    }

    /// All that was written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that a pull lets be seen of its events: what `Debug` shows, what problems and errors say, and cursors as they are kept.
pub async fn shown_by(source: &dyn RosterSource, request: PullRequest, cx: PullContext) -> String {
    let mut shown = format!("{source:?}{:?}", source.info());
    let mut stream = source.pull(request, cx);
    while let Some(item) = stream.next().await {
        shown.push_str(&format!("{item:?}"));
        shown.push_str(&match item {
            Ok(PullEvent::Problem(problem)) => format!("{} {:?}", problem.message, problem.place),
            Ok(PullEvent::Checkpoint(cursor)) => serde_json::to_string(&cursor).unwrap_or_default(),
            Ok(PullEvent::End { completeness, .. }) => format!("{completeness:?}"),
            Err(error) => error.to_string(),
            _ => String::new(),
        });
    }
    shown
}
