//! What a store looks like after good and bad nights.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use futures::executor::block_on;
use proptest::prelude::*;
use roster_core::{
    Completeness, EntityKind, Error, ErrorKind, FieldSet, IdentifierScheme, PartialCode, Problem,
    PullContext, PullEvent, PullRequest, Record, Result, SensitiveField, Slice, codes,
};
use roster_sync::{
    Guard, MemoryStore, Mode, Op, RecordState, RosterSync, SqliteStore, Status, Store, StoredRecord,
    SyncReport,
};
use roster_testkit::{
    district::{DayTruth, District, DistrictSpec},
    scripted::Playback,
};

/// Tells each story on each store.
macro_rules! stories {
    ($($story:ident,)+) => {
        mod in_memory {
            use super::*;

            $(#[test]
            fn $story() {
                super::$story(&MemoryStore::new());
            })+
        }

        mod in_sqlite {
            use super::*;

            $(#[test]
            fn $story() {
                let folder = tempfile::tempdir().unwrap();
                super::$story(&block_on(SqliteStore::open(folder.path().join("roster.db"))).unwrap());
            })+
        }
    };
}

mod any_night;
mod asking;
mod dangling;
mod every_field;
mod feeds;
mod forgetting;
mod id_shapes;
mod planning;
mod seats;
mod slices;
mod years;

const ROSTER: &str = "lincoln";

fn district() -> District {
    DistrictSpec::new(7).schools(3).students(120).families_with_contacts(0).generate().normalized()
}

/// All of the district, each kind as one whole slice.
fn night(records: impl IntoIterator<Item = Record>) -> Vec<Result<PullEvent>> {
    let mut kinds: BTreeMap<EntityKind, Vec<Record>> = EntityKind::ALL.map(|kind| (kind, Vec::new())).into();
    for record in records {
        kinds.entry(record.kind()).or_default().push(record);
    }
    let mut events = Vec::new();
    for (kind, records) in kinds {
        events.push(Ok(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) }));
        for record in records {
            events.push(Ok(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None }));
        }
        events.push(Ok(end(kind, Completeness::Complete)));
    }
    events
}

fn end(kind: EntityKind, completeness: Completeness) -> PullEvent {
    PullEvent::End { kind, slice: Slice::All, completeness }
}

fn request() -> PullRequest {
    PullRequest::full().with_sensitive(SensitiveField::ALL)
}

fn sync(store: &dyn Store, events: Vec<Result<PullEvent>>) -> SyncReport {
    sync_with(store, events, |sync| sync)
}

