//! Lists to pages.

use std::sync::Arc;

use futures::future::BoxFuture;
use roster_core::{Error, ErrorKind, PullContext, Result};
use roster_http::{
    Answer, Auth, Call, HttpLimits, Wire,
    json::Shape,
    paging::{ChainReader, Linked, LinkedPages},
};

use crate::{
    PROVIDER,
    map::{Page, Row},
    scopes::GoogleScope,
};

pub(crate) const READING: &str = "reading a page";

/// Rows a page of Classroom's lists. Google publishes no maximum, and gives fewer as it likes.
const PAGE_SIZE: u32 = 100;
/// Rows a page of the Directory's users: the most that it takes.
const USERS: u32 = 500;
/// No list of Classroom takes a larger wish.
const MOST: u32 = 1000;

/// Talks to Google for one user. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) classroom: Wire,
    pub(crate) directory: Wire,
}

/// A list that Google has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Courses,
    Students,
    Teachers,
    Aliases,
    Guardians,
    Users,
    OrgUnits,
}

impl List {
    /// Its path, as people know it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Courses => "/v1/courses",
            Self::Students => "/v1/courses/{courseId}/students",
            Self::Teachers => "/v1/courses/{courseId}/teachers",
            Self::Aliases => "/v1/courses/{courseId}/aliases",
            Self::Guardians => "/v1/userProfiles/-/guardians",
            Self::Users => "/admin/directory/v1/users",
            Self::OrgUnits => "/admin/directory/v1/customer/my_customer/orgunits",
        }
    }

    /// The key of its rows.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Courses => "courses",
            Self::Students => "students",
            Self::Teachers => "teachers",
            Self::Aliases => "aliases",
            Self::Guardians => "guardians",
            Self::Users => "users",
            Self::OrgUnits => "organizationUnits",
        }
    }

    /// The scope that it needs.
    pub(crate) const fn scope(self) -> GoogleScope {
        match self {
            Self::Courses | Self::Aliases => GoogleScope::Courses,
            Self::Students | Self::Teachers => GoogleScope::Rosters,
            Self::Guardians => GoogleScope::Guardians,
            Self::Users => GoogleScope::Users,
            Self::OrgUnits => GoogleScope::OrgUnits,
        }
    }

    const fn is_directory(self) -> bool {
        matches!(self, Self::Users | Self::OrgUnits)
    }
}

/// What is asked for: a list, of a course where it is one's, with the same parameters on each page.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) list: List,
    pub(crate) course: Option<String>,
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Ask {
    pub(crate) fn of(list: List) -> Self {
        Self { list, course: None, parameters: Vec::new() }
    }

    pub(crate) fn of_course(list: List, course: &str) -> Self {
        Self { course: Some(course.to_owned()), ..Self::of(list) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// With what is to be seen of its rows; without `nextPageToken` in it there would be one page.
    pub(crate) fn fields(self, row: &str) -> Self {
        let key = self.list.key();
        let paging = if self.list == List::OrgUnits { "" } else { "nextPageToken," };
        self.with("fields", format!("{paging}{key}({row})"))
    }

    /// With the wish of a page's size; 0 leaves it to Google.
    pub(crate) fn sized(self, wish: Option<u32>) -> Self {
        let (name, usual, most) = match self.list {
            List::OrgUnits => return self,
            List::Users => ("maxResults", USERS, USERS),
            _ => ("pageSize", PAGE_SIZE, MOST),
        };
        match wish {
            Some(0) => self,
            wish => self.with(name, wish.unwrap_or(usual).min(most).to_string()),
        }
    }
}

/// A record that is asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum One {
    /// The user whom the credential stands for, as Classroom knows the user.
    Me,
    /// A user of the Directory.
    User,
}

/// Gets the pages of a list: the one that a token names, or the first; the number is for messages.
pub(crate) struct Fetched<T>(Box<Getting<T>>);

type Getting<T> = dyn Fn(Option<String>, u64) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync;

/// Shared, so that a list can be read again.
pub(crate) type Fetch<T> = Arc<Fetched<T>>;

impl<T: Send + 'static> LinkedPages for Fetched<T> {
    type Page = Page<T>;

    fn page(
        self: Arc<Self>,
        named: Option<String>,
        number: u64,
    ) -> impl Future<Output = Result<Page<T>>> + Send + 'static {
        (self.0)(named, number)
    }
}

