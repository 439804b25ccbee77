//! Google: the token endpoint, Classroom and the Admin Directory.

mod fields;
mod refusal;
mod rows;
mod said;
mod serve;
mod state;
mod tokens;

use std::{fmt, io, sync::Arc, time::Duration};

use roster_core::Role;

pub use self::said::what_google_says;
use self::state::{Scripted, Shared};
use super::{fault::SandboxFault, server::Server};
use crate::district::{DayTruth, District, DistrictSpec};

/// The domain that a sandbox is of.
const DOMAIN: &str = "domain.example";

/// How a sandbox is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoogleOptions {
    /// The time that each answer takes at least.
    pub latency: Duration,
    /// The most rows a page, whatever is asked for. `None`: as many as asked for, or 30.
    pub clamp: Option<usize>,
    /// How many requests of one user are answered in any stretch of that time.
    pub user_quota: Option<(u32, Duration)>,
    /// How many requests of all users together.
    pub project_quota: Option<(u32, Duration)>,
    /// Whether courses show e-mail addresses.
    pub emails: bool,
    /// How long a token lasts.
    pub token_life: Duration,
    /// For how many requests a token is taken.
    pub token_requests: Option<u64>,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Default for GoogleOptions {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            clamp: None,
            user_quota: None,
            project_quota: None,
            emails: true,
            token_life: Duration::from_secs(3600),
            token_requests: None,
            port: 0,
        }
    }
}

impl GoogleOptions {
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

    /// With so many requests of one user in any stretch of that time.
    #[must_use]
    pub fn user_quota(mut self, requests: u32, time: Duration) -> Self {
        self.user_quota = Some((requests, time));
        self
    }

    /// With so many requests of all users in any stretch of that time.
    #[must_use]
    pub fn project_quota(mut self, requests: u32, time: Duration) -> Self {
        self.project_quota = Some((requests, time));
        self
    }

    /// Without e-mail addresses in courses.
    #[must_use]
    pub fn without_emails(mut self) -> Self {
        self.emails = false;
        self
    }

    /// With tokens that are taken for so many requests.
    #[must_use]
    pub fn token_requests(mut self, requests: u64) -> Self {
        self.token_requests = Some(requests);
        self
    }

    /// On that port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

/// Google on loopback, in a thread of its own: token endpoint, Classroom and Directory. It stops when it is dropped.
///
/// Assertions are verified, scopes and quotas enforced, `fields` obeyed. Plain requests move it: `POST /sandbox/next-day`,
/// `/sandbox/rename-unit`, `/sandbox/archive-class`; `GET /sandbox` says what it is.
pub struct GoogleSandbox {
    shared: Arc<Shared>,
    server: Server,
}

impl GoogleSandbox {
    /// Starts one without quirks.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to be had.
    pub fn start(spec: DistrictSpec) -> io::Result<Self> {
        Self::start_with(spec.generate(), GoogleOptions::default())
    }

    /// Starts one with that district, as the options say.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(district: District, options: GoogleOptions) -> io::Result<Self> {
        let port = options.port;
        let shared = Arc::new(Shared::new(district, options));
        let router = serve::router(Arc::clone(&shared));
        Ok(Self { shared, server: Server::start("google-sandbox", port, |_| router)? })
    }

