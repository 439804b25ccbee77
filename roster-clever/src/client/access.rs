//! The token at hand: looked up, kept, and looked up again where it is refused.

use std::{sync::Arc, time::Duration};

use roster_core::{Error, ErrorKind, PullContext, Result, SecretString};
use roster_http::{Answer, Auth, Call, Wire};

use super::{Client, Credential, Parts};
use crate::{changes::Bond, error::classify, source::PROVIDER};

/// Clever counts by the minute: who is told to wait longer is told so by a clock that is wrong.
const WINDOW_AND_MORE: Duration = Duration::from_secs(90);

/// A token at hand.
#[derive(Debug)]
pub(crate) struct Access {
    wire: Wire,
    pub(crate) bond: Bond,
    /// What was granted, where the list of tokens says so.
    pub(crate) scopes: Option<Vec<String>>,
    generation: u64,
}

impl Access {
    /// Whether the scope was granted; `None` if nothing says so.
    pub(crate) fn grants(&self, scope: &str) -> Option<bool> {
        self.scopes.as_ref().map(|scopes| scopes.iter().any(|granted| granted == scope))
    }
}

impl Client {
    /// The token at hand, looked up where it is not there yet; `None` if the district is not, or no longer, connected.
    pub(crate) async fn connection(&self, cx: &PullContext) -> Result<Option<Arc<Access>>> {
        self.access_after(None, cx).await
    }

    pub(crate) async fn access(&self, cx: &PullContext) -> Result<Arc<Access>> {
        self.connection(cx).await?.ok_or_else(|| self.revoked())
    }

    /// The token at hand, unless it is that of `refused`: then it is looked up anew, once for all who were refused.
    async fn access_after(&self, refused: Option<u64>, cx: &PullContext) -> Result<Option<Arc<Access>>> {
        let mut held = self.0.held.lock().await;
        if let Some(access) = held.as_ref().filter(|access| Some(access.generation) != refused) {
            return Ok(Some(Arc::clone(access)));
        }
        let Parts { district, version, credential, .. } = &self.0.parts;
        let generation = refused.map_or(1, |refused| refused + 1);
        let (token, id, scopes) = match credential {
            Credential::Token(token) => (token.clone(), None, None),
            Credential::List(list) => {
                let Some(granted) = list.of(district, cx).await? else {
                    *held = None;
                    return Ok(None);
                };
                (granted.token, granted.id, Some(granted.scopes))
            }
        };
        let bond = Bond::new(*version, id.as_deref(), scopes.as_deref().unwrap_or_default());
        let access = Arc::new(Access { wire: self.wire(&token)?, bond, scopes, generation });
        *held = Some(Arc::clone(&access));
        Ok(Some(access))
    }

    fn wire(&self, token: &SecretString) -> Result<Wire> {
        let Parts { base, retry, limits, limiter, .. } = &self.0.parts;
        Wire::builder(PROVIDER, base.clone())
            .auth(Auth::bearer(PROVIDER, token)?)
            .retry(*retry)
            .limits(*limits)
            .limiter(limiter.clone())
            .classifier(classify)
            .longest_told(WINDOW_AND_MORE)
            .build()
    }

    fn revoked(&self) -> Error {
        let message = format!(
            "the district {} is not among those that have connected to the app: it has taken access back, or never gave \
             it. That says nothing of its people; nothing of them is ended",
            self.district_id()
        );
        Error::new(ErrorKind::Unauthorized, PROVIDER, "looking up the district's token", message)
    }

    /// Gets an answer. A token that is refused is looked up once more: districts authorize apps anew.
    pub(super) async fn get<T>(
        &self,
        call: &Call<'_>,
        cx: &PullContext,
        read: impl Fn(Answer) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let access = self.access(cx).await?;
        let refused = match access.wire.get(call, cx, &read).await {
            Err(error) if error.status() == Some(401) => error,
            done => return done,
        };
        if let Credential::Token(_) = self.0.parts.credential {
            return Err(refused);
        }
        let renewed = self.access_after(Some(access.generation), cx).await?.ok_or_else(|| self.revoked())?;
        renewed.wire.get(call, cx, &read).await
    }
}
