//! Laws 1 to 3 where reading fails: an error, and it is the last item.

use roster_core::{EntityKind, PullEvent, PullMode, PullRequest};

use super::{
    case::Case,
    form::Form,
    pulled::Pulled,
    stored::Stored,
    verdict::{Outcome, Verdict, breach, skip},
};
use crate::{Fault, Harness, Support, Truth};

const FAILURES: [Fault; 2] = [Fault::ReaderDies, Fault::CutConnection];

/// Faults are for good, so each is tried on the harness only if the one before is not supported.
async fn arm_one<H: Harness>(harness: &H, faults: &[Fault]) -> Option<Fault> {
    for fault in faults {
        if harness.fault(*fault).await == Support::Supported {
            return Some(*fault);
        }
    }
    None
}

pub(super) async fn dead_reader_is_an_error<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let truth = case.truth(&request).await;
    let Some(fault) = arm_one(harness, &FAILURES).await else {
        skip!("the harness can neither let a reader die nor cut an answer off");
    };
    let pulled = case.pull(request.clone()).await.ended()?;
    if pulled.error.is_some() {
        return Ok(Outcome::Passed);
    }
    for kind in case.due(&request) {
        let missing = missing(&truth, &pulled, kind);
        let told = fault == Fault::CutConnection && pulled.is_partial(kind);
        if missing > 0 && !told {
            breach!("{fault:?}: the stream ended quietly, and {missing} records of {kind} are missing");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn no_complete_after_an_error<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let clean = case.whole(request.clone()).await?;
    let Some(fault) = arm_one(harness, &[Fault::CutConnection, Fault::ReaderDies]).await else {
        skip!("the harness can neither cut an answer off nor let a reader die");
    };
    let pulled = case.pull(request).await.ended()?;
    // A host applies nothing of a full pull that failed. What it said is to be true all the same.
    let mut stored = Stored::default();
    stored.apply(&clean);
    stored.apply(&pulled);
    let there = clean.standing();
    let mut ended = there.iter().filter(|(kind, id)| !stored.holds(*kind, id));
    if let Some((kind, id)) = ended.next() {
        breach!(
            "{fault:?}: {kind} {id:?} was not delivered, and its slice ended `Complete`: it would be ended"
        );
    }
    Ok(Outcome::Passed)
}

fn missing(truth: &Truth, pulled: &Pulled, kind: EntityKind) -> usize {
    let standing = pulled.standing();
    let protected = pulled.protected();
    truth.present.of(kind).filter(|id| !standing.contains(kind, id) && !protected.contains(kind, id)).count()
}

pub(super) async fn err_is_the_last_item<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let refused = case.pull(without_cursor()).await;
    let fault = arm_one(harness, &[Fault::CutConnection, Fault::ReaderDies]).await;
    let failed = case.pull(PullRequest::full()).await;
    for pulled in [refused.ended()?, failed.ended()?] {
        if let Some(item) = pulled.after_error {
            breach!("the stream went on after its `Err`, with {item}");
        }
    }
    if fault.is_none() {
        skip!(
            "the harness can neither cut an answer off nor let a reader die; only a refused request was tried"
        );
    }
    Ok(Outcome::Passed)
}

pub(super) async fn unservable_request_is_an_error_first<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.pull(without_cursor()).await.ended()?;
    if let Some(first) = pulled.events.first() {
        breach!("a changes pull without a cursor began with {first:?}");
    }
    if pulled.error.is_none() {
        breach!("a changes pull without a cursor ended quietly");
    }
    Ok(Outcome::Passed)
}

fn without_cursor() -> PullRequest {
    let mut request = PullRequest::full();
    request.mode = PullMode::Changes;
    request
}

/// Whether a `Begin` is among the events.
pub(super) fn has_begun(pulled: &Pulled) -> bool {
    pulled.events.iter().any(|event| matches!(event, PullEvent::Begin { .. }))
}
