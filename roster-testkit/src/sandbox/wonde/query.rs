//! What a request asks for.

use std::collections::BTreeSet;

use roster_core::jiff::Timestamp;

/// What a request asks for of a list.
pub(super) struct Query {
    pub(super) pairs: Vec<(String, String)>,
    cursor: Option<usize>,
    page: Option<usize>,
    pub(super) per_page: Option<usize>,
    pub(super) is_cursor: bool,
    pub(super) includes: BTreeSet<String>,
    pub(super) since: Option<Timestamp>,
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let per_page = get("per_page").and_then(|text| text.parse().ok());
        let cursor =
            get("cursor").and_then(|text| text.strip_prefix("at-")).and_then(|text| text.parse().ok());
        let page = get("page").and_then(|text| text.parse::<usize>().ok());
        let since = get("updated_after").and_then(|text| {
            let zoned =
                if text.ends_with('Z') { text.to_owned() } else { format!("{}Z", text.replace(' ', "T")) };
            zoned.parse().ok()
        });
        Self {
            cursor,
            page,
            per_page,
            is_cursor: get("cursor").is_some(),
            includes: get("include")
                .map(|text| text.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
            since,
            pairs,
        }
    }

    /// How many rows come before the page.
    pub(super) fn offset(&self, size: usize) -> usize {
        self.cursor.or(self.page.map(|page| page.saturating_sub(1) * size)).unwrap_or(0)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The same with another place.
    pub(super) fn at(&self, offset: usize, size: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != "page" && name != "cursor") {
            query.append_pair(name, value);
        }
        if self.is_cursor {
            query.append_pair("cursor", &format!("at-{offset}"));
        } else {
            query.append_pair("page", &(offset / size.max(1) + 1).to_string());
        }
        query.finish()
    }
}