fn sync_with(
    store: &dyn Store,
    events: Vec<Result<PullEvent>>,
    change: impl FnOnce(RosterSync<'_>) -> RosterSync<'_>,
) -> SyncReport {
    let source = Playback::new(ROSTER).then(events);
    let sync = change(RosterSync::new(store, ROSTER).request(request()));
    let report = block_on(sync.run(&source, &PullContext::default())).unwrap();
    for (kind, counts) in &report.kinds {
        assert!(counts.add_up(), "{kind}: {counts:?}");
    }
    report
}

fn all(store: &dyn Store) -> Vec<StoredRecord> {
    let (mut list, mut after) = (Vec::new(), None);
    loop {
        let page = block_on(store.records(ROSTER, None, after, 100)).unwrap();
        list.extend(page.items);
        after = page.next;
        if after.is_none() {
            return list;
        }
    }
}

fn active(store: &dyn Store) -> BTreeMap<(EntityKind, String), Record> {
    all(store)
        .into_iter()
        .filter(|stored| stored.state == RecordState::Active)
        .map(|stored| ((stored.kind, stored.id.to_string()), stored.record.unwrap()))
        .collect()
}

fn of(district: &District) -> BTreeMap<(EntityKind, String), Record> {
    district.records().map(|record| ((record.kind(), record.id().to_string()), record)).collect()
}

/// A host that keeps its own tables by the log alone.
fn replayed(store: &dyn Store) -> BTreeMap<(EntityKind, String), Record> {
    let mut tables: BTreeMap<u64, Record> = BTreeMap::new();
    let mut after = 0;
    loop {
        let changes = block_on(store.changes(ROSTER, after, 50)).unwrap();
        let Some(last) = changes.last() else { break };
        let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
        assert_eq!(seqs, (after + 1..=last.seq).collect::<Vec<_>>(), "no gap");
        after = last.seq;
        for change in changes {
            match change.op {
                Op::End => assert!(tables.remove(&change.uid).is_some(), "{change:?}"),
                Op::Create | Op::Restore => {
                    assert!(tables.insert(change.uid, change.record.unwrap()).is_none());
                }
                _ => assert!(tables.insert(change.uid, change.record.unwrap()).is_some()),
            }
        }
    }
    tables.into_values().map(|record| ((record.kind(), record.id().to_string()), record)).collect()
}

fn assert_is(store: &dyn Store, district: &District) {
    assert!(active(store) == of(district));
    assert!(replayed(store) == of(district), "the log gives the store");
}

fn once_applies_and_twice_is_unchanged(store: &dyn Store) {
    let district = district();
    let report = sync(store, night(district.records()));
    assert_eq!(report.status, Status::Applied);
    assert_is(store, &district);
    let mut shuffled: Vec<_> = district.records().collect();
    shuffled.reverse();
    let report = sync(store, night(shuffled));
    assert_eq!(report.status, Status::Unchanged, "{report:?}");
    assert!(report.kinds.values().all(|counts| counts.changes() == 0 && counts.seen == counts.unchanged));
}

fn parents_come_first_in_the_log_whatever_the_order_of_the_pull(store: &dyn Store) {
    let district = district();
    let mut events = night(district.records());
    events.reverse();
    let begins: Vec<_> = EntityKind::ALL
        .map(|kind| Ok(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) }))
        .into();
    let events = begins
        .into_iter()
        .chain(events.into_iter().filter(|event| !matches!(event, Ok(PullEvent::Begin { .. }))))
        .collect();
    sync(store, events);
    let mut there: BTreeSet<(EntityKind, String)> = BTreeSet::new();
    for change in block_on(store.changes(ROSTER, 0, 100_000)).unwrap() {
        let record = change.record.unwrap();
        let has = |kind, id: &str| there.contains(&(kind, id.to_owned()));
        match &record {
            Record::Org(org) => assert!(org.parent.as_ref().is_none_or(|id| has(EntityKind::Org, id))),
            Record::Class(class) => assert!(class.org.as_ref().is_none_or(|id| has(EntityKind::Org, id))),
            Record::Enrollment(seat) => {
                assert!(has(EntityKind::Class, &seat.class) && has(EntityKind::Person, &seat.person));
            }
            _ => {}
        }
        there.insert((record.kind(), record.id().to_string()));
    }
    assert_is(store, &district);
}

fn a_night_that_empties_is_held_and_the_approval_works_once(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let half: Vec<_> = district
        .records()
        .enumerate()
        .filter(|(number, record)| record.kind() != EntityKind::Enrollment || number % 2 == 0)
        .map(|(_, record)| record)
        .collect();
    let held = sync(store, night(half.clone()));
    assert_eq!(held.status, Status::Held);
    assert!(
        held.holds.iter().any(|hold| hold.guard == Guard::Ends && hold.kind == Some(EntityKind::Enrollment))
    );
    assert_is(store, &district);

    // Another danger has another name, and uses nothing up.
    let third: Vec<_> = half.iter().skip(2).cloned().collect();
    let refused = sync_with(store, night(third), |sync| sync.approve(&held.plan));
    assert_eq!(refused.status, Status::Held);
    assert_ne!(refused.plan, held.plan);
    assert_eq!(refused.notes[0], "The approval names another plan, and was not used up.");
    // Nor does a good night between.
    assert_eq!(sync(store, night(district.records())).status, Status::Unchanged);
    let again = sync(store, night(half.clone()));
    assert_eq!((again.status, &again.plan), (Status::Held, &held.plan), "put back, it has its name again");
    let applied = sync_with(store, night(half.clone()), |sync| sync.approve(&held.plan));
    assert_eq!(applied.status, Status::Applied);
    assert_eq!(sync(store, night(half.clone())).status, Status::Unchanged);
    // The same danger once more wants an approval of its own.
    sync(store, night(district.records()));
    let refused = sync_with(store, night(half), |sync| sync.approve(&held.plan));
    assert_eq!(refused.status, Status::Held);
    assert_is(store, &district);
}

