//! Reads a collection whose pages each name the next, with that one under way while rows are delivered.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use roster_core::Result;

use super::Chain;
use crate::limits::HttpLimits;

/// A page that names the next.
pub trait Linked: Send {
    /// How many rows it has.
    fn rows(&self) -> usize;

    /// The next page, as the vendor names it: a link, a cursor or a token. `None` or empty: this is the last.
    fn next(&self) -> Option<&str>;
}

/// Gets the pages of one collection.
pub trait LinkedPages: Send + Sync + 'static {
    /// A page.
    type Page: Linked + 'static;

    /// Gets the page that an earlier one named, or the first; `number` is its place in the reading, from 1, for messages.
    fn page(
        self: Arc<Self>,
        named: Option<String>,
        number: u64,
    ) -> impl Future<Output = Result<Self::Page>> + Send + 'static;
}

/// Reads one collection from page to page, to the page that names no next. Dropping it stops what is under way.
pub struct ChainReader<P: LinkedPages> {
    pages: Arc<P>,
    chain: Chain,
    under_way: Option<BoxFuture<'static, Result<P::Page>>>,
    /// A page that came and was not given yet, since who waited for it was dropped.
    page: Option<P::Page>,
    ended: bool,
}

impl<P: LinkedPages> ChainReader<P> {
    /// From the first page. Asks for nothing yet.
    #[must_use]
    pub fn new(provider: &'static str, pages: Arc<P>, limits: &HttpLimits) -> Self {
        Self { pages, chain: Chain::new(provider, limits), under_way: None, page: None, ended: false }
    }

    /// From the page of that name, such as the last that an earlier pull saw.
    #[must_use]
    pub fn starting_at(mut self, named: String) -> Self {
        self.under_way = Some(Arc::clone(&self.pages).page(Some(named), 1).boxed());
        self
    }

    /// As [`Chain::end_after_empty`].
    #[must_use]
    pub fn end_after_empty(mut self, pages: u32) -> Self {
        self.chain = self.chain.end_after_empty(pages);
        self
    }

    /// The number of the page that was read last, from 1.
    pub const fn page(&self) -> u64 {
        self.chain.page()
    }

    /// Whether the last page was given, or an error.
    pub const fn is_over(&self) -> bool {
        self.ended && self.page.is_none()
    }

    /// The next page; `None` after the last. The one after it is under way when this returns. May be dropped while it waits,
    /// and called again: no page is lost by that.
    ///
    /// # Errors
    ///
    /// Whatever getting a page ends in, and as [`Chain::took`]. Nothing is read after an error.
    pub async fn next(&mut self) -> Result<Option<P::Page>> {
        if let Some(page) = self.page.take() {
            return Ok(Some(page));
        }
        if self.ended {
            return Ok(None);
        }
        let pages = &self.pages;
        let page = self.under_way.get_or_insert_with(|| Arc::clone(pages).page(None, 1).boxed()).await;
        self.under_way = None;
        // A page that fails, or a chain that is broken, has no next.
        self.ended = true;
        let page = page?;
        if self.chain.took(page.rows(), page.next())? {
            self.ended = false;
            let named = page.next().map(str::to_owned);
            let next = Arc::clone(&self.pages).page(named, self.chain.page() + 1).boxed();
            self.page = Some(page);
            let next = self.under_way.insert(next);
            // Polled once, which sends the request; what is there already is kept before anything is waited for.
            if let std::task::Poll::Ready(done) = futures::poll!(next) {
                self.under_way = Some(futures::future::ready(done).boxed());
            }
            // Lets the connection's task see it.
            tokio::task::yield_now().await;
            return Ok(self.page.take());
        }
        Ok(Some(page))
    }

