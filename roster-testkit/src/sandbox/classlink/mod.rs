//! ClassLink: the list of districts, a proxy before their servers, and the servers themselves.

mod applications;
mod serve;

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use self::applications::{Application, applications};
use super::{
    oneroster::{OneRosterOptions, OneRosterSandbox},
    server::Server,
};
use crate::district::DistrictSpec;

/// Pupils of the districts that are there beside the first.
const OTHERS: usize = 60;

/// A longer list of what was asked is not kept.
const MOST_NOTES: usize = 100_000;

/// How a sandbox is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClassLinkOptions {
    /// How many districts are in the partner's list; three of them are live.
    pub applications: usize,
    /// The most rows of the list that are sent at once, whatever is asked for.
    pub list_clamp: Option<usize>,
    /// How the districts' own servers are to be. Theirs is the port that the system chooses.
    pub servers: OneRosterOptions,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Default for ClassLinkOptions {
    /// 134 applications; servers that name the revision of their data, purge what is deleted, and send 10,000 rows a page at most.
    fn default() -> Self {
        let servers = OneRosterOptions::default().revisions().purging().clamp(10_000);
        Self { applications: 134, list_clamp: None, servers, port: 0 }
    }
}

impl ClassLinkOptions {
    /// With so many districts in the list.
    #[must_use]
    pub fn applications(mut self, count: usize) -> Self {
        self.applications = count;
        self
    }

    /// With at most so many rows of the list at once.
    #[must_use]
    pub fn list_clamp(mut self, rows: usize) -> Self {
        self.list_clamp = Some(rows);
        self
    }

    /// With servers that are otherwise.
    #[must_use]
    pub fn servers(mut self, change: impl FnOnce(OneRosterOptions) -> OneRosterOptions) -> Self {
        self.servers = change(self.servers);
        self
    }

    /// On that port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

/// ClassLink on loopback. It stops when it is dropped.
///
/// The partner's [token](Self::partner_token) opens the list, each district's bearer its data through the proxy, below
/// `/ID/ims/oneroster/v1p1` and `/proxy/v1p0/ID/ims/oneroster/v1p1`; its server takes signed requests too. Plain requests move it:
/// `POST /sandbox/next-day`, and `/sandbox/rotate`, which changes all bearers.
pub struct ClassLinkSandbox {
    parts: Arc<Parts>,
    server: Server,
}

struct Parts {
    partner_token: String,
    applications: Mutex<Vec<Application>>,
    districts: Vec<OneRosterSandbox>,
    list_clamp: Option<usize>,
    lists: AtomicU64,
    servers: AtomicU64,
    asked: Mutex<Vec<(String, u16)>>,
}

impl Parts {
    fn applications(&self) -> MutexGuard<'_, Vec<Application>> {
        self.applications.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_list(&self) {
        self.lists.fetch_add(1, Ordering::SeqCst);
    }

    fn count_server(&self) {
        self.servers.fetch_add(1, Ordering::SeqCst);
    }

    fn lists(&self) -> u64 {
        self.lists.load(Ordering::SeqCst)
    }

    fn note(&self, asked: String, status: u16) {
        let mut list = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < MOST_NOTES {
            list.push((asked, status));
        }
    }
}

impl ClassLinkSandbox {
    /// Starts one whose first live district is of that kind; the others have other seeds, and 60 pupils at most.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to be had.
    pub fn start(spec: &DistrictSpec) -> io::Result<Self> {
        Self::start_with(spec, &ClassLinkOptions::default())
    }

    /// Starts one as the options say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(spec: &DistrictSpec, options: &ClassLinkOptions) -> io::Result<Self> {
        let applications = applications(spec.seed(), options.applications);
        let districts = (0..3)
            .map(|at| {
                let spec = spec.clone().reseeded(spec.seed() + at);
                let students = if at == 0 { spec.students } else { spec.students.min(OTHERS) };
                let district = spec.students(students).generate();
                OneRosterSandbox::start_with(district, options.servers.clone().port(0))
            })
            .collect::<io::Result<Vec<_>>>()?;
        let parts = Arc::new(Parts {
            partner_token: format!("sandbox-partner-{}", spec.seed()),
            applications: Mutex::new(applications),
            districts,
            list_clamp: options.list_clamp,
            lists: AtomicU64::new(0),
            servers: AtomicU64::new(0),
            asked: Mutex::default(),
        });
        let server = Server::start("classlink-sandbox", options.port, |_| serve::router(Arc::clone(&parts)))?;
        Ok(Self { parts, server })
    }

    /// The proxy, and where the list is.
    pub fn base_url(&self) -> String {
        self.server.origin()
    }

    /// The partner's token.
    pub fn partner_token(&self) -> &str {
        &self.parts.partner_token
    }

    /// The numbers of the live districts, as texts.
    pub fn live(&self) -> Vec<String> {
        let applications = self.parts.applications();
        applications.iter().filter(|it| it.district.is_some()).map(|it| it.tenant.to_string()).collect()
    }

    /// The application id of a district, as it stands in paths.
    pub fn application_id(&self, tenant: &str) -> Option<String> {
        self.with(tenant, |it| it.id.clone())
    }

    /// The bearer of a district as it is now.
    pub fn bearer(&self, tenant: &str) -> Option<String> {
        self.with(tenant, |it| it.bearer.clone()).flatten()
    }

    /// The server of a live district, to change and to disturb.
    pub fn server(&self, tenant: &str) -> Option<&OneRosterSandbox> {
        self.parts.districts.get(self.with(tenant, |it| it.district)??)
    }

    /// Gives a district another bearer, once that many further requests have come through the proxy.
    pub fn rotate_after(&self, tenant: &str, requests: u64) {
        self.with(tenant, |it| it.rotates_after = Some(requests));
    }

    /// Refuses a district's bearer, though the list still has it.
    pub fn refuse(&self, tenant: &str) {
        self.with(tenant, |it| it.is_refused = true);
    }

    /// Takes a district's bearer away.
    pub fn withdraw(&self, tenant: &str) {
        self.with(tenant, |it| it.bearer = None);
    }

    /// How often the list was asked for.
    pub fn lists(&self) -> u64 {
        self.parts.lists()
    }

    /// How many requests came, to the list, the proxy and the servers.
    pub fn requests(&self) -> u64 {
        self.lists()
            + self.parts.servers.load(Ordering::SeqCst)
            + self.parts.districts.iter().map(OneRosterSandbox::requests).sum::<u64>()
    }

    /// The paths and queries that were asked for so far at the list and the proxy, as they came, with the status of each answer.
    pub fn asked(&self) -> Vec<(String, u16)> {
        self.parts.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with<T>(&self, tenant: &str, act: impl FnOnce(&mut Application) -> T) -> Option<T> {
        let mut applications = self.parts.applications();
        applications.iter_mut().find(|it| it.tenant.to_string() == tenant).map(act)
    }
}

impl fmt::Debug for ClassLinkSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClassLinkSandbox({})", self.base_url())
    }
}
