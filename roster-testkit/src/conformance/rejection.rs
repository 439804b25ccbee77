//! Law 3: one bad record is a problem, and no more than that.

use std::collections::BTreeMap;

use roster_core::{PullRequest, Severity};

use super::{
    case::Case,
    form::Form,
    stored::Stored,
    verdict::{Outcome, Verdict, breach, skip},
    wholeness::all_delivered,
};
use crate::Harness;

const CANT_BREAK: &str = "the harness can't break a record";

pub(super) async fn bad_record_becomes_a_problem<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let Some(broken) = harness.break_record().await else { skip!("{CANT_BREAK}") };
    let request = PullRequest::full();
    if !case.due(&request).contains(&broken.kind) {
        skip!("the broken record is of a kind that is not due");
    }
    let truth = case.truth(&request).await;
    if truth.present.contains(broken.kind, &broken.id) {
        breach!("the harness broke {} {:?} and still calls it present", broken.kind, broken.id);
    }
    let pulled = case.whole(request).await?;
    let told = pulled.problems().any(|problem| {
        problem.severity == Severity::Error
            && problem.kind == Some(broken.kind)
            && problem.id.as_ref().is_none_or(|id| *id == broken.id)
    });
    if !told {
        breach!("no problem of severity error tells of the bad {} {:?}", broken.kind, broken.id);
    }
    all_delivered(&truth, &pulled)?;
    Ok(Outcome::Passed)
}

pub(super) async fn rejected_record_is_not_gone<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let mut stored = Stored::default();
    stored.apply(&case.whole(PullRequest::full()).await?);
    let Some(broken) = harness.break_record().await else { skip!("{CANT_BREAK}") };
    if !stored.holds(broken.kind, &broken.id) {
        skip!("the broken record was not delivered when it was whole");
    }
    stored.apply(&case.pull(PullRequest::full()).await.ended()?);
    if !stored.holds(broken.kind, &broken.id) {
        breach!(
            "{} {:?} can't be read, no error names it, and its slice ended `Complete`: it would be ended",
            broken.kind,
            broken.id
        );
    }
    Ok(Outcome::Passed)
}

pub(super) async fn one_id_says_one_thing<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let pulled = case.whole(PullRequest::full()).await?;
    let protected = pulled.protected();
    let mut seen = BTreeMap::new();
    for record in pulled.records() {
        let (kind, id) = (record.kind(), record.id());
        let earlier = seen.insert((kind, id), record);
        if earlier.is_some_and(|earlier| earlier != record) && !protected.contains(kind, id) {
            breach!("{kind} {id:?} was delivered twice, as two different records, and no problem says so");
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn problems_are_coded<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let _ = harness.break_record().await;
    let request = PullRequest::full();
    let due = case.due(&request);
    let pulled = case.pull(request).await.ended()?;
    let mut any = false;
    for problem in pulled.problems() {
        any = true;
        if !is_snake_case(&problem.code) {
            breach!("the code `{}` is not snake_case", problem.code);
        }
        if problem.severity == Severity::Error && problem.kind.is_none() {
            breach!(
                "an error, `{}`, names no kind; what is to be said of a whole tenant is a warning",
                problem.code
            );
        }
        if problem.message.trim().is_empty() {
            breach!("the problem `{}` says nothing", problem.code);
        }
        if let Some(kind) = nameless(problem)
            && due.contains(&kind)
            && !pulled.is_partial(kind)
        {
            breach!("an error, `{}`, names no {kind}, and the kind did not end `Partial`", problem.code);
        }
    }
    if !any {
        skip!("no problem came");
    }
    Ok(Outcome::Passed)
}

fn nameless(problem: &roster_core::Problem) -> Option<roster_core::EntityKind> {
    problem.kind.filter(|_| problem.severity == Severity::Error && problem.id.is_none())
}

fn is_snake_case(code: &str) -> bool {
    !code.is_empty()
        && !code.starts_with('_')
        && code
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_')
}
