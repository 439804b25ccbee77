//! The partner's interface: the list of districts, and how their own servers are reached.

use std::{collections::HashSet, sync::Arc, time::Duration};

use roster_core::{Error, ErrorKind, PullContext, Result, SecretString, jiff::Timestamp};
use roster_http::{
    Answer, Call, Wire,
    json::{Shape, read_rows},
};
use serde_json::value::RawValue;

use crate::{
    map::{self, Application},
    source::PROVIDER,
    wire,
};

const LISTING: &str = "reading the list of districts";
const LIST: &str = "/applications";
const SERVER: &str = "/applications/{id}/server";

/// So many rows are asked for at a time. The list has no count, and a clamp could not be told from its end, so more would not help.
const LIST_ROWS: usize = 1000;
/// A longer list is none.
const MOST_LIST_PAGES: usize = 1000;

/// A list is as good as new for so long: a refused bearer is looked up anew in any case.
const LIST_LASTS: Duration = Duration::from_secs(60 * 60);

/// How a district's own server is reached.
pub(crate) struct Server {
    pub(crate) endpoint_url: String,
    pub(crate) key: SecretString,
    pub(crate) secret: SecretString,
}

/// Talks to the partner's interface. Cheap to clone: clones share the list.
#[derive(Clone)]
pub(crate) struct PartnerClient(Arc<Inner>);

struct Inner {
    wire: Wire,
    listed: tokio::sync::Mutex<Option<(Timestamp, List)>>,
}

type List = Arc<[Application]>;

impl PartnerClient {
    pub(crate) fn new(wire: Wire) -> Self {
        Self(Arc::new(Inner { wire, listed: tokio::sync::Mutex::default() }))
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// The whole list, as it is now.
    pub(crate) async fn list(&self, cx: &PullContext) -> Result<List> {
        let mut listed = self.0.listed.lock().await;
        self.read_list(&mut listed, cx).await
    }

    /// The whole list, as it is or was a short while ago.
    pub(crate) async fn recent_list(&self, cx: &PullContext) -> Result<List> {
        let mut listed = self.0.listed.lock().await;
        if let Some((at, list)) = &*listed {
            let age = Duration::try_from(cx.clock().now().duration_since(*at)).unwrap_or_default();
            if age < LIST_LASTS {
                return Ok(Arc::clone(list));
            }
        }
        self.read_list(&mut listed, cx).await
    }

    async fn read_list(&self, listed: &mut Option<(Timestamp, List)>, cx: &PullContext) -> Result<List> {
        let now = cx.clock().now();
        let mut all = Vec::new();
        self.walk(cx, |application| {
            all.push(application);
            false
        })
        .await?;
        let list: List = all.into();
        *listed = Some((now, Arc::clone(&list)));
        Ok(list)
    }

    /// One application, as it is now. The list is read only as far as it.
    pub(crate) async fn look_up(&self, id: &str, cx: &PullContext) -> Result<Option<Application>> {
        let mut found = None;
        self.walk(cx, |application| {
            let is_it = application.id == id;
            if is_it {
                found = Some(application);
            }
            is_it
        })
        .await?;
        Ok(found)
    }

    /// Reads the list page by page to an empty one, or until somebody has seen enough.
    async fn walk(&self, cx: &PullContext, mut seen_enough: impl FnMut(Application) -> bool) -> Result<()> {
        let (mut offset, mut ids) = (0, HashSet::new());
        for page in 1..=MOST_LIST_PAGES {
            let Page { rows, applications } = self.page(offset, page, cx).await?;
            if rows == 0 {
                return Ok(());
            }
            if applications.len() < rows {
                let unread = rows - applications.len();
                tracing::warn!(provider = PROVIDER, page, unread, "rows of the list name no district");
            }
            let (mut news, readable) = (0, applications.len());
            for application in applications {
                if ids.insert((
                    application.tenant.clone(),
                    application.number.clone(),
                    application.id.clone(),
                )) {
                    news += 1;
                    if seen_enough(application) {
                        return Ok(());
                    }
                }
            }
            // A page of which no row can be read says nothing of where the list ends.
            if news == 0 && readable > 0 {
                let message = format!(
                    "{LIST} page {page}: the list does not end: nothing on this page is new; tell ClassLink"
                );
                return Err(Error::new(ErrorKind::Provider, PROVIDER, LISTING, message));
            }
            offset += rows;
        }
        let message = format!("{LIST}: the list has more than {MOST_LIST_PAGES} pages");
        Err(Error::new(ErrorKind::TooLarge, PROVIDER, LISTING, message))
    }

    async fn page(&self, offset: usize, page: usize, cx: &PullContext) -> Result<Page> {
        let mut url = self.0.wire.base().endpoint(["applications"]);
        url.set_query(Some(&format!("limit={LIST_ROWS}&offset={offset}")));
        let call = Call { operation: LISTING, label: LIST, place: format!("{LIST} page {page}"), url };
        let read = |answer: Answer| {
            let rows =
                read_rows(&answer.body, "applications", |row: Result<wire::Application<'_>, &RawValue>| {
                    row.ok().as_ref().and_then(map::application)
                });
            let rows = rows.map_err(|shape| misshapen(&shape, &call.place))?;
            Ok(Page { rows: rows.len(), applications: rows.into_iter().flatten().collect() })
        };
        self.0.wire.get(&call, cx, read).await
    }

    /// How an application's own server is reached.
    pub(crate) async fn server(&self, id: &str, cx: &PullContext) -> Result<Server> {
        // The id is encoded already.
        let base = self.0.wire.base().as_url();
        let mut url = base.clone();
        url.set_path(&format!("{}/applications/{id}/server", base.path().trim_end_matches('/')));
        let operation = "asking for a district's server";
        let call = Call { operation, label: SERVER, place: SERVER.to_owned(), url };
        let read = |answer: Answer| {
            let told: wire::ServerAnswer<'_> = serde_json::from_slice(&answer.body).map_err(|error| {
                let message = format!(
                    "{SERVER}: the answer is no JSON of the known form, at column {}",
                    error.column()
                );
                Error::new(ErrorKind::Decode, PROVIDER, operation, message)
            })?;
            let server = told.server.unwrap_or_default();
            let told = (server.endpoint_url.owned(), server.client_id.owned(), server.client_secret.owned());
            let (Some(endpoint_url), Some(key), Some(secret)) = told else {
                let message = format!(
                    "{SERVER}: the district has no server with credentials for us: use access through the proxy, or ask \
                     the district to share"
                );
                return Err(Error::new(ErrorKind::Config, PROVIDER, operation, message));
            };
            Ok(Server { endpoint_url, key: key.into(), secret: secret.into() })
        };
        self.0.wire.get(&call, cx, read).await
    }
}

struct Page {
    /// How many there are, also of those that can't be read.
    rows: usize,
    applications: Vec<Application>,
}

fn misshapen(shape: &Shape, place: &str) -> Error {
    let kind = match shape {
        Shape::Cut => ErrorKind::Transport,
        Shape::TooDeep => ErrorKind::TooLarge,
        Shape::NoKey | Shape::NotAList => ErrorKind::Provider,
        Shape::NotText | Shape::NotJson(..) => ErrorKind::Decode,
    };
    Error::new(kind, PROVIDER, LISTING, format!("{place}: {shape}"))
}

/// Shows nothing: there are bearers in it.
impl std::fmt::Debug for PartnerClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartnerClient")
    }
}
