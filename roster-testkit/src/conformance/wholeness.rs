//! Law 2: what a full pull delivers is what is there.

use roster_core::{Completeness, PullRequest, Severity};

use super::{
    case::Case,
    form::Form,
    pulled::Pulled,
    verdict::{Breach, Outcome, Verdict, breach, skip},
};
use crate::{Fault, Harness, Support, Truth};

pub(super) async fn nothing_is_swallowed<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for request in [PullRequest::full(), with_contacts()] {
        let truth = case.truth(&request).await;
        let pulled = case.whole(request).await?;
        all_delivered(&truth, &pulled)?;
        let protected = pulled.protected();
        let lost = truth
            .rejected
            .iter()
            .find(|(kind, id)| !protected.contains(*kind, id) && !pulled.is_partial(*kind));
        if let Some((kind, id)) = lost {
            breach!("{kind} {id:?} can't be read, and no problem names it");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) fn with_contacts() -> PullRequest {
    PullRequest::full().with_sensitive([roster_core::SensitiveField::Contacts])
}

/// Whether all of the truth was delivered.
pub(super) fn all_delivered(truth: &Truth, pulled: &Pulled) -> Result<(), Breach> {
    let standing = pulled.standing();
    let missing: Vec<_> = truth.present.iter().filter(|(kind, id)| !standing.contains(*kind, id)).collect();
    let Some((kind, id)) = missing.first() else {
        return Ok(());
    };
    let why = pulled
        .problems()
        .find(|problem| problem.severity == Severity::Error && problem.id.as_ref() == Some(id))
        .map(|problem| format!(" (a problem says {})", problem.code))
        .unwrap_or_default();
    breach!("{kind} {id:?} is there and was not delivered{why}; {} records are missing in all", missing.len())
}

pub(super) async fn nothing_is_made_up<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for request in [PullRequest::full(), with_contacts()] {
        let truth = case.truth(&request).await;
        let pulled = case.whole(request).await?;
        only_delivered(&truth, &pulled)?;
    }
    Ok(Outcome::Passed)
}

/// Whether nothing but the truth was delivered.
pub(super) fn only_delivered(truth: &Truth, pulled: &Pulled) -> Result<(), Breach> {
    let standing = pulled.standing();
    match standing.iter().find(|(kind, id)| !truth.present.contains(*kind, id)) {
        Some((kind, id)) => breach!("{kind} {id:?} was delivered and is not there"),
        None => Ok(()),
    }
}

pub(super) async fn empty_page_is_not_the_end<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    if harness.fault(Fault::EmptyPage).await == Support::Unsupported {
        skip!("the harness can't answer with an empty page");
    }
    let request = PullRequest::full();
    let truth = case.truth(&request).await;
    let pulled = case.whole(request).await?;
    all_delivered(&truth, &pulled)?;
    Ok(Outcome::Passed)
}

pub(super) async fn repeated_page_token_is_an_error<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    if harness.fault(Fault::RepeatedPageToken).await == Support::Unsupported {
        skip!("the harness can't repeat a page token");
    }
    let request = PullRequest::full();
    let truth = case.truth(&request).await;
    let pulled = case.pull(request.clone()).await.ended()?;
    if pulled.error.is_some() {
        return Ok(Outcome::Passed);
    }
    let standing = pulled.standing();
    for kind in case.due(&request) {
        let missing = truth.present.of(kind).filter(|id| !standing.contains(kind, id)).count();
        let vouched =
            pulled.ends().any(|(of, _, completeness)| of == kind && *completeness == Completeness::Complete);
        if missing > 0 && vouched {
            breach!("{kind} ended `Complete`, and {missing} of its records were never reached");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn page_size_changes_nothing<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let usual = case.whole(PullRequest::full()).await?.standing();
    for size in [1, u32::MAX] {
        let mut request = PullRequest::full();
        request.page_size = Some(size);
        let sized = case.whole(request).await?.standing();
        if sized != usual {
            breach!("{} records come by default, and {} with page size {size}", usual.len(), sized.len());
        }
    }
    Ok(Outcome::Passed)
}
