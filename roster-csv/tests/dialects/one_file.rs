//! Conflicts in one-file rosters: one id that says two things is never settled silently.

use roster_core::{Severity, codes};

use crate::reading::{fixture, read_path};

#[tokio::test]
async fn conflicts_are_errors_at_their_lines() {
    let read = read_path(fixture("dirty_forms").join("rocketlit_conflicts.csv")).await;
    let told = read.told();
    for wanted in [
        (codes::DUPLICATE_IDENTICAL, Severity::Warning, 3),
        // The given name differs; the school's name differs; another child has the address; a child has none; siblings share one.
        (codes::CONFLICT, Severity::Error, 4),
        (codes::CONFLICT, Severity::Error, 5),
        (codes::CONFLICT, Severity::Error, 6),
        (codes::MISSING_REQUIRED, Severity::Error, 7),
        (codes::CONFLICT, Severity::Error, 9),
    ] {
        assert!(told.contains(&wanted), "{wanted:?}: {told:?}");
    }
    // Nobody whose address says two things comes.
    assert_eq!(
        read.roster.people.iter().map(|person| person.name.given.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Bo", "Ann"]
    );
    assert!(read.roster.orgs.is_empty());
}
