//! Settings, checked all at once.

use std::{sync::Arc, time::Duration};

use roster_core::{Error, ErrorKind, Result, SecretString};
use roster_http::{
    Auth, BaseUrl, ClientAuth, Grant, HttpLimits, Limiter, Pace, RetryBudget, RetryPolicy, TokenCache, Wire,
};

use crate::{
    client::Client,
    config::{CourseState, GClassroomConfig},
    error::{classify, token_refusal},
    key::{Delegation, ServiceAccount},
    rules::GoogleRules,
    scopes::GoogleScope,
    source::{GClassroomSource, Mode, PROVIDER, Settings},
};

const CLASSROOM: &str = "https://classroom.googleapis.com";
const DIRECTORY: &str = "https://admin.googleapis.com";
pub(crate) const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// What Google takes of one user in a minute, at the time of writing.
const QUOTA: u32 = 1200;
/// Google counts over 60 seconds, as the requests arrive; ours take their time on the way, one more than another.
const QUOTA_TIME: Duration = Duration::from_millis(60_600);
/// How many requests of one user may be sent again before others succeed: when a quota is used up, all that are under way
/// are refused at once, more than once.
const RETRIES: u32 = 100;

/// Builds a [`GClassroomSource`]. Setters never fail; [`build`](Self::build) checks everything at once and names the wrong field.
#[derive(Clone, Debug)]
pub struct GClassroomSourceBuilder {
    config: GClassroomConfig,
    retry: RetryPolicy,
    limits: HttpLimits,
    limiter: Option<Limiter>,
    pace: Option<Pace>,
}

/// When a request is sent again: Google counts over a minute, so that one is not given up before two have passed.
impl Default for GClassroomSourceBuilder {
    fn default() -> Self {
        let mut retry = RetryPolicy::default().attempts(14);
        retry.first_wait = Duration::from_secs(1);
        retry.longest_wait = Duration::from_secs(32);
        Self {
            config: GClassroomConfig::default(),
            retry,
            limits: HttpLimits::default(),
            limiter: None,
            pace: None,
        }
    }
}

impl From<GClassroomConfig> for GClassroomSourceBuilder {
    fn from(config: GClassroomConfig) -> Self {
        Self { config, ..Self::default() }
    }
}

