//! Settings, checked all at once.

use roster_core::{Error, ErrorKind, Result, SecretString};
use roster_http::{
    Auth, BaseUrl, Grant, HttpLimits, Limiter, OAuth1, RetryPolicy, SignatureMethod, TokenCache, Wire,
};

use super::{
    client::Client,
    config::OneRosterConfig,
    error::classify,
    profile::Profile,
    source::{OneRosterSource, PROVIDER},
    vendor::Vendor,
};
use crate::Version;

/// Builds a [`OneRosterSource`]. Setters never fail; [`build`](Self::build) checks everything at once and names the wrong field.
#[derive(Clone, Debug, Default)]
pub struct OneRosterSourceBuilder {
    config: OneRosterConfig,
    retry: RetryPolicy,
    limits: HttpLimits,
    limiter: Option<Limiter>,
    vendor: Option<Vendor>,
    auth: Option<Auth>,
}

impl From<OneRosterConfig> for OneRosterSourceBuilder {
    fn from(config: OneRosterConfig) -> Self {
        Self { config, ..Self::default() }
    }
}

impl OneRosterSourceBuilder {
    /// The rostering base path, such as `https://sis.example/ims/oneroster/v1p1`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.config.base_url = Some(url.into());
        self
    }

    /// `1.1` or `1.2`. Without it, what the URL says, else 1.1.
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.config.api_version = Some(version.into());
        self
    }

    /// The tenant's name. Without it, host and path of the base URL.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.config.tenant = Some(tenant.into());
        self
    }

    /// A bearer token that does not change.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.config.token = Some(token.into());
        self
    }

    /// OAuth 2.0 client credentials, and where tokens are given out.
    #[must_use]
    pub fn client(
        mut self,
        id: impl Into<SecretString>,
        secret: impl Into<SecretString>,
        token_url: impl Into<String>,
    ) -> Self {
        self.config.client_id = Some(id.into());
        self.config.client_secret = Some(secret.into());
        self.config.token_url = Some(token_url.into());
        self
    }

    /// OAuth 1.0a, with a signature of each request.
    #[must_use]
    pub fn consumer(mut self, key: impl Into<SecretString>, secret: impl Into<SecretString>) -> Self {
        self.config.consumer_key = Some(key.into());
        self.config.consumer_secret = Some(secret.into());
        self
    }

    /// OAuth 1.0a: `HMAC-SHA256`, which is the default, or `HMAC-SHA1`.
    #[must_use]
    pub fn signature_method(mut self, method: impl Into<String>) -> Self {
        self.config.signature_method = Some(method.into());
        self
    }

    /// Where a pull is limited to schools, their seats are asked for school by school, at `/schools/{id}/enrollments`, instead of
    /// all of the district's. A server that refuses it is asked for all.
    ///
    /// Not done unless asked for, since the server's word is taken for it that these are all: a seat that it counts to another
    /// school than the class is not seen, and ends where it was seen before. What comes is checked against the scope either way.
    #[must_use]
    pub fn school_endpoints(mut self) -> Self {
        self.config.school_endpoints = true;
        self
    }

    /// What a check learnt of the server, as its report has it.
    #[must_use]
    pub fn profile(mut self, profile: serde_json::Value) -> Self {
        self.config.profile = Some(profile);
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What the server may cost.
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

    /// For a provider that is built on this one: what it knows of its servers.
    #[must_use]
    pub fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// For a provider that is built on this one: who we are, in the place of credentials among the settings.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Checks the settings. Sends nothing: whether they are right is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing, wrong, or contradicts another.
    pub fn build(self) -> Result<OneRosterSource> {
        let Self { config, retry, limits, limiter, vendor, auth } = self;
        let vendor = vendor.unwrap_or(Vendor::new(PROVIDER));
        let wrong = |message: &str| wrong(vendor.provider, message);
        let Some(url) = config.base_url.as_deref() else {
            return Err(wrong(
                "`base_url` is missing: give the rostering base path, such as https://sis.example/ims/oneroster/v1p1",
            ));
        };
        let base = BaseUrl::parse(vendor.provider, "base_url", url)?;
        let version = version(&config, &base)?;
        let profile = match config.profile.clone() {
            None => None,
            Some(profile) => Some(Profile::read(profile).ok_or_else(|| {
                wrong("`profile` is not what a check of this provider reports, or of a later version: check again")
            })?),
        };
        let tenant = config.tenant.clone().unwrap_or_else(|| base.host_and_path());
        let auth = match auth {
            Some(auth) => auth,
            None => self::auth(&config, version, retry, limits)?,
        };
        let mut wire = Wire::builder(vendor.provider, base)
            .auth(auth)
            .retry(retry)
            .limits(limits)
            .classifier(classify)
            .no_content();
        if let Some(limiter) = limiter {
            wire = wire.limiter(limiter);
        }
        let client = Client::new(wire.build()?, vendor, version, profile, config.school_endpoints);
        Ok(OneRosterSource::new(tenant, version, client))
    }
}