    /// Its lists, by the names that faults know them by. Those of one course are known by its id too, as in `students/600`.
    pub fn collections() -> impl Iterator<Item = &'static str> {
        ["courses", "students", "teachers", "aliases", "guardians", "users", "orgunits"].into_iter()
    }

    /// Where Classroom and the Directory are.
    pub fn base_url(&self) -> String {
        self.server.origin()
    }

    /// Where tokens are given out.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.server.origin())
    }

    /// The page where somebody logs in; its teacher agrees at once.
    pub fn login_url(&self) -> String {
        format!("{}/o/oauth2/v2/auth", self.server.origin())
    }

    /// The domain.
    pub fn domain(&self) -> &'static str {
        DOMAIN
    }

    /// The key file of a service account to which the domain has delegated. Made anew in each process.
    pub fn key_file(&self) -> String {
        tokens::Tokens::key_file(&self.token_url())
    }

    /// The e-mail address of the domain's administrator.
    pub fn subject(&self) -> String {
        format!("admin@{DOMAIN}")
    }

    /// The e-mail address of somebody who administers the Directory alone, and is shown no courses.
    pub fn delegate(&self) -> String {
        format!("{}@{DOMAIN}", tokens::DELEGATE)
    }

    /// An administrator's token, which is taken always.
    pub fn token(&self) -> &str {
        &self.shared.tokens.admin_token
    }

    /// A teacher's token, which is taken always.
    pub fn teacher_token(&self) -> &str {
        &self.shared.tokens.teacher_token
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.shared.tokens.client_id
    }

    /// The client's secret.
    pub fn client_secret(&self) -> &str {
        &self.shared.tokens.client_secret
    }

    /// The refresh token that the teacher left behind.
    pub fn refresh_token(&self) -> &str {
        &self.shared.tokens.refresh_token
    }

    /// Rules for its org units, external ids and aliases, as TOML.
    pub fn rules() -> String {
        let mut rules = String::from(
            "[[school]]\nunit = \"/Students/*\"\n\n[[people]]\nunit = \"/Students/{school}/{grade}\"\nrole = \"student\"\n",
        );
        let staff = Role::KNOWN.iter().filter(|role| !role.is_contact() && **role != Role::Student);
        for role in staff {
            for school in [rows::OFFICE, "{school}"] {
                rules.push_str(&format!(
                    "\n[[people]]\nunit = \"/Staff/{school}/{role}\"\nrole = \"{role}\"\n"
                ));
            }
        }
        rules.push_str(
            "\n[[external_id]]\ntype = \"organization\"\nas = \"sis_id\"\n\n[[external_id]]\ntype = \"custom\"\n\
             custom_type = \"number\"\nas = \"student_number\"\nrole = \"student\"\n\n[alias]\nprefix = \"sis:\"\n\n\
             [classes]\nschool = \"owner\"\n",
        );
        rules
    }

    /// The id that Google has for a person of the district.
    pub fn account_id(id: &str) -> String {
        rows::account(id)
    }

    /// The id that Google has for a class of the district.
    pub fn course_id(id: &str) -> String {
        rows::course(id)
    }

    /// The id that Google has for a school of the district.
    pub fn unit_id(id: &str) -> String {
        rows::unit(id)
    }

    /// The district as it is now.
    pub fn district(&self) -> District {
        self.shared.state().district.clone()
    }

    /// Lets a day pass. Returns what changed in the district's own records.
    pub fn next_day(&self) -> DayTruth {
        self.shared.state().next_day()
    }

    /// Changes the district by hand.
    pub fn edit(&self, change: impl FnOnce(&mut District)) {
        self.shared.state().edit(change);
    }

    /// Makes a course unreadable, by Google's id: its name is no text. Returns whether there is one.
    pub fn break_course(&self, id: &str) -> bool {
        self.shared.state().break_course(id)
    }

    /// Lets a course be listed and be gone when more of it is asked for, by Google's id.
    pub fn let_vanish(&self, id: &str) {
        self.shared.state().vanishing.insert(id.to_owned());
    }

    /// Misbehaves from now on; several faults add up.
    pub fn fault(&self, fault: SandboxFault) {
        self.shared.state().faults.push(fault);
    }

    /// Answers requests of a list, or of one course's such as `students/600`, with that so often.
    pub fn answer_with(&self, collection: &str, status: u16, body: impl Into<String>, times: u64) {
        let (collection, body) = (collection.to_owned(), body.into());
        self.shared.state().answers.push(Scripted { collection, status, body, times });
    }

    /// Forgets all faults and given answers.
    pub fn recover(&self) {
        let mut state = self.shared.state();
        state.faults.clear();
        state.answers.clear();
        state.vanishing.clear();
    }

    /// Lets the administrator delegate these scopes alone, by their short names such as `classroom.courses.readonly`.
    pub fn grant(&self, scopes: &[&str]) {
        self.shared.tokens.grant(scopes);
    }

    /// Takes all consent back.
    pub fn revoke(&self) {
        self.shared.tokens.revoke();
    }

    /// How many requests came, those for tokens not counted.
    pub fn requests(&self) -> u64 {
        self.shared.requests()
    }

    /// How many requests were refused because a quota was used up.
    pub fn refused(&self) -> u64 {
        self.shared.refused()
    }

    /// How many questions were answered more than once.
    pub fn answered_again(&self) -> usize {
        self.shared.answered_again()
    }

    /// How many tokens were given out.
    pub fn tokens_given(&self) -> u64 {
        self.shared.tokens.given()
    }
}

impl fmt::Debug for GoogleSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoogleSandbox({:?})", self.server)
    }
}
