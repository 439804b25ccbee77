//! One source under a check.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use roster_core::{
    Clock, Cursor, EntityKind, Observer, PullContext, PullEvent, PullMode, PullRequest, RosterSource,
    SensitiveField, jiff::Timestamp,
};

use super::{
    form::{Form, Opened},
    pulled::Pulled,
    verdict::Breach,
};
use crate::{Harness, Truth};

/// One source under a check.
pub(super) struct Case<'h, H: Harness> {
    pub(super) harness: &'h H,
    pub(super) source: Opened<H::Source>,
    form: Form,
}

impl<'h, H: Harness> Case<'h, H> {
    pub(super) async fn open(harness: &'h H, form: Form) -> Self {
        Self { harness, source: form.open(harness).await, form }
    }

    /// Another source in the same wrapping.
    pub(super) fn with(&self, source: H::Source) -> Self {
        Self { harness: self.harness, source: self.form.wrap(source), form: self.form }
    }

    /// The same source as after a restart of the host.
    pub(super) async fn reopened(&self) -> Self {
        Self::open(self.harness, self.form).await
    }

    /// The kinds that are asked for and supported.
    pub(super) fn due(&self, request: &PullRequest) -> Vec<EntityKind> {
        let capabilities = self.source.capabilities();
        request.wanted().filter(|kind| capabilities.supports(*kind)).collect()
    }

    pub(super) async fn truth(&self, request: &PullRequest) -> Truth {
        let due = self.due(request);
        self.harness.truth(request).await.limited_to(|kind| due.contains(&kind))
    }

    pub(super) async fn pull_in(&self, request: PullRequest, cx: PullContext) -> Pulled {
        Pulled::read(self.source.pull(request, cx), self.harness.limits().events).await
    }

    pub(super) async fn pull(&self, request: PullRequest) -> Pulled {
        self.pull_in(request, self.harness.context()).await
    }

    /// The harness's context, heard by somebody else.
    pub(super) fn heard_by(&self, observer: Arc<dyn Observer>) -> PullContext {
        PullContext::new(observer).with_clock(Arc::new(ClockOf(self.harness.context())))
    }

    /// A pull that has to come to a good end.
    pub(super) async fn whole(&self, request: PullRequest) -> Result<Pulled, Breach> {
        let what = match request.mode {
            PullMode::Full => "a full pull",
            PullMode::Changes => "a changes pull",
        };
        self.pull(request).await.whole(what)
    }

    /// The pulls that a host makes: one without sensitive fields, one with all there is, and one of a day's changes.
    pub(super) async fn usual_pulls(&self) -> Result<Vec<Usual>, Breach> {
        let mut pulls = Vec::new();
        let everything = PullRequest::full().with_sensitive(SensitiveField::ALL).with_extra();
        for request in [PullRequest::full(), everything.clone()] {
            let pulled = self.whole(request.clone()).await?;
            pulls.push(Usual { request, pulled });
        }
        if let Some(cursor) = pulls.last().and_then(|usual| usual.pulled.cursor()) {
            // Whether a day can pass does not matter: changes of no day have a frame, too.
            let _ = self.harness.next_day().await;
            let request = changes(&everything, cursor);
            let pulled = self.pull(request.clone()).await.ended()?;
            if !pulled.is_refused() {
                let pulled = pulled.whole("a changes pull")?;
                pulls.push(Usual { request, pulled });
            }
        }
        Ok(pulls)
    }
}

#[derive(Debug)]
struct ClockOf(PullContext);

impl Clock for ClockOf {
    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }

    fn wait(&self, time: Duration) -> Option<BoxFuture<'static, ()>> {
        self.0.clock().wait(time)
    }
}

/// A request and what came of it.
pub(super) struct Usual {
    pub(super) request: PullRequest,
    pub(super) pulled: Pulled,
}

impl Usual {
    pub(super) fn events(&self) -> &[PullEvent] {
        &self.pulled.events
    }
}

/// What changed since `cursor`, and otherwise the same request.
pub(super) fn changes(request: &PullRequest, cursor: Cursor) -> PullRequest {
    let mut request = request.clone();
    request.mode = PullMode::Changes;
    request.cursor = Some(cursor);
    request
}
