//! Law 6: records alive are bounded by the pages in flight.

use futures::StreamExt;
use roster_core::{PullRequest, RosterSource};

use super::{
    case::Case,
    form::Form,
    verdict::{Outcome, Verdict, breach, skip},
};
use crate::Harness;

pub(super) async fn records_alive_are_bounded<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let there = case.truth(&request).await.present.len();
    let Some(start) = harness.live() else { skip!("the harness does not count live records") };
    if there <= start.bound {
        skip!("there are {there} records and {} may be alive: nothing can be told", start.bound);
    }
    // Read one by one and let go of at once, so that whatever is alive is the source's.
    let mut pull = case.source.pull(request, harness.context());
    let mut events = 0;
    while let Some(event) = pull.next().await {
        if let Err(error) = event {
            breach!("a full pull failed: {error}");
        }
        events += 1;
        if events > harness.limits().events {
            breach!("the stream does not end");
        }
    }
    let live = harness.live().unwrap_or(start);
    if live.peak == 0 {
        breach!("the harness counts no record in a whole pull: its counter is not connected");
    }
    if live.peak > live.bound {
        breach!("{} records were alive at once; the pages in flight hold {}", live.peak, live.bound);
    }
    Ok(Outcome::Passed)
}
