//! Waiting: on the host's clock where it can, else by the runtime's timer.

use std::time::Duration;

use roster_core::{PullContext, jiff::Timestamp};

/// Waits.
pub(crate) async fn wait(time: Duration, cx: &PullContext) {
    match cx.clock().wait(time) {
        Some(waiting) => waiting.await,
        None => tokio::time::sleep(time).await,
    }
}

/// The time since then.
pub(crate) fn elapsed(since: Timestamp, cx: &PullContext) -> Duration {
    Duration::try_from(cx.clock().now().duration_since(since)).unwrap_or_default()
}
