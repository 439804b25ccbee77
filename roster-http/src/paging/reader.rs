//! Reads a collection by offset, with pages under way while rows are delivered.

use std::{collections::VecDeque, sync::Arc};

use futures::{
    future::{BoxFuture, FutureExt},
    stream::{FuturesOrdered, StreamExt},
};
use roster_core::Result;

use super::{Ask, Finish, OffsetPaging, Page, Pages, Step};
use crate::limits::HttpLimits;

/// No more rows are under way than this, whatever the size of a page.
const MOST_ROWS_AHEAD: u64 = 20_000;

/// Reads one collection by offset. Dropping it stops whatever is under way.
pub struct OffsetReader<P: Pages> {
    pages: Arc<P>,
    paging: OffsetPaging,
    under_way: FuturesOrdered<BoxFuture<'static, (Ask, Result<P::Page>)>>,
    numbers: VecDeque<u64>,
    asked: u64,
    at_once: usize,
    limits: HttpLimits,
    provider: &'static str,
}

/// What a turn of reading brings.
pub enum Turn<P> {
    /// A page, its number, and which of its rows are new, by index.
    Rows(P, u64, Vec<usize>),
    /// Reading starts over, since rows moved.
    StartOver,
    /// Reading is over; the last page may have had new rows.
    End(Option<(P, u64, Vec<usize>)>, Finish),
}

impl<P: Pages> OffsetReader<P> {
    /// Asks for nothing yet. `at_once` pages may be under way where the server's total lets them.
    #[must_use]
    pub fn new(
        provider: &'static str,
        pages: Arc<P>,
        limit: Option<u32>,
        at_once: usize,
        limits: HttpLimits,
    ) -> Self {
        Self {
            pages,
            paging: OffsetPaging::new(limit),
            under_way: FuturesOrdered::new(),
            numbers: VecDeque::new(),
            asked: 0,
            at_once: at_once.max(1),
            limits,
            provider,
        }
    }

    /// Asks for one page alone: the server takes no notice of an offset.
    #[must_use]
    pub fn without_offset(mut self) -> Self {
        self.paging = self.paging.without_offset();
        self
    }

    /// What was read so far.
    pub const fn paging(&self) -> &OffsetPaging {
        &self.paging
    }

    /// The next turn. Not to be called after the end.
    ///
    /// # Errors
    ///
    /// Whatever getting a page ends in, and `TooLarge` where a limit is passed.
    pub async fn next(&mut self) -> Result<Turn<P::Page>> {
        self.ask_ahead();
        let Some((ask, page)) = self.under_way.next().await else {
            return Ok(Turn::End(None, Finish::Whole));
        };
        let number = self.numbers.pop_front().unwrap_or_default();
        let page = page?;
        if let Some(limit) = page.narrowed() {
            self.paging.narrow(limit);
        }
        let step = self.paging.take(ask, &page.keys(), page.ascent(), page.total());
        let turn = match step {
            Step::Next(new) => Turn::Rows(page, number, new),
            Step::End(new, finish) => return Ok(Turn::End(Some((page, number, new)), finish)),
            Step::StartOver => {
                self.drop_ahead();
                Turn::StartOver
            }
            Step::Rejoin => {
                self.drop_ahead();
                Turn::Rows(page, number, Vec::new())
            }
        };
        self.within_limits(number)?;
        self.ask_ahead();
        self.set_going().await;
        Ok(turn)
    }

    /// Polls what is under way once, which sends requests, and lets the connection's task see them.
    async fn set_going(&mut self) {
        if let std::task::Poll::Ready(Some((ask, page))) = futures::poll!(self.under_way.next()) {
            self.under_way.push_front(futures::future::ready((ask, page)).boxed());
        }
        tokio::task::yield_now().await;
    }

    fn ask_ahead(&mut self) {
        let at_once = self.at_once.min(self.rows_ahead());
        while let Some(ask) = self.paging.plan(self.under_way.len(), at_once) {
            self.asked += 1;
            self.numbers.push_back(self.asked);
            let page = Arc::clone(&self.pages).page(ask, self.asked);
            self.under_way.push_back(page.map(move |page| (ask, page)).boxed());
        }
    }

    /// How many pages may be under way, so that not too many rows are.
    fn rows_ahead(&self) -> usize {
        let pages = MOST_ROWS_AHEAD / self.paging.width().max(1);
        usize::try_from(pages).unwrap_or(usize::MAX).max(1)
    }

    fn drop_ahead(&mut self) {
        self.under_way = FuturesOrdered::new();
        self.numbers.clear();
    }

    fn within_limits(&self, page: u64) -> Result<()> {
        self.limits.allow_more(self.provider, page, self.paging.position())
    }
}
