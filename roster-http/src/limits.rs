//! What a vendor may cost us.

use std::time::Duration;

use roster_core::{Error, ErrorKind, Result};

/// What a vendor may cost us. Whatever passes a limit ends in a typed error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Bytes of one answer, decompressed.
    pub body_bytes: usize,
    /// Pages of one collection.
    pub pages: u64,
    /// Rows of one collection.
    pub rows: u64,
    /// The time to connect, TLS included.
    pub connect_time: Duration,
    /// The time without a byte of an answer.
    pub read_time: Duration,
    /// The time of one request, its answer included.
    pub request_time: Duration,
    /// Requests under way at once, over all who share a [`Limiter`](crate::Limiter).
    pub in_flight: usize,
}

impl HttpLimits {
    /// After so many pages and rows of a collection there is a next page: may it be read?
    pub(crate) fn allow_more(
        &self,
        provider: &'static str,
        place: &str,
        pages: u64,
        rows: u64,
    ) -> Result<()> {
        let (what, limit) = if pages >= self.pages {
            ("pages", self.pages)
        } else if rows >= self.rows {
            ("rows", self.rows)
        } else {
            return Ok(());
        };
        let message =
            format!("{place}: there are more {what} than {limit}; raise the limit if that is right");
        Err(Error::new(ErrorKind::TooLarge, provider, "paging", message))
    }
}

impl Default for HttpLimits {
    /// 64 MiB an answer, 20,000 pages, five million rows, 10 seconds to connect, 30 without a byte, 120 a request, 8 at once.
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024 * 1024,
            pages: 20_000,
            rows: 5_000_000,
            connect_time: Duration::from_secs(10),
            read_time: Duration::from_secs(30),
            request_time: Duration::from_secs(120),
            in_flight: 8,
        }
    }
}
