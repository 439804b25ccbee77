//! Settings, checked all at once.

use std::time::Duration;

use roster_core::{Error, ErrorKind, Result, SecretString};
use roster_http::{BaseUrl, HttpLimits, Limiter, Pace, RetryPolicy};

use crate::{
    client::{Client, Credential, Parts},
    config::CleverConfig,
    source::{CleverSource, PROVIDER},
    tenants::{CleverAccount, Settings},
    token::TokenList,
    version::ApiVersion,
};

const API: &str = "https://api.clever.com";
const TOKENS: &str = "https://clever.com/oauth/tokens";

/// How many requests a minute Clever takes of one token.
const A_MINUTE: u32 = 1_200;

/// Requests under way at once: pages of one collection follow each other, so that few are.
const IN_FLIGHT: usize = 4;

/// Builds a [`CleverSource`] or a [`CleverAccount`]. Setters never fail; the building checks everything at once and names the wrong
/// field.
#[derive(Clone, Debug, Default)]
pub struct CleverSourceBuilder {
    config: CleverConfig,
    retry: Option<RetryPolicy>,
    limits: HttpLimits,
    limiter: Option<Limiter>,
}

impl From<CleverConfig> for CleverSourceBuilder {
    fn from(config: CleverConfig) -> Self {
        Self { config, ..Self::default() }
    }
}

impl CleverSourceBuilder {
    /// The district's id.
    #[must_use]
    pub fn district(mut self, id: impl Into<String>) -> Self {
        self.config.district = Some(id.into());
        self
    }

    /// `3.1`, which is the default, or `3.0`.
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.config.api_version = Some(version.into());
        self
    }

    /// Where the API is, without the version.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.config.base_url = Some(url.into());
        self
    }

    /// The app's client, by which districts' tokens are looked up.
    #[must_use]
    pub fn client(mut self, id: impl Into<SecretString>, secret: impl Into<SecretString>) -> Self {
        self.config.client_id = Some(id.into());
        self.config.client_secret = Some(secret.into());
        self
    }

    /// The list of the districts' tokens.
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.config.token_url = Some(url.into());
        self
    }

    /// The district's own token, for hosts that know no client.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.config.token = Some(token.into());
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// What Clever may cost.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Shares the limiter of other sources with the same token. Without it a source has one of its own, of 1,200 requests a minute.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Checks the settings of a source. Sends nothing: whether they are right is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing, wrong, or contradicts another.
    pub fn build(self) -> Result<CleverSource> {
        let district = self.config.district.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let Some(district) = district.map(str::to_ascii_lowercase) else {
            return Err(wrong(
                "`district` is missing: give the district's id at Clever, 24 hexadecimal digits",
            ));
        };
        let (base, version) = base(&self.config)?;
        let retry = self.retry_policy();
        let CleverConfig { token, client_id, client_secret, .. } = &self.config;
        let has_client = client_id.is_some() || client_secret.is_some() || self.config.token_url.is_some();
        let credential = match (token, has_client) {
            (Some(token), false) => {
                // A token that no header can hold is told now.
                roster_http::Auth::bearer(PROVIDER, token)?;
                Credential::Token(token.clone())
            }
            (None, true) => Credential::List(token_list(&self.config, retry, self.limits)?),
            (None, false) => {
                return Err(wrong(
                    "no credentials: give `client_id` and `client_secret`, or the district's `token`",
                ));
            }
            (Some(_), true) => {
                return Err(wrong(
                    "more than one kind of credentials: keep `client_id` and `client_secret`, or the district's `token`",
                ));
            }
        };
        let limiter = self.limiter.unwrap_or_else(limiter);
        let limits = self.limits;
        let parts = Parts { district, version, base, credential, retry, limits, limiter };
        Ok(CleverSource::new(Client::new(parts)))
    }

    /// Checks the settings of an account: the app's client, without a district. Sends nothing.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_account(self) -> Result<CleverAccount> {
        let (base, version) = base(&self.config)?;
        if self.config.token.is_some() {
            return Err(wrong(
                "`token` is one district's: to list districts give `client_id` and `client_secret`",
            ));
        }
        let retry = self.retry_policy();
        let list = token_list(&self.config, retry, self.limits)?;
        let limits = self.limits;
        Ok(CleverAccount::new(Settings { base, version, list, retry, limits, limiter: self.limiter }))
    }

    /// A window of Clever's lasts a minute: whoever is refused may have to wait for its end.
    fn retry_policy(&self) -> RetryPolicy {
        self.retry.unwrap_or_else(|| RetryPolicy::default().attempts(8))
    }
}

