//! Settings, checked all at once.

use roster_core::{Result, SecretString};
use roster_http::{Auth, BaseUrl, HttpLimits, Limiter, RetryPolicy, Wire};

use crate::{
    access::{Access, PROXY, Route, wrong},
    client::PartnerClient,
    config::ClassLinkConfig,
    source::{ClassLinkSource, PROVIDER},
    tenants::{ClassLinkPartner, Data},
};

/// Builds a [`ClassLinkPartner`], or a [`ClassLinkSource`] for one district. Setters never fail; [`build`](Self::build) and
/// [`partner`](Self::partner) check everything at once and name the wrong field.
#[derive(Clone, Debug, Default)]
pub struct ClassLinkBuilder {
    config: ClassLinkConfig,
    given: Option<Access>,
    retry: RetryPolicy,
    limits: Option<HttpLimits>,
    limiter: Option<Limiter>,
}

impl From<ClassLinkConfig> for ClassLinkBuilder {
    fn from(config: ClassLinkConfig) -> Self {
        Self { config, ..Self::default() }
    }
}

impl ClassLinkBuilder {
    /// The partner's API key.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.config.token = Some(token.into());
        self
    }

    /// The district's number, as text.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.config.tenant = Some(tenant.into());
        self
    }

    /// The proxy's address. Without it [`PROXY`].
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.config.base_url = Some(url.into());
        self
    }

    /// `proxy`, which is the default, or `direct`.
    #[must_use]
    pub fn access(mut self, access: impl Into<String>) -> Self {
        self.config.access = Some(access.into());
        self
    }

    /// Credentials that the host keeps itself, in the place of the partner's token: the list is never asked for then, and
    /// credentials that were changed are not found.
    #[must_use]
    pub fn given(mut self, access: Access) -> Self {
        self.given = Some(access);
        self
    }

    /// The path of the data: see [`ClassLinkConfig::path_template`].
    #[must_use]
    pub fn path_template(mut self, template: impl Into<String>) -> Self {
        self.config.path_template = Some(template.into());
        self
    }

    /// For `direct`: `HMAC-SHA256`, which is the default, or `HMAC-SHA1`.
    #[must_use]
    pub fn signature_method(mut self, method: impl Into<String>) -> Self {
        self.config.signature_method = Some(method.into());
        self
    }

    /// What a check learnt of the district's server, as its report has it.
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

    /// What the servers may cost. Without it four requests at once, over all districts of the partner.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Shares the limiter of other sources with the same credential.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// The partner: lists its districts, and opens their sources. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing or wrong.
    pub fn partner(self) -> Result<ClassLinkPartner> {
        let Some(token) = self.config.token.clone() else {
            return Err(wrong(
                "`token` is missing: give the partner's API key, from ClassLink's partner portal",
            ));
        };
        let auth = Auth::bearer(PROVIDER, &token)?;
        Ok(ClassLinkPartner::new(self.data(auth)?))
    }

    /// A source for one district. Sends nothing: whether the settings are right is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing, wrong, or contradicts another.
    pub fn build(mut self) -> Result<ClassLinkSource> {
        let tenant = self.config.tenant.clone().map(|tenant| tenant.trim().to_owned());
        let Some(tenant) = tenant.filter(|tenant| !tenant.is_empty()) else {
            return Err(wrong(
                "`tenant` is missing: give the district's number, as the list of tenants has it",
            ));
        };
        let profile = self.config.profile.clone();
        let source = match self.given.take() {
            None => self.partner()?.source(tenant, profile),
            Some(_) if self.config.token.is_some() => {
                return Err(wrong(
                    "`token` is given, and so are a district's own credentials: keep one of them",
                ));
            }
            Some(access) => {
                self.config.access = Some(way(&access).to_owned());
                ClassLinkSource::given(tenant, &self.data(Auth::None)?, &access, profile)?
            }
        };
        source.accept_profile()?;
        Ok(source)
    }

    fn data(self, auth: Auth) -> Result<Data> {
        let Self { config, retry, limits, limiter, .. } = self;
        let limits = limits.unwrap_or_else(|| {
            let mut limits = HttpLimits::default();
            // ClassLink limits requests, and does not say to how many.
            limits.in_flight = 4;
            limits
        });
        let base = BaseUrl::parse(PROVIDER, "base_url", config.base_url.as_deref().unwrap_or(PROXY))?;
        let route = Route::read(
            config.access.as_deref(),
            config.path_template.as_deref(),
            config.signature_method.as_deref(),
        )?;
        let limiter = limiter.unwrap_or_else(|| Limiter::new(limits.in_flight));
        let wire =
            Wire::builder(PROVIDER, base).auth(auth).retry(retry).limits(limits).limiter(limiter.clone());
        Ok(Data { client: PartnerClient::new(wire.build()?), route, retry, limits, limiter })
    }
}

fn way(access: &Access) -> &'static str {
    match access {
        Access::Proxy { .. } => "proxy",
        Access::Direct { .. } => "direct",
    }
}

#[cfg(test)]
mod tests {
    use roster_core::{ErrorKind, RosterSource};

    use super::*;

    #[test]
    fn the_wrong_field_is_named() {
        let full = || ClassLinkSource::builder().token("CanaryToken").tenant("2");
        let given = Access::Proxy { application_id: "a%2Fb".to_owned(), bearer: "CanaryBearer".into() };
        for (builder, field) in [
            (ClassLinkSource::builder().tenant("2"), "`token`"),
            (ClassLinkSource::builder().token("CanaryToken"), "`tenant`"),
            (full().tenant(" "), "`tenant`"),
            (full().base_url("http://x.example"), "`base_url`"),
            (full().access("sftp"), "`access`"),
            (full().path_template("/a"), "`path_template`"),
            (full().signature_method("MD5"), "`signature_method`"),
            (full().profile("x".into()), "`profile`"),
            (full().given(given), "`token`"),
        ] {
            assert!(!format!("{builder:?}").contains("Canary"));
            let error = builder.build().unwrap_err();
            assert!(error.message().starts_with(field), "{error}");
            assert_eq!((error.kind(), error.provider()), (ErrorKind::Config, "classlink"));
            assert!(!format!("{error:?}").contains("Canary"));
        }
        assert!(full().token("Canary\nToken").build().is_err());
        let source = full().build().unwrap();
        assert_eq!((source.info().provider, source.info().tenant.as_str()), ("classlink", "2"));
        assert!(!format!("{source:?}").contains("Canary"));
    }
}
