//! Settings, checked all at once.

use roster_core::{PersonField, Result, SecretString};
use roster_http::{Auth, BaseUrl, HttpLimits, Limiter, RetryPolicy};

use crate::{
    client::Access,
    config::{ClassSource, EmailOrder, WondeConfig},
    error::wrong,
    opening::Account,
    options::{self, Choices, SchoolOptions},
    region::{self, Region},
    source::{PROVIDER, Settings, WondeSource},
    tenants::WondeAccount,
};

pub(crate) const SETTINGS: &str = "reading the settings";

/// One request at a time of a school, and of four schools at once: so vendors in production do it.
const IN_FLIGHT: usize = 4;

/// Builds a [`WondeSource`] or a [`WondeAccount`]. Setters never fail; [`build`](Self::build) checks everything at once and names
/// the wrong field.
#[derive(Clone, Debug, Default)]
pub struct WondeBuilder {
    config: WondeConfig,
    retry: RetryPolicy,
    limits: HttpLimits,
    limiter: Option<Limiter>,
}

impl From<WondeConfig> for WondeBuilder {
    fn from(config: WondeConfig) -> Self {
        Self { config, ..Self::default() }
    }
}

impl WondeBuilder {
    /// The school's id, such as `A1930499544`.
    #[must_use]
    pub fn school(mut self, id: impl Into<String>) -> Self {
        self.config.school = Some(id.into());
        self
    }

    /// The application's token, or the one that this school gave.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.config.token = Some(token.into());
        self
    }

    /// Where the school's data are expected: `uk`, `au`, `nz`, `za`, `us`, or a host below `wonde.com`. Without it, where the school
    /// itself says.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.config.region = Some(region.into());
        self
    }

    /// The base path of the API, for tests and proxies.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.config.base_url = Some(url.into());
        self
    }

    /// What classes are taken from.
    #[must_use]
    pub fn class_source(mut self, source: ClassSource) -> Self {
        self.config.class_source = source;
        self
    }

    /// Which of a person's addresses is the one.
    #[must_use]
    pub fn emails(mut self, order: EmailOrder) -> Self {
        self.config.emails = order;
        self
    }

    /// A change of the school's MIS was announced and is not over, as [`Connection::is_migrating`](crate::Connection::is_migrating)
    /// tells: nothing ends meanwhile.
    #[must_use]
    pub fn frozen(mut self, frozen: bool) -> Self {
        self.config.frozen = frozen;
        self
    }

    /// Fields of people that stay as they are known: what the school says of them is not taken.
    #[must_use]
    pub fn frozen_fields(mut self, fields: impl IntoIterator<Item = PersonField>) -> Self {
        self.config.frozen_fields = options::names(fields);
        self
    }

    /// What one school of the account has of its own. That the account does not have the school is a warning of `check`.
    #[must_use]
    pub fn school_options(mut self, id: impl Into<String>, options: SchoolOptions) -> Self {
        self.config.schools.insert(id.into(), options);
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What the vendor may cost.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Shares the limiter of other sources with the same credential.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Checks the settings of a school. Sends nothing: whether they are right is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing or wrong.
    pub fn build(self) -> Result<WondeSource> {
        let school = self.config.school.clone().unwrap_or_default();
        let school = school.trim();
        if school.is_empty() {
            return Err(wrong(SETTINGS, "`school` is missing: give the school's id, such as A1930499544"));
        }
        let account = self.account()?;
        let school = checked(school)?.to_owned();
        let choices = Choices::of(&self.config, &school, &SchoolOptions::default())?;
        // A school's own token lists no other, so that of these nothing can be told.
        Ok(WondeSource::new(Settings { school, account, choices, others: Vec::new() }))
    }

    /// Checks the settings of an account, for which no school is named. Sends nothing.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_account(self) -> Result<WondeAccount> {
        let account = self.account()?;
        // A wrong name is found now, and not at the one school that it is of.
        let default = SchoolOptions::default();
        for school in self.config.schools.keys().map(String::as_str).chain([""]) {
            Choices::of(&self.config, school, &default)?;
        }
        Ok(WondeAccount::new(account, self.config))
    }

    fn account(&self) -> Result<Account> {
        let WondeConfig { token, region, base_url, .. } = &self.config;
        let Some(token) = token else {
            return Err(wrong(
                SETTINGS,
                "`token` is missing: give the application's token, or the one that the school gave",
            ));
        };
        let auth = Auth::bearer(PROVIDER, token)?;
        let region = match region.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(Region::read(text).ok_or_else(|| {
                wrong(SETTINGS, "`region` is none of uk, au, nz, za, us, nor a host below wonde.com")
            })?),
        };
        let base = match (base_url, &region) {
            (Some(url), _) => BaseUrl::parse(PROVIDER, "base_url", &with_path(url))?,
            (None, Some(region)) if region::is_allowed(&region.host) => base_of(&region.host)?,
            (None, Some(_)) => {
                return Err(wrong(SETTINGS, "`region` is on this machine: set `base_url` too"));
            }
            (None, None) => base_of(region::DEFAULT)?,
        };
        let limiter = self.limiter.clone().unwrap_or_else(|| Limiter::new(IN_FLIGHT));
        Account::new(Access { auth, retry: self.retry, limits: self.limits, limiter }, base, region)
    }
}

fn base_of(host: &str) -> Result<BaseUrl> {
    BaseUrl::parse(PROVIDER, "region", &format!("https://{host}{}", region::PATH))
}

/// An origin without a path means the usual one.
fn with_path(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path || !url.contains("://") { url.to_owned() } else { format!("{url}{}", region::PATH) }
}

/// An id that is one segment of a path.
pub(crate) fn checked(id: &str) -> Result<&str> {
    let id = id.trim();
    // A blank one would address the list above it.
    if id.is_empty() || matches!(id, "." | "..") {
        return Err(wrong(SETTINGS, "the school's id is empty: give one such as A1930499544"));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use roster_core::{ErrorKind, RosterSource};

    use super::*;

    fn builder() -> WondeBuilder {
        WondeSource::builder()
    }

    #[test]
    fn the_wrong_field_is_named() {
        for (builder, field) in [
            (builder().token("CanaryToken"), "`school`"),
            (builder().school("  ").token("CanaryToken"), "`school`"),
            (builder().school("A1"), "`token`"),
            (builder().school("A1").token("CanaryToken").region("mars"), "`region`"),
            (builder().school("A1").token("CanaryToken").region("evil.example"), "`region`"),
            (builder().school("A1").token("CanaryToken").base_url("http://x.example"), "`base_url`"),
            (builder().school("..").token("CanaryToken"), "the school's id"),
        ] {
            assert!(!format!("{builder:?}").contains("Canary"));
            let error = builder.build().unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("Canary"));
        }
    }

    #[test]
    fn the_tenant_is_the_school() {
        let source = builder().school("A1").token("CanaryToken").region("au").build().unwrap();
        assert_eq!(source.info().tenant, "A1");
        assert!(!format!("{source:?}").contains("Canary"), "{source:?}");
    }
}
