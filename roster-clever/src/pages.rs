//! Pages of a collection, or of the feed, each of which names the next.

use std::sync::Arc;

use roster_core::{PullContext, Result};
use roster_http::paging::{ChainReader, Linked, LinkedPages};

use crate::{
    client::{Ask, Client, EventsPage, RowsPage},
    map::Wants,
    source::PROVIDER,
};

/// How many pages without a row are followed. Clever names pages that turn out to be empty, and such a page is the end, whatever it names
/// in turn; a few are followed all the same, lest rows lie behind.
const MOST_EMPTY: u32 = 3;

impl Linked for RowsPage {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl Linked for EventsPage {
    fn rows(&self) -> usize {
        self.events.len()
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

/// The pages of one collection, or of one walk.
pub(crate) struct CollectionPages {
    client: Client,
    ask: Ask,
    wants: Arc<Wants>,
    cx: PullContext,
}

impl LinkedPages for CollectionPages {
    type Page = RowsPage;

    async fn page(self: Arc<Self>, named: Option<String>, number: u64) -> Result<RowsPage> {
        let ask = Ask { from: named, ..self.ask.clone() };
        self.client.page(&ask, number, &self.wants, &self.cx).await
    }
}

/// The pages of the feed after an event.
pub(crate) struct FeedPages {
    client: Client,
    after: String,
    limit: Option<u32>,
    wants: Arc<Wants>,
    cx: PullContext,
}

impl LinkedPages for FeedPages {
    type Page = EventsPage;

    async fn page(self: Arc<Self>, named: Option<String>, number: u64) -> Result<EventsPage> {
        let from = named.unwrap_or_else(|| format!("starting_after={}", self.after));
        self.client.events(Some(&from), self.limit, number, &self.wants, &self.cx).await
    }
}

impl Client {
    /// Reads a collection. Nothing is sent yet.
    pub(crate) fn read(
        &self,
        ask: Ask,
        wants: &Arc<Wants>,
        cx: &PullContext,
    ) -> ChainReader<CollectionPages> {
        let pages = CollectionPages { client: self.clone(), ask, wants: Arc::clone(wants), cx: cx.clone() };
        ChainReader::new(PROVIDER, Arc::new(pages), self.limits()).end_after_empty(MOST_EMPTY)
    }

    /// Reads the feed after an event. Nothing is sent yet.
    pub(crate) fn follow(
        &self,
        after: &str,
        limit: Option<u32>,
        wants: &Arc<Wants>,
        cx: &PullContext,
    ) -> ChainReader<FeedPages> {
        let after = roster_http::percent_encode(after);
        let pages =
            FeedPages { client: self.clone(), after, limit, wants: Arc::clone(wants), cx: cx.clone() };
        ChainReader::new(PROVIDER, Arc::new(pages), self.limits()).end_after_empty(MOST_EMPTY)
    }
}
