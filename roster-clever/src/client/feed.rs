//! Pages of the feed.

use roster_core::{PullContext, Result};
use roster_http::{Call, json::read_raw_rows};

use super::{Client, READING};
use crate::{
    error::{is_withheld, misshapen},
    event::{self, Event},
    map::{self, Wants},
};

pub(crate) const FEED: &str = "/events";

/// A page of the feed.
pub(crate) struct EventsPage {
    pub(crate) events: Vec<Event>,
    pub(crate) next: Option<String>,
}

impl Client {
    /// The newest event's id; `None` if there is no event.
    pub(crate) async fn newest_event(&self, cx: &PullContext) -> Result<Option<String>> {
        let page = self.events(Some("ending_before=last"), Some(1), 1, &Wants::default(), cx).await?;
        Ok(page.events.into_iter().filter_map(|event| event.id).next_back())
    }

    /// Whether the feed still has the event.
    pub(crate) async fn has_event(&self, id: &str, cx: &PullContext) -> Result<bool> {
        let url = self.url(&["events", id], "");
        let label = "/events/{id}";
        let call = Call { operation: "looking for an event", label, place: label.to_owned(), url };
        match self.get(&call, cx, |_| Ok(())).await {
            Ok(()) => Ok(true),
            // A feed that was switched off since may be denied altogether.
            Err(error) if error.status() == Some(400) || is_withheld(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gets a page of the feed, oldest first.
    pub(crate) async fn events(
        &self,
        from: Option<&str>,
        limit: Option<u32>,
        number: u64,
        wants: &Wants,
        cx: &PullContext,
    ) -> Result<EventsPage> {
        let limit_part = limit.map(|limit| format!("limit={limit}"));
        let query: Vec<_> = limit_part.as_deref().into_iter().chain(from).collect();
        let url = self.url(&["events"], &query.join("&"));
        let call = Call { operation: READING, label: FEED, place: format!("{FEED} page {number}"), url };
        let at = map::place(FEED, number);
        self.get(&call, cx, |answer| {
            let events = read_raw_rows(&answer.body, "data", |raw| event::read(raw.get(), wants, &at))
                .map_err(|shape| misshapen(shape, &call.place, &answer.body, READING))?;
            let last = events.iter().rev().find_map(|event| event.id.as_deref());
            // Of the newest event nothing follows, whatever the links say.
            let goes_on = from.is_none_or(|from| !from.starts_with("ending_before="));
            let next = self.next(goes_on, &call, &answer.body, events.len(), last)?;
            Ok(EventsPage { events, next })
        })
        .await
    }
}
