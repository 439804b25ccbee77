//! The scripted source with one defect.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, channel::mpsc, future::BoxFuture, stream};
use roster_core::{
    Capabilities, CheckReport, EntityKind, Error, ErrorKind, FieldSet, Incremental, PullContext, PullRequest,
    PullStream, Result, RosterSource, SourceInfo, async_trait,
};

use super::{Sabotage, cursors::Binding, spoiler::Spoiler};
use crate::scripted::{PROVIDER, Paging, Row, ScriptedSource};

/// A piece of the sample's data, to be shown where none may be.
pub(super) const CANARY: &str = "Cottersham";

/// The [scripted source](ScriptedSource) with one defect. Needs a tokio runtime.
pub struct SabotagedSource {
    inner: ScriptedSource,
    sabotage: Sabotage,
    /// Tells this source from the one that was open before a restart.
    number: u64,
}

impl SabotagedSource {
    /// Puts a defect into a source.
    pub fn new(inner: ScriptedSource, sabotage: Sabotage) -> Self {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let inner = match sabotage {
            Sabotage::StopAtEmptyPage => inner.follow(Paging::StopsAtEmptyPage),
            Sabotage::EndlessPages => inner.follow(Paging::FollowsAnyToken),
            Sabotage::ForeignCredential => ScriptedSource::new(inner.vendor().clone()),
            _ => inner,
        };
        Self { inner, sabotage, number: OPENED.fetch_add(1, Ordering::Relaxed) }
    }

    /// Asks the vendor for something that nobody waits for.
    fn ask_in_passing(&self) {
        let vendor = self.inner.vendor().clone();
        tokio::spawn(async move {
            let answer = vendor.page(EntityKind::Org, &PullRequest::full(), None).await;
            drop(answer);
        });
    }
}

impl fmt::Debug for SabotagedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SabotagedSource");
        debug.field("inner", &self.inner).field("sabotage", &self.sabotage);
        match self.sabotage {
            Sabotage::SecretInDebug => {
                debug.field("token", &ScriptedSource::token_of(self.inner.vendor().tenant()))
            }
            Sabotage::NameInDebug => debug.field("last", &CANARY),
            _ => &mut debug,
        };
        debug.finish_non_exhaustive()
    }
}

#[async_trait]
impl RosterSource for SabotagedSource {
    fn info(&self) -> SourceInfo {
        self.inner.info()
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        match self.sabotage {
            Sabotage::WorkInCapabilities => self.ask_in_passing(),
            Sabotage::UnpromisedFeed => {
                for capability in capabilities.kinds.values_mut() {
                    capability.incremental = Incremental::None;
                }
            }
            Sabotage::FieldsPromised => {
                for capability in capabilities.kinds.values_mut() {
                    capability.fields = FieldSet::EMPTY;
                }
            }
            _ => {}
        }
        capabilities
    }

    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        if self.sabotage == Sabotage::CheckFails {
            let message = "there is no such endpoint";
            return Err(Error::new(ErrorKind::NotFound, PROVIDER, "checking", message));
        }
        let mut report = self.inner.check(cx).await?;
        if self.sabotage == Sabotage::CheckForgetsAKind {
            report.granted.remove(&EntityKind::Person);
        }
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        if self.sabotage == Sabotage::WorkBeforeFirstPoll {
            self.ask_in_passing();
        }
        let binding = Binding::new(self.sabotage, &self.inner, self.number, &request);
        let events = self.inner.pull(binding.inner_request(), cx.clone());
        let events = match self.sabotage {
            Sabotage::WorkAfterDrop => read_ahead_for_ever(events),
            Sabotage::EverythingInMemory => after_hoarding(self.inner.clone(), request.clone(), events),
            _ => events,
        };
        Spoiler::new(self.sabotage, binding, request, cx).spoil(events)
    }
}

/// Reads in a task that does not care whether anybody listens.
fn read_ahead_for_ever(mut events: PullStream) -> PullStream {
    let start = async move {
        let (sender, receiver) = mpsc::unbounded();
        tokio::spawn(async move {
            while let Some(item) = events.next().await {
                // That the receiver is gone is what this task does not care about.
                drop(sender.unbounded_send(item));
            }
        });
        receiver
    };
    stream::once(start).flatten().boxed()
}

/// Reads all pages first, and keeps them until the end.
fn after_hoarding(source: ScriptedSource, request: PullRequest, events: PullStream) -> PullStream {
    let hoard = async move {
        let mut rows = Vec::new();
        for kind in request.wanted() {
            read_kind(&source, &request, kind, &mut rows).await;
        }
        rows
    };
    stream::unfold(Hoard::Unread(Box::pin(hoard), events), |hoard| async {
        let (rows, mut events) = match hoard {
            Hoard::Unread(reading, events) => (reading.await, events),
            Hoard::Read(rows, events) => (rows, events),
        };
        let item = events.next().await?;
        Some((item, Hoard::Read(rows, events)))
    })
    .boxed()
}

enum Hoard {
    Unread(BoxFuture<'static, Vec<Row>>, PullStream),
    Read(Vec<Row>, PullStream),
}

async fn read_kind(source: &ScriptedSource, request: &PullRequest, kind: EntityKind, rows: &mut Vec<Row>) {
    let mut token: Option<String> = None;
    while let Ok(page) = source.vendor().page(kind, request, token.as_deref()).await {
        rows.extend(page.rows);
        if page.next.is_none() || page.next == token {
            break;
        }
        token = page.next;
    }
}
