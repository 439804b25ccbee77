//! One token for all who use a credential: fetched once, renewed ahead of its end, and once more when it is refused.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use reqwest::header::HeaderValue;
use roster_core::{Error, ErrorKind, ExposeSecret, PullContext, Result, SecretString, jiff::Timestamp};

use super::{
    Credential,
    grant::{Grant, Granted, OPERATION},
    header,
};
use crate::{
    attempts::Attempts, limiter::Limiter, limits::HttpLimits, retry::RetryPolicy, transport::Transport,
};

/// A token is renewed this long before its end, or when a tenth of its life is left, whichever is less.
const AHEAD: Duration = Duration::from_secs(60);

/// One token for all who use a credential. Cheap to clone: clones share it.
#[derive(Clone)]
pub struct TokenCache(Arc<Inner>);

struct Inner {
    grant: Grant,
    transport: Transport,
    policy: RetryPolicy,
    limiter: Limiter,
    held: RwLock<Option<Held>>,
    /// The newest generation that a server took.
    taken: AtomicU64,
    /// Whoever holds it fetches; the others wait and look again.
    fetching: Arc<tokio::sync::Mutex<Fetching>>,
}

#[derive(Default)]
struct Fetching {
    /// How many fetches there were.
    count: u64,
    /// Why the last one failed.
    failed: Option<Told>,
    refresh: Option<SecretString>,
}

/// What of an error can be told to several.
struct Told {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
}

struct Held {
    header: HeaderValue,
    generation: u64,
    renew_at: Option<Timestamp>,
    scopes: Option<Vec<String>>,
}

/// A token that nobody else has yet. It becomes that of all when this is dropped; meanwhile nobody fetches another, so that none
/// takes its place at the server.
pub(super) struct Alone {
    cache: TokenCache,
    held: Option<Held>,
    _fetching: tokio::sync::OwnedMutexGuard<Fetching>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        let mut shared = self.cache.0.held.write().unwrap_or_else(PoisonError::into_inner);
        *shared = self.held.take();
    }
}

impl TokenCache {
    /// Holds no token yet. `limiter` is that of the credential, so that the token's server is not asked on where the vendor's
    /// fails.
    ///
    /// # Errors
    ///
    /// `Config` if the HTTP client does not start.
    pub fn new(grant: Grant, policy: RetryPolicy, limits: HttpLimits) -> Result<Self> {
        let transport = Transport::new(grant.provider(), grant.is_loopback(), limits)?;
        let limiter = Limiter::new(1);
        let (held, taken) = (RwLock::new(None), AtomicU64::new(0));
        Ok(Self(Arc::new(Inner { taken, grant, transport, policy, limiter, held, fetching: Arc::default() })))
    }

    /// The scopes that the token at hand was granted, where there is one and its server said so.
    pub fn granted_scopes(&self) -> Option<Vec<String>> {
        self.held().as_ref()?.scopes.clone()
    }

    pub(crate) async fn credential(&self, cx: &PullContext) -> Result<Credential> {
        if let Some(credential) = self.fresh(cx) {
            return Ok(credential);
        }
        let before = self.0.fetching.try_lock().map(|fetching| fetching.count).ok();
        let mut fetching = self.0.fetching.lock().await;
        if let Some(credential) = self.fresh(cx) {
            return Ok(credential);
        }
        // Who waited for a fetch that failed is told so, and does not ask again: fifty pulls would ask fifty times.
        if let (None, Some(told)) = (before, &fetching.failed) {
            return Err(told.again(self.0.grant.provider()));
        }
        let held = self.fetch_next(&mut fetching, cx).await?;
        let credential = Credential::shared(Some(held.header.clone()), held.generation);
        *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(credential)
    }

    /// A new token, which all others get when the credential is dropped.
    pub(crate) async fn credential_alone(&self, cx: &PullContext) -> Result<Credential> {
        let mut fetching = Arc::clone(&self.0.fetching).lock_owned().await;
        let held = self.fetch_next(&mut fetching, cx).await?;
        let (header, generation) = (Some(held.header.clone()), held.generation);
        let alone = Alone { cache: self.clone(), held: Some(held), _fetching: fetching };
        Ok(Credential { header, generation, alone: Some(alone) })
    }

    async fn fetch_next(&self, fetching: &mut Fetching, cx: &PullContext) -> Result<Held> {
        fetching.count += 1;
        match self.fetch(fetching.refresh.clone(), cx).await {
            Ok(granted) => {
                fetching.failed = None;
                if granted.refresh.is_some() {
                    fetching.refresh.clone_from(&granted.refresh);
                }
                self.held_of(granted, fetching.count, cx)
            }
            Err(error) => {
                fetching.failed = Some(Told::of(&error));
                Err(error)
            }
        }
    }

    /// A server took the token of that generation.
    pub(crate) fn was_taken(&self, generation: u64) {
        self.0.taken.fetch_max(generation, Ordering::Relaxed);
    }

    /// Forgets the token of that generation, if it is still the one at hand. Returns whether it had been taken before: then it
    /// has come to its end early, and is not wrong.
    pub(crate) fn forget(&self, generation: u64) -> bool {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|held| held.generation == generation) {
            *held = None;
        }
        generation <= self.0.taken.load(Ordering::Relaxed)
    }

    /// Boxed and owning: the compiler can't prove otherwise that the whole may move between threads.
    fn fetch(&self, refresh: Option<SecretString>, cx: &PullContext) -> BoxFuture<'static, Result<Granted>> {
        let (inner, cx) = (Arc::clone(&self.0), cx.clone());
        Box::pin(async move {
            let Inner { grant, transport, policy, limiter, .. } = &*inner;
            let provider = grant.provider();
            let attempts = Attempts {
                policy,
                limiter,
                cx: &cx,
                label: "token",
                provider,
                operation: OPERATION,
                repeatable: true,
            };
            attempts.run(|_| grant.ask(transport, refresh.clone(), cx.clock().now()), Ok).await
        })
    }

    fn held_of(&self, granted: Granted, generation: u64, cx: &PullContext) -> Result<Held> {
        let header = header(self.0.grant.provider(), &format!("Bearer {}", granted.token.expose_secret()))?;
        let renew_at = granted.lasts.map(|lasts| {
            let ahead = AHEAD.min(lasts / 10);
            cx.clock().now().checked_add(lasts.saturating_sub(ahead)).unwrap_or(Timestamp::MAX)
        });
        Ok(Held { header, generation, renew_at, scopes: granted.scopes })
    }

    fn fresh(&self, cx: &PullContext) -> Option<Credential> {
        let now = cx.clock().now();
        let held = self.held();
        let held = held.as_ref().filter(|held| held.renew_at.is_none_or(|at| now < at))?;
        Some(Credential::shared(Some(held.header.clone()), held.generation))
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, Option<Held>> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn of(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.message().to_owned(), status: error.status() }
    }

    fn again(&self, provider: &'static str) -> Error {
        let error = Error::new(self.kind, provider, OPERATION, self.message.clone()).exhausted();
        match self.status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCache")
    }
}
