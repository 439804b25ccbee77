//! A vendor that schools share their MIS through, at two hosts: one for the United Kingdom, one for Australia.

mod british;
mod lists;
mod moves;
mod options;
mod query;
mod rows;
mod serve;
mod webhooks;
mod world;

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use roster_core::{Enrollment, Record, Role, jiff::SignedDuration};
use serde_json::Value;

use self::{
    british::Making,
    serve::{Host, router},
    webhooks::Hooks,
    world::{PERMISSIONS, School, SchoolFacts, World},
};
use super::{fault::SandboxFault, rate::Rate, server::Server, tokens::Tokens};
use crate::district::{DayTruth, District, DistrictSpec};

pub use self::{
    options::{WondeOptions, WondeStage},
    webhooks::WebhookManner,
};

/// A vendor that schools share their MIS through, on loopback, in threads of its own. It stops when it is dropped.
///
/// Each school of the district is one: elementary schools are primaries that have registration groups only and live at the first
/// host, which is also the account's; the others have classes, and every second of all schools lives at the second host. The first
/// secondary has two sites.
///
/// Plain requests move it: `POST /sandbox/next-day`, `/sandbox/pass/{days}`, `/sandbox/schools/{id}/{verb}` with `request`, `approve`, `audit`, `decline`,
/// `revoke`, `offline`, `online`, `migrate`, `finish-migration`, and `withdraw/{permission}` and `grant/{permission}`;
/// `POST /sandbox/webhooks` delivers what was held back; `GET /sandbox` says what it is.
pub struct WondeSandbox {
    shared: Arc<Shared>,
    hosts: Vec<Server>,
}

/// What both hosts share.
struct Shared {
    options: WondeOptions,
    token: String,
    tokens: Tokens,
    rate: Option<Rate>,
    origins: Mutex<Vec<String>>,
    world: Mutex<World>,
    requests: AtomicU64,
    hooks: Hooks,
    asked: Mutex<Vec<Value>>,
}

impl WondeSandbox {
    /// Starts one whose schools are all live.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to be had.
    pub fn start(spec: DistrictSpec) -> io::Result<Self> {
        Self::start_with(spec.generate(), WondeOptions::default())
    }

