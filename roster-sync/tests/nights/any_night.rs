//! Nights on which anything may happen at once.
#![allow(clippy::unnecessary_wraps, reason = "what makes an event makes an item of a stream")]

use std::sync::LazyLock;

use roster_core::{Entity as _, Identifier, SourcedId};
use roster_sync::Counted;

use super::*;

/// What befalls a record of the night.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Damaged,
    DamagedAndDelivered,
    Deleted,
    Renamed,
    Altered,
    Adrift,
    Twice,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Lost),
        Just(Fate::Damaged),
        Just(Fate::DamagedAndDelivered),
        Just(Fate::Deleted),
        Just(Fate::Renamed),
        Just(Fate::Altered),
        Just(Fate::Adrift),
        Just(Fate::Twice),
    ]
}

/// Fates of records by number, kinds that end partial, and whether the whole comes in reverse.
type Night = (Vec<(usize, Fate)>, BTreeSet<usize>, bool);

fn any_night() -> impl Strategy<Value = Night> {
    let fates = proptest::collection::vec((0..10_000_usize, fate()), 0..12);
    (fates, proptest::collection::btree_set(0..EntityKind::ALL.len(), 0..2), any::<bool>())
}

/// The sound district.
static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let district =
        DistrictSpec::new(11).schools(2).students(30).families_with_contacts(0).generate().normalized();
    let with_sis = |record| match record {
        Record::Person(mut person) => {
            person.identifiers = vec![Identifier::new(IdentifierScheme::SisId, format!("S{}", person.id))];
            person.into_record()
        }
        other => other,
    };
    district.records().map(with_sis).collect()
});

fn records() -> Vec<Record> {
    RECORDS.clone()
}

fn problem(record: &Record) -> Result<PullEvent> {
    let problem = Problem::error(codes::BAD_DATE, "damaged").of(record.kind()).with_id(record.id().clone());
    Ok(PullEvent::Problem(Box::new(problem)))
}

fn upsert(record: Record) -> Result<PullEvent> {
    Ok(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None })
}

fn other(id: &SourcedId) -> SourcedId {
    format!("{id}x").into()
}

fn naming(record: &Record, renamed: &BTreeSet<(EntityKind, SourcedId)>) -> Record {
    let mut record = record.clone();
    if let Record::Enrollment(seat) = &mut record {
        for (kind, id) in [(EntityKind::Class, &mut seat.class), (EntityKind::Person, &mut seat.person)] {
            if renamed.contains(&(kind, id.clone())) {
                *id = other(id);
            }
        }
    }
    record
}

/// The record under another id, or with another title.
fn otherwise(record: &Record, fate: Fate) -> Record {
    let mut record = record.clone();
    match (&mut record, fate) {
        (Record::Person(person), Fate::Renamed) => person.id = other(&person.id),
        (Record::Class(class), Fate::Renamed) => class.id = other(&class.id),
        (Record::Person(person), Fate::Adrift) => person.affiliations.clear(),
        (Record::Class(class), Fate::Adrift) => class.org = Some("nowhere".into()),
        (Record::Enrollment(seat), Fate::Adrift) => seat.person = "nobody".into(),
        (Record::Person(person), _) => person.name.given = Some("Other".into()),
        (Record::Class(class), _) => class.title = "Other".into(),
        (Record::Enrollment(seat), _) => seat.primary = Some(seat.primary != Some(true)),
        (Record::Org(org), _) => org.name = "Other".into(),
        (Record::Course(course), _) => course.title = "Other".into(),
        (Record::AcademicSession(session), _) => session.title = "Other".into(),
        _ => {}
    }
    record
}

fn events((fates, partial, reverse): &Night) -> Vec<Result<PullEvent>> {
    let records = records();
    let fates: BTreeMap<usize, Fate> =
        fates.iter().map(|(number, fate)| (number % records.len(), *fate)).collect();
    let is_renamed = |(number, _): &(usize, &Record)| matches!(fates.get(number), Some(Fate::Renamed));
    let renamed: BTreeSet<_> = records
        .iter()
        .enumerate()
        .filter(is_renamed)
        .map(|(_, record)| (record.kind(), record.id().clone()))
        .collect();
    // Who has another id is named by it, as any vendor would.
    let records: Vec<_> = records.iter().map(|record| naming(record, &renamed)).collect();
    let begin = |kind| Ok(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) });
    let mut events: Vec<Result<PullEvent>> = Vec::new();
    for (number, record) in records.iter().enumerate() {
        let id = record.id().clone();
        let whole = || upsert(record.clone());
        match fates.get(&number).copied() {
            None => events.push(whole()),
            Some(Fate::Lost) => {}
            Some(Fate::Damaged) => events.push(problem(record)),
            Some(Fate::DamagedAndDelivered) => events.extend([whole(), problem(record)]),
            Some(Fate::Deleted) => {
                events.extend([whole(), Ok(PullEvent::Delete { kind: record.kind(), id })]);
            }
            Some(Fate::Twice) => events.extend([upsert(otherwise(record, Fate::Twice)), whole()]),
            Some(fate) => events.push(upsert(otherwise(record, fate))),
        }
    }
    if *reverse {
        events.reverse();
    }
    let ends = EntityKind::ALL.into_iter().enumerate().map(|(number, kind)| {
        let cut = Completeness::Partial { code: PartialCode::Unreadable, reason: "cut".into() };
        Ok(end(kind, if partial.contains(&number) { cut } else { Completeness::Complete }))
    });
    EntityKind::ALL.map(begin).into_iter().chain(events).chain(ends).collect()
}

