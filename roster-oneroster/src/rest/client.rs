//! Endpoints to pages of rows.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use roster_core::{Error, ErrorKind, PullContext, Result, jiff::Timestamp};
use roster_http::{
    Answer, Call, Wire,
    json::Shape,
    paging::{Ask, Key, OffsetReader, Page, Pages},
    percent_encode,
};
use serde::{Deserialize, Serialize};

use super::{
    collection::Collection,
    error::error_object,
    map::{self, Row, Stamp, Wants},
    source::PROVIDER,
};

pub(crate) const READING: &str = "reading a page";
const PAGE_SIZE: u32 = 1000;
/// What every server can send: the standard's own default.
const MODEST_PAGE_SIZE: u32 = 100;

/// Talks to one server. Cheap to clone: clones share what they learn.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    wire: Wire,
    habits: Arc<Habits>,
}

/// What a server turned out not to take.
#[derive(Debug)]
struct Habits {
    sorts: AtomicBool,
    filters: AtomicBool,
    /// The most rows a page that it takes; 0 if it was not asked for fewer yet.
    most: AtomicU32,
}

/// What a server turned out not to take, as a host stores it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    sorts: bool,
    filters: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    most_rows: Option<u32>,
}

impl Default for Profile {
    fn default() -> Self {
        Self { sorts: true, filters: true, most_rows: None }
    }
}

/// One collection to be read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) collection: Collection,
    pub(crate) wants: Arc<Wants>,
    /// Changed since.
    pub(crate) since: Option<Timestamp>,
    pub(crate) page_size: Option<u32>,
}

/// Gets the pages of one collection.
pub(crate) struct CollectionPages {
    client: Client,
    reading: Reading,
    cx: PullContext,
    learnt: Arc<Mutex<Learnt>>,
}

/// What answers tell beside rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Learnt {
    /// What time it was for the server when it first answered.
    pub(crate) date: Option<Timestamp>,
    /// Some stamps have no zone, or are of a day.
    pub(crate) coarse: bool,
}

/// A page.
pub(crate) struct RowsPage {
    pub(crate) rows: Vec<Row>,
    total: Option<u64>,
}

impl Page for RowsPage {
    fn keys(&self) -> Vec<Key> {
        self.rows.iter().map(Row::key).collect()
    }

    fn total(&self) -> Option<u64> {
        self.total
    }
}

impl Client {
    pub(crate) fn new(wire: Wire, profile: Profile) -> Self {
        let habits = Habits {
            sorts: AtomicBool::new(profile.sorts),
            filters: AtomicBool::new(profile.filters),
            most: AtomicU32::new(profile.most_rows.unwrap_or(0)),
        };
        Self { wire, habits: Arc::new(habits) }
    }

    /// What was learnt of the server.
    pub(crate) fn profile(&self) -> Profile {
        let most = self.habits.most.load(Ordering::Relaxed);
        Profile {
            sorts: self.habits.sorts.load(Ordering::Relaxed),
            filters: self.habits.filters.load(Ordering::Relaxed),
            most_rows: (most > 0).then_some(most),
        }
    }

    /// Whether the server is worth asking what changed.
    pub(crate) fn filters(&self) -> bool {
        self.habits.filters.load(Ordering::Relaxed)
    }

    /// Reads a collection. Nothing is sent yet.
    pub(crate) fn read(
        &self,
        reading: Reading,
        cx: PullContext,
        learnt: &Arc<Mutex<Learnt>>,
    ) -> OffsetReader<CollectionPages> {
        let limits = *self.wire.limits();
        let limit = match reading.page_size {
            Some(0) => None,
            wish => Some(self.clamped(wish.unwrap_or(PAGE_SIZE))),
        };
        let pages = CollectionPages { client: self.clone(), reading, cx, learnt: Arc::clone(learnt) };
        OffsetReader::new(PROVIDER, Arc::new(pages), limit, limits.in_flight, limits)
    }

    /// Asks for the first row of a collection: whether it may be read, and the server's total.
    pub(crate) async fn probe(&self, collection: Collection, cx: &PullContext) -> Result<Option<u64>> {
        let reading = Reading { collection, wants: Arc::default(), since: None, page_size: None };
        let page = self.page(&reading, Ask { offset: 0, limit: Some(1) }, 1, cx, &Mutex::default()).await?;
        Ok(page.total)
    }

