//! Nights on which ids came in another form.

use roster_core::{Person, Role};

use super::*;

stories! {
    a_night_without_leading_zeros_is_held_and_says_so,
    zeros_are_missed_where_nothing_ends_too,
    other_forms_are_held,
    ids_that_a_spreadsheet_destroyed_are_held,
    a_few_and_what_is_really_new_pass,
}

fn person(id: &str) -> Record {
    let mut person = Person::new(id);
    person.affiliations = vec![roster_core::Affiliation::new(Role::Student, Some("school".into()))];
    person.into()
}

fn people(ids: impl IntoIterator<Item = String>) -> Vec<Result<PullEvent>> {
    night(ids.into_iter().map(|id| person(&id)))
}

fn padded(numbers: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("{number:06}"))
}

fn shape(report: &SyncReport) -> Option<(EntityKind, u64, u64, u64)> {
    let hold = report.holds.iter().find(|hold| hold.guard == Guard::IdShape)?;
    Some((hold.kind.unwrap(), hold.count, hold.of, hold.limit))
}

fn said(report: &SyncReport, code: &str) -> String {
    let group = report.report.iter().find(|group| group.code == code);
    group.unwrap_or_else(|| panic!("{:?}", report.report)).first[0].message.clone()
}

fn a_night_without_leading_zeros_is_held_and_says_so(store: &dyn Store) {
    assert_eq!(sync(store, people(padded(100..140))).status, Status::Applied);
    let before = active(store);
    let report = sync(store, people((100..140).map(|number: u32| number.to_string())));
    assert_eq!(report.status, Status::Held);
    assert_eq!(shape(&report), Some((EntityKind::Person, 40, 40, 5)));
    let message = said(&report, codes::LEADING_ZEROS_LOST);
    assert!(message.contains("as 100 is 000100") && message.contains("have 6 characters"), "{message}");
    assert_eq!(active(store), before);
    // The zeros are there again: nothing happened.
    assert_eq!(sync(store, people(padded(100..140))).status, Status::Unchanged);
}

fn zeros_are_missed_where_nothing_ends_too(store: &dyn Store) {
    sync(store, people(padded(100..140)));
    let mut events = people((100..140).map(|number: u32| number.to_string()));
    for event in &mut events {
        if let Ok(PullEvent::End { kind: EntityKind::Person, completeness, .. }) = event {
            let reason = "a row could not be read".to_owned();
            *completeness = Completeness::Partial { code: PartialCode::Unreadable, reason };
        }
    }
    let report = sync(store, events);
    assert_eq!(report.kinds[&EntityKind::Person].ended, 0);
    assert_eq!(shape(&report), Some((EntityKind::Person, 40, 40, 5)));
}

/// Makes an id of a number.
type Form = fn(u32) -> String;

fn other_forms_are_held(store: &dyn Store) {
    let forms: [(Form, Form); 5] = [
        (|n| format!("{n}"), |n| format!("{n:08}")),
        (|n| format!("{n}"), |n| format!("{n}.0")),
        (|n| format!("ab-{n}-C"), |n| format!("AB-{n}-c")),
        (|n| format!("{{{n:x}-AA}}"), |n| format!("{n:x}aa")),
        (|n| format!("stu{n}"), |n| format!("S-{n}")),
    ];
    for (number, (before, after)) in (1..).zip(forms) {
        let ids = 1000 * number..1000 * number + 30;
        let approved = sync(store, people(ids.clone().map(before))).plan;
        sync_with(store, people(ids.clone().map(before)), |sync| sync.approve(approved));
        let report = sync(store, people(ids.map(after)));
        assert_eq!(shape(&report), Some((EntityKind::Person, 30, 30, 5)), "form {number}");
        assert!(said(&report, codes::ID_SHAPE).starts_with("30 new ids are stored ones"), "form {number}");
    }
}

fn ids_that_a_spreadsheet_destroyed_are_held(store: &dyn Store) {
    sync(store, people(padded(100..140)));
    let mut events = people(padded(100..130));
    let end =
        events.iter().position(|event| matches!(event, Ok(PullEvent::End { kind: EntityKind::Person, .. })));
    let destroyed = || Problem::error(codes::ID_SHORTENED, "its digits are gone").of(EntityKind::Person);
    let completeness = Completeness::Partial { code: PartialCode::Unreadable, reason: "ids".to_owned() };
    events[end.unwrap()] = Ok(super::end(EntityKind::Person, completeness));
    for _ in 0..10 {
        events.insert(end.unwrap(), Ok(PullEvent::Problem(Box::new(destroyed()))));
    }
    let report = sync(store, events);
    assert_eq!((report.status, shape(&report)), (Status::Held, Some((EntityKind::Person, 10, 40, 5))));
}

fn a_few_and_what_is_really_new_pass(store: &dyn Store) {
    sync(store, people(padded(100..240)));
    let few = padded(105..240).chain((100..105).map(|number: u32| number.to_string()));
    assert_eq!(sync(store, people(few)).status, Status::Applied, "five are never too many");
    // Others take the place of some: what their ids have in common with those is chance.
    let others = padded(115..240).chain((500..530).map(|number: u32| format!("{number:06}")));
    let report = sync(store, people(others));
    assert_eq!(shape(&report), None, "{:?}", report.holds);
}