fn is_damaged((fates, ..): &Night, id: &SourcedId) -> bool {
    fates.iter().any(|(number, fate)| {
        matches!(fate, Fate::Damaged | Fate::DamagedAndDelivered)
            && RECORDS[number % RECORDS.len()].id() == id
    })
}

/// Syncs, and approves what is held.
fn apply(store: &dyn Store, night: &Night) -> SyncReport {
    let report = sync(store, events(night));
    if report.status != Status::Held {
        return report;
    }
    sync_with(store, events(night), |sync| sync.approve(&report.plan))
}

/// What the guards of the next night would count with, from the records themselves.
fn counted(store: &dyn Store) -> BTreeSet<(EntityKind, String, u64)> {
    let mut counts: BTreeMap<(EntityKind, String), u64> = BTreeMap::new();
    for record in active(store).into_values() {
        let mut groups = BTreeSet::new();
        let mut org = |id: &Option<SourcedId>| groups.extend(id.as_ref().map(|id| format!("org:{id}")));
        match &record {
            Record::Course(course) => org(&course.org),
            Record::Class(class) => org(&class.org),
            Record::AcademicSession(session) => org(&session.org),
            Record::Enrollment(seat) if seat.org.is_some() => org(&seat.org),
            Record::Enrollment(seat) => drop(groups.insert(format!("class:{}", seat.class))),
            Record::Person(person) => {
                if seats::needs_seat(person) {
                    groups.insert("seats:".to_owned());
                }
                for held in &person.affiliations {
                    let Some(id) = &held.org else { continue };
                    groups.insert(format!("org:{id}"));
                    match held.role.as_str() {
                        "teacher" => drop(groups.insert(format!("teachers:{id}"))),
                        "student" => drop(groups.insert(format!("students:{id}"))),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        for group in groups {
            *counts.entry((record.kind(), group)).or_default() += 1;
        }
    }
    counts.into_iter().map(|((kind, group), count)| (kind, group, count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_books_balance(nights in proptest::collection::vec(any_night(), 1..4)) {
        let store = MemoryStore::new();
        sync(&store, night(records()));
        for night in &nights {
            let report = apply(&store, night);
            prop_assert!(report.status.is_good(), "{:?}", report);
            prop_assert!(active(&store) == replayed(&store), "the log gives the store");
            let mut session = block_on(store.open(ROSTER)).unwrap().unwrap();
            let census = block_on(session.census()).unwrap();
            drop(session);
            let census: BTreeSet<_> = census.into_iter().map(|Counted { kind, group, count, .. }| (kind, group, count)).collect();
            prop_assert_eq!(&census, &counted(&store));
            let standing = active(&store);
            for record in standing.values() {
                let has = |kind, id: &SourcedId| standing.contains_key(&(kind, id.to_string()));
                // What is protected stays, also where its pupil does not.
                if let Record::Enrollment(seat) = record
                    && !is_damaged(night, &seat.id)
                {
                    prop_assert!(has(EntityKind::Class, &seat.class) && has(EntityKind::Person, &seat.person));
                }
            }
            let again = apply(&store, night);
            prop_assert!(again.kinds.values().all(|counts| counts.changes() == 0), "{:?}", again);
            prop_assert_eq!(apply(&store, night).status, Status::Unchanged);
        }
        // A sound night puts everything back, under the uids that it had.
        let last = apply(&store, &(Vec::new(), BTreeSet::new(), false));
        prop_assert!(last.status.is_good(), "{:?}", last);
        let sound: BTreeMap<_, _> =
            records().into_iter().map(|record| ((record.kind(), record.id().to_string()), record)).collect();
        prop_assert!(active(&store) == sound && replayed(&store) == sound);
    }
}