    /// Starts one with that district, as the options say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(district: District, options: WondeOptions) -> io::Result<Self> {
        let seed = district.spec().seed();
        let schools = schools(&district, options.all_stages);
        let shared = Arc::new(Shared {
            token: format!("sandbox-token-{seed}"),
            tokens: Tokens::new(seed, Duration::from_secs(3600), None),
            rate: options.rate.map(|rate| Rate::new(rate, Duration::from_secs(1))),
            origins: Mutex::default(),
            world: Mutex::new(World::new(district, schools)),
            requests: AtomicU64::new(0),
            hooks: Hooks::new(options.webhook_url.clone()),
            asked: Mutex::default(),
            options,
        });
        let mut hosts = Vec::with_capacity(2);
        for (region, name) in ["wonde-uk", "wonde-au"].into_iter().enumerate() {
            let port = if region == 0 { shared.options.port } else { 0 };
            let server = Server::start(name, port, |address| {
                let origin = format!("http://{address}");
                shared.origins().push(origin.clone());
                router(Host { shared: Arc::clone(&shared), region, origin })
            })?;
            hosts.push(server);
        }
        Ok(Self { shared, hosts })
    }

    /// The account's base path, which is also the first host's.
    pub fn base_url(&self) -> String {
        format!("{}/v1.0", self.shared.origin(0))
    }

    /// The second host's base path.
    pub fn other_base_url(&self) -> String {
        format!("{}/v1.0", self.shared.origin(1))
    }

    /// The origin below which it is moved by plain requests.
    pub fn origin(&self) -> String {
        self.hosts.first().map(Server::origin).unwrap_or_default()
    }

    /// The application's token.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// The token that a school gave with its latest approval.
    pub fn school_token(&self, id: &str) -> Option<String> {
        self.shared.world().school(id)?.token.clone()
    }

    /// The ids of the schools, in the order of the district's; those of all stages follow.
    pub fn schools(&self) -> Vec<String> {
        self.shared.world().schools.iter().map(|school| school.facts.id.clone()).collect()
    }

    /// The words for what a school may share.
    pub fn permissions() -> impl Iterator<Item = &'static str> {
        PERMISSIONS.into_iter()
    }

    /// The lists that a fault may be of.
    pub fn collections() -> impl Iterator<Item = &'static str> {
        ["schools", "deletions", "counts"].into_iter().chain(rows::COLLECTIONS)
    }

    /// What a host must be told of a school: each record with its id and what decides about a scope.
    pub fn records(&self, id: &str) -> Vec<Record> {
        self.shared.world().school(id).map(|school| school.rows.records.clone()).unwrap_or_default()
    }

    /// The district as it is now.
    pub fn district(&self) -> District {
        self.shared.world().district.clone()
    }

    /// Lets a day pass. Returns what changed in the district's own records.
    pub fn next_day(&self) -> DayTruth {
        self.shared.world().next_day()
    }

    /// Lets time pass in which nothing happens: the vendor's clock, which its answers tell, is ahead from now on.
    pub fn pass(&self, time: Duration) {
        self.shared.world().pass(time.try_into().unwrap_or(SignedDuration::MAX));
    }

    /// Changes the district by hand.
    pub fn edit(&self, change: impl FnOnce(&mut District)) {
        self.shared.world().edit(change, true);
    }

    /// Changes the district without a word: no row gets a new stamp, and what goes is not told as deleted.
    pub fn edit_silently(&self, change: impl FnOnce(&mut District)) {
        self.shared.world().edit(change, false);
    }

    /// Gives a pupil a seat in a class, both by the vendor's ids. Returns whether there are such.
    pub fn enroll(&self, class: &str, student: &str) -> bool {
        let mut world = self.shared.world();
        let found = world.schools.iter().find_map(|school| {
            let making = &school.making;
            let class = world
                .district
                .classes
                .iter()
                .find(|one| making.id('k', &one.id) == class || making.id('g', &one.id) == class)?;
            let person = world.district.people.iter().find(|one| making.id('s', &one.id) == student)?;
            Some(Enrollment::from_parts(class.id.clone(), person.id.clone(), Role::Student))
        });
        let is_there = found.is_some();
        world.edit(|district| district.enrollments.extend(found), true);
        is_there
    }

    /// Moves a school to a stage. Returns whether there is such a school.
    pub fn set_stage(&self, id: &str, stage: WondeStage) -> bool {
        self.shared.set_stage(id, stage, None)
    }

    /// Moves a school to a stage, with a reason that the webhook tells.
    pub fn set_stage_because(&self, id: &str, stage: WondeStage, reason: &str) -> bool {
        self.shared.set_stage(id, stage, Some(reason))
    }

    /// Gives or takes a permission, such as `contacts.read`. Returns whether there are such a school and permission.
    pub fn grant(&self, id: &str, permission: &str, granted: bool) -> bool {
        self.shared.grant(id, permission, granted)
    }

    /// Announces a change of a school's MIS: meanwhile it can't be reached, and its rows bear the new one's ids already. Move it to
    /// [`Live`](WondeStage::Live) to have them read all the same.
    pub fn begin_migration(&self, id: &str) -> bool {
        self.shared.begin_migration(id)
    }

    /// Ends a change of a school's MIS: MIS ids, `upi`s and ids are new. The vendor tries to keep the students' ids.
    pub fn finish_migration(&self, id: &str, keeps_student_ids: bool) -> bool {
        self.shared.finish_migration(id, keeps_student_ids)
    }

    /// Makes a row unreadable, by its list and id.
    pub fn break_row(&self, collection: &str, id: &str) {
        self.shared.world().broken.insert((collection.to_owned(), id.to_owned()));
    }

    /// Misbehaves from now on; several faults add up.
    pub fn fault(&self, fault: SandboxFault) {
        self.shared.world().faults.push(fault);
    }

    /// Forgets all faults.
    pub fn recover(&self) {
        self.shared.world().faults.clear();
    }

    /// How webhooks are delivered from now on.
    pub fn webhooks(&self, manner: WebhookManner) {
        self.shared.hooks.set(manner);
    }

    /// Delivers the webhooks that were held back, the last first.
    pub fn deliver_webhooks(&self) {
        self.shared.deliver_held();
    }

    /// The webhooks that were due so far, lost ones among them.
    pub fn webhooks_due(&self) -> Vec<Value> {
        self.shared.sent()
    }

    /// The bodies of requests for access.
    pub fn requests_for_access(&self) -> Vec<Value> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came, those that move it not counted.
    pub fn requests(&self) -> u64 {
        self.shared.requests()
    }
}

fn schools(district: &District, all_stages: bool) -> Vec<School> {
    let orgs: Vec<_> =
        district.orgs.iter().filter(|org| org.org_type == roster_core::OrgType::School).collect();
    let mut schools = Vec::new();
    let make = |number: usize, org: &roster_core::Org, name: String, country, stage| {
        let registration_only = org.name.contains("Elementary");
        let facts = SchoolFacts {
            id: format!("A19305{:05}", 10_001 + number),
            name,
            org: org.id.clone(),
            country,
            has_campus: !registration_only,
        };
        let making = Making { number, generation: 0, keeps_student_ids: false, registration_only };
        School::new(facts, making, stage)
    };
    for (number, org) in orgs.iter().enumerate() {
        let country = if number % 2 == 1 { "AUS" } else { "GBR" };
        let word = if org.name.contains("Elementary") { "Primary" } else { "Secondary" };
        let name = org.name.replace("Elementary", word).replace("Middle", word).replace("High", word);
        schools.push(make(number, org, name, country, WondeStage::Live));
    }
    if let (true, Some(org)) = (all_stages, orgs.first()) {
        for stage in WondeStage::ALL {
            let number = schools.len();
            let name = format!("St {}'s Primary School", stage.as_str().replace('_', " "));
            schools.push(make(number, org, name, "GBR", stage));
        }
    }
    schools
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn origins(&self) -> MutexGuard<'_, Vec<String>> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn origin(&self, region: usize) -> String {
        self.origins().get(region).cloned().unwrap_or_default()
    }

    #[expect(clippy::unused_self, reason = "where a country lives is the vendor's matter")]
    fn region_of(&self, country: &str) -> usize {
        usize::from(country == "AUS")
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    fn sent(&self) -> Vec<Value> {
        self.hooks.due()
    }

    fn deliver_held(&self) {
        self.hooks.deliver_held();
    }
}

impl fmt::Debug for WondeSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WondeSandbox({})", self.base_url())
    }
}
