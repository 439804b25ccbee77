//! Law 7: begin, records, end.

use std::collections::BTreeMap;

use roster_core::{EntityKind, PullEvent, PullRequest, RosterSource};

use super::{
    case::{Case, Usual},
    form::Form,
    verdict::{Outcome, Verdict, breach},
};
use crate::Harness;

pub(super) async fn every_kind_begins_once<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        for kind in case.due(&usual.request) {
            let begins =
                count(&usual, |event| matches!(event, PullEvent::Begin { kind: of, .. } if *of == kind));
            if begins != 1 {
                breach!("{kind} began {begins} times");
            }
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn every_kind_ends<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        for kind in case.due(&usual.request) {
            let Some(end) = position(&usual, |event| is_end(event, kind)) else {
                breach!("{kind} did not end");
            };
            let begin =
                position(&usual, |event| matches!(event, PullEvent::Begin { kind: of, .. } if *of == kind));
            if begin.is_some_and(|begin| begin > end) {
                breach!("{kind} ended before it began");
            }
        }
    }
    Ok(Outcome::Passed)
}

fn is_end(event: &PullEvent, kind: EntityKind) -> bool {
    matches!(event, PullEvent::End { kind: of, .. } if *of == kind)
}

fn count(usual: &Usual, which: impl Fn(&PullEvent) -> bool) -> usize {
    usual.events().iter().filter(|event| which(event)).count()
}

fn position(usual: &Usual, which: impl Fn(&PullEvent) -> bool) -> Option<usize> {
    usual.events().iter().position(which)
}

pub(super) async fn all_ends_at_most_once<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        let mut ends = Vec::new();
        for (kind, slice, _) in usual.pulled.ends() {
            if ends.contains(&(kind, slice)) {
                breach!("the slice {slice:?} of {kind} ended twice");
            }
            ends.push((kind, slice));
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn records_lie_inside_their_kind<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        let mut begun = BTreeMap::new();
        let mut last_end = BTreeMap::new();
        for (at, event) in usual.events().iter().enumerate() {
            match event {
                PullEvent::Begin { kind, .. } => {
                    begun.entry(*kind).or_insert(at);
                }
                PullEvent::End { kind, .. } => {
                    last_end.insert(*kind, at);
                }
                _ => {}
            }
        }
        for (at, event) in usual.events().iter().enumerate() {
            let (kind, id) = match event {
                PullEvent::Upsert { record, .. } => (record.kind(), record.id()),
                PullEvent::Delete { kind, id } => (*kind, id),
                _ => continue,
            };
            if begun.get(&kind).is_none_or(|begin| *begin > at) {
                breach!("{kind} {id:?} came before the `Begin` of its kind");
            }
            // A kind without an end is the matter of `every_kind_ends`.
            if last_end.get(&kind).is_some_and(|end| *end < at) {
                breach!("{kind} {id:?} came after the last `End` of its kind");
            }
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn only_kinds_asked_for<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let mut requests = vec![PullRequest::full()];
    requests.extend(EntityKind::ALL.map(|kind| PullRequest::full().only([kind])));
    let capabilities = case.source.capabilities();
    for request in requests {
        let pulled = case.whole(request.clone()).await?;
        for event in &pulled.events {
            let kind = match event {
                PullEvent::Begin { kind, .. }
                | PullEvent::Delete { kind, .. }
                | PullEvent::End { kind, .. } => *kind,
                PullEvent::Upsert { record, .. } => record.kind(),
                _ => continue,
            };
            if !capabilities.supports(kind) {
                breach!("{kind} came, and the capabilities say that it is not supported");
            }
            if !request.wants(kind) {
                breach!("{kind} came, and was not asked for");
            }
        }
    }
    Ok(Outcome::Passed)
}
