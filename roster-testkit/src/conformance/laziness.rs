//! Law 1: no work before the first poll, none after the drop.

use std::time::Duration;

use futures::StreamExt;
use roster_core::{PullRequest, RosterSource};

use super::{
    case::Case,
    form::Form,
    verdict::{Outcome, Verdict, breach, skip},
};
use crate::Harness;

/// Long enough for a task or thread that should not be there to do something. In steps: on a machine that is busy one long
/// wait and the short ones of such a task may be over at the same moment, and the task not have had its turn.
async fn a_while() {
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(8)).await;
        tokio::task::yield_now().await;
    }
}

const NO_COUNT: &str = "the harness does not count work";

pub(super) async fn stream_is_lazy<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(before) = harness.work() else { skip!("{NO_COUNT}") };
    let pull = case.source.pull(PullRequest::full(), harness.context());
    a_while().await;
    let unpolled = harness.work().unwrap_or(before);
    if unpolled != before {
        breach!("{} units of work were done before the stream was polled", unpolled - before);
    }
    drop(pull);
    case.whole(PullRequest::full()).await?;
    if harness.work() == Some(before) {
        breach!("the harness counts no work in a whole pull: its counter is not connected");
    }
    Ok(Outcome::Passed)
}

pub(super) async fn info_and_capabilities_do_no_work<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(before) = harness.work() else { skip!("{NO_COUNT}") };
    let first = (case.source.info(), case.source.capabilities());
    a_while().await;
    let after = harness.work().unwrap_or(before);
    if after != before {
        breach!("{} units of work were done by `info` or `capabilities`", after - before);
    }
    if first != (case.source.info(), case.source.capabilities()) {
        breach!("`info` or `capabilities` answers otherwise when asked again");
    }
    Ok(Outcome::Passed)
}

pub(super) async fn drop_stops_the_work<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(start) = harness.work() else { skip!("{NO_COUNT}") };
    case.whole(PullRequest::full()).await?;
    let begun = harness.work().unwrap_or(start);
    let whole = begun - start;

    let mut pull = case.source.pull(PullRequest::full(), harness.context());
    for _ in 0..2 {
        let _ = pull.next().await;
    }
    let dropped = harness.work().unwrap_or(begun);
    drop(pull);
    a_while().await;
    let after = harness.work().unwrap_or(dropped);

    let in_flight = harness.in_flight();
    if (dropped - begun) + in_flight >= whole {
        skip!(
            "after two events {} of {whole} units of work are done or under way: nothing is left to stop",
            dropped - begun
        );
    }
    if after - dropped > in_flight {
        breach!(
            "{} units of work were done after the stream was dropped; {in_flight} may have been under way",
            after - dropped
        );
    }
    Ok(Outcome::Passed)
}
