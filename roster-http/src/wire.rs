//! The client that a provider talks through: what it brings is base URL, authenticator, classifier and limits.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::{
    Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use roster_core::{Error, ErrorKind, PullContext, Result, jiff::Timestamp};
use url::Url;

use crate::{
    answer::Answer,
    attempts::{Attempts, Turn},
    auth::Auth,
    failure::{Again, Classifier, Failure, Refusal, by_status},
    limiter::Limiter,
    limits::HttpLimits,
    origin::BaseUrl,
    retry::RetryPolicy,
    told::told_wait,
    transport::{RawAnswer, Transport},
};

/// How much of a refusal a classifier sees.
const REFUSAL_BYTES: usize = 16 * 1024;

/// Servers take signatures whose time is some minutes off.
const MOST_SKEW: u64 = 120;

/// Talks to one vendor with one credential. Cheap to clone: clones share connections, token and limiter.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    provider: &'static str,
    base: BaseUrl,
    auth: Auth,
    transport: Transport,
    policy: RetryPolicy,
    limiter: Limiter,
    classifier: Classifier,
    longest_told: Duration,
    takes_no_content: bool,
}

/// Collects what a [`Wire`] needs.
#[derive(Debug)]
pub struct WireBuilder {
    provider: &'static str,
    base: BaseUrl,
    auth: Auth,
    policy: RetryPolicy,
    limits: HttpLimits,
    limiter: Option<Limiter>,
    classifier: Classifier,
    longest_told: Duration,
    takes_no_content: bool,
}

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// What is being done, for errors: one of a short list of phrases, such as "reading a page".
    pub operation: &'static str,
    /// The endpoint's template, such as `/users/{id}`, for observers and logs. Never a URL: that may hold ids and filters.
    pub label: &'a str,
    /// Where it is, for errors: the template, with the page where there is one.
    pub place: String,
    /// The URL.
    pub url: Url,
}

impl Wire {
    /// Begins with the provider's id and the base URL.
    #[must_use]
    pub fn builder(provider: &'static str, base: BaseUrl) -> WireBuilder {
        WireBuilder {
            provider,
            base,
            auth: Auth::None,
            policy: RetryPolicy::default(),
            limits: HttpLimits::default(),
            limiter: None,
            classifier: by_status,
            longest_told: Duration::MAX,
            takes_no_content: false,
        }
    }

    /// The base URL.
    pub fn base(&self) -> &BaseUrl {
        &self.0.base
    }

