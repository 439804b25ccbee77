//! A district on a sandbox that knows the truth.

use std::sync::{Arc, Mutex};

use roster_clever::{CleverSource, CleverSourceBuilder};
use roster_core::{EntityKind, PullContext, PullRequest, Record, Role, Scope, SourcedId};
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, TestClock, Truth,
    district::{DayTruth, District, DistrictSpec},
    sandbox::{At, CleverOptions, CleverSandbox, SandboxFault},
};

/// How the source says who we are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Token,
    Client,
}

/// A district on a sandbox.
pub(crate) struct CleverHarness {
    sandbox: CleverSandbox,
    way: Way,
    broken: Mutex<Option<SourcedId>>,
}

impl CleverHarness {
    pub(crate) fn new(way: Way) -> Self {
        let district = DistrictSpec::new(11).schools(2).students(40).generate();
        let sandbox = CleverSandbox::start_with(district, CleverOptions::default()).unwrap();
        Self { sandbox, way, broken: Mutex::default() }
    }

    fn said(&self) -> District {
        self.sandbox.said()
    }

    fn builder(&self) -> CleverSourceBuilder {
        let builder = CleverSource::builder().base_url(self.sandbox.base_url());
        match self.way {
            Way::Token => builder.token(self.sandbox.token()),
            Way::Client => builder.client(self.sandbox.client_id(), self.sandbox.client_secret()),
        }
    }
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

impl Harness for CleverHarness {
    type Source = CleverSource;

    async fn open(&self) -> CleverSource {
        self.builder().district(self.sandbox.district_id()).build().unwrap()
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let said: Vec<Record> = self.said().records().collect();
        let truth = Truth::of(&said, request);
        match &*self.broken.lock().unwrap() {
            Some(id) => truth.rejecting(EntityKind::Person, [id.clone()]),
            None => truth,
        }
    }

    async fn open_other_tenant(&self) -> Option<CleverSource> {
        Some(self.builder().district("5a0c91b95c7cc000010d0000").build().unwrap())
    }

    /// The district's token, for another district.
    async fn open_with_foreign_credential(&self) -> Option<CleverSource> {
        let builder = CleverSource::builder().base_url(self.sandbox.base_url()).token(self.sandbox.token());
        Some(builder.district("5a0c91b95c7cc000010d0000").build().unwrap())
    }

    async fn next_day(&self) -> Option<Change> {
        let before = self.said();
        self.sandbox.next_day();
        Some(DayTruth::between(&before, &self.said()).into())
    }

    /// A section moves to the school in scope, with the seats and the people in them.
    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        self.sandbox.edit(|district| {
            let school = district.classes.first().and_then(|class| class.org.clone());
            if let Some(class) = district.classes.iter_mut().find(|class| class.org != school) {
                class.org = school;
            }
        });
        let after = self.truth(&request).await.present;
        let came = after.iter().filter(|(kind, id)| !before.contains(*kind, id));
        Some(came.fold(Change::new(), |change, (kind, id)| change.upserting(kind, [id.clone()])))
    }

    async fn break_record(&self) -> Option<Broken> {
        let said = self.said();
        let id = said.people.iter().find(|person| person.has_role(&Role::Student))?.id.clone();
        assert!(self.sandbox.break_record(EntityKind::Person, &id));
        *self.broken.lock().unwrap() = Some(id.clone());
        Some(Broken::new(EntityKind::Person, id))
    }

    async fn fault(&self, fault: Fault) -> Support {
        let fault = match fault {
            Fault::CutConnection => named("cut_body").of("users"),
            Fault::EmptyPage => named("empty_page").of("users").at(At::First).times(1),
            Fault::RepeatedPageToken => {
                // More than one page is needed to turn in circles.
                self.sandbox.fault(named("clamp").of("users"));
                named("repeated_page").of("users")
            }
            Fault::ForgottenChanges => {
                self.sandbox.forget_events();
                return Support::Supported;
            }
            _ => return Support::Unsupported,
        };
        self.sandbox.fault(fault);
        Support::Supported
    }

    /// The school of the first class.
    fn scope(&self) -> Option<Scope> {
        let district = self.sandbox.district();
        let school = district.classes.first()?.org.clone()?;
        let said = self.said();
        let told =
            said.orgs.into_iter().find(|org| org.identifiers.iter().any(|id| id.value == school.as_str()))?;
        Some(Scope::of_orgs([told.id]))
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

    /// The page that is asked for ahead.
    fn in_flight(&self) -> u64 {
        2
    }

    /// Waits pass at once.
    fn context(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(TestClock::default()))
    }
}