impl GClassroomSourceBuilder {
    /// The domain, such as `district.example`; `me` for the classes of the teacher who logged in.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.config.domain = Some(domain.into());
        self
    }

    /// A service account's key file, as text, and the e-mail address of the administrator whom it stands for.
    #[must_use]
    pub fn service_account(mut self, key_file: impl Into<SecretString>, subject: impl Into<String>) -> Self {
        self.config.service_account = Some(key_file.into());
        self.config.subject = Some(subject.into());
        self
    }

    /// A client, and the refresh token that somebody who logged in left behind.
    #[must_use]
    pub fn refresh_token(
        mut self,
        client_id: impl Into<SecretString>,
        client_secret: impl Into<SecretString>,
        refresh_token: impl Into<SecretString>,
    ) -> Self {
        self.config.client_id = Some(client_id.into());
        self.config.client_secret = Some(client_secret.into());
        self.config.refresh_token = Some(refresh_token.into());
        self
    }

    /// An access token, which lasts an hour.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.config.token = Some(token.into());
        self
    }

    /// What org units, external ids and aliases mean.
    #[must_use]
    pub fn rules(mut self, rules: GoogleRules) -> Self {
        self.config.rules = rules;
        self
    }

    /// Reads courses in these states; the others are counted.
    #[must_use]
    pub fn states(mut self, states: impl IntoIterator<Item = CourseState>) -> Self {
        self.config.states = Some(states.into_iter().collect());
        self
    }

    /// How many requests a minute are sent at most for one user; 0 for any number.
    #[must_use]
    pub fn quota(mut self, a_minute: u32) -> Self {
        self.config.quota = Some(a_minute);
        self
    }

    /// How many requests are sent at most in any stretch of a time, instead of [`quota`](Self::quota).
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Where Classroom is, and the Directory, unless that is told by itself.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.config.base_url = Some(url.into());
        self
    }

    /// Where the Directory is.
    #[must_use]
    pub fn directory_url(mut self, url: impl Into<String>) -> Self {
        self.config.directory_url = Some(url.into());
        self
    }

    /// Where tokens are given out. Without it, where the key file says, else at Google's.
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.config.token_url = Some(url.into());
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What Google may cost.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Shares the limiter of other sources of the same project and user. It brings its own pace.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// A limiter of one user of a project, as the settings have it, within what `above` allows.
    pub(crate) fn new_limiter(&self, above: Option<Limiter>) -> Limiter {
        let quota = match self.config.quota.unwrap_or(QUOTA) {
            0 => None,
            quota => Some(Pace::new(quota, QUOTA_TIME)),
        };
        Limiter::made(self.limits.in_flight, RetryBudget::new(RETRIES), self.pace.or(quota), above)
    }

    /// Checks the settings. Sends nothing: whether they are right is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing, wrong, or contradicts another.
    pub fn build(self) -> Result<GClassroomSource> {
        let limiter = self.limiter.clone().unwrap_or_else(|| self.new_limiter(None));
        let Self { config, retry, limits, .. } = self;
        let Some(domain) = config.domain.as_deref().map(str::trim).filter(|domain| !domain.is_empty()) else {
            return Err(wrong("`domain` is missing: give the domain, such as district.example, or me"));
        };
        let mode = if domain == "me" { Mode::Teacher } else { Mode::District };
        if mode == Mode::District && (!domain.contains('.') || domain.contains(['@', '/', ':'])) {
            return Err(wrong("`domain` is no domain: give one such as district.example, or me"));
        }
        let base = BaseUrl::parse(PROVIDER, "base_url", config.base_url.as_deref().unwrap_or(CLASSROOM))?;
        let directory = config.directory_url.as_deref().or(config.base_url.as_deref()).unwrap_or(DIRECTORY);
        let directory = BaseUrl::parse(PROVIDER, "directory_url", directory)?;
        let rules = config.rules.compile()?;
        let states =
            config.states.clone().unwrap_or_else(|| vec![CourseState::Active, CourseState::Archived]);
        let Auths { usual, guardians } = auths(&config, mode, retry, limits)?;
        let wire = |base: &BaseUrl, auth: &Auth| {
            Wire::builder(PROVIDER, base.clone())
                .auth(auth.clone())
                .retry(retry)
                .limits(limits)
                .limiter(limiter.clone())
                .classifier(classify)
                .build()
        };
        let client = Client { classroom: wire(&base, &usual)?, directory: wire(&directory, &usual)? };
        let guardians = Client { classroom: wire(&base, &guardians)?, ..client.clone() };
        let tenant = domain.to_ascii_lowercase();
        let subject = config.service_account.as_ref().and(config.subject.as_deref());
        let subject = subject.map(|subject| subject.trim().into());
        Ok(GClassroomSource::new(Settings { tenant, mode, subject, rules, states, client, guardians }))
    }
}

/// How requests say who we are. Guardians are asked for by a token of their own where the scopes are ours to choose, so that
/// who wants none needs no leave for them.
struct Auths {
    usual: Auth,
    guardians: Auth,
}

