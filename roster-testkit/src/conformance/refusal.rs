//! Law 5: a cursor is bound to what it was taken for.

use roster_core::{Cursor, ErrorKind, PullRequest, RosterSource, Scope, SensitiveField};

use super::{
    case::{Case, changes},
    changes::NO_CURSOR,
    cursors::stored_and_read,
    form::Form,
    verdict::{Breach, Outcome, Verdict, breach, skip},
};
use crate::Harness;

pub(super) async fn cursor_is_refused_by_other_tenant<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let Some(cursor) = case.whole(request.clone()).await?.cursor() else { skip!("{NO_CURSOR}") };
    let Some(other) = harness.open_other_tenant().await else {
        skip!("the harness has no other tenant");
    };
    let other = case.with(other);
    if other.source.info() == case.source.info() {
        breach!("`info` of two tenants is the same, so their cursors can't be told apart");
    }
    refused(&other, changes(&request, cursor), "the source of another tenant").await?;
    Ok(Outcome::Passed)
}

pub(super) async fn cursor_is_refused_for_other_kinds<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(one) = case.due(&PullRequest::full()).into_iter().next() else {
        skip!("no kind is supported");
    };
    let (few, all) = (PullRequest::full().only([one]), PullRequest::full());
    both_ways(&case, &few, &all, "a pull of other kinds").await
}

pub(super) async fn cursor_is_refused_for_other_scope<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let scope = harness.scope().unwrap_or_else(|| Scope::of_orgs([]));
    let (narrow, wide) = (PullRequest::full().scoped(scope), PullRequest::full());
    both_ways(&case, &narrow, &wide, "a pull in another scope").await
}

pub(super) async fn cursor_is_refused_for_other_sensitive_fields<H: Harness>(
    harness: &H,
    form: Form,
) -> Verdict {
    let case = Case::open(harness, form).await;
    let more = PullRequest::full().with_sensitive([SensitiveField::BirthDate]);
    both_ways(&case, &more, &PullRequest::full(), "a pull with other sensitive fields").await
}

pub(super) async fn cursor_is_refused_for_other_extra<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let more = PullRequest::full().with_extra();
    both_ways(&case, &more, &PullRequest::full(), "a pull with other extra fields").await
}

/// A cursor of either request is refused in the other.
async fn both_ways<H: Harness>(
    case: &Case<'_, H>,
    one: &PullRequest,
    other: &PullRequest,
    place: &str,
) -> Verdict {
    let mut any = false;
    for (taken, used) in [(one, other), (other, one)] {
        if let Some(cursor) = cursor_of(case, taken).await? {
            any = true;
            refused(case, changes(used, cursor), place).await?;
        }
    }
    if !any {
        skip!("{NO_CURSOR}");
    }
    Ok(Outcome::Passed)
}

async fn cursor_of<H: Harness>(case: &Case<'_, H>, request: &PullRequest) -> Result<Option<Cursor>, Breach> {
    let cursor = case.whole(request.clone()).await?.cursor();
    cursor.as_ref().map(stored_and_read).transpose()
}

async fn refused<H: Harness>(case: &Case<'_, H>, request: PullRequest, place: &str) -> Result<(), Breach> {
    let pulled = case.pull(request).await.ended()?;
    let Some(error) = &pulled.error else {
        breach!("the cursor was accepted in {place}");
    };
    if error.kind() != ErrorKind::CursorInvalid {
        breach!("in {place} the cursor was not answered with `CursorInvalid`: {error}");
    }
    if !pulled.events.is_empty() {
        breach!("in {place} the cursor was refused only after {} events", pulled.events.len());
    }
    Ok(())
}
