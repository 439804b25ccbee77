//! Stories: ClassLink as it is, on good and bad nights.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod credentials;
mod large;
mod revisions;
mod shapes;
mod tenants;

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use roster_classlink::ClassLinkSource;
use roster_core::{
    Completeness, Cursor, EntityKind, Error, Problem, PullContext, PullEvent, PullMode, PullRequest, Record,
    RosterSource, SourcedId,
};
use roster_testkit::{
    TestClock,
    district::{DistrictSpec, OneRosterVersion, what_oneroster_says},
    sandbox::{ClassLinkOptions, ClassLinkSandbox, OneRosterOptions, OneRosterSandbox},
};

/// Small districts.
fn sandbox(servers: impl FnOnce(OneRosterOptions) -> OneRosterOptions) -> ClassLinkSandbox {
    let spec = DistrictSpec::new(11).schools(2).students(40);
    ClassLinkSandbox::start_with(&spec, &ClassLinkOptions::default().servers(servers)).unwrap()
}

fn source(sandbox: &ClassLinkSandbox, way: &str) -> ClassLinkSource {
    ClassLinkSource::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.partner_token())
        .tenant(tenant(sandbox))
        .access(way)
        .build()
        .unwrap()
}

/// The last live district, behind the first hundred of the list.
fn tenant(sandbox: &ClassLinkSandbox) -> String {
    sandbox.live().pop().unwrap()
}

fn server(sandbox: &ClassLinkSandbox) -> &OneRosterSandbox {
    sandbox.server(&tenant(sandbox)).unwrap()
}

/// Waits pass at once.
fn context() -> PullContext {
    PullContext::default().with_clock(Arc::new(TestClock::default()))
}

/// In pages of 30.
fn paged() -> PullRequest {
    let mut request = PullRequest::full();
    request.page_size = Some(30);
    request
}

type Records = BTreeMap<(EntityKind, SourcedId), Record>;

/// What a district would deliver without sensitive fields.
fn truth(server: &OneRosterSandbox) -> Vec<(EntityKind, SourcedId)> {
    let said: Vec<Record> =
        what_oneroster_says(&server.district(), OneRosterVersion::V1_1).records().collect();
    let truth = roster_testkit::Truth::of(&said, &PullRequest::full());
    let mut ids: Vec<_> = truth.present.iter().map(|(kind, id)| (kind, id.clone())).collect();
    ids.sort();
    ids
}

/// What a pull delivered.
#[derive(Default)]
struct Pulled {
    records: Records,
    deleted: Vec<(EntityKind, SourcedId)>,
    ends: BTreeMap<EntityKind, Completeness>,
    problems: Vec<Problem>,
    cursor: Option<Cursor>,
    error: Option<Error>,
}

impl Pulled {
    async fn of(source: &ClassLinkSource, request: PullRequest) -> Self {
        let mut pulled = Self::default();
        let mut stream = source.pull(request, context());
        while let Some(event) = stream.next().await {
            match event {
                Ok(PullEvent::Upsert { record, .. }) => {
                    pulled.records.insert((record.kind(), record.id().clone()), record);
                }
                Ok(PullEvent::Delete { kind, id }) => {
                    pulled.records.remove(&(kind, id.clone()));
                    pulled.deleted.push((kind, id));
                }
                Ok(PullEvent::Problem(problem)) => pulled.problems.push(*problem),
                Ok(PullEvent::End { kind, completeness, .. }) => {
                    assert!(pulled.ends.insert(kind, completeness).is_none(), "{kind} ended twice");
                }
                Ok(PullEvent::Checkpoint(cursor)) => pulled.cursor = Some(*cursor),
                Ok(_) => {}
                Err(error) => pulled.error = Some(error),
            }
        }
        pulled
    }

    fn is_whole(&self) -> bool {
        self.error.is_none() && self.ends.len() == 6 && self.end_all(&Completeness::Complete)
    }

    fn end_all(&self, as_this: &Completeness) -> bool {
        self.ends.values().all(|end| end == as_this)
    }

    fn ids(&self) -> Vec<(EntityKind, SourcedId)> {
        self.records.keys().cloned().collect()
    }

    fn changes(&self, request: &PullRequest) -> PullRequest {
        let mut request = request.clone();
        request.mode = PullMode::Changes;
        request.cursor.clone_from(&self.cursor);
        request
    }
}
