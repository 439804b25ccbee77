//! Law 10: scope.

use roster_core::{EntityKind, PullRequest, Scope};

use super::{
    case::{Case, changes},
    changes::{NO_CURSOR, compare},
    form::Form,
    stored::Stored,
    verdict::{Outcome, Verdict, breach, skip},
    wholeness::{all_delivered, only_delivered, with_contacts},
};
use crate::Harness;

const NO_SCOPE: &str = "the harness names no scope";

pub(super) async fn scope_is_kept<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(scope) = harness.scope() else { skip!("{NO_SCOPE}") };
    for wide in [PullRequest::full(), with_contacts()] {
        let narrow = wide.clone().scoped(scope.clone());
        let truth = case.truth(&narrow).await;
        if truth == case.truth(&wide).await || truth.present.is_empty() {
            breach!("the harness's scope reaches all or nothing, so that nothing can be told");
        }
        let pulled = case.whole(narrow).await?;
        only_delivered(&truth, &pulled)?;
        all_delivered(&truth, &pulled)?;
    }
    Ok(Outcome::Passed)
}

pub(super) async fn empty_scope_reaches_nothing<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let limited = [EntityKind::Class, EntityKind::Person, EntityKind::Enrollment, EntityKind::Relationship];
    for scope in [Scope::of_orgs([]), Scope::of_classes([])] {
        let what = if scope.orgs.is_some() { "school" } else { "class" };
        let standing = case.whole(with_contacts().scoped(scope)).await?.standing();
        if let Some((kind, id)) = standing.iter().find(|(kind, _)| limited.contains(kind)) {
            breach!("{kind} {id:?} was delivered in a scope that names no {what}");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn coming_into_scope_is_not_missed<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(scope) = harness.scope() else { skip!("{NO_SCOPE}") };
    let request = PullRequest::full().scoped(scope);
    let full = case.whole(request.clone()).await?;
    let Some(cursor) = full.cursor() else { skip!("{NO_CURSOR}") };
    let before = case.truth(&request).await;
    if harness.enter_scope().await.is_none() {
        skip!("the harness can't let records come into scope");
    }
    if case.truth(&request).await == before {
        breach!("the harness let records come into scope, and its truth is the same");
    }
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    if pulled.is_refused() {
        return Ok(Outcome::Passed);
    }
    let mut stored = Stored::default();
    stored.apply(&full);
    stored.apply(&pulled.whole("a changes pull")?);
    compare(&case, &request, &stored).await?;
    Ok(Outcome::Passed)
}