/// What one token may ask.
pub(crate) fn limiter() -> Limiter {
    Limiter::paced(IN_FLIGHT, Pace::new(A_MINUTE, Duration::from_secs(60)))
}

/// Where the API is, with its version as the first segment of all paths. A base URL may end in a version already.
fn base(config: &CleverConfig) -> Result<(BaseUrl, ApiVersion)> {
    let text = config.base_url.as_deref().unwrap_or(API).trim().trim_end_matches('/');
    let said = text.rsplit('/').next().filter(|last| last.starts_with('v')).and_then(ApiVersion::read);
    let asked = match &config.api_version {
        None => None,
        Some(version) => {
            Some(ApiVersion::read(version).ok_or_else(|| wrong("`api_version` is neither 3.1 nor 3.0"))?)
        }
    };
    let version = match (asked, said) {
        (Some(asked), Some(said)) if asked != said => {
            return Err(wrong("`api_version` is another one than that in `base_url`: keep one of them"));
        }
        (asked, said) => asked.or(said).unwrap_or_default(),
    };
    let text = if said.is_some() { text.to_owned() } else { format!("{text}/{}", version.segment()) };
    // What is wrong with it is told of the setting, whatever was added.
    Ok((BaseUrl::parse(PROVIDER, "base_url", &text)?, version))
}

fn token_list(config: &CleverConfig, retry: RetryPolicy, limits: HttpLimits) -> Result<TokenList> {
    let CleverConfig { client_id, client_secret, token_url, base_url, .. } = config;
    let (Some(id), Some(secret)) = (client_id, client_secret) else {
        return Err(wrong("`client_id` and `client_secret` belong together: give both"));
    };
    let url = match (token_url, base_url) {
        (Some(url), _) => url.clone(),
        // A sandbox has both in one place.
        (None, Some(base)) => {
            let base = base.trim().trim_end_matches('/');
            let versioned = base.rsplit_once('/').filter(|(_, last)| ApiVersion::read(last).is_some());
            format!("{}/oauth/tokens", versioned.map_or(base, |(base, _)| base))
        }
        (None, None) => TOKENS.to_owned(),
    };
    TokenList::new(BaseUrl::parse(PROVIDER, "token_url", &url)?, id, secret, retry, limits)
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the settings", message)
}

#[cfg(test)]
mod tests {
    use roster_core::RosterSource;

    use super::*;

    fn of(district: &str) -> CleverSourceBuilder {
        CleverSource::builder().district(district)
    }

    #[test]
    fn the_wrong_field_is_named() {
        let id = "5a0c91b95c7cc000010d417c";
        for (builder, field) in [
            (CleverSource::builder().token("CanaryToken"), "`district`"),
            (of(" ").token("CanaryToken"), "`district`"),
            (of(id), "no credentials"),
            (of(id).token("CanaryToken").client("CanaryId", "CanarySecret"), "more than one kind"),
            (of(id).token("CanaryToken").api_version("2.1"), "`api_version`"),
            (of(id).token("CanaryToken").base_url("http://x.example"), "`base_url`"),
            (
                of(id).token("CanaryToken").base_url("https://x.example/v3.0").api_version("3.1"),
                "`api_version`",
            ),
            (of(id).token_url("https://x.example/oauth/tokens"), "`client_id`"),
            (of(id).client("CanaryId", "CanarySecret").token_url("http://x.example"), "`token_url`"),
            (of(id).token("Canary\nToken"), "the credential"),
        ] {
            assert!(!format!("{builder:?}").contains("Canary"));
            let error = builder.build().unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("Canary"));
        }
        assert!(of(id).token("t").build_account().is_err());
        assert!(CleverSource::builder().client("a", "b").build_account().is_ok());
    }

    #[test]
    fn the_tenant_is_the_district() {
        let source = of(" 5A0C91B95C7CC000010D417C ").token("CanaryToken").build().unwrap();
        assert_eq!(source.info().tenant, "5a0c91b95c7cc000010d417c");
        assert_eq!(source.version(), ApiVersion::V3_1);
        assert!(!format!("{source:?}").contains("Canary"));
        let source = of("d").token("t").base_url("http://127.0.0.1:1/v3.0/").build().unwrap();
        assert_eq!(source.version(), ApiVersion::V3_0);
    }
}
