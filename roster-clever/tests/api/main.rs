//! What is asked of Clever, and what is made of its answers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod faults;
mod feed;
mod recorded;
mod requests;
mod shapes;
mod sharing;
mod tenants;

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use roster_clever::{CleverSource, CleverSourceBuilder};
use roster_core::{
    Completeness, Cursor, EntityKind, Error, Problem, PullContext, PullEvent, PullRequest, Record,
    RosterSource, Slice,
};
use roster_testkit::{
    TestClock,
    district::DistrictSpec,
    sandbox::{CleverOptions, CleverSandbox},
};

/// What a pull told.
#[derive(Default)]
struct Told {
    events: Vec<PullEvent>,
    error: Option<Error>,
}

impl Told {
    fn records(&self) -> BTreeMap<(EntityKind, String), Record> {
        let upserts = self.events.iter().filter_map(|event| match event {
            PullEvent::Upsert { record, .. } => {
                Some(((record.kind(), record.id().to_string()), record.clone()))
            }
            _ => None,
        });
        upserts.collect()
    }

    fn count(&self, kind: EntityKind) -> usize {
        self.records().keys().filter(|(of, _)| *of == kind).count()
    }

    fn problems(&self) -> Vec<&Problem> {
        let problems = self.events.iter().filter_map(|event| match event {
            PullEvent::Problem(problem) => Some(&**problem),
            _ => None,
        });
        problems.collect()
    }

    fn codes(&self) -> Vec<&str> {
        self.problems().into_iter().map(|problem| &*problem.code).collect()
    }

    fn ends(&self, kind: EntityKind) -> Vec<(&Slice, &Completeness)> {
        let ends = self.events.iter().filter_map(|event| match event {
            PullEvent::End { kind: of, slice, completeness } if *of == kind => Some((slice, completeness)),
            _ => None,
        });
        ends.collect()
    }

    /// How the kind ended as a whole.
    fn end(&self, kind: EntityKind) -> &Completeness {
        self.ends(kind).into_iter().find(|(slice, _)| **slice == Slice::All).unwrap().1
    }

    fn cursor(&self) -> Option<Cursor> {
        let cursors = self.events.iter().filter_map(|event| match event {
            PullEvent::Checkpoint(cursor) => Some((**cursor).clone()),
            _ => None,
        });
        cursors.collect::<Vec<_>>().pop()
    }

    fn whole(self) -> Self {
        assert!(self.error.is_none(), "{:?}", self.error);
        self
    }
}

async fn pull_with(source: &CleverSource, request: PullRequest, cx: PullContext) -> Told {
    let mut told = Told::default();
    let mut stream = source.pull(request, cx);
    while let Some(item) = stream.next().await {
        match item {
            Ok(event) => told.events.push(event),
            Err(error) => told.error = Some(error),
        }
    }
    told
}

async fn pull(source: &CleverSource, request: PullRequest) -> Told {
    pull_with(source, request, context()).await
}

/// Waits pass at once.
fn context() -> PullContext {
    PullContext::default().with_clock(Arc::new(TestClock::default()))
}

fn sandbox(students: usize, options: CleverOptions) -> CleverSandbox {
    let district = DistrictSpec::new(31).schools(3).students(students).generate();
    CleverSandbox::start_with(district, options).unwrap()
}

fn builder(sandbox: &CleverSandbox) -> CleverSourceBuilder {
    CleverSource::builder().base_url(sandbox.base_url()).district(sandbox.district_id())
}

fn source(sandbox: &CleverSandbox) -> CleverSource {
    builder(sandbox).client(sandbox.client_id(), sandbox.client_secret()).build().unwrap()
}
