//! Whether what a webhook told is so.

use roster_core::{ConnectionState, Error, ErrorKind, PullContext, Result, SecretString, jiff::Timestamp};
use roster_http::Auth;

use super::{WondeAccount, seen::serves};
use crate::{
    builder::checked,
    client::Access,
    error::{INACTIVE, refused},
    opening::{Account, school_at},
    region,
    source::PROVIDER,
    state::{self, List, Seen},
    webhook::{CONFIRMING, WebhookEvent},
};

/// What the vendor was seen to say of a school: feed it to its [`Connection`](crate::Connection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// What.
    pub state: ConnectionState,
}

impl WondeAccount {
    /// Asks the vendor whether what a webhook told is so, and what the school's state is now. Of an approval a call with the
    /// delivered token must be answered by that very school, at any of the vendor's hosts; the state is then what the application
    /// itself sees.
    ///
    /// # Errors
    ///
    /// `Forbidden` if the vendor does not confirm it, `Unsupported` if the event is about no school's access. Anything else, such as
    /// `Transport`, `RateLimited`, `Provider` and `Unauthorized` (of the application's own token), says nothing of the event: leave
    /// the state as it is, and ask again later. [`answer_to`](crate::answer_to) tells the status to answer.
    pub async fn confirm(&self, event: &WebhookEvent, cx: &PullContext) -> Result<Observation> {
        let unfit = |why: &str| Error::new(ErrorKind::Unsupported, PROVIDER, CONFIRMING, why.to_owned());
        let id = event.school().and_then(|id| checked(id).ok());
        let Some(id) = id else { return Err(unfit("the event names no school")) };
        let state = match event {
            WebhookEvent::SchoolApproved { token, .. } => {
                let token = token
                    .as_ref()
                    .ok_or_else(|| refused(CONFIRMING, "the event brings no token; it was not believed"))?;
                self.confirm_token(id, token, cx).await?
            }
            WebhookEvent::AccessRevoked { .. } | WebhookEvent::AccessDeclined { .. } => {
                state::judge(&self.see_now(id, cx).await?)
            }
            _ => return Err(unfit("the event is not about access")),
        };
        Ok(Observation { at: cx.clock().now(), state })
    }

    /// Where a school is that gave access, once its token has proven that it did. The state is what the application itself sees, so
    /// that an approval that is told once more, or late, takes a live school nowhere.
    async fn confirm_token(
        &self,
        id: &str,
        token: &SecretString,
        cx: &PullContext,
    ) -> Result<ConnectionState> {
        let Ok(auth) = Auth::bearer(PROVIDER, token) else { return Err(not_taken()) };
        let access = self.account.access.with(auth);
        self.prove(id, &access, cx).await?;
        let mut seen = self.see_now(id, cx).await?;
        if seen.standing.approved == Some(false) {
            return Err(refused(
                CONFIRMING,
                "the vendor says that the school has not given access; it was not believed",
            ));
        }
        let audit_is_told = seen.standing.audited.is_some() || seen.lists.contains(&List::Audited);
        if !audit_is_told && seen.serves.is_none() {
            let base = self.account.wire.base().clone();
            let school = Account::new(access, base, self.account.region.clone())?;
            seen.serves = serves(&school, id, cx).await?;
        }
        seen.lists.insert(List::Approved);
        Ok(state::judge(&seen))
    }

    /// What the application sees of a school; of one that is switched off for now nothing can be told.
    async fn see_now(&self, id: &str, cx: &PullContext) -> Result<Seen> {
        let (seen, _) = self.see(id, cx).await?;
        if seen.inactive {
            let message = "the school is switched off there for now, so that nothing can be told of it: ask again later";
            return Err(Error::new(ErrorKind::Provider, PROVIDER, CONFIRMING, message).with_status(INACTIVE));
        }
        Ok(seen)
    }

    /// Proves that a token is that school's: asked for it, one of the hosts that its data may be at answers with that very school.
    /// A host that can't be asked leaves it open, unless another one knows.
    async fn prove(&self, id: &str, access: &Access, cx: &PullContext) -> Result<()> {
        let mut open = None;
        let mut was_refused = false;
        let mut hosts = region::hosts(self.account.wire.base());
        let mut listed = false;
        loop {
            while let Some(base) = hosts.pop() {
                match school_at(&access.wire(base)?, id, cx).await {
                    Ok((Some(_), _)) => return Ok(()),
                    // The host of another region answers with nothing.
                    Ok((None, _)) => {}
                    // The token of another school.
                    Err(error) if error.kind() == ErrorKind::Config => return Err(not_taken()),
                    Err(error) if matches!(error.status(), Some(401 | 403 | 404)) => was_refused = true,
                    Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                    Err(error) => open = Some(error),
                }
            }
            if std::mem::replace(&mut listed, true) {
                break;
            }
            // Where the application itself is told that the school's data are.
            let base = self.account.wire.base();
            let known = self.account.listed(id, cx).await?.and_then(|(school, _)| school.domain);
            let known = region::data_base(base, known.as_deref()).ok();
            hosts.extend(known.filter(|host| !region::hosts(base).contains(host)));
        }
        Err(match open {
            Some(error) => error,
            None if was_refused => not_taken(),
            None => refused(
                CONFIRMING,
                "the vendor has no school for the token that was delivered; it was not believed",
            ),
        })
    }
}

/// A delivered token that the vendor does not take, or that belongs to another school, confirms nothing.
fn not_taken() -> Error {
    refused(
        CONFIRMING,
        "the vendor does not take the token that was delivered for that school; it was not believed",
    )
}
