//! What a pull came to, as JSON.

use std::{collections::BTreeMap, time::Duration};

use roster::{Capabilities, EntityKind, KindTally, ProblemGroup, PullRequest, RowCounts, SourceInfo};
use serde::Serialize;

use super::drive::Counts;
use crate::{
    observer::Counting,
    outcome::{ErrorReport, Failure, Outcome},
};

/// The answer of `pull --json`.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub(super) provider: &'static str,
    pub(super) tenant: String,
    /// Those asked for.
    pub(super) kinds: BTreeMap<EntityKind, KindReport>,
    pub(super) files: BTreeMap<String, RowCounts>,
    pub(super) problems: u64,
    #[serde(rename = "report")]
    pub(super) groups: Vec<&'a ProblemGroup>,
    pub(super) requests: u64,
    pub(super) seconds: f64,
    /// Whether the source vouches that nothing changed; for people, since each kind says `complete` anyway.
    #[serde(skip)]
    pub(super) unchanged: bool,
    #[serde(rename = "error", skip_serializing_if = "Option::is_none", serialize_with = "as_error")]
    pub(super) failure: Option<Failure>,
}

#[derive(Serialize)]
pub(super) struct KindReport {
    pub(super) supported: bool,
    #[serde(flatten)]
    pub(super) counts: KindTally,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        info: &SourceInfo,
        request: &PullRequest,
        capabilities: &Capabilities,
        counts: &'a Counts,
        counting: &Counting,
        failure: Option<Failure>,
        took: Duration,
    ) -> Self {
        let mut tallies = counts.tally.kinds();
        let kinds = request.wanted().map(|kind| {
            let mut tally = tallies.remove(&kind).unwrap_or_default();
            // Of a pull that broke off, slices may be missing that nobody spoke of.
            tally.complete &= failure.is_none() || counts.whole.contains(&kind);
            let report = KindReport { supported: capabilities.supports(kind), counts: tally };
            (kind, report)
        });
        Self {
            provider: info.provider,
            tenant: info.tenant.clone(),
            kinds: kinds.collect(),
            files: counting.files(),
            problems: counts.tally.problems(),
            groups: counts.tally.report(),
            requests: counting.requests(),
            seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
            unchanged: counts.tally.is_unchanged(),
            failure,
        }
    }

    /// How the command ends: the first that fits.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.failure {
            Some(failure) => failure.outcome(),
            None if self.incomplete().next().is_some() => Outcome::Partial,
            None => Outcome::Done,
        }
    }

    /// Whether anything came before the end.
    pub(super) fn is_begun(&self) -> bool {
        self.failure.is_none() || !self.groups.is_empty() || self.kinds.values().any(KindReport::is_begun)
    }

    /// The kinds that are not complete though the source has them.
    pub(super) fn incomplete(&self) -> impl Iterator<Item = EntityKind> {
        let kinds = self.kinds.iter();
        kinds.filter(|(_, report)| report.supported && !report.counts.complete).map(|(kind, _)| *kind)
    }
}

impl KindReport {
    fn is_begun(&self) -> bool {
        self.counts.records > 0 || self.counts.deletes > 0 || self.counts.complete
    }
}

#[expect(clippy::ref_option, reason = "the signature is given by serde")]
fn as_error<S: serde::Serializer>(failure: &Option<Failure>, serializer: S) -> Result<S::Ok, S::Error> {
    failure.as_ref().map(told).serialize(serializer)
}

/// The error, with what to do where the command knows better than the library.
fn told(failure: &Failure) -> ErrorReport<'_> {
    let mut report = failure.report();
    if let Some(advice) = advice(failure) {
        report.message = format!("{}; {advice}", report.message);
    }
    report
}

/// What to do about a failure of a pull.
pub(super) fn advice(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Roster(error) => match error.kind() {
            roster::ErrorKind::CursorInvalid | roster::ErrorKind::CursorExpired => {
                Some("leave --changes away to pull in full, and write a new cursor with --cursor-out")
            }
            _ => None,
        },
        _ => None,
    }
}