fn auths(config: &GClassroomConfig, mode: Mode, retry: RetryPolicy, limits: HttpLimits) -> Result<Auths> {
    let GClassroomConfig { service_account, subject, client_id, client_secret, refresh_token, token, .. } =
        config;
    let has_client = client_id.is_some() || client_secret.is_some() || refresh_token.is_some();
    match (service_account, has_client, token) {
        (Some(key), false, None) => {
            let Some(subject) = subject.as_deref().map(str::trim).filter(|subject| subject.contains('@'))
            else {
                return Err(wrong(
                    "`subject` belongs to `service_account`: give the e-mail address of the user whom it stands for, of an \
                     administrator for a whole domain",
                ));
            };
            let usual = if mode == Mode::Teacher { GoogleScope::TEACHER } else { GoogleScope::DISTRICT };
            let usual: Vec<_> =
                usual.iter().copied().filter(|scope| *scope != GoogleScope::Guardians).collect();
            let of = |scopes: &[GoogleScope]| delegated(config, key, subject, scopes, retry, limits);
            Ok(Auths { usual: of(&usual)?, guardians: of(&[GoogleScope::Guardians])? })
        }
        (None, true, None) => {
            let (Some(id), Some(refresh)) = (client_id, refresh_token) else {
                return Err(wrong(
                    "`client_id`, `client_secret` and `refresh_token` belong together: give all three",
                ));
            };
            let secret = client_secret.clone().unwrap_or_default();
            let url = token_url(config, None)?;
            let grant = Grant::client_credentials(PROVIDER, url, id.clone(), secret)
                .with_refresh_token(refresh.clone())
                .with_client_auth(ClientAuth::Body)
                .with_refusals(token_refusal);
            let auth = Auth::Token(TokenCache::new(grant, retry, limits)?);
            Ok(Auths { usual: auth.clone(), guardians: auth })
        }
        (None, false, Some(token)) => {
            let auth = Auth::bearer(PROVIDER, token)?;
            Ok(Auths { usual: auth.clone(), guardians: auth })
        }
        (None, false, None) => Err(wrong(
            "no credentials: give `service_account` and `subject`, or `client_id`, `client_secret` and `refresh_token`, or `token`",
        )),
        _ => Err(wrong(
            "more than one kind of credentials: keep the service account, the client, or the token",
        )),
    }
}

fn delegated(
    config: &GClassroomConfig,
    key: &SecretString,
    subject: &str,
    scopes: &[GoogleScope],
    retry: RetryPolicy,
    limits: HttpLimits,
) -> Result<Auth> {
    let account = ServiceAccount::read(key)?;
    let url = token_url(config, account.token_uri.as_deref())?;
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
    let delegation = Delegation { account, subject: subject.to_owned(), scopes: scopes.join(" ") };
    let grant = Grant::assertion(PROVIDER, url, Arc::new(delegation)).with_refusals(token_refusal);
    TokenCache::new(grant, retry, limits).map(Auth::Token)
}

fn token_url(config: &GClassroomConfig, of_key: Option<&str>) -> Result<BaseUrl> {
    match (config.token_url.as_deref(), of_key) {
        (Some(url), _) => BaseUrl::parse(PROVIDER, "token_url", url),
        (None, Some(url)) => BaseUrl::parse(PROVIDER, "service_account: token_uri", url),
        (None, None) => BaseUrl::parse(PROVIDER, "token_url", TOKENS),
    }
}

pub(crate) fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the settings", message)
}

#[cfg(test)]
mod tests {
    use roster_core::{EntityKind, RosterSource};

    use super::*;

    fn of(domain: &str) -> GClassroomSourceBuilder {
        GClassroomSource::builder().domain(domain)
    }

    #[test]
    fn the_wrong_field_is_named() {
        for (builder, field) in [
            (GClassroomSource::builder(), "`domain` is missing"),
            (of("lincoln").token("Canary"), "`domain` is no domain"),
            (of("d.example"), "no credentials"),
            (of("d.example").token("Canary").base_url("http://x.example"), "`base_url`"),
            (of("d.example").token("Canary").directory_url("x"), "`directory_url`"),
            (
                of("d.example").service_account("Canary", "admin@d.example"),
                "`service_account` is no key file",
            ),
            (of("d.example").service_account("Canary", " "), "`subject`"),
            (
                of("d.example").token("Canary").refresh_token("CanaryId", "CanaryS", "CanaryR"),
                "more than one kind",
            ),
            (
                of("d.example").refresh_token("CanaryId", "CanaryS", "CanaryR").token_url("http://x.example"),
                "`token_url`",
            ),
        ] {
            assert!(!format!("{builder:?}").contains("Canary"));
            let error = builder.build().unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("Canary"));
        }
    }

    #[test]
    fn the_domain_is_the_tenant() {
        let teacher = of("me").token("Canary").build().unwrap();
        assert_eq!(teacher.info().tenant, "me");
        assert!(!format!("{teacher:?}").contains("Canary"));
        let district = of("D.Example").token("t").build().unwrap();
        assert_eq!(district.info().tenant, "d.example");
        assert!(district.capabilities().supports(EntityKind::Relationship));
        assert!(!district.capabilities().supports(EntityKind::AcademicSession));
    }
}