fn an_empty_kind_is_held_even_if_it_was_small(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let without = district.records().filter(|record| record.kind() != EntityKind::AcademicSession);
    let report = sync(store, night(without));
    assert_eq!(report.status, Status::Held);
    assert!(report.holds.iter().any(|hold| hold.guard == Guard::EmptyKind));
    assert_is(store, &district);
}

fn a_school_that_loses_every_teacher_is_held(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let school = district
        .records()
        .find_map(|record| match record {
            Record::Person(person) if person.has_role(&roster_core::Role::Teacher) => {
                person.affiliations.first().and_then(|held| held.org.clone())
            }
            _ => None,
        })
        .unwrap();
    let stays = |record: &Record| match record {
        Record::Person(person) => !person
            .affiliations
            .iter()
            .any(|held| held.role == roster_core::Role::Teacher && held.org.as_ref() == Some(&school)),
        _ => true,
    };
    let report = sync(store, night(district.records().filter(stays)));
    assert_eq!(report.status, Status::Held);
    assert!(
        report
            .holds
            .iter()
            .any(|hold| hold.guard == Guard::NoTeachers && hold.school.as_ref() == Some(&school))
    );
    assert_is(store, &district);
}

fn a_damaged_record_is_neither_ended_nor_made_anew(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let pupil = district.ids(EntityKind::Person).into_iter().next().unwrap();
    let mut events = night(district.records().filter(|record| record.id() != &pupil));
    let problem = Problem::error(codes::BAD_DATE, "damaged").of(EntityKind::Person).with_id(pupil.clone());
    events.insert(events.len() / 2, Ok(PullEvent::Problem(Box::new(problem))));
    let report = sync(store, events);
    let people = report.kinds[&EntityKind::Person];
    assert_eq!((people.rejected, people.protected, people.ended), (1, 1, 0));
    assert_is(store, &district);
    let report = sync(store, night(district.records()));
    assert_eq!(report.status, Status::Unchanged);
}

fn what_hangs_on_a_lost_class_waits_for_it(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let class = district.ids(EntityKind::Class).into_iter().next().unwrap();
    let seats = district
        .records()
        .filter(|record| matches!(record, Record::Enrollment(seat) if seat.class == class))
        .count() as u64;
    let lost = || night(district.records().filter(|record| record.id() != &class));
    let report = sync(store, lost());
    if report.status == Status::Held {
        let applied = sync_with(store, lost(), |sync| sync.approve(&report.plan));
        assert_eq!(applied.status, Status::Applied);
    }
    assert_eq!(report.kinds[&EntityKind::Enrollment].quarantined, seats);
    assert_eq!(report.kinds[&EntityKind::Class].ended, 1);
    let waiting =
        all(store).into_iter().filter(|stored| stored.state == RecordState::Quarantined).count() as u64;
    assert_eq!(waiting, seats);
    assert_eq!(sync(store, lost()).status, Status::Unchanged, "nothing more happens to them");
    let report = sync(store, night(district.records()));
    assert_eq!(report.kinds[&EntityKind::Enrollment].restored, seats);
    assert_eq!(report.kinds[&EntityKind::Class].restored, 1);
    assert_is(store, &district);
}

