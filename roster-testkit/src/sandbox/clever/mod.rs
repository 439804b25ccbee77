//! Clever: the list of tokens, the Data API and the Events API, 3.0 and 3.1.

mod serve;
mod state;

use std::{fmt, io, sync::Arc, time::Duration};

use roster_core::EntityKind;
use serde_json::Value;

use self::state::Shared;
use super::{fault::SandboxFault, server::Server};
use crate::district::{CleverCollection, DayTruth, District, DistrictSpec};

/// What the links between pages look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CleverLinks {
    /// They repeat what was asked for.
    #[default]
    Whole,
    /// They have the cursor alone.
    Bare,
    /// The cursor alone, and the last page names one on which nothing is.
    ToEmptyPages,
    /// There are none.
    None,
}

/// How a sandbox is to be.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CleverOptions {
    /// The time that each answer takes at least.
    pub latency: Duration,
    /// What the links between pages look like.
    pub links: CleverLinks,
    /// For how many requests a token is taken that was looked up.
    pub token_requests: Option<u64>,
    /// How many requests a minute are answered; further ones get a 429 without a body.
    pub rate: Option<u32>,
    /// How far ahead of now, in seconds, the end of the window is told to be; a negative number is a time that has passed.
    pub reset_ahead: Option<i64>,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl CleverOptions {
    /// With answers that take that long.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// With links that look so.
    #[must_use]
    pub fn links(mut self, links: CleverLinks) -> Self {
        self.links = links;
        self
    }

    /// With tokens that are taken for so many requests.
    #[must_use]
    pub fn token_requests(mut self, requests: u64) -> Self {
        self.token_requests = Some(requests);
        self
    }

    /// With so many requests a minute.
    #[must_use]
    pub fn rate(mut self, a_minute: u32) -> Self {
        self.rate = Some(a_minute);
        self
    }

    /// With an end of the window that is told to be so many seconds ahead.
    #[must_use]
    pub fn reset_ahead(mut self, seconds: i64) -> Self {
        self.reset_ahead = Some(seconds);
        self
    }

    /// On that port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

/// A server that behaves like Clever with one district, on loopback, in a thread of its own. It stops when it is dropped.
///
/// It takes a fixed [`token`](Self::token), tokens that it listed at [`token_url`](Self::token_url), and no others; a
/// [`user_token`](Self::user_token) reads itself and nothing else. The feed grows as the district changes. Plain requests move it:
/// `POST /sandbox/next-day`, `remake-terms`, `pause`, `fail`, `resume`, `unshare-contacts`, `share-contacts`, `revoke`,
/// `restore`; `GET /sandbox` says what it is.
pub struct CleverSandbox {
    shared: Arc<Shared>,
    server: Server,
}

impl CleverSandbox {
    /// Starts one that has no quirks.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to be had.
    pub fn start(spec: DistrictSpec) -> io::Result<Self> {
        Self::start_with(spec.generate(), CleverOptions::default())
    }

    /// Starts one with that district, as the options say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(district: District, options: CleverOptions) -> io::Result<Self> {
        let port = options.port;
        let shared = Arc::new(Shared::new(district, options));
        let router = serve::router(Arc::clone(&shared));
        Ok(Self { shared, server: Server::start("clever-sandbox", port, |_| router)? })
    }

    /// Its lists, by the names that faults know them by.
    pub fn collections() -> impl Iterator<Item = &'static str> {
        CleverCollection::ALL.into_iter().map(CleverCollection::name).chain(["events"])
    }

    /// Where the API is, without a version.
    pub fn base_url(&self) -> String {
        self.server.origin()
    }

    /// The list of tokens.
    pub fn token_url(&self) -> String {
        format!("{}/oauth/tokens", self.server.origin())
    }

    /// The district's id.
    pub fn district_id(&self) -> String {
        self.shared.state().district_id()
    }

    /// A token of the district that is taken always.
    pub fn token(&self) -> &str {
        &self.shared.tokens.fixed
    }

    /// The token of a user who logged in.
    pub fn user_token(&self) -> String {
        self.shared.user_token()
    }

    /// The app's client id.
    pub fn client_id(&self) -> &str {
        &self.shared.tokens.client_id
    }

    /// The app's client secret.
    pub fn client_secret(&self) -> &str {
        &self.shared.tokens.client_secret
    }

    /// The district as it is now.
    pub fn district(&self) -> District {
        self.shared.state().district.clone()
    }

    /// What Clever says of it now: what a source must deliver.
    pub fn said(&self) -> District {
        self.shared.state().said.clone()
    }

    /// Lets a day pass. Returns what changed in the district's own records.
    pub fn next_day(&self) -> DayTruth {
        self.shared.state().next_day()
    }

    /// Changes the district by hand.
    pub fn edit(&self, change: impl FnOnce(&mut District)) {
        self.shared.state().edit(change);
    }

    /// Makes all terms and courses anew: they say the same, under other ids.
    pub fn remake_catalogue(&self) {
        self.shared.state().remake_catalogue();
    }

    /// Shares contacts, or no longer.
    pub fn share_contacts(&self, shares: bool) {
        self.shared.state().edit_facts(|facts| facts.contacts = shares);
    }

    /// Sets the district's state, in Clever's word.
    pub fn set_state(&self, state: &str) {
        self.shared.state().edit_facts(|facts| state.clone_into(&mut facts.state));
    }

    /// The district takes its access back, or gives it again.
    pub fn revoke(&self, is_revoked: bool) {
        self.shared.state().revoked = is_revoked;
    }

    /// Switches events on or off.
    pub fn switch_events(&self, on: bool) {
        self.shared.state().events_on = on;
    }

    /// Forgets the events so far.
    pub fn forget_events(&self) {
        self.shared.state().forget_events();
    }

    /// Adds an event by hand, such as one with a shrunken object.
    pub fn add_event(&self, of_type: &str, object: &Value) {
        self.shared.state().tell(of_type, &object.to_string(), None);
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.shared.state().events.len()
    }

    /// Makes a person's row unreadable. Returns whether there is one.
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

    /// How many requests came, those for tokens not counted.
    pub fn requests(&self) -> u64 {
        self.shared.requests()
    }

    /// How many tokens were listed.
    pub fn tokens_given(&self) -> u64 {
        self.shared.tokens.given()
    }
}

impl Shared {
    fn user_token(&self) -> String {
        format!("il{}", self.tokens.fixed)
    }
}

impl fmt::Debug for CleverSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CleverSandbox({})", self.base_url())
    }
}
