//! Each check finds the defect that is meant for it, and each has one.

use std::collections::BTreeSet;

use futures::future::join_all;
use roster_testkit::{
    Form, Outcome,
    conformance::{CHECKS, run_all, run_check},
    sabotage::{Sabotage, SabotagedHarness},
};

async fn failures(sabotage: Sabotage, form: Form) -> BTreeSet<&'static str> {
    run_all(|| async move { SabotagedHarness::new(sabotage) }, form)
        .await
        .into_iter()
        .filter_map(|(check, verdict)| match verdict {
            // A defect may leave another check nothing to look at; the one that is meant for it has to fail.
            Ok(Outcome::Passed | Outcome::Skipped(_)) => None,
            Err(violation) => {
                assert_eq!(violation.check, check.name);
                assert_eq!(violation.law, check.law);
                Some(check.name)
            }
        })
        .collect()
}

#[tokio::test]
async fn each_defect_is_caught_by_the_check_that_is_meant_for_it() {
    let mut missed = Vec::new();
    let all = Sabotage::ALL
        .iter()
        .map(|sabotage| async move { (sabotage, failures(*sabotage, Form::Value).await) });
    for (sabotage, failures) in join_all(all).await {
        if !failures.contains(sabotage.caught_by()) {
            missed.push(format!("{sabotage}: not by {}, but by {failures:?}", sabotage.caught_by()));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn defects_are_caught_in_every_wrapping() {
    for sabotage in Sabotage::ALL {
        for form in [Form::Boxed, Form::Shared] {
            let harness = SabotagedHarness::new(*sabotage);
            let verdict = run_check(sabotage.caught_by(), &harness, form).await;
            assert!(verdict.is_some_and(|verdict| verdict.is_err()), "{sabotage} as {form:?}");
        }
    }
}

#[test]
fn each_check_has_a_defect_that_it_catches() {
    let caught: BTreeSet<_> = Sabotage::ALL.iter().map(|sabotage| sabotage.caught_by()).collect();
    let checks: BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(caught, checks);
}
