//! Stories of schools, on the sandbox, and requests and answers of other servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod access;
mod confirming;
mod days;
mod foreign;
mod judged;
mod migration;
mod own;
mod shared;
mod ties;
mod whole;
mod years;

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use roster_core::{
    Completeness, Cursor, EntityKind, Error, Problem, PullContext, PullEvent, PullRequest, Record,
    RosterSource, Slice, SourcedId,
};
use roster_testkit::{TestClock, sandbox::WondeSandbox};
use roster_wonde::{WondeAccount, WondeSource};

/// Waits pass at once.
fn cx() -> PullContext {
    PullContext::default().with_clock(Arc::new(TestClock::default()))
}

fn source(sandbox: &WondeSandbox, school: &str) -> WondeSource {
    WondeSource::builder().school(school).token(sandbox.token()).base_url(sandbox.base_url()).build().unwrap()
}

fn account(sandbox: &WondeSandbox) -> WondeAccount {
    WondeAccount::builder().token(sandbox.token()).base_url(sandbox.base_url()).build_account().unwrap()
}

/// What a pull told.
#[derive(Default)]
struct Told {
    records: BTreeMap<(EntityKind, SourcedId), Record>,
    deleted: Vec<(EntityKind, SourcedId)>,
    problems: Vec<Problem>,
    ends: Vec<(EntityKind, Slice, Completeness)>,
    unseen: BTreeMap<SourcedId, roster_core::FieldSet>,
    cursor: Option<Cursor>,
    error: Option<Error>,
}

impl Told {
    fn of(&self, kind: EntityKind) -> usize {
        self.records.keys().filter(|(of, _)| *of == kind).count()
    }

    fn codes(&self) -> Vec<&str> {
        self.problems.iter().map(|problem| &*problem.code).collect()
    }

    fn end(&self, kind: EntityKind, slice: &Slice) -> Option<&Completeness> {
        self.ends.iter().find(|(of, part, _)| *of == kind && part == slice).map(|(.., end)| end)
    }

    fn all(&self, kind: EntityKind) -> &Completeness {
        self.end(kind, &Slice::All).unwrap()
    }
}

async fn pull(source: &impl RosterSource, request: PullRequest) -> Told {
    let mut told = Told::default();
    let mut stream = source.pull(request, cx());
    while let Some(event) = stream.next().await {
        match event {
            Ok(PullEvent::Upsert { record, unseen, .. }) => {
                told.unseen.insert(record.id().clone(), unseen);
                told.records.insert((record.kind(), record.id().clone()), record);
            }
            Ok(PullEvent::Delete { kind, id }) => told.deleted.push((kind, id)),
            Ok(PullEvent::Problem(problem)) => told.problems.push(*problem),
            Ok(PullEvent::End { kind, slice, completeness }) => told.ends.push((kind, slice, completeness)),
            Ok(PullEvent::Checkpoint(cursor)) => told.cursor = Some(*cursor),
            Ok(_) => {}
            Err(error) => told.error = Some(error),
        }
    }
    told
}