fn version(config: &OneRosterConfig, base: &BaseUrl) -> Result<Version> {
    if let Some(text) = &config.api_version {
        let version = Version::read(text.trim());
        return version.ok_or_else(|| wrong(PROVIDER, "`api_version` is neither 1.1 nor 1.2"));
    }
    Ok(base.as_url().path().rsplit('/').find_map(Version::read).unwrap_or(Version::V1_1))
}

fn auth(config: &OneRosterConfig, version: Version, retry: RetryPolicy, limits: HttpLimits) -> Result<Auth> {
    let OneRosterConfig { token, client_id, client_secret, token_url, consumer_key, consumer_secret, .. } =
        config;
    let has_client = client_id.is_some() || client_secret.is_some() || token_url.is_some();
    let has_consumer = consumer_key.is_some() || consumer_secret.is_some();
    match (token, has_client, has_consumer) {
        (Some(token), false, false) => Auth::bearer(PROVIDER, token),
        (None, true, false) => {
            let (Some(id), Some(secret), Some(url)) = (client_id, client_secret, token_url) else {
                return Err(wrong(
                    PROVIDER,
                    "`client_id`, `client_secret` and `token_url` belong together: give all three",
                ));
            };
            let url = BaseUrl::parse(PROVIDER, "token_url", url)?;
            let grant = Grant::client_credentials(PROVIDER, url, id.clone(), secret.clone())
                .with_scopes(scopes(version));
            TokenCache::new(grant, retry, limits).map(Auth::Token)
        }
        (None, false, true) => {
            let (Some(key), Some(secret)) = (consumer_key, consumer_secret) else {
                return Err(wrong(
                    PROVIDER,
                    "`consumer_key` and `consumer_secret` belong together: give both",
                ));
            };
            let method = match &config.signature_method {
                None => SignatureMethod::default(),
                Some(text) => SignatureMethod::read(text).ok_or_else(|| {
                    wrong(PROVIDER, "`signature_method` is neither HMAC-SHA256 nor HMAC-SHA1")
                })?,
            };
            Ok(Auth::Signed(OAuth1::new(PROVIDER, key.clone(), secret.clone(), method)))
        }
        (None, false, false) => Err(wrong(
            PROVIDER,
            "no credentials: give `token`, or `client_id`, `client_secret` and `token_url`, or `consumer_key` and \
             `consumer_secret`",
        )),
        _ => Err(wrong(
            PROVIDER,
            "more than one kind of credentials: keep `token`, the three of a client, or the two of a consumer",
        )),
    }
}

/// The scopes of reading a roster. A server that grants fewer says so, and its answers do.
fn scopes(version: Version) -> [String; 3] {
    let word = match version {
        Version::V1_1 => "v1p1",
        Version::V1_2 => "v1p2",
    };
    ["roster-core.readonly", "roster.readonly", "roster-demographics.readonly"]
        .map(|scope| format!("https://purl.imsglobal.org/spec/or/{word}/scope/{scope}"))
}

fn wrong(provider: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Config, provider, "reading the settings", message)
}

#[cfg(test)]
mod tests {
    use roster_core::RosterSource;

    use super::*;

    fn built(builder: OneRosterSourceBuilder) -> Result<OneRosterSource> {
        builder.build()
    }

    fn at(url: &str) -> OneRosterSourceBuilder {
        OneRosterSource::builder().base_url(url)
    }

    #[test]
    fn the_wrong_field_is_named() {
        let url = "https://x.example/ims/oneroster/v1p1";
        for (builder, field) in [
            (OneRosterSource::builder(), "`base_url`"),
            (at("http://x.example").token("CanaryToken"), "`base_url`"),
            (at(url), "no credentials"),
            (at(url).token("CanaryToken").consumer("CanaryKey", "CanarySecret"), "more than one kind"),
            (at(url).client("CanaryId", "CanarySecret", "http://y.example/token"), "`token_url`"),
            (at(url).consumer("CanaryKey", "CanarySecret").signature_method("MD5"), "`signature_method`"),
            (at(url).token("CanaryToken").api_version("2.0"), "`api_version`"),
            (at(url).token("CanaryToken").profile("x".into()), "`profile`"),
        ] {
            assert!(!format!("{builder:?}").contains("Canary"));
            let error = built(builder).unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("Canary"));
        }
    }

    #[test]
    fn the_tenant_is_host_and_path_unless_it_is_named() {
        let source = built(at("https://X.example/or/v1p2/").token("CanaryToken")).unwrap();
        assert_eq!(source.info().tenant, "x.example/or/v1p2");
        assert!(!format!("{source:?}").contains("Canary"));
        let source = built(at("https://x.example").token("t").tenant("lincoln")).unwrap();
        assert_eq!(source.info().tenant, "lincoln");
    }
}
