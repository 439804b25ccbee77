//! How a token is had: OAuth 2.0 client credentials, a refresh token, or a signed assertion.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, Scope, TokenResponse as _, TokenUrl, basic::BasicClient,
    basic::BasicRequestTokenError, basic::BasicTokenResponse,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use roster_core::{Error, ErrorKind, ExposeSecret, Result, SecretString, jiff::Timestamp};
use serde_json::{Value, json};

use crate::{
    failure::{Again, Failure, Refusal, by_status},
    origin::BaseUrl,
    transport::Transport,
};

pub(crate) const OPERATION: &str = "getting an access token";
const PLACE: &str = "the token endpoint";

/// Where a client puts its id and secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// In a Basic header, and, if that is refused, once more in the body: servers differ, and few say which they want.
    #[default]
    Either,
    /// In a Basic header.
    Header,
    /// In the form of the body.
    Body,
}

/// Says who asks for a token, by a signed statement that is made anew each time (RFC 7523).
pub trait Assertion: fmt::Debug + Send + Sync + 'static {
    /// Makes one that holds from now on.
    ///
    /// # Errors
    ///
    /// `Config` if the key can't sign.
    fn sign(&self, now: Timestamp) -> Result<SecretString>;
}

/// What the word that a token endpoint refuses with means at one vendor: the kind of error, and what to do.
pub type TokenRefusals = fn(word: &str) -> Option<(ErrorKind, &'static str)>;

/// What a token is asked for with.
#[derive(Clone)]
pub struct Grant {
    pub(super) provider: &'static str,
    pub(super) token_url: BaseUrl,
    pub(super) id: SecretString,
    /// A client that can't keep a secret has none.
    pub(super) secret: Option<SecretString>,
    scopes: Vec<String>,
    refresh: Option<SecretString>,
    assertion: Option<Arc<dyn Assertion>>,
    place: ClientAuth,
    refusals: TokenRefusals,
}

/// A token as a server gave it.
pub(crate) struct Granted {
    pub(crate) token: SecretString,
    pub(crate) lasts: Option<Duration>,
    /// What was granted, where the server says so.
    pub(crate) scopes: Option<Vec<String>>,
    /// The refresh token for the next time, where the server changes it.
    pub(crate) refresh: Option<SecretString>,
}

impl Grant {
    /// Client credentials, for these scopes.
    #[must_use]
    pub fn client_credentials(
        provider: &'static str,
        token_url: BaseUrl,
        id: SecretString,
        secret: SecretString,
    ) -> Self {
        Self::of(provider, token_url, id, Some(secret))
    }

    /// A signed assertion; it says itself which scopes are asked for.
    #[must_use]
    pub fn assertion(provider: &'static str, token_url: BaseUrl, assertion: Arc<dyn Assertion>) -> Self {
        let grant = Self::of(provider, token_url, SecretString::default(), None);
        Self { assertion: Some(assertion), ..grant }
    }

    /// A client that may have no secret.
    pub(super) fn of(
        provider: &'static str,
        token_url: BaseUrl,
        id: SecretString,
        secret: Option<SecretString>,
    ) -> Self {
        Self {
            provider,
            token_url,
            id,
            secret,
            scopes: Vec::new(),
            refresh: None,
            assertion: None,
            place: ClientAuth::default(),
            refusals: |_| None,
        }
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// With a refresh token, which somebody who logged in left behind.
    #[must_use]
    pub fn with_refresh_token(mut self, token: SecretString) -> Self {
        self.refresh = Some(token);
        self
    }

    /// With id and secret in that place.
    #[must_use]
    pub fn with_client_auth(mut self, place: ClientAuth) -> Self {
        self.place = place;
        self
    }

    /// With what the vendor's own refusals mean; what it does not know means what RFC 6749 says.
    #[must_use]
    pub fn with_refusals(mut self, refusals: TokenRefusals) -> Self {
        self.refusals = refusals;
        self
    }

    pub(crate) fn provider(&self) -> &'static str {
        self.provider
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.token_url.is_loopback()
    }

    /// Asks once, or twice where the place of the credentials is not known. Owns what it needs, or the compiler could not prove
    /// that whatever waits for it may move between threads.
    pub(crate) fn ask(
        &self,
        transport: &Transport,
        refresh: Option<SecretString>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Granted, Failure>> {
        let sender = Sender { grant: self.clone(), transport: transport.clone() };
        Box::pin(async move {
            if let Some(assertion) = sender.grant.assertion.clone() {
                return sender.assert(&*assertion, now).await;
            }
            let place = sender.grant.place;
            let first = if place == ClientAuth::Body { AuthType::RequestBody } else { AuthType::BasicAuth };
            let refused = match sender.ask_with(refresh.as_ref(), first).await {
                Err(failure) if place == ClientAuth::Either && is_refused(&failure) => failure,
                done => return done,
            };
            // The first refusal is told: it is the one that the specification has servers make.
            sender.ask_with(refresh.as_ref(), AuthType::RequestBody).await.map_err(|_| refused)
        })
    }

    async fn send(&self, transport: &Transport, request: HttpRequest) -> Result<HttpResponse, Sent> {
        let mut request = reqwest::Request::try_from(request)
            .map_err(|_| Sent(self.odd("the request can't be made: check id, secret and URL").into()))?;
        if let Some(authorization) = request.headers_mut().get_mut(reqwest::header::AUTHORIZATION) {
            authorization.set_sensitive(true);
        }
        let answer = transport.send(request, OPERATION, PLACE).await.map_err(Sent)?;
        let refusal = Refusal { status: answer.status, headers: &answer.headers, body: &answer.body };
        if !answer.status.is_success() {
            return Err(Sent(self.refused(&refusal)));
        }
        let body = read(&answer.body).ok_or_else(|| {
            Sent(
                self.odd(
                    "the server answers the request for a token without a token: is the token URL right?",
                )
                .into(),
            )
        })?;
        Ok(HttpResponse::new(body))
    }

    /// A refusal in the words of RFC 6749: 400 with `invalid_client` says the same as a 401.
    fn refused(&self, refusal: &Refusal<'_>) -> Failure {
        let mut meaning = by_status(refusal);
        let word = error_word(refusal.body);
        let is_ours =
            matches!(word.as_deref(), Some("invalid_client" | "invalid_grant" | "unauthorized_client"));
        let advice = match (refusal.status.as_u16(), word.as_deref()) {
            (400 | 401 | 403, _) if is_ours => {
                meaning.kind = ErrorKind::Unauthorized;
                "id, secret or refresh token are not known there: renew or re-enter them"
            }
            (400, Some("invalid_scope")) => {
                meaning.kind = ErrorKind::Forbidden;
                "a scope that is needed is not granted to this client: the district has to grant it"
            }
            _ => meaning.advice,
        };
        let vendor = word.as_deref().and_then(self.refusals);
        let advice = vendor.map_or(advice, |(_, advice)| advice);
        let kind = vendor.map_or(meaning.kind, |(kind, _)| kind);
        let may_pass =
            matches!(word.as_deref(), Some("temporarily_unavailable" | "server_error" | "internal_failure"));
        let again = match meaning.again {
            Again::NewToken | Again::No if may_pass => Again::Later(None),
            Again::NewToken => Again::No,
            again => again,
        };
        let status = refusal.status.as_u16();
        let message = format!("{PLACE} answered {status}: {advice}");
        let error = Error::new(kind, self.provider, OPERATION, message).with_status(status);
        Failure { error, again }
    }

    pub(super) fn odd(&self, why: &str) -> Error {
        Error::new(ErrorKind::Provider, self.provider, OPERATION, why)
    }
}

fn is_refused(failure: &Failure) -> bool {
    matches!(failure.error.status(), Some(400 | 401))
}

/// The code of an error as RFC 6749 has it.
fn error_word(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(value.get("error")?.as_str()?.to_owned())
}

/// Reads an answer as servers really send it, and writes it as the specification has it: a life as text or with a fraction,
/// scopes as a list, a type in any case or none.
fn read(body: &[u8]) -> Option<Vec<u8>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let token = answer.get("access_token").or_else(|| answer.get("accessToken"))?.as_str()?;
    if token.trim().is_empty() {
        return None;
    }
    let life = answer.get("expires_in").or_else(|| answer.get("expiresIn"));
    let scope = match answer.get("scope") {
        Some(Value::String(scope)) => Some(scope.clone()),
        Some(Value::Array(scopes)) => {
            Some(scopes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        _ => None,
    };
    let mut read = json!({ "access_token": token.trim(), "token_type": "bearer" });
    let object = read.as_object_mut()?;
    object.extend(life.and_then(seconds).map(|seconds| ("expires_in".to_owned(), seconds.into())));
    object.extend(scope.map(|scope| ("scope".to_owned(), scope.into())));
    let refresh = answer.get("refresh_token").filter(|token| token.is_string());
    object.extend(refresh.map(|token| ("refresh_token".to_owned(), token.clone())));
    serde_json::to_vec(&read).ok()
}

fn seconds(life: &Value) -> Option<u64> {
    let seconds = match life {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::try_from_secs_f64(seconds).ok()?.as_secs())
}

fn granted(answer: &BasicTokenResponse) -> Granted {
    Granted {
        token: answer.access_token().secret().clone().into(),
        lasts: answer.expires_in(),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        refresh: answer.refresh_token().map(|token| token.secret().clone().into()),
    }
}

/// How the library sends. A closure would do, were it not that the compiler can't prove then that the whole may move between
/// threads.
pub(super) struct Sender {
    pub(super) grant: Grant,
    pub(super) transport: Transport,
}

impl Sender {
    /// The library has no such grant, so the form is written here.
    async fn assert(&self, assertion: &dyn Assertion, now: Timestamp) -> Result<Granted, Failure> {
        let grant = &self.grant;
        let assertion = assertion.sign(now)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", assertion.expose_secret())
            .finish();
        let mut request = HttpRequest::new(form.into_bytes());
        *request.method_mut() = reqwest::Method::POST;
        *request.uri_mut() =
            (grant.token_url.as_url().as_str().parse()).map_err(|_| grant.odd("the token URL is no URL"))?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = grant.send(&self.transport, request).await.map_err(|Sent(failure)| failure)?;
        let token: BasicTokenResponse = serde_json::from_slice(answer.body())
            .map_err(|_| grant.odd("the answer holds no token that can be used"))?;
        Ok(granted(&token))
    }

    async fn ask_with(&self, refresh: Option<&SecretString>, place: AuthType) -> Result<Granted, Failure> {
        let grant = &self.grant;
        let url = TokenUrl::new(grant.token_url.as_url().to_string())
            .map_err(|_| grant.odd("the token URL is no URL"))?;
        let mut client = BasicClient::new(ClientId::new(grant.id.expose_secret().to_owned()))
            .set_auth_type(place)
            .set_token_uri(url);
        if let Some(secret) = &grant.secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        let answer = if let Some(refresh) = refresh.or(grant.refresh.as_ref()) {
            let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
            client.exchange_refresh_token(&refresh).request_async(self).await
        } else {
            let scopes = grant.scopes.iter().cloned().map(Scope::new);
            client.exchange_client_credentials().add_scopes(scopes).request_async(self).await
        };
        self.read(answer)
    }

    pub(super) fn read(
        &self,
        answer: Result<BasicTokenResponse, BasicRequestTokenError<Sent>>,
    ) -> Result<Granted, Failure> {
        match answer {
            Ok(token) => Ok(granted(&token)),
            Err(RequestTokenError::Request(Sent(failure))) => Err(failure),
            // What `read` writes is what the library reads; its own texts quote the answer.
            Err(_) => Err(self.grant.odd("the answer holds no token that can be used").into()),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Sender {
    type Error = Sent;
    type Future = BoxFuture<'c, Result<HttpResponse, Sent>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.grant.send(&self.transport, request))
    }
}

/// A failure on its way through the library, which wants an error of us.
#[derive(Debug)]
pub(super) struct Sent(pub(super) Failure);

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.error.fmt(f)
    }
}

impl std::error::Error for Sent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_servers_send_them() {
        let read = |text: &str| read(text.as_bytes()).map(|json| String::from_utf8(json).unwrap());
        let plain = r#"{"access_token":"t","expires_in":3600,"scope":"a b","token_type":"bearer"}"#;
        for odd in [
            r#"{"access_token":"t","token_type":"BEARER","expires_in":"3600","scope":"a b"}"#,
            r#"{"accessToken":" t ","expiresIn":3600.9,"scope":["a","b"],"more":{}}"#,
        ] {
            assert_eq!(read(odd).as_deref(), Some(plain), "{odd}");
        }
        assert_eq!(
            read(r#"{"access_token":"t","expires_in":-1,"scope":null}"#).as_deref(),
            Some(r#"{"access_token":"t","token_type":"bearer"}"#)
        );
        for wrong in ["", "[]", "<html>", r#"{"access_token":""}"#, r#"{"error":"invalid_client"}"#] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
