//! Paging by link, cursor or token: each answer names the next page.

use roster_core::{
    Error, ErrorKind, Result,
    hashed::{HashedSet, hash},
};

use crate::limits::HttpLimits;

/// How many pages without a row may follow each other. A vendor that filters after it cuts pages sends some.
const MOST_EMPTY: u32 = 1000;

/// The pages of one collection, each of which names the next: by a link, a cursor or a token.
///
/// An empty page that names a next one does not end it. A page that was named before does: following it would turn in circles.
#[derive(Debug)]
pub struct Chain {
    provider: &'static str,
    limits: HttpLimits,
    pages: u64,
    rows: u64,
    empty: u32,
    most_empty: u32,
    empty_ends: bool,
    named: HashedSet,
}

impl Chain {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(provider: &'static str, limits: &HttpLimits) -> Self {
        let named = HashedSet::default();
        Self {
            provider,
            limits: *limits,
            pages: 0,
            rows: 0,
            empty: 0,
            most_empty: MOST_EMPTY,
            empty_ends: false,
            named,
        }
    }

    /// For vendors that say that a page without a row is the end, whatever it names: so many of them are followed all the same, lest
    /// something lies behind, and one more is the end. So is one that names a page that was named before.
    #[must_use]
    pub const fn end_after_empty(mut self, pages: u32) -> Self {
        self.most_empty = pages;
        self.empty_ends = true;
        self
    }

    /// The number of the page that was read last, from 1.
    pub const fn page(&self) -> u64 {
        self.pages
    }

    /// A page with so many rows was read, which names `next`. Returns whether there is one more.
    ///
    /// # Errors
    ///
    /// `Provider` if it was named before, or if empty pages do not end, unless [they are the end](Self::end_after_empty); `TooLarge` if there are more pages or rows than the
    /// limit.
    pub fn took(&mut self, rows: usize, next: Option<&str>) -> Result<bool> {
        self.pages += 1;
        self.rows = self.rows.saturating_add(rows as u64);
        self.empty = if rows == 0 { self.empty + 1 } else { 0 };
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(false) };
        if self.empty_ends && rows == 0 && (self.empty > self.most_empty || self.named.contains(&hash(next)))
        {
            return Ok(false);
        }
        let place = format!("page {}", self.pages);
        self.limits.allow_more(self.provider, &place, self.pages, self.rows)?;
        if self.empty > self.most_empty {
            return self.refuse("the server names next pages that have no rows, without an end");
        }
        if !self.named.insert(hash(next)) {
            return self.refuse("the server names a next page that it named before: it turns in circles");
        }
        Ok(true)
    }

    fn refuse(&self, why: &str) -> Result<bool> {
        let message = format!("after page {}: {why}", self.pages);
        Err(Error::new(ErrorKind::Provider, self.provider, "paging", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(pages: u64) -> Chain {
        Chain::new("test", &HttpLimits { pages, ..HttpLimits::default() })
    }

    #[test]
    fn only_a_missing_name_ends_it() {
        let mut pages = chain(100);
        assert!(pages.took(5, Some("a")).unwrap());
        assert!(pages.took(0, Some("b")).unwrap());
        assert!(!pages.took(5, None).unwrap());
        assert_eq!(pages.page(), 3);
    }

    #[test]
    fn circles_of_any_length_are_errors() {
        let mut pages = chain(100);
        for name in ["a", "b", "c"] {
            assert!(pages.took(1, Some(name)).unwrap());
        }
        let error = pages.took(1, Some("b")).unwrap_err();
        assert_eq!(
            (error.kind(), error.message().starts_with("after page 4: ")),
            (ErrorKind::Provider, true)
        );
    }

    #[test]
    fn endless_pages_pass_a_limit() {
        let mut pages = chain(50);
        let error = (0..100).find_map(|page| pages.took(1, Some(&page.to_string())).err()).unwrap();
        assert_eq!((error.kind(), pages.page()), (ErrorKind::TooLarge, 50));
        let mut pages = chain(u64::MAX);
        let error = (0..5000).find_map(|page| pages.took(0, Some(&page.to_string())).err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::Provider);
    }
    #[test]
    fn where_empty_pages_end_it_a_few_are_followed() {
        let mut pages = chain(50).end_after_empty(2);
        assert!((0..2).all(|page| pages.took(0, Some(&page.to_string())).unwrap()));
        assert!(!pages.took(0, Some("2")).unwrap());
        // An empty one that turns in a circle is the end; one with rows is none.
        let mut pages = chain(50).end_after_empty(2);
        assert!(pages.took(1, Some("a")).unwrap() && !pages.took(0, Some("a")).unwrap());
        let mut pages = chain(50).end_after_empty(2);
        assert!(pages.took(1, Some("a")).unwrap() && pages.took(1, Some("a")).is_err());
    }
}