fn people_under_new_ids_are_the_same_people(store: &dyn Store) {
    let with_sis = |record: Record| match record {
        Record::Person(mut person) => {
            person.identifiers =
                vec![roster_core::Identifier::new(IdentifierScheme::SisId, format!("S{}", person.id))];
            Record::Person(person)
        }
        other => other,
    };
    let records: Vec<_> = district().records().map(with_sis).collect();
    sync(store, night(records.clone()));
    let people = records.iter().filter(|record| record.kind() == EntityKind::Person).count() as u64;
    let seats = records.iter().filter(|record| record.kind() == EntityKind::Enrollment).count() as u64;
    let renamed = records.into_iter().map(|record| match record {
        Record::Person(mut person) => {
            person.id = format!("new-{}", person.id).into();
            Record::Person(person)
        }
        Record::Enrollment(mut seat) => {
            seat.person = format!("new-{}", seat.person).into();
            Record::Enrollment(seat)
        }
        other => other,
    });
    let renamed: Vec<_> = renamed.collect();
    let report = sync(store, night(renamed.clone()));
    assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
    let counts = report.kinds[&EntityKind::Person];
    assert_eq!((counts.rekeyed, counts.created, counts.ended), (people, 0, 0));
    let counts = report.kinds[&EntityKind::Enrollment];
    assert_eq!((counts.updated, counts.created, counts.ended), (seats, 0, 0));
    let wanted: BTreeMap<_, _> =
        renamed.into_iter().map(|record| ((record.kind(), record.id().to_string()), record)).collect();
    assert!(active(store) == wanted && replayed(store) == wanted);
}

fn nothing_of_a_full_pull_that_broke_off_is_applied(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let next = district.next_day(3).0.normalized();
    let length = night(next.records()).len();
    for cut in [0, 1, length / 2, length - 1] {
        let mut events: Vec<_> = night(next.records()).into_iter().take(cut).collect();
        events.push(Err(Error::new(ErrorKind::Transport, "playback", "reading", "cut")));
        let report = sync(store, events);
        assert_eq!(report.status, Status::Failed);
        assert!(report.is_partial() && report.error.is_some());
        assert_is(store, &district);
    }
}

fn absence_from_a_partial_slice_means_nothing(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: "cut".into() };
    let events = EntityKind::ALL
        .into_iter()
        .flat_map(|kind| {
            let begin = PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) };
            [Ok(begin), Ok(end(kind, partial.clone()))]
        })
        .collect();
    let report = sync(store, events);
    assert_eq!(report.status, Status::Unchanged);
    assert!(report.is_partial());
    assert_is(store, &district);
}

fn a_busy_roster_is_not_touched(store: &dyn Store) {
    let session = block_on(store.open(ROSTER)).unwrap();
    assert!(session.is_some());
    assert_eq!(sync(store, Vec::new()).status, Status::Busy);
}

stories! {
    once_applies_and_twice_is_unchanged,
    parents_come_first_in_the_log_whatever_the_order_of_the_pull,
    a_night_that_empties_is_held_and_the_approval_works_once,
    an_empty_kind_is_held_even_if_it_was_small,
    a_school_that_loses_every_teacher_is_held,
    a_damaged_record_is_neither_ended_nor_made_anew,
    what_hangs_on_a_lost_class_waits_for_it,
    people_under_new_ids_are_the_same_people,
    nothing_of_a_full_pull_that_broke_off_is_applied,
    absence_from_a_partial_slice_means_nothing,
    a_busy_roster_is_not_touched,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_next_day_is_what_the_store_becomes(seed in 0..1000_u64, days in 1..4_u64) {
        let store = MemoryStore::new();
        let mut today = DistrictSpec::new(seed).schools(2).students(40).generate().normalized();
        sync(&store, night(today.records()));
        for day in 0..days {
            let next = today.next_day(seed + day).0.normalized();
            let truth = DayTruth::between(&today, &next);
            let plan = sync(&store, night(next.records()));
            let report = if plan.status == Status::Held {
                sync_with(&store, night(next.records()), |sync| sync.approve(&plan.plan))
            } else {
                plan
            };
            for kind in EntityKind::ALL {
                let counts = report.kinds[&kind];
                let count = |of: &BTreeMap<EntityKind, BTreeSet<_>>| of.get(&kind).map_or(0, BTreeSet::len) as u64;
                let (new, gone) = (count(&truth.created), count(&truth.ended));
                prop_assert_eq!(counts.created + counts.restored + counts.rekeyed, new, "{}", kind);
                prop_assert_eq!(counts.ended + counts.rekeyed, gone, "{}", kind);
            }
            assert_is(&store, &next);
            prop_assert_eq!(sync(&store, night(next.records())).status, Status::Unchanged);
            today = next;
        }
    }
}
