//! A source that plays what it is given.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, EntityKind, Error, ErrorKind, FieldSet, KindCapability, PullContext,
    PullEvent, PullRequest, PullStream, Result, RosterSource, SourceInfo, async_trait,
};

const PROVIDER: &str = "playback";

/// A source that plays given items, one script a pull, in the order in which streams are first polled.
///
/// It keeps no law by itself: it is for tests of what a host makes of a sequence of events, lawful or not.
///
/// ```
/// use futures::StreamExt;
/// use roster_core::{PullContext, PullRequest, RosterSource};
/// use roster_testkit::scripted::Playback;
///
/// let source = Playback::new("t1").then(Vec::new());
/// futures::executor::block_on(async {
///     let pull = || source.pull(PullRequest::full(), PullContext::default());
///     assert!(pull().next().await.is_none());
///     assert!(pull().next().await.unwrap().is_err(), "no script is left");
/// });
/// ```
#[derive(Clone)]
pub struct Playback {
    tenant: String,
    capabilities: Capabilities,
    scripts: Arc<Mutex<VecDeque<Vec<Result<PullEvent>>>>>,
}

impl Playback {
    /// Nothing to play yet; all kinds are supported, as whole sets.
    pub fn new(tenant: impl Into<String>) -> Self {
        let capabilities = EntityKind::ALL.into_iter().fold(Capabilities::default(), |capabilities, kind| {
            capabilities.with(kind, KindCapability::whole_sets(FieldSet::all(kind)))
        });
        Self { tenant: tenant.into(), capabilities, scripts: Arc::default() }
    }

    /// With other capabilities.
    #[must_use]
    pub fn able_to(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// One pull more.
    #[must_use]
    pub fn then(self, items: impl IntoIterator<Item = Result<PullEvent>>) -> Self {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).push_back(items.into_iter().collect());
        self
    }
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playback").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

#[async_trait]
impl RosterSource for Playback {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    async fn check(&self, _: &PullContext) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        report.granted.extend(self.capabilities.kinds.keys().copied());
        Ok(report)
    }

    fn pull(&self, _: PullRequest, _: PullContext) -> PullStream {
        let scripts = Arc::clone(&self.scripts);
        stream::once(async move {
            let script = scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            script.unwrap_or_else(|| {
                let message = "there are no more scripts than were given";
                vec![Err(Error::new(ErrorKind::Unsupported, PROVIDER, "playing a script", message))]
            })
        })
        .flat_map(stream::iter)
        .boxed()
    }
}
