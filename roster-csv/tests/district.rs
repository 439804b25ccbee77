//! A district written as files and read back is the same district, as far as the format can say it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use roster_core::{
    PullContext, PullRequest, Roster, RosterSourceExt, Scope, SensitiveField, SourcedId, codes,
};
use roster_csv::CsvSource;
use roster_testkit::district::{
    District, DistrictSpec, OneRosterCsv, OneRosterVersion, what_oneroster_says, write_oneroster_csv,
};
use tempfile::TempDir;

async fn read(folder: &TempDir, scope: &Scope, sensitive: &BTreeSet<SensitiveField>) -> Roster {
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let request = PullRequest::full().scoped(scope.clone()).with_sensitive(sensitive.iter().copied());
    source.collect(request, PullContext::default(), 100_000).await.unwrap()
}

fn assert_same(roster: &Roster, expected: &District, what: &str) {
    assert!(roster.orgs == expected.orgs, "orgs of {what}");
    assert!(roster.sessions == expected.sessions, "sessions of {what}");
    assert!(roster.courses == expected.courses, "courses of {what}");
    assert!(roster.classes == expected.classes, "classes of {what}");
    for (read, expected) in roster.people.iter().zip(&expected.people) {
        assert!(read == expected, "{read:?} of {what}");
    }
    assert_eq!(roster.people.len(), expected.people.len(), "people of {what}");
    assert!(roster.enrollments == expected.enrollments, "enrollments of {what}");
    assert!(roster.relationships == expected.relationships, "relationships of {what}");
}

#[tokio::test]
async fn what_is_written_is_what_is_read() {
    for seed in [1, 2] {
        let district = DistrictSpec::new(seed).schools(3).students(90).generate();
        let school = |index: usize| district.classes[index].org.clone().unwrap();
        let class = |index: usize| district.classes[index].id.clone();
        let scopes: [(&str, Scope); 5] = [
            ("everything", Scope::default()),
            ("one school", Scope::of_orgs([school(0)])),
            ("two classes", Scope::of_classes([class(0), class(5)])),
            ("a class of another school", Scope::of_orgs([school(0)]).and_classes([class(1), class(0)])),
            ("no school", Scope::of_orgs(Vec::<SourcedId>::new())),
        ];
        let all: BTreeSet<_> = SensitiveField::ALL.into();
        let some: BTreeSet<_> = [SensitiveField::BirthDate, SensitiveField::Phones].into();
        for version in [OneRosterVersion::V1_1, OneRosterVersion::V1_2] {
            let folder = TempDir::new().unwrap();
            write_oneroster_csv(&district, folder.path(), &OneRosterCsv::new(version).crlf().bom()).unwrap();
            let said = what_oneroster_says(&district, version);
            for (name, scope) in &scopes {
                for sensitive in [&BTreeSet::new(), &some, &all] {
                    let what =
                        format!("{name}, seed {seed}, {version:?}, {} sensitive fields", sensitive.len());
                    let roster = read(&folder, scope, sensitive).await;
                    assert_same(&roster, &said.delivered(scope, sensitive), &what);
                    let known = [codes::SHARED_EMAIL, codes::MISSING_REQUIRED];
                    for problem in &roster.problems {
                        assert!(known.contains(&&*problem.code), "{problem:?} of {what}");
                    }
                    assert!(roster.ends.iter().all(|(_, _, end)| !end.is_partial()), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn lincoln_is_clean() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/lincoln");
    let source = CsvSource::builder().path(path).build().unwrap();
    let request = PullRequest::full().with_sensitive(SensitiveField::ALL);
    let roster = source.collect(request, PullContext::default(), 10_000).await.unwrap();
    assert_eq!(roster.problems, []);
    let counts = [
        roster.orgs.len(),
        roster.sessions.len(),
        roster.courses.len(),
        roster.classes.len(),
        roster.people.len(),
        roster.enrollments.len(),
        roster.relationships.len(),
    ];
    assert_eq!(counts, [4, 3, 28, 21, 194, 423, 85]);
}
