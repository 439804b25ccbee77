//! A district on a sandbox that knows the truth.

use std::sync::{Arc, Mutex};

use roster_core::{EntityKind, PullContext, PullRequest, Record, Scope, SourcedId};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, TestClock, Truth,
    district::{DayTruth, District, DistrictSpec, OneRosterVersion, what_oneroster_says},
    sandbox::{At, OneRosterOptions, OneRosterSandbox, SandboxFault},
};

/// A district on a sandbox.
pub(crate) struct RestHarness {
    sandbox: OneRosterSandbox,
    version: OneRosterVersion,
    broken: Mutex<Option<SourcedId>>,
}

impl RestHarness {
    pub(crate) fn new(version: OneRosterVersion) -> Self {
        let district = DistrictSpec::new(11).schools(2).students(40).generate();
        let options = OneRosterOptions::default().version(version).clamp(25);
        let sandbox = OneRosterSandbox::start_with(district, options).unwrap();
        Self { sandbox, version, broken: Mutex::default() }
    }

    fn said(&self) -> District {
        what_oneroster_says(&self.sandbox.district(), self.version)
    }

    fn source(&self, tenant: Option<&str>) -> OneRosterSource {
        let builder = OneRosterSource::builder().base_url(self.sandbox.base_url()).client(
            self.sandbox.client_id(),
            self.sandbox.client_secret(),
            self.sandbox.token_url(),
        );
        match tenant {
            Some(tenant) => builder.tenant(tenant).build().unwrap(),
            None => builder.build().unwrap(),
        }
    }
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

impl Harness for RestHarness {
    type Source = OneRosterSource;

    async fn open(&self) -> OneRosterSource {
        self.source(None)
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let said: Vec<Record> = self.said().records().collect();
        let truth = Truth::of(&said, request);
        match &*self.broken.lock().unwrap() {
            Some(id) => truth.rejecting(EntityKind::Enrollment, [id.clone()]),
            None => truth,
        }
    }

    async fn open_other_tenant(&self) -> Option<OneRosterSource> {
        Some(self.source(Some("another district")))
    }

    async fn next_day(&self) -> Option<Change> {
        let before = self.said();
        self.sandbox.next_day();
        Some(DayTruth::between(&before, &self.said()).into())
    }

    /// A class moves to the school in scope, with the seats and the people in them.
    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        let school = request.scope.orgs.iter().flatten().next()?.clone();
        self.sandbox.edit(|district| {
            if let Some(class) = district.classes.iter_mut().find(|class| class.org.as_ref() != Some(&school))
            {
                class.org = Some(school.clone());
            }
        });
        let after = self.truth(&request).await.present;
        let came = after.iter().filter(|(kind, id)| !before.contains(*kind, id));
        Some(came.fold(Change::new(), |change, (kind, id)| change.upserting(kind, [id.clone()])))
    }

    async fn break_record(&self) -> Option<Broken> {
        let id = self.sandbox.district().enrollments.get(7)?.id.clone();
        assert!(self.sandbox.break_record(EntityKind::Enrollment, &id));
        *self.broken.lock().unwrap() = Some(id.clone());
        Some(Broken::new(EntityKind::Enrollment, id))
    }

    async fn fault(&self, fault: Fault) -> Support {
        let fault = match fault {
            Fault::CutConnection => named("cut_body").of("users").at(At::Middle),
            Fault::EmptyPage => named("empty_page").of("users").at(At::Middle).times(1),
            Fault::RepeatedPageToken => named("repeated_page").of("users"),
            _ => return Support::Unsupported,
        };
        self.sandbox.fault(fault);
        Support::Supported
    }

    fn scope(&self) -> Option<Scope> {
        let school = self.sandbox.district().classes.first()?.org.clone()?;
        Some(Scope::of_orgs([school]))
    }

    fn secrets(&self) -> Vec<String> {
        let Self { sandbox, .. } = self;
        [sandbox.token(), sandbox.client_id(), sandbox.client_secret(), "never-to-be-read"]
            .map(str::to_owned)
            .into()
    }

    fn personal(&self) -> Vec<String> {
        let people = self.sandbox.district().people;
        let names = people.into_iter().filter_map(|person| person.name.family);
        names.filter(|name| name.len() > 5).chain(["CanaryValue".to_owned()]).collect()
    }

    fn work(&self) -> Option<u64> {
        Some(self.sandbox.requests())
    }

    /// Pages that are asked for ahead.
    fn in_flight(&self) -> u64 {
        8
    }

    /// Waits pass at once.
    fn context(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(TestClock::default()))
    }
}