impl<T: Send> Linked for Page<T> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl Client {
    /// Gets pages, and reads them by `read`, which is given the body and the page's number.
    pub(crate) fn fetch<T: Send + 'static>(
        &self,
        ask: Ask,
        cx: &PullContext,
        read: impl Fn(&[u8], u64) -> Result<Page<T>, Shape> + Send + Sync + 'static,
    ) -> Fetch<T> {
        let (client, cx) = (self.clone(), cx.clone());
        let shared = Arc::new((ask, read));
        Arc::new(Fetched(Box::new(move |token, number| {
            let (client, cx, shared) = (client.clone(), cx.clone(), Arc::clone(&shared));
            Box::pin(async move {
                let (ask, read) = &*shared;
                client.page(ask, token.as_deref(), number, &cx, |body| read(body, number)).await
            })
        })))
    }

    /// Gets one page.
    pub(crate) async fn page<T>(
        &self,
        ask: &Ask,
        token: Option<&str>,
        number: u64,
        cx: &PullContext,
        read: impl Fn(&[u8]) -> Result<Page<T>, Shape> + Send + Sync,
    ) -> Result<Page<T>> {
        let path = ask.list.path();
        let wire = if ask.list.is_directory() { &self.directory } else { &self.classroom };
        let segments = path.split('/').skip(1).map(|segment| match (segment, &ask.course) {
            ("{courseId}", Some(course)) => course.as_str(),
            _ => segment,
        });
        let mut url = wire.base().endpoint(segments);
        let pairs = ask.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let pairs = [("prettyPrint", "false")].into_iter().chain(pairs);
        url.query_pairs_mut().extend_pairs(pairs.chain(token.map(|token| ("pageToken", token))));
        let call = Call { operation: READING, label: path, place: format!("{path} page {number}"), url };
        wire.get(&call, cx, |answer: Answer| {
            read(&answer.body).map_err(|shape| misshapen(shape, &call.place))
        })
        .await
    }

    /// Gets one record, by its key.
    pub(crate) async fn one(
        &self,
        one: One,
        key: &str,
        fields: &str,
        cx: &PullContext,
    ) -> Result<serde_json::Map<String, serde_json::Value>> {
        let (wire, path) = match one {
            One::Me => (&self.classroom, "/v1/userProfiles/{userId}"),
            One::User => (&self.directory, "/admin/directory/v1/users/{userKey}"),
        };
        let segments = path.split('/').skip(1);
        let segments = segments.map(|segment| if segment.starts_with('{') { key } else { segment });
        let mut url = wire.base().endpoint(segments);
        url.query_pairs_mut().append_pair("prettyPrint", "false").append_pair("fields", fields);
        let place = format!("{path} page 1");
        let call = Call { operation: READING, label: path, place, url };
        wire.get(&call, cx, |answer: Answer| {
            serde_json::from_slice(&answer.body).map_err(|_| misshapen(Shape::NotAList, &call.place))
        })
        .await
    }

    /// The scopes that the token at hand was granted, where the server said so.
    pub(crate) fn granted_scopes(&self) -> Option<Vec<String>> {
        if let Auth::Token(cache) = self.classroom.auth() { cache.granted_scopes() } else { None }
    }

    /// How many requests may be under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.classroom.limits().in_flight.max(1)
    }
}

/// An answer without rows that can be read. Its text is not quoted.
fn misshapen(shape: Shape, place: &str) -> Error {
    let kind = match shape {
        Shape::Cut => ErrorKind::Transport,
        Shape::TooDeep => ErrorKind::TooLarge,
        Shape::NoKey | Shape::NotAList => ErrorKind::Provider,
        Shape::NotText | Shape::NotJson(..) => ErrorKind::Decode,
    };
    Error::new(kind, PROVIDER, READING, format!("{place}: {shape}"))
}

/// A list that is read from page to page. A token that has grown old is refused as a bad request: then the list is read from
/// its start again, once, and rows may come again by that.
pub(crate) struct Walk<T: Send + 'static> {
    fetch: Fetch<T>,
    reader: ChainReader<Fetched<T>>,
    limits: HttpLimits,
    restarted: bool,
}

impl<T: Send + 'static> Walk<T> {
    /// From the first page. Asks for nothing yet.
    pub(crate) fn new(fetch: Fetch<T>, client: &Client) -> Self {
        let limits = *client.classroom.limits();
        let reader = ChainReader::new(PROVIDER, Arc::clone(&fetch), &limits);
        Self { fetch, reader, limits, restarted: false }
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.reader.is_over()
    }

    /// The rows of the next page; `None` after the last. May be dropped while it waits, and asked again.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row<T>>>> {
        loop {
            match self.reader.next().await {
                Err(error) if error.status() == Some(400) && self.reader.page() > 0 && !self.restarted => {
                    self.restarted = true;
                    self.reader = ChainReader::new(PROVIDER, Arc::clone(&self.fetch), &self.limits);
                }
                page => return page.map(|page| page.map(|page| page.rows)),
            }
        }
    }

    /// Waits until the page that is under way is here, and keeps it: a request that nobody drives would hold its place among those
    /// that may be under way.
    pub(crate) async fn arrive(&mut self) {
        self.reader.arrive().await;
    }

    /// All rows of the list.
    pub(crate) async fn all(mut self) -> Result<Vec<Row<T>>> {
        let mut rows = Vec::new();
        while let Some(page) = self.next().await? {
            rows.extend(page);
        }
        Ok(rows)
    }
}
