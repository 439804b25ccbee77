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
///
/// A page is given once the next one joins it, so that rows which a server made up, and which belong nowhere, never are.
pub struct OffsetReader<P: Pages> {
    pages: Arc<P>,
    /// The collection, as people know it.
    label: &'static str,
    /// The last page that joined, whose own end is not proven yet.
    held: Option<(P::Page, u64, Vec<usize>)>,
    /// How the reading ended, while the last but one page is given.
    ended: Option<(P::Page, u64, Vec<usize>, Finish)>,
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
    /// Asks for nothing yet. `at_once` pages may be under way where the server's total lets them. `label` names the collection in
    /// errors, such as `/users`.
    #[must_use]
    pub fn new(
        provider: &'static str,
        label: &'static str,
        pages: Arc<P>,
        limit: Option<u32>,
        at_once: usize,
        limits: HttpLimits,
    ) -> Self {
        Self {
            pages,
            label,
            held: None,
            ended: None,
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
        if let Some((page, number, new, finish)) = self.ended.take() {
            return Ok(Turn::End(Some((page, number, new)), finish));
        }
        loop {
            if let Some(turn) = self.turn().await? {
                return Ok(turn);
            }
        }
    }

    /// Takes a page in; `None` if there is nothing to give yet.
    async fn turn(&mut self) -> Result<Option<Turn<P::Page>>> {
        self.ask_ahead();
        let Some((ask, page)) = self.under_way.next().await else {
            return Ok(Some(Turn::End(None, Finish::Whole)));
        };
        let number = self.numbers.pop_front().unwrap_or_default();
        let page = page?;
        if let Some(limit) = page.narrowed() {
            self.paging.narrow(limit);
        }
        let turn = match self.paging.take(ask, &page.keys(), page.ascent(), page.total()) {
            Step::Next(new) => self.hold(page, number, new),
            Step::End(new, finish) => return Ok(Some(self.end(page, number, new, finish))),
            Step::StartOver => {
                self.drop_ahead();
                self.held = None;
                Some(Turn::StartOver)
            }
            Step::Rejoin => {
                self.drop_ahead();
                Some(Turn::Rows(page, number, Vec::new()))
            }
        };
        self.within_limits(number)?;
        self.ask_ahead();
        self.set_going().await;
        Ok(turn)
    }

    /// Holds a page that joined, and gives the one before.
    fn hold(&mut self, page: P::Page, number: u64, new: Vec<usize>) -> Option<Turn<P::Page>> {
        let proven = self.held.replace((page, number, new));
        proven.map(|(page, number, new)| Turn::Rows(page, number, new))
    }

    /// The last page came. What it does not join was never proven, and is not given.
    fn end(&mut self, page: P::Page, number: u64, new: Vec<usize>, finish: Finish) -> Turn<P::Page> {
        match self.held.take().filter(|_| finish != Finish::Moving) {
            None => Turn::End(Some((page, number, new)), finish),
            Some((before, at, rows)) => {
                self.ended = Some((page, number, new, finish));
                Turn::Rows(before, at, rows)
            }
        }
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
        let place = format!("{} page {page}", self.label);
        self.limits.allow_more(self.provider, &place, page, self.paging.position())
    }
}