    /// Waits until the page that is under way is here, and keeps it for [`next`](Self::next); asks for nothing. Whoever waits
    /// for something else meanwhile waits for this too: a request that nobody drives holds its place in the limiter. May be
    /// dropped while it waits.
    pub async fn arrive(&mut self) {
        if let Some(under_way) = &mut self.under_way {
            let page = under_way.await;
            self.under_way = Some(futures::future::ready(page).boxed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use roster_core::{Error, ErrorKind};

    use super::*;

    /// Pages by name; the first has none.
    struct Server {
        pages: Vec<(&'static str, usize, Option<&'static str>)>,
        asked: Mutex<Vec<String>>,
    }

    struct TestPage(usize, Option<&'static str>);

    impl Linked for TestPage {
        fn rows(&self) -> usize {
            self.0
        }

        fn next(&self) -> Option<&str> {
            self.1
        }
    }

    impl LinkedPages for Server {
        type Page = TestPage;

        async fn page(self: Arc<Self>, named: Option<String>, number: u64) -> Result<TestPage> {
            let named = named.unwrap_or_default();
            self.asked.lock().unwrap().push(format!("{number} {named}"));
            let found = self.pages.iter().find(|(name, ..)| *name == named);
            let missing = || Error::new(ErrorKind::NotFound, "test", "reading a page", "there is none");
            found.map(|(_, rows, next)| TestPage(*rows, *next)).ok_or_else(missing)
        }
    }

    fn server(pages: &[(&'static str, usize, Option<&'static str>)]) -> Arc<Server> {
        Arc::new(Server { pages: pages.to_vec(), asked: Mutex::default() })
    }

    fn reader(server: &Arc<Server>) -> ChainReader<Server> {
        ChainReader::new("test", Arc::clone(server), &HttpLimits::default())
    }

    #[tokio::test]
    async fn the_next_page_is_under_way_while_one_is_read() {
        let server = server(&[("", 2, Some("b")), ("b", 0, Some("c")), ("c", 1, None)]);
        let mut reading = reader(&server);
        assert!(server.asked.lock().unwrap().is_empty());
        assert_eq!(reading.next().await.unwrap().unwrap().rows(), 2);
        assert_eq!(*server.asked.lock().unwrap(), ["1 ", "2 b"]);
        assert_eq!(reading.next().await.unwrap().unwrap().rows(), 0);
        assert_eq!(reading.next().await.unwrap().unwrap().rows(), 1);
        assert!(reading.next().await.unwrap().is_none() && reading.next().await.unwrap().is_none());
        assert_eq!((reading.page(), server.asked.lock().unwrap().len()), (3, 3));
    }

    #[tokio::test]
    async fn it_goes_on_where_another_stopped() {
        let server = server(&[("", 2, Some("b")), ("b", 1, None)]);
        let mut reading = reader(&server).starting_at("b".to_owned());
        assert_eq!(reading.next().await.unwrap().unwrap().rows(), 1);
        assert!(reading.next().await.unwrap().is_none());
        assert_eq!(*server.asked.lock().unwrap(), ["1 b"]);
    }

    #[tokio::test]
    async fn who_is_dropped_while_waiting_loses_no_page() {
        let server = server(&[("", 2, Some("b")), ("b", 1, Some("c")), ("c", 4, None)]);
        let mut reading = reader(&server);
        let mut rows = Vec::new();
        while !reading.is_over() {
            // Polled once, and dropped if it has to wait.
            if let std::task::Poll::Ready(page) = futures::poll!(std::pin::pin!(reading.next())) {
                rows.extend(page.unwrap().map(|page| page.rows()));
            }
        }
        assert_eq!((rows, server.asked.lock().unwrap().len()), (vec![2, 1, 4], 3));
    }

    #[tokio::test]
    async fn an_error_is_the_last() {
        let broken = server(&[("", 2, Some("b"))]);
        let mut reading = reader(&broken);
        assert_eq!(reading.next().await.unwrap().unwrap().rows(), 2);
        assert!(reading.next().await.is_err());
        assert!(reading.next().await.unwrap().is_none());
        let circle = server(&[("", 2, Some("b")), ("b", 1, Some("b"))]);
        let mut reading = reader(&circle);
        assert!(reading.next().await.unwrap().is_some());
        assert_eq!(reading.next().await.err().unwrap().kind(), ErrorKind::Provider);
        assert_eq!(circle.asked.lock().unwrap().len(), 2);
    }
}
