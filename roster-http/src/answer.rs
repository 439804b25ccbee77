//! What a vendor answered.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use roster_core::jiff::Timestamp;

use crate::link::link_target;

/// An answer with a status of success.
pub struct Answer {
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
    pub(crate) no_content: bool,
}

impl Answer {
    /// Whether the server says by its status (204) that there is nothing to send, which is more than an empty body.
    pub const fn has_no_content(&self) -> bool {
        self.no_content
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header that is a count.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    /// The `next` of the `Link` header, as it stands there: [`BaseUrl::follow`](crate::BaseUrl::follow) reads it.
    pub fn next_link(&self) -> Option<&str> {
        let values = self.headers.get_all(reqwest::header::LINK).iter();
        link_target(values.filter_map(|value| value.to_str().ok()), "next")
    }

    /// What time it is for the server.
    pub fn date(&self) -> Option<Timestamp> {
        Timestamp::try_from(httpdate::parse_http_date(self.header("date")?).ok()?).ok()
    }
}
