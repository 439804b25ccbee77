//! Paging by offset, as a state machine: which pages to ask for, and what their rows prove.
//!
//! A server may clamp a page, miscount, or have rows come and go while it is read. So nothing is believed that is not proven
//! by rows: the next page begins with the last row of the one before, and if that is not so, rows have moved and the reading
//! starts over; a total is a check and lets pages be asked for ahead, and the end is an answer that has no further row.
//!
//! Ids seen are kept to tell those that come twice, but not for ever where each id is above the one before: such rows can't have one
//! twice, and a large collection in order costs no more memory than a small one.

use roster_core::hashed::HashedSet;

use super::{Ascent, Key, given::Given};

/// How often reading starts over before it is given up.
pub const MOST_RESTARTS: u32 = 3;

/// So many ids are kept at least, so that a server that keeps no order shows it before they are forgotten.
const IDS_KEPT: u64 = 1 << 16;

/// No server clamps its pages to so few rows: a first page below this is all there is, if the total says so too.
const SMALLEST_CLAMP: usize = 10;

/// One page to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How many rows come before it.
    pub offset: u64,
    /// How many rows to ask for; `None` leaves it to the server.
    pub limit: Option<u32>,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These rows of it, by their index, are new; there may be more pages.
    Next(Vec<usize>),
    /// These rows of it are new, and the reading is over.
    End(Vec<usize>, Finish),
    /// Rows have moved: what was delivered stays right, and all pages are read again.
    StartOver,
    /// The page does not join the ones before, since one was shorter than those before. It and those that were asked for ahead
    /// are asked for again.
    Rejoin,
}

/// How a reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All rows were seen.
    Whole,
    /// The server's total disagrees with the ids that came.
    Disagrees {
        /// The server's total.
        total: u64,
        /// The different ids that came, and rows without one.
        came: u64,
    },
    /// Rows kept moving, each time that the reading started over.
    Moving,
    /// So many rows that were given before the reading started over did not come again.
    Vanished {
        /// How many.
        rows: u64,
    },
    /// The server sends the same page whatever is asked for.
    Repeats,
    /// An empty page came where the total says that there are more rows.
    EmptyEarly,
}

/// The reading of one collection.
#[derive(Debug)]
pub struct OffsetPaging {
    limit: Option<u32>,
    /// The server takes no notice of an offset: there is one page.
    one_page: bool,
    /// Rows read since the start, those that came again at the edge of a page not counted.
    position: u64,
    /// Where the next page ahead begins.
    planned: u64,
    /// The rows of the first page: what the server takes for a whole one.
    width: usize,
    /// How far apart the pages ahead are asked for: fewer rows than a whole page where the server came to send fewer.
    stride: usize,
    /// The rows of the last page that joined.
    last_rows: usize,
    begun: bool,
    total: Option<u64>,
    /// The total was reached, and whether more rows come is being asked.
    probing: bool,
    last: Option<Key>,
    last_page: u64,
    /// How the ids of all rows since the start ascend.
    ascent: Ascent,
    /// Forgotten, where rows come in order.
    seen: Option<HashedSet>,
    /// After so many rows they may be; never, where the order did not last.
    ids_kept: u64,
    distinct: u64,
    nameless: u64,
    repeated: u64,
    restarts: u32,
    given: Given,
}

impl OffsetPaging {
    /// Nothing is read yet. Pages have two rows at least, or none could begin with the last row of another.
    #[must_use]
    pub fn new(limit: Option<u32>) -> Self {
        Self {
            limit: limit.filter(|limit| *limit > 0).map(|limit| limit.max(2)),
            one_page: false,
            position: 0,
            planned: 0,
            width: 0,
            stride: 0,
            last_rows: 0,
            begun: false,
            total: None,
            probing: false,
            last: None,
            last_page: 0,
            ascent: Ascent::default(),
            seen: Some(HashedSet::default()),
            ids_kept: IDS_KEPT,
            distinct: 0,
            nameless: 0,
            repeated: 0,
            restarts: 0,
            given: Given::default(),
        }
    }

    /// Asks for one page alone, since the server would send it again whatever the offset.
    #[must_use]
    pub const fn without_offset(mut self) -> Self {
        self.one_page = true;
        self
    }

