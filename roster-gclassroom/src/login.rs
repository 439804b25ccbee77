//! How a teacher or an administrator logs in: the authorization code flow with PKCE, for a host's own web handlers.

use std::fmt;

use roster_core::{PullContext, Result, SecretString};
use roster_http::{BaseUrl, CodeFlow, CodeRequest, Tokens};

use crate::{builder::TOKENS, error::token_refusal, scopes::GoogleScope, source::PROVIDER};

const PAGE: &str = "https://accounts.google.com/o/oauth2/v2/auth";

/// One client of a Cloud project, which logs people in.
///
/// ```
/// use roster_gclassroom::{GoogleLogin, GoogleScope};
///
/// let login = GoogleLogin::new("client-id", "client-secret", "https://app.example/google/back", GoogleScope::TEACHER)?;
/// let asked = login.begin()?;
/// // Keep `asked.state` and `asked.verifier` in the browser's session, and send it to `asked.url`. When it comes back, compare
/// // the state, and give code and verifier to `exchange`; what that returns as `refresh` is for the source's builder.
/// assert_eq!(asked.url.host_str(), Some("accounts.google.com"));
/// # Ok::<(), roster_core::Error>(())
/// ```
#[derive(Clone)]
pub struct GoogleLogin(CodeFlow);

impl GoogleLogin {
    /// A client, the URL to which browsers come back, and what to ask leave for. A client that can't keep a secret has an empty one.
    ///
    /// # Errors
    ///
    /// `Config` if `redirect_url` is no URL.
    pub fn new(
        client_id: impl Into<SecretString>,
        client_secret: impl Into<SecretString>,
        redirect_url: &str,
        scopes: &[GoogleScope],
    ) -> Result<Self> {
        Self::at(PAGE, TOKENS, client_id, client_secret, redirect_url, scopes)
    }

    /// The same, with the page and the token endpoint elsewhere, for tests and proxies.
    ///
    /// # Errors
    ///
    /// `Config` if a URL is wrong.
    pub fn at(
        page: &str,
        token_url: &str,
        client_id: impl Into<SecretString>,
        client_secret: impl Into<SecretString>,
        redirect_url: &str,
        scopes: &[GoogleScope],
    ) -> Result<Self> {
        use roster_core::ExposeSecret;
        let page = BaseUrl::parse(PROVIDER, "the log-in page's URL", page)?;
        let token_url = BaseUrl::parse(PROVIDER, "token_url", token_url)?;
        let secret =
            Some(client_secret.into()).filter(|secret: &SecretString| !secret.expose_secret().is_empty());
        let flow = CodeFlow::new(PROVIDER, &page, token_url, client_id.into(), secret, redirect_url)?
            .with_scopes(scopes.iter().map(|scope| scope.name()))
            // Without these two there is no refresh token, or only the first time.
            .with_parameter("access_type", "offline")
            .with_parameter("prompt", "consent")
            .with_refusals(token_refusal);
        Ok(Self(flow))
    }

    /// Suggests the account, by its e-mail address.
    #[must_use]
    pub fn with_hint(self, email: &str) -> Self {
        Self(self.0.with_parameter("login_hint", email))
    }

    /// Begins a log-in. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if a URL is wrong.
    pub fn begin(&self) -> Result<CodeRequest> {
        self.0.begin()
    }

    /// Exchanges the code that the browser came back with.
    ///
    /// # Errors
    ///
    /// `Unauthorized` if Google does not take it: log in again. `Transport` if Google can't be reached.
    pub async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        cx: &PullContext,
    ) -> Result<Tokens> {
        self.0.exchange(code, verifier, cx).await
    }

    /// Gets an access token by a refresh token. Sources do this by themselves.
    ///
    /// # Errors
    ///
    /// `Unauthorized` if it no longer serves: log in again.
    pub async fn refresh(&self, refresh_token: &SecretString, cx: &PullContext) -> Result<Tokens> {
        self.0.refresh(refresh_token, cx).await
    }
}

/// Shows nothing: the client's id counts as a secret.
impl fmt::Debug for GoogleLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GoogleLogin(..)")
    }
}