    fn clamped(&self, limit: u32) -> u32 {
        match self.habits.most.load(Ordering::Relaxed) {
            0 => limit,
            most => limit.min(most),
        }
    }

    /// Gets a page. What a server refuses to understand is left out, and it is asked again: first the order, then the size.
    async fn page(
        &self,
        reading: &Reading,
        ask: Ask,
        number: u64,
        cx: &PullContext,
        learnt: &Mutex<Learnt>,
    ) -> Result<RowsPage> {
        loop {
            let sorts = self.habits.sorts.load(Ordering::Relaxed);
            let limit = ask.limit.map(|limit| self.clamped(limit));
            match self.page_as(reading, Ask { limit, ..ask }, sorts, number, cx, learnt).await {
                Err(error) if matches!(error.status(), Some(400 | 422)) => {
                    if sorts {
                        self.habits.sorts.store(false, Ordering::Relaxed);
                    } else if limit.is_some_and(|limit| limit > MODEST_PAGE_SIZE) {
                        self.habits.most.store(MODEST_PAGE_SIZE, Ordering::Relaxed);
                    } else {
                        if reading.since.is_some() {
                            self.habits.filters.store(false, Ordering::Relaxed);
                        }
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    async fn page_as(
        &self,
        reading: &Reading,
        ask: Ask,
        sorts: bool,
        number: u64,
        cx: &PullContext,
        learnt: &Mutex<Learnt>,
    ) -> Result<RowsPage> {
        let collection = reading.collection;
        let mut url = self.wire.base().endpoint([collection.segment()]);
        url.set_query(Some(&query(ask, sorts, reading.since)));
        let place = format!("{} page {number}", collection.path());
        let call = Call { operation: READING, label: collection.path(), place, url };
        let at = map::place(collection, number);
        self.wire
            .get(&call, cx, |answer| {
                let rows = map::rows(collection, &answer.body, &reading.wants, &at)
                    .map_err(|shape| misshapen(shape, &call.place, &answer))?;
                let coarse = rows.iter().any(|row| row.modified == Stamp::Coarse);
                let mut learnt = learnt.lock().unwrap_or_else(PoisonError::into_inner);
                learnt.date = learnt.date.or_else(|| answer.date());
                learnt.coarse |= coarse;
                Ok(RowsPage { rows, total: answer.count("x-total-count") })
            })
            .await
    }
}

impl Pages for CollectionPages {
    type Page = RowsPage;

    async fn page(self: Arc<Self>, ask: Ask, number: u64) -> Result<RowsPage> {
        self.client.page(&self.reading, ask, number, &self.cx, &self.learnt).await
    }
}

/// The query, written once: what is signed has to be what is sent.
fn query(ask: Ask, sorts: bool, since: Option<Timestamp>) -> String {
    let mut query = String::new();
    if let Some(limit) = ask.limit {
        query.push_str(&format!("limit={limit}&"));
    }
    query.push_str(&format!("offset={}", ask.offset));
    if sorts {
        query.push_str("&sort=sourcedId&orderBy=asc");
    }
    if let Some(since) = since {
        query.push_str(&format!("&filter={}", percent_encode(&format!("dateLastModified>'{since:.3}'"))));
    }
    query
}

/// An answer without rows that can be read. Its text is not quoted.
fn misshapen(shape: Shape, place: &str, answer: &Answer) -> Error {
    let says =
        error_object(&answer.body).map(|says| format!(": it is an error object, which says that {says}"));
    let kind = match shape {
        Shape::Cut => ErrorKind::Transport,
        Shape::TooDeep => ErrorKind::TooLarge,
        Shape::NoKey | Shape::NotAList => ErrorKind::Provider,
        Shape::NotText | Shape::NotJson(..) => ErrorKind::Decode,
    };
    let message = format!("{place}: {shape}{}", says.unwrap_or_default());
    Error::new(kind, PROVIDER, READING, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_encoded_as_the_standard_shows_it() {
        let since = "2026-01-01T00:00:00Z".parse().ok();
        assert_eq!(
            query(Ask { offset: 5, limit: Some(10) }, true, since),
            "limit=10&offset=5&sort=sourcedId&orderBy=asc&filter=dateLastModified%3E%272026-01-01T00%3A00%3A00.000Z%27"
        );
        assert_eq!(query(Ask { offset: 0, limit: None }, false, None), "offset=0");
    }
}
