//! A pull that is limited to schools, from servers that tell a school's seats and from others.

use roster_core::{EntityKind, PullRequest, Scope, SourcedId};
use roster_oneroster::OneRosterSource;
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{OneRosterOptions, OneRosterSandbox},
};

use crate::{Pulled, VERSIONS, everything};

const SEATS: &str = "/enrollments?";

/// Ten schools.
fn sandbox(options: OneRosterOptions) -> OneRosterSandbox {
    OneRosterSandbox::start_with(DistrictSpec::new(11).schools(10).students(200).generate(), options).unwrap()
}

fn school_by_school(sandbox: &OneRosterSandbox) -> OneRosterSource {
    OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.token())
        .school_endpoints()
        .build()
        .unwrap()
}

/// The first and the last school with classes.
fn schools(sandbox: &OneRosterSandbox) -> Vec<SourcedId> {
    let district = sandbox.district();
    let mut schools: Vec<SourcedId> = district.classes.iter().filter_map(|class| class.org.clone()).collect();
    schools.sort();
    vec![schools[0].clone(), schools[schools.len() - 1].clone()]
}

fn limited(to: impl IntoIterator<Item = SourcedId>) -> PullRequest {
    everything().scoped(Scope::of_orgs(to))
}

#[tokio::test]
async fn the_seats_of_schools_are_asked_for_school_by_school_if_the_host_says_so() {
    for version in VERSIONS {
        let sandbox = sandbox(OneRosterOptions::default().version(version).views());
        let schools = schools(&sandbox);
        let (from, to) = (crate::source(&sandbox), school_by_school(&sandbox));
        let all = Pulled::of(&from, limited(schools.clone())).await;
        assert!(all.is_whole() && all.of_kind(EntityKind::Enrollment) > 0);
        let before = sandbox.asked().len();
        let some = Pulled::of(&to, limited(schools.clone())).await;
        assert!(some.is_whole(), "{:?} {:?}", some.error, some.ends);
        assert_eq!(some.records, all.records);
        let log = sandbox.asked();
        let asked: Vec<&str> =
            log[before..].iter().map(|(path, _)| path.as_str()).filter(|path| path.contains(SEATS)).collect();
        assert!(asked.len() > 1);
        assert!(
            asked.iter().all(|path| schools.iter().any(|id| path.contains(&format!("/schools/{id}{SEATS}")))),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_does_not_tell_them_is_asked_for_all() {
    let sandbox = sandbox(OneRosterOptions::default());
    let schools = schools(&sandbox);
    let all = Pulled::of(&crate::source(&sandbox), limited(schools.clone())).await;
    let some = Pulled::of(&school_by_school(&sandbox), limited(schools)).await;
    assert!(some.is_whole(), "{:?} {:?}", some.error, some.ends);
    assert_eq!(some.records, all.records);
}

#[tokio::test]
async fn a_fault_in_one_of_them_is_never_the_end_of_a_seat() {
    for fault in [
        "empty_page:enrollments:middle:9",
        "wrong_total:enrollments:first:9",
        "missing_key:enrollments:last:99",
    ] {
        let sandbox = sandbox(OneRosterOptions::default().views());
        sandbox.fault(fault.parse().unwrap());
        let schools = schools(&sandbox);
        let truth = {
            let other = self::sandbox(OneRosterOptions::default().views());
            Pulled::of(&school_by_school(&other), limited(schools.clone())).await
        };
        let some = Pulled::of(&school_by_school(&sandbox), limited(schools)).await;
        assert!(some.error.is_some() || !some.is_whole() || some.records == truth.records, "{fault}");
        assert!(sandbox.struck() > 0, "{fault}");
        let names_it = some.error.as_ref().is_none_or(|error| error.message().contains("/schools/"));
        assert!(names_it, "{:?}", some.error);
    }
}
