//! Records that a host wants to know nothing of.

use super::*;

stories! {
    a_suppressed_pupil_never_comes_back,
    what_is_gone_or_waits_can_be_suppressed_too,
    what_is_not_there_can_not_be_suppressed,
}

fn suppress(store: &dyn Store, uids: &[u64]) -> Result<SyncReport> {
    block_on(RosterSync::new(store, ROSTER).suppress(uids, &PullContext::default()))
}

fn uid_of(store: &dyn Store, id: &str) -> u64 {
    block_on(store.find(ROSTER, id)).unwrap()[0].record.uid.unwrap()
}

/// A pupil who has seats, and how many.
fn pupil(district: &District) -> (String, u64) {
    let seat = |record| match record {
        Record::Enrollment(seat) if seat.role == roster_core::Role::Student => Some(seat.person.to_string()),
        _ => None,
    };
    let id = district.records().find_map(seat).unwrap();
    let seats = district.records().filter_map(seat).filter(|other| *other == id).count() as u64;
    (id, seats)
}

/// Whether anything of the roster but its ids tells of the record.
fn tells(store: &dyn Store, uid: u64) -> bool {
    let changes = block_on(store.changes(ROSTER, 0, 100_000)).unwrap();
    changes.iter().any(|change| change.uid == uid && change.record.is_some())
        || all(store).iter().any(|stored| stored.uid == Some(uid) && stored.record.is_some())
}

fn state_of(store: &dyn Store, uid: u64) -> RecordState {
    all(store).iter().find(|stored| stored.uid == Some(uid)).unwrap().state
}

fn a_suppressed_pupil_never_comes_back(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let (id, seats) = pupil(&district);
    let uid = uid_of(store, &id);
    assert!(tells(store, uid));

    let report = suppress(store, &[uid]).unwrap();
    assert_eq!(report.status, Status::Applied);
    assert_eq!(report.kinds[&EntityKind::Person].ended, 1);
    assert_eq!(report.kinds[&EntityKind::Enrollment].ended, seats);
    assert_eq!(block_on(store.runs(Some(ROSTER), None, 1)).unwrap()[0].report, report);
    assert_eq!((state_of(store, uid), tells(store, uid)), (RecordState::Suppressed, false));
    assert_eq!(suppress(store, &[uid]).unwrap().status, Status::Unchanged);

    let rest: BTreeMap<_, _> = of(&district)
        .into_iter()
        .filter(|((_, other), record)| {
            *other != id && !matches!(record, Record::Enrollment(seat) if seat.person.as_str() == id)
        })
        .collect();
    assert!(active(store) == rest);
    // The pupil comes as before, then as somebody who looks otherwise, then not at all, and then again.
    let renamed = |record| match record {
        Record::Person(mut person) if person.id.as_str() == id => {
            person.name.given = Some("Otherwise".to_owned());
            Record::Person(person)
        }
        other => other,
    };
    let without = |record: &Record| record.id().as_str() != id;
    let nights = [
        night(district.records()),
        night(district.records().map(renamed)),
        night(district.records().filter(without)),
        night(district.records()),
    ];
    for (number, events) in nights.into_iter().enumerate() {
        let report = sync(store, events);
        assert_eq!(report.status, Status::Unchanged, "night {number}: {:?}", report.holds);
        let (people, waiting) = (report.kinds[&EntityKind::Person], report.kinds[&EntityKind::Enrollment]);
        let delivered = u64::from(number != 2);
        assert_eq!((people.rejected, people.created, people.restored), (delivered, 0, 0));
        assert_eq!((waiting.quarantined, waiting.restored), (seats, 0));
        let told = report.notes.iter().any(|note| note == "1 record is suppressed, and left out.");
        assert_eq!(told, delivered == 1);
        assert!(active(store) == rest && !tells(store, uid));
    }
}

fn what_is_gone_or_waits_can_be_suppressed_too(store: &dyn Store) {
    let district = district();
    sync(store, night(district.records()));
    let (gone, _) = pupil(&district);
    let class = district.ids(EntityKind::Class).into_iter().next().unwrap();
    let adrift = district.records().find_map(|record| match record {
        Record::Enrollment(seat) if seat.class == class => Some(seat.id.to_string()),
        _ => None,
    });
    let lost = |record: &Record| record.id() != &class && record.id().as_str() != gone;
    let events = || night(district.records().filter(lost));
    let held = sync(store, events());
    sync_with(store, events(), |sync| sync.approve(&held.plan));
    let (gone, adrift) = (uid_of(store, &gone), uid_of(store, &adrift.unwrap()));
    assert_eq!(
        (state_of(store, gone), state_of(store, adrift)),
        (RecordState::Ended, RecordState::Quarantined)
    );

    let before = block_on(store.changes(ROSTER, 0, 100_000)).unwrap().len();
    assert_eq!(suppress(store, &[gone, adrift]).unwrap().status, Status::Applied);
    assert_eq!(block_on(store.changes(ROSTER, 0, 100_000)).unwrap().len(), before, "nothing ends twice");
    for _ in 0..2 {
        for uid in [gone, adrift] {
            assert_eq!((state_of(store, uid), tells(store, uid)), (RecordState::Suppressed, false));
        }
        sync(store, night(district.records()));
    }
}

fn what_is_not_there_can_not_be_suppressed(store: &dyn Store) {
    assert_eq!(suppress(store, &[]).unwrap().status, Status::Unchanged);
    assert_eq!(suppress(store, &[1]).unwrap_err().kind(), ErrorKind::Config);
    let district = district();
    sync(store, night(district.records()));
    let error = suppress(store, &[1, 1_000_000]).unwrap_err();
    assert!(error.message().contains("no record of the uid 1000000"), "{error}");
    assert_is(store, &district);
    assert_eq!(block_on(store.runs(Some(ROSTER), None, 10)).unwrap().len(), 1, "that is no run");
    let session = block_on(store.open(ROSTER)).unwrap();
    assert_eq!(suppress(store, &[1]).unwrap().status, Status::Busy);
    drop(session);
}
