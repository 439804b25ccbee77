//! Endpoints to pages of rows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use roster_core::{Error, ErrorKind, PullContext, Result, SecretString};
use roster_http::{
    Answer, Auth, BaseUrl, Call, HttpLimits, Limiter, RetryPolicy, Wire, json::read_raw_rows, percent_encode,
};
use tokio::sync::Mutex;
use url::Url;

use crate::{
    changes::Bond,
    collection::{Collection, Walk},
    error::{classify, is_withheld, misshapen},
    event::{self, Event},
    map::{self, Next, Row, Wants},
    source::PROVIDER,
    token::TokenList,
    version::ApiVersion,
    wire,
};

pub(crate) const READING: &str = "reading a page";
pub(crate) const FEED: &str = "/events";
const PROVING: &str = "proving the token";

/// The most rows a page.
pub(crate) const MOST_ROWS: u32 = 10_000;
/// Clever counts by the minute: who is told to wait longer is told so by a clock that is wrong.
const WINDOW_AND_MORE: Duration = Duration::from_secs(90);
/// Smaller pages, for a server that finds that too large.
const SMALLER: [u32; 2] = [1_000, 100];

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

/// A page to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) collection: Collection,
    pub(crate) walk: Option<Walk>,
    pub(crate) limit: Option<u32>,
    /// Where the page begins, as it stands in the query.
    pub(crate) from: Option<String>,
}

/// A page of rows.
pub(crate) struct RowsPage {
    pub(crate) rows: Vec<Row>,
    /// Where the next page begins, if there may be one.
    pub(crate) next: Option<String>,
}

/// A page of the feed.
pub(crate) struct EventsPage {
    pub(crate) events: Vec<Event>,
    pub(crate) next: Option<String>,
}