    /// The provider's id.
    pub fn provider(&self) -> &'static str {
        self.0.provider
    }

    /// What the vendor may cost.
    pub fn limits(&self) -> &HttpLimits {
        self.0.transport.limits()
    }

    /// Who we are there.
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// The same connections, credential and limiter, with another reading of refusals: for requests that are changed, not sent
    /// again, where the vendor refuses them.
    #[must_use]
    pub fn with_classifier(&self, classifier: Classifier) -> Self {
        self.varied(|inner| inner.classifier = classifier)
    }

    /// The same connections, credential and limiter, with another policy.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        self.varied(|inner| inner.policy = policy)
    }

    fn varied(&self, vary: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        vary(&mut inner);
        Self(Arc::new(inner))
    }

    /// Slows down all who share the credential, as the policy has it after that attempt, counted from 1: for a caller who changes
    /// its requests where the vendor can't answer them.
    pub fn slow_down(&self, attempt: u32, cx: &PullContext) {
        let Inner { policy, limiter, .. } = &*self.0;
        limiter.pause(policy.backoff(attempt).mul_f64(fastrand::f64()), cx);
    }

    /// Gets an answer, as often as the policy lets us, and reads it. A reader that finds the answer cut or broken gives an
    /// error that is retryable, and the request is sent again. Only 200 is a success, and 204 where the
    /// [builder](WireBuilder::no_content) says so.
    ///
    /// # Errors
    ///
    /// By the classifier where the vendor refuses; `Transport` where the network fails; `TooLarge` where a limit is passed;
    /// `RateLimited` where the vendor asks for a wait that goes past the deadline; and what the reader finds.
    pub async fn get<T>(
        &self,
        call: &Call<'_>,
        cx: &PullContext,
        read: impl Fn(Answer) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        self.send(&Method::GET, call, None, cx, read).await
    }

    /// Sends a request that may change something, with a body in JSON, and reads the answer; every status of success is one.
    /// A `POST` that may have been carried out is not sent again: only one that the vendor refused as too early or with an old
    /// token is.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn send<T>(
        &self,
        method: &Method,
        call: &Call<'_>,
        body: Option<&serde_json::Value>,
        cx: &PullContext,
        read: impl Fn(Answer) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let Inner { policy, limiter, provider, .. } = &*self.0;
        let body = body.map(|body| Bytes::from(body.to_string()));
        let attempts = Attempts {
            policy,
            limiter,
            cx,
            label: call.label,
            provider,
            operation: call.operation,
            repeatable: *method != Method::POST,
        };
        let attempt = |turn| -> BoxFuture<'_, Result<Answer, Failure>> {
            Box::pin(self.attempt(method, call, body.clone(), turn, cx))
        };
        attempts.run(attempt, read).await
    }

    async fn attempt(
        &self,
        method: &Method,
        call: &Call<'_>,
        body: Option<Bytes>,
        turn: Turn,
        cx: &PullContext,
    ) -> Result<Answer, Failure> {
        let Inner { base, auth, transport, takes_no_content, .. } = &*self.0;
        if !base.holds(&call.url) {
            // A bug of a provider; still, no token leaves its origin.
            let message = format!("{}: the URL is not below the base URL; nothing was sent", call.place);
            return Err(Error::new(ErrorKind::Config, self.0.provider, call.operation, message).into());
        }
        let credential = auth.credential(method, &call.url, turn, cx).await?;
        let mut request = Request::new(method.clone(), call.url.clone());
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        if let Some(header) = &credential.header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        let answer = transport.send(request, call.operation, &call.place).await?;
        tracing::debug!(
            provider = self.0.provider,
            endpoint = call.label,
            status = answer.status.as_u16(),
            bytes = answer.body.len(),
            "answered"
        );
        // Of pages only 200 is whole: a 206 has a part, a 202 has none yet.
        let no_content = answer.status == StatusCode::NO_CONTENT;
        let succeeded = if method == Method::GET {
            answer.status == StatusCode::OK || (no_content && *takes_no_content)
        } else {
            answer.status.is_success()
        };
        if succeeded {
            auth.was_taken(credential.generation);
            return Ok(Answer { headers: answer.headers, body: answer.body, no_content });
        }
        let failure = self.refused(call, &answer, cx);
        if failure.again == Again::NewToken {
            // A token that nobody else had is not at fault.
            let again = if turn == Turn::Alone { Again::No } else { auth.forget(credential.generation) };
            return Err(Failure { again, ..failure });
        }
        Err(failure)
    }

    fn refused(&self, call: &Call<'_>, answer: &RawAnswer, cx: &PullContext) -> Failure {
        let body = answer.body.get(..REFUSAL_BYTES).unwrap_or(&answer.body);
        let refusal = Refusal { status: answer.status, headers: &answer.headers, body };
        let meaning = (self.0.classifier)(&refusal);
        // A time that has passed says nothing of how long to wait; clocks differ.
        let told = told_wait(&answer.headers, cx.clock().now()).filter(|told| !told.is_zero());
        let told = told.map(|told| told.min(self.0.longest_told));
        let again = match meaning.again {
            Again::Later(said) => Again::Later(told.or(said)),
            Again::Slower(said) => Again::Slower(told.or(said)),
            Again::SlowerForAll(said) => Again::SlowerForAll(told.or(said)),
            other => other,
        };
        let status = answer.status.as_u16();
        let mut message = format!("{}: the server answered {status}: {}", call.place, meaning.advice);
        if status == 401
            && let (Auth::Signed(_), Some(apart)) = (&self.0.auth, clocks_apart(&answer.headers, cx))
        {
            message.push_str(&format!(
                "; its clock and ours are {apart} s apart, and a signature holds for minutes: set this machine's clock"
            ));
        }
        let mut error =
            Error::new(meaning.kind, self.0.provider, call.operation, message).with_status(status);
        if let Some(told) = told {
            error = error.with_retry_after(told);
        }
        Failure { error, again }
    }
}

/// How many seconds the server's clock and ours are apart, if that is more than signatures bear.
fn clocks_apart(headers: &HeaderMap, cx: &PullContext) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    let server = Timestamp::try_from(date).ok()?.as_second();
    let apart = server.abs_diff(cx.clock().now().as_second());
    (apart > MOST_SKEW).then_some(apart)
}

impl WireBuilder {
    /// Says who we are.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// What the vendor may cost.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Shares the limiter of the credential. Without it the wire has one of its own.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Tells what the vendor's refusals mean.
    #[must_use]
    pub fn classifier(mut self, classifier: Classifier) -> Self {
        self.classifier = classifier;
        self
    }

    /// Waits no longer than this at a time, whatever the vendor says: for one whose limits are of a known time, so that a longer wait
    /// is told by a clock that is wrong.
    #[must_use]
    pub fn longest_told(mut self, time: Duration) -> Self {
        self.longest_told = time;
        self
    }

    /// Takes a 204 for an answer too, of which [`Answer::has_no_content`] tells: for vendors that send one in the place of an empty page.
    #[must_use]
    pub fn no_content(mut self) -> Self {
        self.takes_no_content = true;
        self
    }

    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if the HTTP client does not start.
    pub fn build(self) -> Result<Wire> {
        let Self {
            provider,
            base,
            auth,
            policy,
            limits,
            limiter,
            classifier,
            longest_told,
            takes_no_content,
        } = self;
        let transport = Transport::new(provider, base.is_loopback(), limits)?;
        let limiter = limiter.unwrap_or_else(|| Limiter::new(limits.in_flight));
        Ok(Wire(Arc::new(Inner {
            provider,
            base,
            auth,
            transport,
            policy,
            limiter,
            classifier,
            longest_told,
            takes_no_content,
        })))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("base", &self.0.base).field("auth", &self.0.auth).finish_non_exhaustive()
    }
}
