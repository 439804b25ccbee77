//! The harness of a sabotaged source.

use roster_core::{PullRequest, Scope};

use super::{Sabotage, SabotagedSource};
use crate::{Broken, Change, Fault, Harness, Limits, Live, Support, Truth, scripted::ScriptedHarness};

/// Long since too many for the sample, so that an endless stream is found out quickly.
const EVENTS: usize = 2_000;

/// The harness of the scripted source with one defect. It is honest itself.
#[derive(Clone, Debug)]
pub struct SabotagedHarness {
    healthy: ScriptedHarness,
    sabotage: Sabotage,
}

impl SabotagedHarness {
    /// With this defect.
    pub fn new(sabotage: Sabotage) -> Self {
        Self { healthy: ScriptedHarness::new(), sabotage }
    }
}

impl Harness for SabotagedHarness {
    type Source = SabotagedSource;

    async fn open(&self) -> SabotagedSource {
        SabotagedSource::new(self.healthy.open().await, self.sabotage)
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        self.healthy.truth(request).await
    }

    async fn open_other_tenant(&self) -> Option<SabotagedSource> {
        let source = self.healthy.open_other_tenant().await?;
        Some(SabotagedSource::new(source, self.sabotage))
    }

    async fn open_with_foreign_credential(&self) -> Option<SabotagedSource> {
        let source = self.healthy.open_with_foreign_credential().await?;
        Some(SabotagedSource::new(source, self.sabotage))
    }

    async fn next_day(&self) -> Option<Change> {
        self.healthy.next_day().await
    }

    async fn enter_scope(&self) -> Option<Change> {
        self.healthy.enter_scope().await
    }

    async fn break_record(&self) -> Option<Broken> {
        self.healthy.break_record().await
    }

    async fn fault(&self, fault: Fault) -> Support {
        self.healthy.fault(fault).await
    }

    fn scope(&self) -> Option<Scope> {
        self.healthy.scope()
    }

    fn secrets(&self) -> Vec<String> {
        self.healthy.secrets()
    }

    fn personal(&self) -> Vec<String> {
        self.healthy.personal()
    }

    fn work(&self) -> Option<u64> {
        self.healthy.work()
    }

    fn live(&self) -> Option<Live> {
        self.healthy.live()
    }

    fn limits(&self) -> Limits {
        Limits::default().with_events(EVENTS)
    }
}
