//! Pages of a collection, and where the next one begins.

use std::sync::atomic::Ordering;

use roster_core::{Error, ErrorKind, PullContext, Result};
use roster_http::{Call, percent_encode};

use super::{Client, MOST_ROWS, READING};
use crate::{
    collection::{Collection, Walk},
    error::misshapen,
    map::{self, Next, Row, Wants},
    source::PROVIDER,
};

/// Smaller pages, for a server that finds that too large.
const SMALLER: [u32; 2] = [1_000, 100];

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
    pub(super) fn next(
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
}

fn stuck(call: &Call<'_>, why: &str) -> Error {
    Error::new(ErrorKind::Provider, PROVIDER, "paging", format!("{}: {why}", call.place))
}
