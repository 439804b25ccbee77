//! A school on a sandbox that knows the truth.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use roster_core::{EntityKind, PullContext, PullRequest, Record, Role, Scope, SourcedId};
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, TestClock, Truth,
    district::DistrictSpec,
    sandbox::{At, SandboxFault, WondeOptions, WondeSandbox},
};
use roster_wonde::WondeSource;

/// A school on a sandbox.
pub(crate) struct WondeHarness {
    sandbox: WondeSandbox,
    school: usize,
    broken: Mutex<Option<SourcedId>>,
}

impl WondeHarness {
    pub(crate) fn new(school: usize) -> Self {
        let district = DistrictSpec::new(11).schools(2).students(60).generate();
        let sandbox = WondeSandbox::start_with(district, WondeOptions::default().clamp(7)).unwrap();
        Self { sandbox, school, broken: Mutex::default() }
    }

    fn id(&self, school: usize) -> String {
        self.sandbox.schools()[school].clone()
    }

    fn source(&self, school: &str, token: &str) -> WondeSource {
        WondeSource::builder().school(school).token(token).base_url(self.sandbox.base_url()).build().unwrap()
    }

    fn records(&self) -> Vec<Record> {
        self.sandbox.records(&self.id(self.school))
    }

    fn ids(&self) -> BTreeMap<(EntityKind, SourcedId), Record> {
        self.records().into_iter().map(|record| ((record.kind(), record.id().clone()), record)).collect()
    }
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

impl Harness for WondeHarness {
    type Source = WondeSource;

    async fn open(&self) -> WondeSource {
        self.source(&self.id(self.school), self.sandbox.token())
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let truth = Truth::of(&self.records(), request);
        match &*self.broken.lock().unwrap() {
            Some(id) => truth.rejecting(EntityKind::Person, [id.clone()]),
            None => truth,
        }
    }

    async fn open_other_tenant(&self) -> Option<WondeSource> {
        Some(self.source(&self.id(1 - self.school), self.sandbox.token()))
    }

    /// The token that the other school gave.
    async fn open_with_foreign_credential(&self) -> Option<WondeSource> {
        let other = self.id(1 - self.school);
        self.sandbox.set_stage(&other, roster_testkit::sandbox::WondeStage::Approved);
        self.sandbox.set_stage(&other, roster_testkit::sandbox::WondeStage::Live);
        Some(self.source(&self.id(self.school), &self.sandbox.school_token(&other)?))
    }

    async fn next_day(&self) -> Option<Change> {
        let before = self.ids();
        self.sandbox.next_day();
        let after = self.ids();
        let came = after.iter().filter(|(key, record)| before.get(*key) != Some(record));
        let change =
            came.fold(Change::new(), |change, ((kind, id), _)| change.upserting(*kind, [id.clone()]));
        let gone = before.keys().filter(|key| !after.contains_key(*key));
        Some(gone.fold(change, |change, (kind, id)| change.deleting(*kind, [id.clone()])))
    }

    async fn break_record(&self) -> Option<Broken> {
        let people = self.records().into_iter().filter(|record| record.kind() == EntityKind::Person);
        let staff =
            people.filter(|record| matches!(record, Record::Person(person) if person.has_role(&Role::Staff)));
        let id = staff.map(|record| record.id().clone()).nth(1)?;
        self.sandbox.break_row("employees", &id);
        *self.broken.lock().unwrap() = Some(id.clone());
        Some(Broken::new(EntityKind::Person, id))
    }

    /// A pupil comes into the one class.
    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        let seated: Vec<_> = before.iter().map(|(_, id)| id.clone()).collect();
        let class = request.scope.classes.iter().flatten().next()?.clone();
        let outside = self.records().into_iter().find(|record| {
            matches!(record, Record::Person(person) if person.has_role(&Role::Student))
                && !seated.contains(record.id())
        })?;
        self.sandbox.enroll(&class, outside.id());
        let after = self.truth(&request).await.present;
        let came = after.iter().filter(|(kind, id)| !before.contains(*kind, id));
        let change = came.fold(Change::new(), |change, (kind, id)| change.upserting(kind, [id.clone()]));
        assert_ne!(change, Change::new());
        Some(change)
    }

    async fn fault(&self, fault: Fault) -> Support {
        let fault = match fault {
            Fault::CutConnection => named("cut_body").of("students").at(At::Middle),
            Fault::EmptyPage => named("empty_page").of("students").at(At::Middle).times(1),
            Fault::RepeatedPageToken => named("repeated_page").of("students").at(At::Middle),
            _ => return Support::Unsupported,
        };
        self.sandbox.fault(fault);
        Support::Supported
    }

    /// One class: a tenant is one school.
    fn scope(&self) -> Option<Scope> {
        let class = self.records().into_iter().find(|record| record.kind() == EntityKind::Class)?;
        Some(Scope::of_classes([class.id().clone()]))
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.sandbox.token().to_owned()]
    }

    fn personal(&self) -> Vec<String> {
        let people = self.sandbox.district().people;
        let names = people.into_iter().filter_map(|person| person.name.family);
        names.filter(|name| name.len() > 5).chain(["CanaryValue".to_owned()]).collect()
    }

    fn work(&self) -> Option<u64> {
        Some(self.sandbox.requests())
    }

    /// Waits pass at once.
    fn context(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(TestClock::default()))
    }
}
