//! Whose token it is.

use roster_core::{Error, ErrorKind, PullContext, Result};
use roster_http::{Answer, Call};

use super::{Ask, Client, Credential};
use crate::{
    collection::Collection,
    map::{self, Row, Wants},
    source::PROVIDER,
    wire,
};

const PROVING: &str = "proving the token";

impl Client {
    /// Reads the district, and proves by it that the token is its own.
    pub(crate) async fn district(&self, wants: &Wants, cx: &PullContext) -> Result<Row> {
        let ask = Ask { collection: Collection::Districts, walk: None, limit: None, from: None };
        let page = match self.page(&ask, 1, wants, cx).await {
            Err(error) => return Err(self.explained(error, cx).await),
            Ok(page) => page,
        };
        let ours = |row: &Row| row.id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(self.district_id()));
        let count = page.rows.len();
        page.rows.into_iter().find(ours).ok_or_else(|| {
            let district = self.district_id();
            let whose = if count == 0 {
                format!("belongs to no district, not to {district}")
            } else {
                format!("belongs to another district than {district}")
            };
            let message =
                format!("/districts: the token {whose}; set the token, or the id, of the right one");
            Error::new(ErrorKind::Config, PROVIDER, PROVING, message)
        })
    }

    /// The error, or, if the token is that of a user, why it was refused.
    pub(crate) async fn explained(&self, error: Error, cx: &PullContext) -> Error {
        if !crate::error::may_be_token(&error) || !self.is_user(cx).await {
            return error;
        }
        let message = "the token is that of a user who logged in, which reads that user alone: a roster needs the district's \
                       token (Secure Sync), or `client_id` and `client_secret`, by which it is looked up";
        Error::new(ErrorKind::Config, PROVIDER, PROVING, message)
    }

    /// Whether the token is a user's: only those have a `/me`.
    pub(crate) async fn is_user(&self, cx: &PullContext) -> bool {
        let url = self.url(&["me"], "");
        let call = Call { operation: PROVING, label: "/me", place: "/me".to_owned(), url };
        let read = |answer: Answer| {
            let me = serde_json::from_slice::<wire::RawItem<'_>>(&answer.body);
            Ok(me.is_ok_and(|me| me.data.is_some_and(|user| map::id_of(user.get()).is_some())))
        };
        self.get(&call, cx, read).await.unwrap_or(false)
    }

    /// Whether the token looks like a user's, as their prefix has it.
    pub(crate) fn looks_like_user(&self) -> bool {
        use roster_core::ExposeSecret;
        matches!(&self.0.parts.credential, Credential::Token(token) if token.expose_secret().trim().starts_with("il"))
    }
}
