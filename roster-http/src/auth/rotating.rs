//! A credential that its owner may change at any time: it is looked up again when a server refuses it, and used if it is another.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::BoxFuture;
use reqwest::Method;
use roster_core::{Error, ErrorKind, PullContext, Result};
use url::Url;

use super::{Auth, Credential};

/// Looks the credential up where its owner keeps it.
pub type LookUp = Arc<dyn Fn(PullContext) -> BoxFuture<'static, Result<Auth>> + Send + Sync>;

/// A credential that is looked up again when a server refuses it: once for all who were refused, and sent again only if it is
/// another one. Cheap to clone: clones share it.
#[derive(Clone)]
pub struct Rotating(Arc<Inner>);

struct Inner {
    provider: &'static str,
    look_up: LookUp,
    held: RwLock<Held>,
    /// Whoever holds it looks up; the others wait and see what was found.
    looking: tokio::sync::Mutex<()>,
    /// How often the same one was found.
    same: AtomicU64,
}

struct Held {
    auth: Auth,
    generation: u64,
    refused: bool,
}

impl Rotating {
    /// Begins with a credential, which is taken for good until a server refuses it.
    #[must_use]
    pub fn new(provider: &'static str, auth: Auth, look_up: LookUp) -> Self {
        let held = RwLock::new(Held { auth, generation: 1, refused: false });
        Self(Arc::new(Inner {
            provider,
            look_up,
            held,
            looking: tokio::sync::Mutex::default(),
            same: AtomicU64::new(0),
        }))
    }

    pub(crate) async fn credential(
        &self,
        method: &Method,
        url: &Url,
        cx: &PullContext,
    ) -> Result<Credential> {
        let (auth, generation) = self.current(cx).await?;
        let header = auth.header_of(method, url, cx)?;
        Ok(Credential::shared(header, generation))
    }

    async fn current(&self, cx: &PullContext) -> Result<(Auth, u64)> {
        if let Some(current) = self.unless_refused() {
            return Ok(current);
        }
        let before = self.0.same.load(Ordering::SeqCst);
        let _looking = self.0.looking.lock().await;
        // Who waited for another's look-up knows what it found.
        if self.0.same.load(Ordering::SeqCst) != before {
            return Err(self.still_refused());
        }
        if let Some(current) = self.unless_refused() {
            return Ok(current);
        }
        let found = (self.0.look_up)(cx.clone()).await?;
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.auth.is_same(&found) {
            self.0.same.fetch_add(1, Ordering::SeqCst);
            // Whoever comes later may look again: it may have been changed by then.
            held.refused = false;
            drop(held);
            return Err(self.still_refused());
        }
        *held = Held { auth: found, generation: held.generation + 1, refused: false };
        Ok((held.auth.clone(), held.generation))
    }

    fn unless_refused(&self) -> Option<(Auth, u64)> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        (!held.refused).then(|| (held.auth.clone(), held.generation))
    }

    /// A server did not take the credential of that generation.
    pub(crate) fn refuse(&self, generation: u64) {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.generation == generation {
            held.refused = true;
        }
    }

    fn still_refused(&self) -> Error {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        let clock = if matches!(held.auth, Auth::Signed(_)) {
            ", or this machine's clock is wrong, by which requests are signed"
        } else {
            ""
        };
        let message = format!(
            "the server answered 401, and the credentials were looked up again and are the same: the customer has to \
             share with us again{clock}"
        );
        Error::new(ErrorKind::Unauthorized, self.0.provider, "looking up the credentials", message)
            .with_status(401)
    }
}

impl fmt::Debug for Rotating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rotating")
    }
}
