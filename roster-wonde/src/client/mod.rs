//! Endpoints to pages of rows as they came.

mod answers;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use roster_core::{Error, PullContext, Result, jiff::Timestamp};
use roster_http::{
    Auth, BaseUrl, HttpLimits, Limiter, RetryPolicy, Wire,
    paging::{ChainReader, Linked, LinkedPages},
    percent_encode,
};
use serde_json::value::RawValue;
use url::Url;

#[cfg(test)]
pub(crate) use self::answers::rows;
pub(crate) use self::answers::{get_one, get_page};
use crate::{
    error::{broken, classify},
    resource::{Resource, parents_first},
    source::PROVIDER,
};

const READING: &str = "reading a page";
/// What vendors in production ask for.
const PAGE_SIZE: u32 = 200;
/// What Wonde itself sends where nobody asks for a size.
const DEFAULT_PAGE: usize = 50;

/// What makes a [`Wire`] for a host. Cheap to clone: clones share token and limiter.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) auth: Auth,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: HttpLimits,
    pub(crate) limiter: Limiter,
}

impl Access {
    pub(crate) fn wire(&self, base: BaseUrl) -> Result<Wire> {
        Wire::builder(PROVIDER, base)
            .auth(self.auth.clone())
            .retry(self.retry)
            .limits(self.limits)
            .limiter(self.limiter.clone())
            .classifier(classify)
            .build()
    }

    /// The same with another token.
    pub(crate) fn with(&self, auth: Auth) -> Self {
        Self { auth, ..self.clone() }
    }
}

/// What a school turned out not to give, or the vendor not to take, in one pull: the next one asks anew, since a refusal may be a
/// moment's.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    refused: Mutex<BTreeSet<(Resource, &'static str)>>,
    plain: Mutex<BTreeSet<(Resource, Plain)>>,
}

/// What the vendor does not take with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    Cursor,
    Size,
}

impl Habits {
    /// The includes that a resource was refused with.
    pub(crate) fn refused(&self, resource: Resource) -> Vec<&'static str> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.iter().filter(|(of, _)| *of == resource).map(|(_, include)| *include).collect()
    }

    fn refuse(&self, resource: Resource, includes: impl IntoIterator<Item = &'static str>) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.extend(includes.into_iter().map(|include| (resource, include)));
    }

    fn is_plain(&self, resource: Resource, what: Plain) -> bool {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner).contains(&(resource, what))
    }

    fn make_plain(&self, resource: Resource, what: Plain) {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner).insert((resource, what));
    }
}

/// One resource to be read.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) resource: Resource,
    pub(crate) school: String,
    pub(crate) includes: Vec<&'static str>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) page_size: Option<u32>,
}

/// Gets the pages of one resource.
pub(crate) struct Pages {
    wire: Wire,
    habits: Arc<Habits>,
    reading: Reading,
    cx: PullContext,
}

/// A page.
pub(crate) struct Page {
    pub(crate) rows: Vec<Box<RawValue>>,
    pub(crate) next: Option<String>,
    /// A whole page or more, without a word of how it goes on: whether that is all has to be counted.
    pub(crate) odd: bool,
}

impl Linked for Page {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

/// Reads a resource. Nothing is sent yet.
pub(crate) fn read(
    wire: &Wire,
    habits: &Arc<Habits>,
    reading: Reading,
    cx: &PullContext,
) -> ChainReader<Pages> {
    let pages = Pages { wire: wire.clone(), habits: Arc::clone(habits), reading, cx: cx.clone() };
    ChainReader::new(PROVIDER, Arc::new(pages), wire.limits())
}

impl LinkedPages for Pages {
    type Page = Page;

