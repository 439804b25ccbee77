//! Sends the next request before the rows at hand are delivered, so that the server works meanwhile.

use std::task::Poll;

/// Polls what is under way once, which sends requests, and lets the connection's task see them.
pub(super) async fn set_going<T>(under_way: impl Future<Output = T> + Unpin) -> Option<T> {
    let begun = futures::poll!(under_way);
    tokio::task::yield_now().await;
    match begun {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
