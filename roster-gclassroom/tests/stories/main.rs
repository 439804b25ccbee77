//! Stories: what a pull makes of Google as it is, and of what nobody here wrote.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod credentials;
mod faults;
mod quotas;
mod shapes;
mod syncs;
mod whole;

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use roster_core::{
    Completeness, Cursor, EntityKind, Error, FieldSet, Problem, PullContext, PullEvent, PullRequest, Record,
    RosterSource, SensitiveField, Slice, SourcedId,
};
use roster_gclassroom::{GClassroomSource, GClassroomSourceBuilder, GoogleRules};
use roster_testkit::{
    TestClock,
    district::DistrictSpec,
    sandbox::{GoogleOptions, GoogleSandbox},
};

/// A small domain, each of whose lists has several pages.
fn sandbox(options: GoogleOptions) -> GoogleSandbox {
    let district = DistrictSpec::new(11).schools(2).students(40).generate();
    GoogleSandbox::start_with(district, options.clamp(7)).unwrap()
}

fn rules() -> GoogleRules {
    GoogleRules::from_toml(&GoogleSandbox::rules()).unwrap()
}

/// As its administrator, by the service account.
fn builder(sandbox: &GoogleSandbox) -> GClassroomSourceBuilder {
    GClassroomSource::builder()
        .domain(sandbox.domain())
        .service_account(sandbox.key_file(), sandbox.subject())
        .base_url(sandbox.base_url())
        .rules(rules())
}

fn source(sandbox: &GoogleSandbox) -> GClassroomSource {
    builder(sandbox).build().unwrap()
}

fn teacher(sandbox: &GoogleSandbox) -> GClassroomSource {
    let builder = GClassroomSource::builder().domain("me").token(sandbox.teacher_token());
    builder.base_url(sandbox.base_url()).build().unwrap()
}

/// Waits pass at once.
fn context() -> PullContext {
    PullContext::default().with_clock(Arc::new(TestClock::default()))
}

fn everything() -> PullRequest {
    PullRequest::full().with_sensitive(SensitiveField::ALL)
}

/// What a pull delivered.
#[derive(Default)]
struct Pulled {
    records: BTreeMap<(EntityKind, SourcedId), (Record, FieldSet)>,
    deleted: usize,
    ends: Vec<(EntityKind, Slice, Completeness)>,
    problems: Vec<Problem>,
    cursor: Option<Cursor>,
    error: Option<Error>,
}

impl Pulled {
    async fn of(source: &GClassroomSource, request: PullRequest) -> Self {
        Self::on(source, request, context()).await
    }

    async fn on(source: &GClassroomSource, request: PullRequest, cx: PullContext) -> Self {
        let mut pulled = Self::default();
        let mut stream = source.pull(request, cx);
        while let Some(event) = stream.next().await {
            match event {
                Ok(PullEvent::Upsert { record, unseen, .. }) => {
                    let before =
                        pulled.records.insert((record.kind(), record.id().clone()), (record, unseen));
                    assert!(before.is_none(), "{before:?} came twice");
                }
                Ok(PullEvent::Delete { .. }) => pulled.deleted += 1,
                Ok(PullEvent::Problem(problem)) => pulled.problems.push(*problem),
                Ok(PullEvent::End { kind, slice, completeness }) => {
                    pulled.ends.push((kind, slice, completeness));
                }
                Ok(PullEvent::Checkpoint(cursor)) => pulled.cursor = Some(*cursor),
                Ok(_) => {}
                Err(error) => pulled.error = Some(error),
            }
        }
        pulled
    }

    fn is_whole(&self) -> bool {
        self.error.is_none()
            && !self.ends.is_empty()
            && self.ends.iter().all(|(.., end)| *end == Completeness::Complete)
    }

    fn ids(&self, kind: EntityKind) -> Vec<&str> {
        self.records.keys().filter(|(of, _)| *of == kind).map(|(_, id)| id.as_str()).collect()
    }

    fn count(&self, kind: EntityKind) -> usize {
        self.ids(kind).len()
    }

    fn record(&self, kind: EntityKind, id: &str) -> &(Record, FieldSet) {
        self.records.get(&(kind, id.into())).unwrap()
    }

    /// How all of a kind ended, if that was told.
    fn all(&self, kind: EntityKind) -> Option<&Completeness> {
        self.ends.iter().find(|(of, slice, _)| *of == kind && *slice == Slice::All).map(|(.., end)| end)
    }

    /// How the seats of a class ended, if that was told.
    fn seats(&self, class: &str) -> Option<&Completeness> {
        let slice = Slice::Of(EntityKind::Class, class.into());
        self.ends
            .iter()
            .find(|(of, at, _)| *of == EntityKind::Enrollment && *at == slice)
            .map(|(.., end)| end)
    }

    fn problem(&self, code: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.code == code)
    }
}
