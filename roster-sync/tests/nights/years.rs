//! Nights on which a school year begins.

use roster_core::{AcademicSession, Class, Course, Identifier, IdentifierScheme, SessionType, SourcedId};

use super::*;

stories! {
    a_made_up_year_that_begins_holds_no_class,
    a_class_that_says_something_else_too_counts,
    a_year_of_the_vendors_own_counts,
    a_year_that_is_not_there_counts,
    courses_that_are_numbered_anew_hold_nothing,
}

fn year(id: &str, derived: bool) -> Record {
    let mut session = AcademicSession::new(id, SessionType::SchoolYear, id);
    session.derived = derived;
    session.into()
}

/// Twenty classes of the years.
fn classes(years: &[&str], title: &str) -> impl Iterator<Item = Record> {
    let sessions: Vec<SourcedId> = years.iter().map(|year| SourcedId::from(*year)).collect();
    let title = title.to_owned();
    (0..20).map(move |number| {
        let mut class = Class::new(format!("class-{number}"), format!("{title} {number}"));
        class.sessions.clone_from(&sessions);
        class.into()
    })
}

fn held_by_updates(report: &SyncReport) -> bool {
    let of_classes = |hold: &roster_sync::Hold| hold.kind == Some(EntityKind::Class);
    report.holds.iter().any(|hold| hold.guard == Guard::Updates && of_classes(hold))
}

fn a_made_up_year_that_begins_holds_no_class(store: &dyn Store) {
    sync(store, night(classes(&["2025"], "Form").chain([year("2025", true)])));
    let next: Vec<_> = classes(&["2026"], "Form").chain([year("2026", true)]).collect();
    let report = sync(store, night(next.clone()));
    assert_eq!((report.status, report.kinds[&EntityKind::Class].updated), (Status::Applied, 20));
    assert_eq!(sync(store, night(next)).status, Status::Unchanged);
    // What was let through takes nothing of what the rest of the day may change.
    let half = classes(&["2026"], "Form").skip(14).chain(classes(&["2026"], "Set").take(14));
    assert_eq!(sync(store, night(half.chain([year("2026", true)]))).status, Status::Applied);
}

fn a_class_that_says_something_else_too_counts(store: &dyn Store) {
    sync(store, night(classes(&["2025"], "Form").chain([year("2025", true)])));
    let report = sync(store, night(classes(&["2026"], "Set").chain([year("2026", true)])));
    assert!(report.status == Status::Held && held_by_updates(&report), "{:?}", report.holds);
}

fn a_year_of_the_vendors_own_counts(store: &dyn Store) {
    for (before, after) in [(false, true), (true, false), (false, false)] {
        let (one, other) = (year("2025", before), year("2026", after));
        let years = [one, other];
        sync(store, night(classes(&["2025"], "Form").chain(years.clone())));
        let report = sync(store, night(classes(&["2026"], "Form").chain(years)));
        assert!(report.status == Status::Held && held_by_updates(&report), "{before} {after}");
    }
}

fn a_year_that_is_not_there_counts(store: &dyn Store) {
    let years = || [year("2025", true)];
    sync(store, night(classes(&["2025"], "Form").chain(years())));
    for lost in [&["2026"][..], &[]] {
        let report = sync(store, night(classes(lost, "Form").chain(years())));
        assert!(report.status == Status::Held && held_by_updates(&report), "{lost:?}");
    }
}

fn courses_that_are_numbered_anew_hold_nothing(store: &dyn Store) {
    let courses = |vendor: &'static str, title: &'static str| {
        (0..20).map(move |number| {
            let mut course = Course::new(format!("course-{number}"), format!("{title} {number}"));
            course.identifiers = vec![Identifier::new(IdentifierScheme::Clever, format!("{vendor}{number}"))];
            Record::from(course)
        })
    };
    sync(store, night(courses("a", "Art")));
    let report = sync(store, night(courses("b", "Art")));
    assert_eq!((report.status, report.kinds[&EntityKind::Course].updated), (Status::Applied, 20));
    // What they are called counts as ever.
    let report = sync(store, night(courses("c", "Craft")));
    assert_eq!(report.status, Status::Held, "{:?}", report.holds);
}
