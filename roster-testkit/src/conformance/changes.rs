//! Laws 2 and 4: what a changes pull tells.

use roster_core::{Completeness, EntityKind, Incremental, PullRequest, RosterSource};

use super::{
    case::{Case, changes},
    form::Form,
    pulled::Pulled,
    stored::Stored,
    verdict::{Breach, Outcome, Verdict, breach, skip},
    wholeness::all_delivered,
};
use crate::{Harness, Ids};

pub(super) const NO_CURSOR: &str = "a full pull leaves no cursor";
pub(super) const NO_DAY: &str = "the harness can't let a day pass";
const REFUSED: &str = "the source refuses its own cursor after a day: it can only be pulled in full";

/// Whether the source tells deletes of the kind.
pub(super) fn tells_deletes<H: Harness>(case: &Case<'_, H>, kind: EntityKind) -> bool {
    let capabilities = case.source.capabilities();
    capabilities.kinds.get(&kind).is_some_and(|capability| capability.incremental != Incremental::UpsertsOnly)
}

pub(super) async fn deletes_name_only_what_is_gone<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let full = case.whole(request.clone()).await?;
    let Some(cursor) = full.cursor() else { skip!("{NO_CURSOR}") };
    let broken = harness.break_record().await;
    let day = harness.next_day().await;
    if broken.is_none() && day.is_none() {
        skip!("the harness can neither break a record nor let a day pass");
    }
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    let truth = case.truth(&request).await;
    for (kind, id) in full.deleted().iter().chain(pulled.deleted().iter()) {
        if truth.present.contains(kind, id) {
            breach!("a `Delete` names {kind} {id:?}, which is there");
        }
        if truth.rejected.contains(kind, id) && !pulled.protected().contains(kind, id) {
            breach!("a `Delete` names {kind} {id:?}, which is there and can't be read");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn full_pull_is_never_unchanged<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let mut request = PullRequest::full();
    let Some(cursor) = case.whole(request.clone()).await?.cursor() else { skip!("{NO_CURSOR}") };
    request.cursor = Some(cursor);
    let pulled = case.whole(request.clone()).await?;
    let incomplete = |end: &Completeness| matches!(end, Completeness::Unchanged | Completeness::Changes);
    if let Some((kind, _, end)) = pulled.ends().find(|(.., end)| incomplete(end)) {
        breach!("a full pull that was given the old cursor ended {kind} as `{}`", end.as_str());
    }
    all_delivered(&case.truth(&request).await, &pulled)?;
    Ok(Outcome::Passed)
}

pub(super) async fn unchanged_means_unchanged<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let Some(cursor) = case.whole(request.clone()).await?.cursor() else { skip!("{NO_CURSOR}") };
    let before = case.truth(&request).await.present;
    let Some(change) = harness.next_day().await else { skip!("{NO_DAY}") };
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    let after = case.truth(&request).await.present;
    for (kind, _, end) in pulled.ends() {
        let changed = change.upserted.of(kind).find(|id| after.contains(kind, id));
        let gone = change.deleted.of(kind).find(|id| before.contains(kind, id));
        if let (Completeness::Unchanged, Some(id)) = (end, changed.or(gone)) {
            breach!("{kind} ended `Unchanged`, though {id:?} changed");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn changes_miss_nothing<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let Some(cursor) = case.whole(request.clone()).await?.cursor() else { skip!("{NO_CURSOR}") };
    let before = case.truth(&request).await.present;
    let Some(change) = harness.next_day().await else { skip!("{NO_DAY}") };
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    if pulled.is_refused() {
        skip!("{REFUSED}");
    }
    let pulled = pulled.whole("a changes pull")?;
    let after = case.truth(&request).await.present;
    upserts_told(&change.upserted, &after, &pulled)?;
    deletes_told(&case, &change.deleted, &before, &pulled)?;
    Ok(Outcome::Passed)
}

fn upserts_told(upserted: &Ids, after: &Ids, pulled: &Pulled) -> Result<(), Breach> {
    let standing = pulled.standing();
    let missed = upserted
        .iter()
        .filter(|(kind, id)| after.contains(*kind, id) && !pulled.is_partial(*kind))
        .find(|(kind, id)| !standing.contains(*kind, id));
    match missed {
        Some((kind, id)) => breach!("{kind} {id:?} came or changed, and the changes pull does not tell it"),
        None => Ok(()),
    }
}

fn deletes_told<H: Harness>(
    case: &Case<'_, H>,
    deleted: &Ids,
    before: &Ids,
    pulled: &Pulled,
) -> Result<(), Breach> {
    let told = pulled.deleted();
    let standing = pulled.standing();
    for (kind, id) in deleted.iter().filter(|(kind, id)| before.contains(*kind, id)) {
        if standing.contains(kind, id) {
            breach!("{kind} {id:?} is gone, and the changes pull delivers it");
        }
        let whole = pulled.ends().any(|(of, _, end)| of == kind && *end == Completeness::Complete);
        if !whole && !told.contains(kind, id) && !pulled.is_partial(kind) && tells_deletes(case, kind) {
            breach!("{kind} {id:?} is gone, and the changes pull does not tell it");
        }
    }
    Ok(())
}

pub(super) async fn deltas_add_up<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let full = case.whole(request.clone()).await?;
    let mut stored = Stored::default();
    stored.apply(&full);
    let Some(mut cursor) = full.cursor() else { skip!("{NO_CURSOR}") };
    for day in 1..=3 {
        if harness.next_day().await.is_none() {
            if day == 1 {
                skip!("{NO_DAY}");
            }
            break;
        }
        let pulled = case.pull(changes(&request, cursor.clone())).await.ended()?;
        if pulled.is_refused() {
            skip!("{REFUSED}");
        }
        let pulled = pulled.whole("a changes pull")?;
        stored.apply(&pulled);
        // Without a newer one, the old cursor still holds: changes come twice then, which harms nobody.
        cursor = pulled.cursor().unwrap_or(cursor);
    }
    compare(&case, &request, &stored).await?;
    Ok(Outcome::Passed)
}

/// Compares what a host holds with the truth, and with a full pull made now.
pub(super) async fn compare<H: Harness>(
    case: &Case<'_, H>,
    request: &PullRequest,
    stored: &Stored,
) -> Result<(), Breach> {
    let truth = case.truth(request).await;
    if let Some((kind, id)) = stored.lacking(&truth.present) {
        breach!("{kind} {id:?} is there, and no pull told of it");
    }
    let mut known = truth.present.clone();
    known.extend(truth.rejected.iter().map(|(kind, id)| (kind, id.clone())));
    if let Some((kind, id)) = stored.surplus(&known)
        && tells_deletes(case, kind)
    {
        breach!("{kind} {id:?} is gone or out of scope, and no pull told so");
    }
    let mut fresh = Stored::default();
    fresh.apply(&case.reopened().await.whole(request.clone()).await?);
    match stored.outdated(&fresh) {
        Some((kind, id)) => breach!("{kind} {id:?} changed, and no pull told so"),
        None => Ok(()),
    }
}

pub(super) async fn changes_are_told_as_promised<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let request = PullRequest::full();
    let Some(cursor) = case.whole(request.clone()).await?.cursor() else { skip!("{NO_CURSOR}") };
    let _ = harness.next_day().await;
    let pulled = case.pull(changes(&request, cursor)).await.ended()?;
    let capabilities = case.source.capabilities();
    for (kind, _, end) in pulled.ends() {
        let promised = capabilities.kinds.get(&kind).map(|capability| capability.incremental);
        if *end == Completeness::Changes && promised == Some(Incremental::None) {
            breach!("{kind} ended `Changes`, and the capabilities say that it has no feed");
        }
    }
    Ok(Outcome::Passed)
}