    async fn page(self: Arc<Self>, named: Option<String>, number: u64) -> Result<Page> {
        match named {
            None => self.first().await,
            Some(next) => {
                let resource = self.reading.resource;
                let url = Url::parse(&next).map_err(|_| {
                    broken("following a page link", "the vendor names a next page that is no URL")
                })?;
                let size = self.size();
                get_page(&self.wire, resource.path(), number, url, size, &self.cx).await
            }
        }
    }
}

impl Pages {
    /// The first page. An include that is refused is left out, one at a time, so that what the school does share is read.
    async fn first(&self) -> Result<Page> {
        let resource = self.reading.resource;
        let refused = self.habits.refused(resource);
        let wanted: Vec<_> =
            self.reading.includes.iter().copied().filter(|include| !refused.contains(include)).collect();
        let error = match self.asking(&wanted).await {
            Err(error) if is_refusal(&error) && !wanted.is_empty() => error,
            done => return done,
        };
        for suspect in &wanted {
            let others = without(&wanted, suspect);
            match self.asking(&others).await {
                Ok(page) => {
                    self.habits.refuse(resource, difference(&wanted, &others));
                    return Ok(page);
                }
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
        }
        // More than one of them is refused, or the resource itself is.
        let mut page = match self.asking(&[]).await {
            Err(bare) if is_refusal(&bare) => return Err(error),
            // A failure is no refusal.
            done => done?,
        };
        let mut kept = Vec::new();
        for include in parents_first(&wanted) {
            let parent = include.split_once('.').map(|(parent, _)| parent);
            if parent.is_some_and(|parent| !kept.contains(&parent)) {
                continue;
            }
            let mut more = kept.clone();
            more.push(include);
            match self.asking(&more).await {
                Ok(found) => (page, kept) = (found, more),
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.habits.refuse(resource, difference(&wanted, &kept));
        Ok(page)
    }

    /// The size of page that is asked for, if any is.
    fn size(&self) -> Option<u32> {
        let Reading { resource, page_size, .. } = self.reading;
        match page_size {
            _ if self.habits.is_plain(resource, Plain::Size) || !resource.has_size() => None,
            Some(0) => None,
            wish => Some(wish.unwrap_or(PAGE_SIZE)),
        }
    }

    /// Asks with these includes. What the vendor does not take of paging is left out, and it is asked again.
    async fn asking(&self, includes: &[&'static str]) -> Result<Page> {
        let Reading { resource, .. } = self.reading;
        loop {
            let cursor = resource.has_cursor() && !self.habits.is_plain(resource, Plain::Cursor);
            let size = self.size();
            let mut url = self.wire.base().endpoint(resource.segments(&self.reading.school));
            url.set_query(query(&self.reading, includes, cursor, size).as_deref());
            match get_page(&self.wire, resource.path(), 1, url, size, &self.cx).await {
                Err(error) if matches!(error.status(), Some(400 | 422)) && cursor && includes.is_empty() => {
                    self.habits.make_plain(resource, Plain::Cursor);
                }
                Err(error) if error.status() == Some(400) && cursor => {
                    self.habits.make_plain(resource, Plain::Cursor);
                }
                Err(error)
                    if matches!(error.status(), Some(400 | 422)) && size.is_some() && includes.is_empty() =>
                {
                    self.habits.make_plain(resource, Plain::Size);
                }
                Err(error) if error.status() == Some(400) && size.is_some() => {
                    self.habits.make_plain(resource, Plain::Size);
                }
                done => return done,
            }
        }
    }
}

/// Whether something that was asked for is not shared, or not known there.
fn is_refusal(error: &Error) -> bool {
    matches!(error.status(), Some(403 | 422))
}

fn without(includes: &[&'static str], suspect: &str) -> Vec<&'static str> {
    let below = format!("{suspect}.");
    includes.iter().copied().filter(|include| *include != suspect && !include.starts_with(&below)).collect()
}

fn difference(all: &[&'static str], kept: &[&'static str]) -> Vec<&'static str> {
    all.iter().copied().filter(|include| !kept.contains(include)).collect()
}

fn query(reading: &Reading, includes: &[&str], cursor: bool, size: Option<u32>) -> Option<String> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    if let Some(group_type) = reading.resource.group_type() {
        pairs.push(("type", group_type.to_owned()));
    }
    if !includes.is_empty() {
        pairs.push(("include", includes.join(",")));
    }
    if let Some(since) = reading.since {
        pairs.push(("updated_after", since.strftime("%Y-%m-%d %H:%M:%S").to_string()));
    }
    if let Some(size) = size {
        pairs.push(("per_page", size.to_string()));
    }
    if cursor {
        pairs.push(("cursor", "true".to_owned()));
    }
    encoded(&pairs)
}

/// Pairs as a query. Commas stay as they are: both forms are in use.
pub(crate) fn encoded(pairs: &[(&str, String)]) -> Option<String> {
    let one =
        |(name, value): &(&str, String)| format!("{name}={}", percent_encode(value).replace("%2C", ","));
    (!pairs.is_empty()).then(|| pairs.iter().map(one).collect::<Vec<_>>().join("&"))
}
