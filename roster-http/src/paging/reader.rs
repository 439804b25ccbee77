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
/// A page is given once the next one joins it, so that one which a server made up, and which belongs nowhere, never is.
pub struct OffsetReader<P: Pages> {
    pages: Arc<P>,
    /// The collection, as people know it.
    label: &'static str,
    /// The last page that joined, whose own end is not proven yet.
    held: Option<(P::Page, u64, Vec<usize>)>,
    /// What was read and not given yet.
    ready: VecDeque<Turn<P::Page>>,
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
            ready: VecDeque::new(),
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

    /// The next turn. Not to be called after the end. One that is dropped while it waits loses nothing: the next one goes on from there.
    ///
    /// # Errors
    ///
    /// Whatever getting a page ends in, and `TooLarge` where a limit is passed.
    pub async fn next(&mut self) -> Result<Turn<P::Page>> {
        loop {
            if let Some(turn) = self.ready.pop_front() {
                return Ok(turn);
            }
            self.read().await?;
        }
    }

    /// The page that waits for the next to join it, for one who was refused that: nothing speaks against it.
    pub fn give_held(&mut self) -> Option<(P::Page, u64, Vec<usize>)> {
        self.held.take()
    }

    /// Takes a page in, after which there may be nothing to give yet. Whatever there is waits in `ready` before anything is awaited again.
    async fn read(&mut self) -> Result<()> {
        self.ask_ahead();
        let Some((ask, page)) = self.under_way.next().await else {
            // There is always one under way. If not, nothing is proven.
            self.ready.push_back(Turn::End(None, Finish::Moving));
            return Ok(());
        };
        let number = self.numbers.pop_front().unwrap_or_default();
        let page = page?;
        if let Some(limit) = page.narrowed() {
            self.paging.narrow(limit);
        }
        match self.paging.take(ask, &page.keys(), page.ascent(), page.total()) {
            Step::Next(new) => self.hold(page, number, new),
            Step::End(new, finish) => {
                self.end(page, number, new, finish);
                return Ok(());
            }
            Step::StartOver => {
                self.drop_ahead();
                self.held = None;
                self.ready.push_back(Turn::StartOver);
            }
            Step::Rejoin => {
                self.drop_ahead();
                self.ready.push_back(Turn::Rows(page, number, Vec::new()));
            }
        }
        self.within_limits(number)?;
        self.ask_ahead();
        self.set_going().await;
        Ok(())
    }

    /// Holds a page that joined, and gives the one before.
    fn hold(&mut self, page: P::Page, number: u64, new: Vec<usize>) {
        let proven = self.held.replace((page, number, new));
        self.ready.extend(proven.map(|(page, number, new)| Turn::Rows(page, number, new)));
    }

    /// The last page came. What it does not join was never proven, and is not given.
    fn end(&mut self, page: P::Page, number: u64, new: Vec<usize>, finish: Finish) {
        let proven = self.held.take().filter(|_| finish != Finish::Moving);
        self.ready.extend(proven.map(|(page, number, new)| Turn::Rows(page, number, new)));
        self.ready.push_back(Turn::End(Some((page, number, new)), finish));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paging::{Ascent, Key};

    struct Numbers {
        rows: u64,
    }

    struct Some100(Vec<Key>, u64);

    impl Page for Some100 {
        fn keys(&self) -> Vec<Key> {
            self.0.clone()
        }

        fn ascent(&self) -> Ascent {
            let ids: Vec<_> = self.0.iter().flatten().map(u64::to_string).collect();
            Ascent::of(ids.iter().map(|id| Some(id.as_str())))
        }

        fn total(&self) -> Option<u64> {
            Some(self.1)
        }
    }

    impl Pages for Numbers {
        type Page = Some100;

        async fn page(self: Arc<Self>, ask: Ask, _: u64) -> Result<Some100> {
            tokio::task::yield_now().await;
            let limit = u64::from(ask.limit.unwrap_or(100));
            let rows = (ask.offset..self.rows).take(usize::try_from(limit).unwrap()).map(Some);
            Ok(Some100(rows.collect(), self.rows))
        }
    }

    /// All that is read, by one whose waiting is cut short as often as it can be, or by one who waits.
    async fn rows(rows: u64, at_once: usize, is_impatient: bool) -> Vec<u64> {
        let pages = Arc::new(Numbers { rows });
        let mut reader =
            OffsetReader::new("test", "/numbers", pages, Some(100), at_once, HttpLimits::default());
        let mut came = Vec::new();
        loop {
            let turn = if is_impatient {
                // Polled once, and dropped if it has to wait.
                let Some(turn) = reader.next().now_or_never() else {
                    tokio::task::yield_now().await;
                    continue;
                };
                turn
            } else {
                reader.next().await
            };
            let (last, is_over) = match turn.unwrap() {
                Turn::Rows(page, number, new) => (Some((page, number, new)), false),
                Turn::End(last, finish) => {
                    assert_eq!(finish, Finish::Whole);
                    (last, true)
                }
                Turn::StartOver => panic!("nothing moved"),
            };
            came.extend(last.iter().flat_map(|(page, _, new)| new.iter().filter_map(|row| page.0[*row])));
            if is_over {
                return came;
            }
        }
    }

    #[tokio::test]
    async fn each_row_is_given_once_also_to_one_who_does_not_wait() {
        for all in [0, 1, 99, 100, 101, 199, 200, 1000] {
            for at_once in [1, 4] {
                for is_impatient in [false, true] {
                    let came = rows(all, at_once, is_impatient).await;
                    assert_eq!(came, (0..all).collect::<Vec<_>>(), "{at_once} at once, {is_impatient}");
                }
            }
        }
    }
}