impl Ask {
    /// The path, as people know it.
    pub(crate) fn path(&self) -> &'static str {
        self.walk.map_or(self.collection.path(), Walk::path)
    }

    fn query(&self, limit: Option<u32>) -> String {
        let limit = limit.filter(|_| self.collection.is_paged()).map(|limit| format!("limit={limit}"));
        let role = self.walk.map(|walk| format!("role={}", walk.as_str()));
        [limit, role, self.from.clone()].into_iter().flatten().collect::<Vec<_>>().join("&")
    }
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
    async fn get<T>(
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

    fn url(&self, segments: &[&str], query: &str) -> Url {
        let mut url = self.0.parts.base.endpoint(segments.iter().copied());
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// How many rows a page are asked for, given the host's wish.
    pub(crate) fn limit(&self, wish: Option<u32>) -> Option<u32> {
        match wish {
            Some(0) => None,
            wish => Some(wish.unwrap_or(MOST_ROWS).min(self.0.most.load(Ordering::Relaxed))),
        }
    }

    /// Remembers that pages of so many rows are too many. Says how many may be taken.
    fn smaller(&self, limit: Option<u32>) -> Option<u32> {
        let smaller = SMALLER.into_iter().find(|smaller| limit.is_some_and(|limit| *smaller < limit))?;
        self.0.most.fetch_min(smaller, Ordering::Relaxed);
        Some(smaller)
    }

    /// Gets a page. `number` is its place in the reading, from 1, for messages.
    pub(crate) async fn page(
        &self,
        ask: &Ask,
        number: u64,
        wants: &Wants,
        cx: &PullContext,
    ) -> Result<RowsPage> {
        let mut limit = ask.limit.map(|limit| limit.min(self.0.most.load(Ordering::Relaxed)));
        loop {
            match self.page_of(ask, limit, number, wants, cx).await {
                Err(error) if error.status() == Some(413) => match self.smaller(limit) {
                    Some(smaller) => limit = Some(smaller),
                    None => return Err(error),
                },
                done => return done,
            }
        }
    }

    async fn page_of(
        &self,
        ask: &Ask,
        limit: Option<u32>,
        number: u64,
        wants: &Wants,
        cx: &PullContext,
    ) -> Result<RowsPage> {
        let url = self.url(&[ask.collection.segment()], &ask.query(limit));
        let place = format!("{} page {number}", ask.path());
        let call = Call { operation: READING, label: ask.path(), place, url };
        let at = map::place(ask.path(), number);
        self.get(&call, cx, |answer| {
            let rows = map::rows(ask.collection, &answer.body, wants, &at)
                .map_err(|shape| misshapen(shape, &call.place, &answer.body, READING))?;
            let last = rows.last().and_then(|row| row.id.as_deref());
            let next = self.next(ask.collection.is_paged(), &call, &answer.body, rows.len(), last)?;
            Ok(RowsPage { rows, next })
        })
        .await
    }

    /// Where the next page begins. Without links it begins after the last row; an answer without rows has none then.
    fn next(
        &self,
        is_paged: bool,
        call: &Call<'_>,
        body: &[u8],
        rows: usize,
        last: Option<&str>,
    ) -> Result<Option<String>> {
        let after = |id: &str| format!("starting_after={}", percent_encode(id));
        match map::next(body) {
            _ if !is_paged => Ok(None),
            Next::End => Ok(None),
            Next::Untold => match last {
                Some(id) => Ok(Some(after(id))),
                None if rows == 0 => Ok(None),
                None => Err(stuck(call, "it has no links, and its last row has no id to go on from")),
            },
            Next::Link(link) => {
                let url = self.0.parts.base.follow(&call.url, &link)?;
                let from: Vec<String> = url
                    .query_pairs()
                    // What was asked for is asked for again, whether the link repeats it or not.
                    .filter(|(key, _)| !matches!(&**key, "limit" | "role"))
                    .map(|(key, value)| format!("{}={}", percent_encode(&key), percent_encode(&value)))
                    .collect();
                let from = from.join("&");
                let same = call.url.query().is_some_and(|query| query.split('&').any(|part| part == from));
                match (from.is_empty() || same, rows) {
                    // A page without rows that names itself, or nothing, is the end.
                    (true, 0) => Ok(None),
                    (true, _) => Err(stuck(call, "the next page that it names is itself")),
                    (false, _) => Ok(Some(from)),
                }
            }
        }
    }

    /// Asks for the first row of a collection: whether it may be read, and whether there is any.
    pub(crate) async fn probe(
        &self,
        collection: Collection,
        walk: Option<Walk>,
        cx: &PullContext,
    ) -> Result<bool> {
        let ask = Ask { collection, walk, limit: Some(1), from: None };
        Ok(!self.page(&ask, 1, &Wants::default(), cx).await?.rows.is_empty())
    }

    /// The newest event's id; `None` if there is no event.
    pub(crate) async fn newest_event(&self, cx: &PullContext) -> Result<Option<String>> {
        let page = self.events(Some("ending_before=last"), Some(1), 1, &Wants::default(), cx).await?;
        Ok(page.events.into_iter().filter_map(|event| event.id).next_back())
    }

    /// Whether the feed still has the event.
    pub(crate) async fn has_event(&self, id: &str, cx: &PullContext) -> Result<bool> {
        let url = self.url(&["events", id], "");
        let label = "/events/{id}";
        let call = Call { operation: "looking for an event", label, place: label.to_owned(), url };
        match self.get(&call, cx, |_| Ok(())).await {
            Ok(()) => Ok(true),
            // A feed that was switched off since may be denied altogether.
            Err(error) if error.status() == Some(400) || is_withheld(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gets a page of the feed, oldest first.
    pub(crate) async fn events(
        &self,
        from: Option<&str>,
        limit: Option<u32>,
        number: u64,
        wants: &Wants,
        cx: &PullContext,
    ) -> Result<EventsPage> {
        let limit_part = limit.map(|limit| format!("limit={limit}"));
        let query: Vec<_> = limit_part.as_deref().into_iter().chain(from).collect();
        let url = self.url(&["events"], &query.join("&"));
        let call = Call { operation: READING, label: FEED, place: format!("{FEED} page {number}"), url };
        let at = map::place(FEED, number);
        self.get(&call, cx, |answer| {
            let events = read_raw_rows(&answer.body, "data", |raw| event::read(raw.get(), wants, &at))
                .map_err(|shape| misshapen(shape, &call.place, &answer.body, READING))?;
            let last = events.iter().rev().find_map(|event| event.id.as_deref());
            // Of the newest event nothing follows, whatever the links say.
            let goes_on = from.is_none_or(|from| !from.starts_with("ending_before="));
            let next = self.next(goes_on, &call, &answer.body, events.len(), last)?;
            Ok(EventsPage { events, next })
        })
        .await
    }

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
            let whose = if count == 0 { "belongs to no district" } else { "belongs to another district" };
            let message = format!(
                "/districts: the token {whose} than {}; set the token, or the id, of the right one",
                self.district_id()
            );
            Error::new(
                ErrorKind::Config,
                PROVIDER,
                PROVING,
                message.replace("no district than", "no district, not to"),
            )
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

fn stuck(call: &Call<'_>, why: &str) -> Error {
    Error::new(ErrorKind::Provider, PROVIDER, "paging", format!("{}: {why}", call.place))
}
