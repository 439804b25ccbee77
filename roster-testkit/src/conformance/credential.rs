//! Law 9: whose credential it is, and what it may read.

use roster_core::{EntityKind, ErrorKind, PullRequest, RosterSource};

use super::{
    case::Case,
    form::Form,
    reading::has_begun,
    verdict::{Outcome, Verdict, breach, skip},
};
use crate::Harness;

pub(super) async fn foreign_credential_is_refused<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(foreign) = harness.open_with_foreign_credential().await else {
        skip!("the harness has no credential of another tenant");
    };
    let pulled = case.with(foreign).pull(PullRequest::full()).await.ended()?;
    if has_begun(&pulled) || !pulled.standing().is_empty() {
        breach!("a pull began, though the credential belongs to another tenant");
    }
    match &pulled.error {
        Some(error) if error.kind() == ErrorKind::Config => Ok(Outcome::Passed),
        Some(error) => breach!("a credential of another tenant is not answered with `Config`: {error}"),
        None => breach!("a pull with a credential of another tenant ended quietly"),
    }
}

pub(super) async fn check_tells_what_is_granted<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let report = match case.source.check(&harness.context()).await {
        Ok(report) => report,
        Err(error) => breach!("`check` failed: {error}"),
    };
    let capabilities = case.source.capabilities();
    if let Some(kind) = report.granted.iter().find(|kind| !capabilities.supports(**kind)) {
        breach!("`check` grants {kind}, and the capabilities say that it is not supported");
    }
    let standing = case.whole(PullRequest::full()).await?.standing();
    let ungranted = |kind: &EntityKind| !report.granted.contains(kind) && standing.of(*kind).next().is_some();
    if let Some(kind) = EntityKind::ALL.iter().find(|kind| ungranted(kind)) {
        breach!("`check` does not grant {kind}, and a pull delivers it");
    }
    Ok(Outcome::Passed)
}
