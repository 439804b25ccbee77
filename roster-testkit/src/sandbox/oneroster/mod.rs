//! A server that speaks OneRoster, 1.1 or 1.2.

mod query;
mod quirk;
mod refusal;
mod serve;
mod state;
mod view;

use std::{fmt, io, sync::Arc, time::Duration};

use roster_core::EntityKind;

pub use self::quirk::Quirk;
pub(super) use self::serve::answer_as;
use self::state::Shared;
use super::{fault::SandboxFault, server::Server};
use crate::district::{DayTruth, District, DistrictSpec, OneRosterVersion, RestCollection};

/// How a sandbox is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct OneRosterOptions {
    /// The version that it speaks.
    pub version: OneRosterVersion,
    /// The time that each answer takes at least.
    pub latency: Duration,
    /// The most rows a page, whatever is asked for. `None`: as many as asked for.
    pub clamp: Option<usize>,
    /// Whether the total is told.
    pub total: bool,
    /// Whether deleted rows stay, marked `tobedeleted`; else they are purged.
    pub tombstones: bool,
    /// How long a token lasts.
    pub token_life: Duration,
    /// For how many requests a token is taken.
    pub token_requests: Option<u64>,
    /// How many requests a second are answered; further ones get a 429.
    pub rate: Option<u32>,
    /// How far the time of a signature may be from the server's; `None`: as far as it likes, as a clock that stands still is.
    pub signed_within: Option<Duration>,
    /// What it does otherwise than the standard says.
    pub quirks: Vec<Quirk>,
    /// Whether each answer names the revision of all data, in `x-perm-rev`, and says how many rows it has, in `x-count`.
    pub revisions: bool,
    /// Whether answers are compressed for those who take gzip.
    pub gzip: bool,
    /// Whether `/schools`, `/terms`, `/gradingPeriods`, `/students` and `/teachers` are there; many servers answer 404.
    pub views: bool,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Default for OneRosterOptions {
    fn default() -> Self {
        Self {
            version: OneRosterVersion::V1_1,
            latency: Duration::ZERO,
            clamp: None,
            total: true,
            tombstones: true,
            token_life: Duration::from_secs(3600),
            token_requests: None,
            rate: None,
            signed_within: None,
            quirks: Vec::new(),
            revisions: false,
            gzip: false,
            views: false,
            port: 0,
        }
    }
}

impl OneRosterOptions {
    /// With that version.
    #[must_use]
    pub fn version(mut self, version: OneRosterVersion) -> Self {
        self.version = version;
        self
    }

    /// With answers that take that long.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// With at most so many rows a page.
    #[must_use]
    pub fn clamp(mut self, rows: usize) -> Self {
        self.clamp = Some(rows);
        self
    }

    /// Without a total.
    #[must_use]
    pub fn without_total(mut self) -> Self {
        self.total = false;
        self
    }

    /// With deleted rows purged at once.
    #[must_use]
    pub fn purging(mut self) -> Self {
        self.tombstones = false;
        self
    }

    /// With tokens that are taken for so many requests.
    #[must_use]
    pub fn token_requests(mut self, requests: u64) -> Self {
        self.token_requests = Some(requests);
        self
    }

    /// With so many requests a second.
    #[must_use]
    pub fn rate(mut self, a_second: u32) -> Self {
        self.rate = Some(a_second);
        self
    }

    /// With a quirk; several add up.
    #[must_use]
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// With answers that name the revision of all data, and say how many rows they have.
    #[must_use]
    pub fn revisions(mut self) -> Self {
        self.revisions = true;
        self
    }

    /// With answers that are compressed for those who take gzip.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// With the views of collections, such as `/students`.
    #[must_use]
    pub fn views(mut self) -> Self {
        self.views = true;
        self
    }

