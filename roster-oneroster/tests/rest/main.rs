//! Stories: what a pull makes of servers as they are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod days;
mod faults;
mod foreign;
mod known;
mod odd;
mod schools;
mod signed;
mod whole;

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use roster_core::{
    Completeness, Cursor, EntityKind, Error, FieldSet, Problem, PullContext, PullEvent, PullRequest, Record,
    RosterSource, SensitiveField, SourcedId,
};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    TestClock,
    district::{DistrictSpec, OneRosterVersion},
    sandbox::{OneRosterOptions, OneRosterSandbox},
};

/// A small district, whose every collection but orgs and sessions has several pages.
fn sandbox(options: OneRosterOptions) -> OneRosterSandbox {
    let district = DistrictSpec::new(11).schools(2).students(40).generate();
    OneRosterSandbox::start_with(district, options).unwrap()
}

fn source(sandbox: &OneRosterSandbox) -> OneRosterSource {
    OneRosterSource::builder().base_url(sandbox.base_url()).token(sandbox.token()).build().unwrap()
}

/// Waits pass at once.
fn context() -> PullContext {
    PullContext::default().with_clock(Arc::new(TestClock::default()))
}

fn everything() -> PullRequest {
    let mut request = PullRequest::full().with_sensitive(SensitiveField::ALL);
    request.page_size = Some(30);
    request
}

/// What a pull delivered.
#[derive(Default)]
struct Pulled {
    records: BTreeMap<(EntityKind, SourcedId), (Record, FieldSet)>,
    deleted: Vec<(EntityKind, SourcedId)>,
    ends: BTreeMap<EntityKind, Completeness>,
    problems: Vec<Problem>,
    cursor: Option<Cursor>,
    error: Option<Error>,
}

impl Pulled {
    async fn of(source: &OneRosterSource, request: PullRequest) -> Self {
        let mut pulled = Self::default();
        let mut stream = source.pull(request, context());
        while let Some(event) = stream.next().await {
            match event {
                Ok(PullEvent::Upsert { record, unseen, .. }) => {
                    pulled.records.insert((record.kind(), record.id().clone()), (record, unseen));
                }
                Ok(PullEvent::Delete { kind, id }) => pulled.deleted.push((kind, id)),
                Ok(PullEvent::Problem(problem)) => pulled.problems.push(*problem),
                Ok(PullEvent::End { kind, completeness, .. }) => {
                    pulled.ends.insert(kind, completeness);
                }
                Ok(PullEvent::Checkpoint(cursor)) => pulled.cursor = Some(*cursor),
                Ok(_) => {}
                Err(error) => pulled.error = Some(error),
            }
        }
        pulled
    }

    fn is_whole(&self) -> bool {
        self.error.is_none() && self.ends.values().all(|end| *end == Completeness::Complete)
    }

    fn of_kind(&self, kind: EntityKind) -> usize {
        self.records.keys().filter(|(of, _)| *of == kind).count()
    }
}

const VERSIONS: [OneRosterVersion; 2] = [OneRosterVersion::V1_1, OneRosterVersion::V1_2];
