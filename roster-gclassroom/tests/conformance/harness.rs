//! A domain on a sandbox that knows the truth.

use std::sync::{Arc, Mutex};

use roster_core::{EntityKind, PullContext, PullRequest, Record, Scope, SourcedId};
use roster_gclassroom::{GClassroomSource, GoogleRules};
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, TestClock, Truth,
    district::{DayTruth, District, DistrictSpec},
    sandbox::{At, GoogleOptions, GoogleSandbox, SandboxFault, what_google_says},
};

/// A domain on a sandbox.
pub(crate) struct GoogleHarness {
    sandbox: GoogleSandbox,
    broken: Mutex<Option<SourcedId>>,
}

impl GoogleHarness {
    pub(crate) fn new() -> Self {
        let district = DistrictSpec::new(11).schools(2).students(40).generate();
        let options = GoogleOptions::default().clamp(7);
        Self { sandbox: GoogleSandbox::start_with(district, options).unwrap(), broken: Mutex::default() }
    }

    fn said(&self) -> District {
        what_google_says(&self.sandbox.district())
    }

    fn source(&self, domain: &str) -> GClassroomSource {
        GClassroomSource::builder()
            .domain(domain)
            .service_account(self.sandbox.key_file(), self.sandbox.subject())
            .base_url(self.sandbox.base_url())
            .rules(GoogleRules::from_toml(&GoogleSandbox::rules()).unwrap())
            .build()
            .unwrap()
    }
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

impl Harness for GoogleHarness {
    type Source = GClassroomSource;

    async fn open(&self) -> GClassroomSource {
        self.source(self.sandbox.domain())
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let said: Vec<Record> = self.said().records().collect();
        let truth = Truth::of(&said, request);
        match &*self.broken.lock().unwrap() {
            Some(id) => truth.rejecting(EntityKind::Class, [id.clone()]),
            None => truth,
        }
    }

    async fn open_other_tenant(&self) -> Option<GClassroomSource> {
        Some(self.source("another.example"))
    }

    async fn open_with_foreign_credential(&self) -> Option<GClassroomSource> {
        Some(self.source("another.example"))
    }

    async fn next_day(&self) -> Option<Change> {
        let before = self.said();
        self.sandbox.next_day();
        Some(DayTruth::between(&before, &self.said()).into())
    }

    /// A class gets an owner of the school in scope.
    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        let school = request.scope.orgs.iter().flatten().next()?.clone();
        let said = self.said();
        let ours = said.classes.iter().find(|class| class.org.as_ref() == Some(&school))?.id.clone();
        let theirs = said
            .classes
            .iter()
            .find(|class| class.org.as_ref().is_some_and(|org| *org != school))?
            .id
            .clone();
        self.sandbox.edit(|district| {
            let is = |class: &SourcedId, id: &SourcedId| GoogleSandbox::course_id(class) == id.as_str();
            let owner =
                district.enrollments.iter().find(|seat| is(&seat.class, &ours) && seat.primary == Some(true));
            let owner = owner.unwrap().person.clone();
            let seats = district.enrollments.iter_mut();
            for seat in seats.filter(|seat| is(&seat.class, &theirs) && seat.primary == Some(true)) {
                seat.person = owner.clone();
            }
        });
        let after = self.truth(&request).await.present;
        let came = after.iter().filter(|(kind, id)| !before.contains(*kind, id));
        Some(came.fold(Change::new(), |change, (kind, id)| change.upserting(kind, [id.clone()])))
    }

    async fn break_record(&self) -> Option<Broken> {
        let id = self.said().classes.get(3)?.id.clone();
        assert!(self.sandbox.break_course(&id));
        *self.broken.lock().unwrap() = Some(id.clone());
        Some(Broken::new(EntityKind::Class, id))
    }

    async fn fault(&self, fault: Fault) -> Support {
        let fault = match fault {
            Fault::CutConnection => named("cut_body").of("students").at(At::Middle),
            Fault::EmptyPage => named("empty_page").of("users").at(At::Middle).times(1),
            Fault::RepeatedPageToken => named("repeated_page").of("courses"),
            _ => return Support::Unsupported,
        };
        self.sandbox.fault(fault);
        Support::Supported
    }

    fn scope(&self) -> Option<Scope> {
        let class = self.said().classes.into_iter().find(|class| class.org.is_some())?;
        Some(Scope::of_orgs([class.org?]))
    }

    fn secrets(&self) -> Vec<String> {
        let key: serde_json::Value = serde_json::from_str(&self.sandbox.key_file()).unwrap();
        let key = key
            .get("private_key")
            .and_then(serde_json::Value::as_str)
            .unwrap()
            .lines()
            .nth(3)
            .unwrap()
            .to_owned();
        let fixed = [self.sandbox.token(), "never-to-be-read"].map(str::to_owned);
        fixed.into_iter().chain([key]).collect()
    }

    fn personal(&self) -> Vec<String> {
        let people = self.sandbox.district().people;
        let names = people.into_iter().filter_map(|person| person.name.family);
        names.filter(|name| name.len() > 5).chain(["CanaryValue".to_owned()]).collect()
    }

    fn work(&self) -> Option<u64> {
        Some(self.sandbox.requests())
    }

    /// Courses that are under way, a page of each of their lists.
    fn in_flight(&self) -> u64 {
        24
    }

    /// Waits pass at once.
    fn context(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(TestClock::default()))
    }
}