    /// On that port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

/// A server that speaks OneRoster, on loopback, in a thread of its own. It stops when it is dropped.
///
/// It takes a fixed [`token`](Self::token), tokens that it gave out at [`token_url`](Self::token_url), requests signed by its
/// [consumer](Self::consumer_key) (OAuth 1.0a, either method, each nonce once), and no others. Plain requests move it: `POST /sandbox/next-day`, `/sandbox/new-term`, `/sandbox/change-id`; `GET /sandbox` says what it is.
pub struct OneRosterSandbox {
    shared: Arc<Shared>,
    server: Server,
}

impl OneRosterSandbox {
    /// Starts one that speaks 1.1 and has no quirks.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to be had.
    pub fn start(spec: DistrictSpec) -> io::Result<Self> {
        Self::start_with(spec.generate(), OneRosterOptions::default())
    }

    /// Starts one with that district, as the options say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(district: District, options: OneRosterOptions) -> io::Result<Self> {
        let port = options.port;
        let shared = Arc::new(Shared::new(district, options));
        let router = |address| serve::router(Arc::clone(&shared), format!("http://{address}"));
        let server = Server::start("oneroster-sandbox", port, router)?;
        Ok(Self { shared, server })
    }

    /// Its collections, by the names that faults know them by.
    pub fn collections() -> impl Iterator<Item = &'static str> {
        RestCollection::ALL.into_iter().map(RestCollection::name)
    }

    /// The rostering base path.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.server.origin(), self.shared.base_path())
    }

    /// Where tokens are given out.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.server.origin())
    }

    /// The origin, below which it is moved by plain requests.
    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// A token that is taken always.
    pub fn token(&self) -> &str {
        &self.shared.tokens.fixed
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.shared.tokens.client_id
    }

    /// The client's secret.
    pub fn client_secret(&self) -> &str {
        &self.shared.tokens.client_secret
    }

    /// OAuth 1.0a: the consumer's key.
    pub fn consumer_key(&self) -> &str {
        &self.shared.consumer.key
    }

    /// OAuth 1.0a: the consumer's secret.
    pub fn consumer_secret(&self) -> &str {
        &self.shared.consumer.secret
    }

    /// The district as it is now.
    pub fn district(&self) -> District {
        self.shared.state().district.clone()
    }

    /// Lets a day pass. Returns what changed in the district's own records.
    pub fn next_day(&self) -> DayTruth {
        self.shared.state().next_day()
    }

    /// Lets a term begin, to which every class moves.
    pub fn new_term(&self) {
        self.shared.state().new_term();
    }

    /// Gives one pupil another id, as after a change of systems.
    pub fn change_id(&self) {
        self.shared.state().change_id();
    }

    /// Changes the district by hand.
    pub fn edit(&self, change: impl FnOnce(&mut District)) {
        self.shared.state().edit(change);
    }

    /// Makes a row unreadable: what it must have is emptied. Returns whether there is one.
    pub fn break_record(&self, kind: EntityKind, id: &str) -> bool {
        self.shared.state().break_record(kind, id)
    }

    /// Misbehaves from now on; several faults add up.
    pub fn fault(&self, fault: SandboxFault) {
        self.shared.state().faults.push(fault);
    }

    /// Forgets all faults.
    pub fn recover(&self) {
        self.shared.state().faults.clear();
    }

    /// How often faults struck so far; where several struck one page, each of them counts.
    pub fn struck(&self) -> u64 {
        self.shared.struck()
    }

    /// Lets a day pass at each of the next first pages of that collection, before it is answered, so many times.
    pub fn day_passes_at(&self, collection: &'static str, times: u32) {
        self.shared.state().passing = Some((collection, times));
    }

    /// The paths and queries that were asked for so far, with the status of each answer; the first 100,000 of them.
    pub fn asked(&self) -> Vec<(String, u16)> {
        self.shared.asked()
    }

    /// What answers, for a vendor that stands before it.
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// How many requests came, those for tokens not counted.
    pub fn requests(&self) -> u64 {
        self.shared.requests()
    }

    /// How many tokens were given out.
    pub fn tokens_given(&self) -> u64 {
        self.shared.tokens.given()
    }
}

impl fmt::Debug for OneRosterSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneRosterSandbox({})", self.origin())
    }
}
