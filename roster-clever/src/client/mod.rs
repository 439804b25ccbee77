//! Endpoints to pages of rows.

mod access;
mod feed;
mod list;
mod proof;

use std::sync::{Arc, atomic::AtomicU32};

use roster_core::SecretString;
use roster_http::{BaseUrl, HttpLimits, Limiter, RetryPolicy};
use tokio::sync::Mutex;
use url::Url;

use crate::{token::TokenList, version::ApiVersion};

pub(crate) use self::{
    access::Access,
    feed::{EventsPage, FEED},
    list::{Ask, RowsPage},
};

const READING: &str = "reading a page";

/// The most rows a page.
pub(crate) const MOST_ROWS: u32 = 10_000;

/// How we say who we are.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// By the district's token.
    Token(SecretString),
    /// By the app's client, which may look the token up.
    List(TokenList),
}

/// What a client is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) district: String,
    pub(crate) version: ApiVersion,
    pub(crate) base: BaseUrl,
    pub(crate) credential: Credential,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: HttpLimits,
    pub(crate) limiter: Limiter,
}

/// Talks to Clever for one district. Cheap to clone: clones share token, limiter, and what they learn.
#[derive(Clone, Debug)]
pub(crate) struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    held: Mutex<Option<Arc<Access>>>,
    /// The most rows a page that turned out to be taken.
    most: AtomicU32,
}

impl Client {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, held: Mutex::new(None), most: AtomicU32::new(MOST_ROWS) }))
    }

    pub(crate) fn district_id(&self) -> &str {
        &self.0.parts.district
    }

    pub(crate) fn version(&self) -> ApiVersion {
        self.0.parts.version
    }

    pub(crate) fn limits(&self) -> &HttpLimits {
        &self.0.parts.limits
    }

    fn url(&self, segments: &[&str], query: &str) -> Url {
        let mut url = self.0.parts.base.endpoint(segments.iter().copied());
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}