    /// Pages have fewer rows from now on: the server can't answer larger ones.
    pub fn narrow(&mut self, limit: u32) {
        let limit = limit.max(2);
        if self.limit.is_none_or(|wished| limit < wished) {
            self.limit = Some(limit);
            let rows = usize::try_from(limit).unwrap_or(usize::MAX);
            self.width = self.width.min(rows);
            self.stride = self.stride.min(rows);
        }
    }

    /// The server's total, as far as it is known.
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many rows came whose id had come before.
    pub const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// How many rows the first page had: what the server takes for a whole one.
    pub const fn width(&self) -> u64 {
        self.width as u64
    }

    /// How many rows came since the start.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The next page to ask for while `in_flight` others are under way, of which `at_once` may be.
    pub fn plan(&mut self, in_flight: usize, at_once: usize) -> Option<Ask> {
        if in_flight == 0 {
            self.planned = self.position.saturating_sub(self.overlap());
        } else if !self.reads_ahead() || in_flight >= at_once {
            return None;
        }
        let ask = Ask { offset: self.planned, limit: self.limit };
        self.planned =
            self.planned.saturating_add((self.stride as u64).saturating_sub(self.overlap()).max(1));
        Some(ask)
    }

    /// Pages are asked for ahead only where the total says that they are there.
    fn reads_ahead(&self) -> bool {
        self.begun
            && !self.probing
            && self.total.is_some_and(|total| self.planned.saturating_add(self.overlap()) < total)
    }

    const fn overlap(&self) -> u64 {
        if self.width > 1 { 1 } else { 0 }
    }

    /// Takes a page in: the keys of its rows, how their ids ascend, and the total that came with it.
    pub fn take(&mut self, ask: Ask, keys: &[Key], ascent: Ascent, total: Option<u64>) -> Step {
        let page = fingerprint(keys);
        let step = if self.begun {
            self.take_next(ask, keys, ascent, total, page)
        } else {
            self.ascent = ascent;
            self.take_first(keys, total)
        };
        self.last_page = page;
        match step {
            Step::End(new, Finish::Whole) => {
                let gone = self.given.gone(self.seen.as_ref(), self.came());
                Step::End(new, gone.map_or(Finish::Whole, |rows| Finish::Vanished { rows }))
            }
            step => step,
        }
    }

    fn take_first(&mut self, keys: &[Key], total: Option<u64>) -> Step {
        self.begun = true;
        self.width = keys.len();
        self.total = total;
        if keys.is_empty() {
            return match total {
                Some(1..) => self.start_over(Finish::EmptyEarly),
                _ => Step::End(Vec::new(), Finish::Whole),
            };
        }
        match self.deliver(keys, 0) {
            Step::Next(new) | Step::End(new, _) if self.one_page => {
                Step::End(new, self.end_of_one_page(keys.len()))
            }
            step => step,
        }
    }

    fn end_of_one_page(&self, rows: usize) -> Finish {
        if self.is_all_of_one_page(rows) { Finish::Whole } else { Finish::Repeats }
    }

    fn take_next(&mut self, ask: Ask, keys: &[Key], ascent: Ascent, total: Option<u64>, page: u64) -> Step {
        if ask.offset.saturating_add(self.overlap()) > self.position {
            self.stride = self.last_rows.clamp(2, self.stride.max(2));
            return Step::Rejoin;
        }
        if let (Some(before), Some(now)) = (self.total, total)
            && before != now
        {
            return self.start_over(Finish::Moving);
        }
        // Rows that came with the pages before; the last of them is the edge.
        let known = usize::try_from(self.position - ask.offset).unwrap_or(usize::MAX);
        // Pages of one row share none; the same one again is no next one.
        let joins = match known.checked_sub(1) {
            Some(edge) => keys.get(edge).is_some_and(|key| Some(*key) == self.last),
            None => page != self.last_page || keys.is_empty(),
        };
        if joins {
            // Of pages that share no row nothing is known together.
            self.ascent = if known > 0 { self.ascent.and(ascent) } else { Ascent::default() };
            if self.seen.is_none() && !self.ascent.is_some() {
                return self.remember_all();
            }
            return self.deliver(keys, known);
        }
        if page == self.last_page {
            return self.same_page_again(keys.len());
        }
        let why = if keys.is_empty() { Finish::EmptyEarly } else { Finish::Moving };
        self.start_over(why)
    }

