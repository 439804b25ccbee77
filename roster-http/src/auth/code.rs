//! How somebody logs in: the authorization code flow of OAuth 2.0, with PKCE, as functions for a host's own web handlers.

use std::time::Duration;

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenUrl, basic::BasicClient,
};
use roster_core::{Error, ErrorKind, ExposeSecret, PullContext, Result, SecretString};
use url::Url;

use super::grant::{Grant, Granted, Sender, TokenRefusals};
use crate::{
    failure::{Again, Failure},
    limits::HttpLimits,
    origin::BaseUrl,
    transport::Transport,
};

/// One client's way to log somebody in. Cheap to clone.
#[derive(Clone)]
pub struct CodeFlow {
    authorize_url: Url,
    grant: Grant,
    redirect_url: String,
    scopes: Vec<String>,
    parameters: Vec<(String, String)>,
    transport: Transport,
}

/// Where to send a browser, and what to keep until it comes back. Bind `state` and `verifier` to the browser's session.
pub struct CodeRequest {
    /// The page where somebody agrees.
    pub url: Url,
    /// Comes back with the browser and must be the same; compare it before the code is used.
    pub state: SecretString,
    /// Proves at the exchange that it is we who asked.
    pub verifier: SecretString,
}

/// What a token endpoint gave.
pub struct Tokens {
    /// Opens the vendor's API for a while.
    pub access: SecretString,
    /// For how long, from now on.
    pub lasts: Option<Duration>,
    /// Fetches further tokens. `None` after a refresh means: keep the one at hand.
    pub refresh: Option<SecretString>,
    /// The scopes that were granted, where the server says so. They may be fewer than were asked for.
    pub scopes: Option<Vec<String>>,
}

impl CodeFlow {
    /// A client that logs people in at `authorize_url`, gets tokens at `token_url`, and has browsers come back to
    /// `redirect_url`. A client that can't keep a secret has none.
    ///
    /// # Errors
    ///
    /// `Config` if `redirect_url` is no URL, or the HTTP client does not start.
    pub fn new(
        provider: &'static str,
        authorize_url: &BaseUrl,
        token_url: BaseUrl,
        client_id: SecretString,
        client_secret: Option<SecretString>,
        redirect_url: &str,
    ) -> Result<Self> {
        let grant = Grant::of(provider, token_url, client_id, client_secret);
        if Url::parse(redirect_url).is_err() {
            let message = "`redirect_url` is no URL: give the one that is registered with the client";
            return Err(Error::new(ErrorKind::Config, provider, "reading the settings", message));
        }
        let transport = Transport::new(provider, grant.is_loopback(), HttpLimits::default())?;
        Ok(Self {
            authorize_url: authorize_url.as_url().clone(),
            grant,
            redirect_url: redirect_url.to_owned(),
            scopes: Vec::new(),
            parameters: Vec::new(),
            transport,
        })
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// With a parameter of the vendor's own in the page's URL.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// With what the vendor's own refusals mean.
    #[must_use]
    pub fn with_refusals(mut self, refusals: TokenRefusals) -> Self {
        self.grant = self.grant.with_refusals(refusals);
        self
    }

    /// Begins a log-in: makes a new state and verifier, and the URL of the page. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if a URL is none.
    pub fn begin(&self) -> Result<CodeRequest> {
        let wrong = |_| self.grant.odd("a URL of the log-in is no URL");
        let client = BasicClient::new(ClientId::new(self.grant.id.expose_secret().to_owned()))
            .set_auth_uri(AuthUrl::new(self.authorize_url.to_string()).map_err(wrong)?)
            .set_redirect_uri(RedirectUrl::new(self.redirect_url.clone()).map_err(wrong)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        for (name, value) in &self.parameters {
            request = request.add_extra_param(name, value);
        }
        let (url, state) = request.url();
        Ok(CodeRequest { url, state: state.into_secret().into(), verifier: verifier.secret().clone().into() })
    }

    /// Exchanges the code that the browser came back with. Sent once: a code serves once.
    ///
    /// # Errors
    ///
    /// `Unauthorized` if code, verifier or client are not taken, `Transport` if the server can't be reached.
    pub async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        _: &PullContext,
    ) -> Result<Tokens> {
        let sender = Sender { grant: self.grant.clone(), transport: self.transport.clone() };
        let wrong = |_| self.grant.odd("a URL of the log-in is no URL");
        let mut client = BasicClient::new(ClientId::new(self.grant.id.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::new(self.grant.token_url.as_url().to_string()).map_err(wrong)?)
            .set_redirect_uri(RedirectUrl::new(self.redirect_url.clone()).map_err(wrong)?);
        if let Some(secret) = &self.grant.secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        let code = AuthorizationCode::new(code.expose_secret().to_owned());
        let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
        let answer = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&sender).await;
        sender.read(answer).map(Tokens::from).map_err(final_error)
    }

    /// Gets a new access token by a refresh token. Sources do this by themselves; a host may, to see whether one still serves.
    ///
    /// # Errors
    ///
    /// `Unauthorized` if the token no longer serves: somebody has to log in again.
    pub async fn refresh(&self, refresh: &SecretString, cx: &PullContext) -> Result<Tokens> {
        let grant = self.grant.clone().with_client_auth(super::ClientAuth::Body);
        let asked = grant.ask(&self.transport, Some(refresh.clone()), cx.clock().now());
        asked.await.map(Tokens::from).map_err(final_error)
    }
}

fn final_error(failure: Failure) -> Error {
    if failure.again == Again::No { failure.error.exhausted() } else { failure.error }
}

impl From<Granted> for Tokens {
    fn from(granted: Granted) -> Self {
        let Granted { token, lasts, scopes, refresh } = granted;
        Self { access: token, lasts, refresh, scopes }
    }
}

macro_rules! shows_nothing {
    ($($name:ident),+) => {$(
        /// Shows nothing: it holds secrets.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

shows_nothing!(CodeFlow, CodeRequest, Tokens);

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> CodeFlow {
        let url = |text| BaseUrl::parse("test", "url", text).unwrap();
        let (page, token) = (url("https://id.example/auth"), url("http://127.0.0.1:1/token"));
        CodeFlow::new("test", &page, token, "CanaryId".into(), None, "http://127.0.0.1:7/back")
            .unwrap()
            .with_scopes(["a", "b"])
            .with_parameter("access_type", "offline")
    }

    #[test]
    fn each_log_in_has_a_state_and_a_challenge_of_its_own() {
        let (first, second) = (flow().begin().unwrap(), flow().begin().unwrap());
        assert_ne!(first.state.expose_secret(), second.state.expose_secret());
        assert_ne!(first.verifier.expose_secret(), second.verifier.expose_secret());
        let query: std::collections::BTreeMap<_, _> = first.url.query_pairs().into_owned().collect();
        let is = |key: &str, value: &str| query.get(key).is_some_and(|found| found == value);
        assert!(is("response_type", "code") && is("code_challenge_method", "S256") && is("scope", "a b"));
        assert!(is("access_type", "offline") && is("redirect_uri", "http://127.0.0.1:7/back"));
        assert!(is("client_id", "CanaryId") && is("state", first.state.expose_secret()));
        assert!(
            query.get("code_challenge").is_some_and(|challenge| challenge != first.verifier.expose_secret())
        );
        assert!(!format!("{:?}{first:?}", flow()).contains("Canary"));
    }
}
