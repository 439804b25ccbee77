//! A district at ClassLink that knows the truth.

use std::sync::{Arc, Mutex};

use roster_classlink::ClassLinkSource;
use roster_core::{EntityKind, PullContext, PullRequest, Record, Scope, SourcedId};
use roster_testkit::{
    Broken, Change, Fault, Harness, Support, TestClock, Truth,
    district::{DayTruth, District, DistrictSpec, OneRosterVersion, what_oneroster_says},
    sandbox::{At, ClassLinkOptions, ClassLinkSandbox, OneRosterSandbox, SandboxFault},
};

/// By which way the district is read.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Proxy,
    Direct,
}

/// A district at ClassLink.
pub(crate) struct ClassLinkHarness {
    sandbox: ClassLinkSandbox,
    way: Way,
    broken: Mutex<Option<SourcedId>>,
}

fn sandbox(seed: u64) -> ClassLinkSandbox {
    let spec = DistrictSpec::new(seed).schools(2).students(40);
    let options = ClassLinkOptions::default().applications(20).servers(|servers| servers.clamp(25));
    ClassLinkSandbox::start_with(&spec, &options).unwrap()
}

impl ClassLinkHarness {
    pub(crate) fn new(way: Way) -> Self {
        Self { sandbox: sandbox(11), way, broken: Mutex::default() }
    }

    fn server(&self) -> &OneRosterSandbox {
        self.sandbox.server(&self.sandbox.live()[0]).unwrap()
    }

    fn said(&self) -> District {
        what_oneroster_says(&self.server().district(), OneRosterVersion::V1_1)
    }

    fn source(&self, at: &ClassLinkSandbox, tenant: &str) -> ClassLinkSource {
        let builder =
            ClassLinkSource::builder().base_url(at.base_url()).token(at.partner_token()).tenant(tenant);
        let builder = match self.way {
            Way::Proxy => builder,
            Way::Direct => builder.access("direct"),
        };
        builder.build().unwrap()
    }
}

fn named(name: &str) -> SandboxFault {
    SandboxFault::named(name).unwrap()
}

impl Harness for ClassLinkHarness {
    type Source = ClassLinkSource;

    async fn open(&self) -> ClassLinkSource {
        self.source(&self.sandbox, &self.sandbox.live()[0])
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        let said: Vec<Record> = self.said().records().collect();
        let truth = Truth::of(&said, request);
        match &*self.broken.lock().unwrap() {
            Some(id) => truth.rejecting(EntityKind::Enrollment, [id.clone()]),
            None => truth,
        }
    }

    async fn open_other_tenant(&self) -> Option<ClassLinkSource> {
        Some(self.source(&self.sandbox, &self.sandbox.live()[1]))
    }

    /// The token of a partner with whom the district does not share.
    async fn open_with_foreign_credential(&self) -> Option<ClassLinkSource> {
        Some(self.source(&self.sandbox, "999999"))
    }

    async fn next_day(&self) -> Option<Change> {
        let before = self.said();
        self.server().next_day();
        Some(DayTruth::between(&before, &self.said()).into())
    }

    async fn enter_scope(&self) -> Option<Change> {
        let request = PullRequest::full().scoped(self.scope()?);
        let before = self.truth(&request).await.present;
        let school = request.scope.orgs.iter().flatten().next()?.clone();
        self.server().edit(|district| {
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
        let id = self.server().district().enrollments.get(7)?.id.clone();
        assert!(self.server().break_record(EntityKind::Enrollment, &id));
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
        self.server().fault(fault);
        Support::Supported
    }

    fn scope(&self) -> Option<Scope> {
        let school = self.server().district().classes.first()?.org.clone()?;
        Some(Scope::of_orgs([school]))
    }

    fn secrets(&self) -> Vec<String> {
        let bearer = self.sandbox.bearer(&self.sandbox.live()[0]).unwrap();
        let server = self.server();
        [
            self.sandbox.partner_token(),
            &bearer,
            server.consumer_key(),
            server.consumer_secret(),
            "never-to-be-read",
        ]
        .map(str::to_owned)
        .into()
    }

    fn personal(&self) -> Vec<String> {
        let people = self.server().district().people;
        let names = people.into_iter().filter_map(|person| person.name.family);
        names.filter(|name| name.len() > 5).chain(["CanaryValue".to_owned()]).collect()
    }

    fn work(&self) -> Option<u64> {
        Some(self.sandbox.requests())
    }

    /// Pages that are asked for ahead.
    fn in_flight(&self) -> u64 {
        4
    }

    /// Waits pass at once.
    fn context(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(TestClock::default()))
    }
}