    /// A server that takes no notice of the offset has sent all there is, if its total says so, or if it took no notice of the
    /// limit either.
    fn same_page_again(&mut self, rows: usize) -> Step {
        let is_all = self.is_all_of_one_page(rows);
        if is_all { Step::End(Vec::new(), Finish::Whole) } else { self.start_over(Finish::Repeats) }
    }

    fn is_all_of_one_page(&self, rows: usize) -> bool {
        self.total.map_or_else(
            || self.limit.is_some_and(|limit| rows > usize::try_from(limit).unwrap_or(usize::MAX)),
            |total| total == self.came(),
        )
    }

    fn deliver(&mut self, keys: &[Key], known: usize) -> Step {
        let mut new = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate().skip(known) {
            match key {
                Some(key) if self.seen.as_mut().is_some_and(|seen| !seen.insert(*key)) => self.repeated += 1,
                Some(_) => {
                    self.distinct += 1;
                    new.push(index);
                }
                None => {
                    self.nameless += 1;
                    new.push(index);
                }
            }
        }
        self.given.joined(new.iter().filter_map(|index| keys.get(*index)).copied());
        self.stride = self.stride.max(keys.len());
        self.last_rows = keys.len();
        let came = keys.len().saturating_sub(known);
        self.position += came as u64;
        if let Some(last) = keys.last() {
            self.last = Some(*last);
        }
        if self.position >= self.ids_kept && self.ascent.is_some() {
            self.seen = None;
        }
        if came == 0 {
            return self.end(new);
        }
        let reached = self.total.is_some_and(|total| self.position >= total);
        if reached && self.is_short(keys.len()) {
            return self.end(new);
        }
        self.probing = reached;
        Step::Next(new)
    }

    /// Whether the server could have sent more rows with this page.
    fn is_short(&self, rows: usize) -> bool {
        let asked = self.limit.and_then(|limit| usize::try_from(limit).ok());
        rows < self.width || (rows < SMALLEST_CLAMP && asked.is_some_and(|asked| rows < asked))
    }

    const fn came(&self) -> u64 {
        self.distinct + self.nameless
    }

    fn end(&mut self, new: Vec<usize>) -> Step {
        match self.total {
            Some(total) if total != self.came() => {
                // Rows that came twice stand where others were missed: another look may see them all.
                if self.repeated > 0 && self.restarts < MOST_RESTARTS {
                    return self.start_over(Finish::Disagrees { total, came: self.came() });
                }
                Step::End(new, Finish::Disagrees { total, came: self.came() })
            }
            _ => Step::End(new, Finish::Whole),
        }
    }

    fn start_over(&mut self, why: Finish) -> Step {
        if self.restarts >= MOST_RESTARTS {
            return Step::End(Vec::new(), why);
        }
        self.restarts += 1;
        if let Some(seen) = self.seen.take() {
            self.given.keep(seen);
            // Whether they come again is to be told.
            self.ids_kept = u64::MAX;
        }
        self.begin_again()
    }

    /// The order of rows did not last, and which ids were seen is not known any more: they are read again and all remembered. That
    /// is no sign of rows that move, and happens once.
    fn remember_all(&mut self) -> Step {
        self.ids_kept = u64::MAX;
        self.begin_again()
    }

    fn begin_again(&mut self) -> Step {
        let fresh = Self { one_page: self.one_page, ids_kept: self.ids_kept, ..Self::new(self.limit) };
        let given = std::mem::take(&mut self.given);
        *self = Self { restarts: self.restarts, given, ..fresh };
        Step::StartOver
    }
}

/// Tells pages apart.
fn fingerprint(keys: &[Key]) -> u64 {
    keys.iter().fold(keys.len() as u64, |hash, key| {
        (hash ^ key.unwrap_or_default()).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23)
    })
}

#[cfg(test)]
mod tests;
