//! Stores of versions before today's become stores of today's, and say what they said.

use std::path::Path;

use futures::executor::block_on;
use roster_core::{Completeness, EntityKind, FieldSet, PullContext, PullEvent, Record, Slice};
use roster_sync::{Op, Pair, RecordState, RosterSync, SqliteStore, Status, Store, SyncReport};
use roster_testkit::{district::DistrictSpec, scripted::Playback};
use rusqlite::{Connection, params};

use super::{ROSTER, open, place};

const ALL: usize = 100_000;

fn version(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn district() -> Vec<Record> {
    DistrictSpec::new(7).schools(2).students(400).generate().records().collect()
}

/// A night on which all of these were delivered.
fn sync(store: &SqliteStore, records: &[Record]) -> SyncReport {
    let begin = |kind| Ok(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) });
    let end = |kind| PullEvent::End { kind, slice: Slice::All, completeness: Completeness::Complete };
    let upsert = |record| Ok(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None });
    let mut events = Vec::new();
    events.extend(EntityKind::ALL.map(begin));
    events.extend(records.iter().cloned().map(upsert));
    events.extend(EntityKind::ALL.map(|kind| Ok(end(kind))));
    let source = Playback::new(ROSTER).then(events);
    block_on(RosterSync::new(store, ROSTER).run(&source, &PullContext::default())).unwrap()
}

/// Makes a store of version 2 of one of today.
fn back_to_version_2(path: &Path) {
    let store = open(path);
    let mut session = block_on(store.open(ROSTER)).unwrap().unwrap();
    let pairs = block_on(session.pairs(0, ALL)).unwrap();
    let links = block_on(session.links(0, ALL)).unwrap();
    drop(session);
    let mut old = Connection::open(path).unwrap();
    let transaction = old.transaction().unwrap();
    transaction
        .execute_batch(
            "CREATE TABLE current(row INTEGER PRIMARY KEY, packed BLOB NOT NULL, seq INTEGER NOT NULL,
               what INTEGER NOT NULL, link1 INTEGER NOT NULL, link2 INTEGER NOT NULL);
             DROP TABLE created; DROP TABLE created_links; DROP TABLE changed;
             DROP VIEW records; CREATE VIEW records AS SELECT row FROM current; PRAGMA user_version = 2;",
        )
        .unwrap();
    for (Pair { uid, key, digest, seq, kind, state }, links) in pairs.into_iter().zip(links) {
        assert_eq!(links.uid, uid);
        let states =
            [RecordState::Active, RecordState::Ended, RecordState::Quarantined, RecordState::Suppressed];
        let state = states.iter().position(|of| *of == state).unwrap();
        let what = u8::try_from(state << 4 | kind as usize).unwrap();
        let packed: Vec<u8> =
            [&uid.to_be_bytes()[..], &key.to_bytes(), &digest.to_bytes(), &seq.to_be_bytes(), &[what]]
                .concat();
        let [row, seq, first, second] = [1 << 40 | uid, seq, links.first, links.second].map(u64::cast_signed);
        transaction
            .execute(
                "INSERT INTO current VALUES (?, ?, ?, ?, ?, ?)",
                params![row, packed, seq, what, first, second],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// All that can be read of a store, the times of its runs apart.
fn told(path: &Path) -> Vec<String> {
    let store = open(path);
    let mut told = Vec::new();
    for kind in EntityKind::ALL.map(Some).into_iter().chain([None]) {
        let mut after = None;
        loop {
            let page = block_on(store.records(ROSTER, kind, after, 97)).unwrap();
            told.extend(page.items.iter().map(|record| format!("{record:?}")));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let changes = block_on(store.changes(ROSTER, 0, ALL)).unwrap();
    for change in changes.iter().filter(|change| change.op != Op::Create) {
        told.push(format!("{:?}", block_on(store.find(ROSTER, &change.id)).unwrap()));
    }
    told.extend(changes.iter().map(|change| format!("{change:?}")));
    let mut session = block_on(store.open(ROSTER)).unwrap().unwrap();
    told.extend(block_on(session.pairs(0, ALL)).unwrap().iter().map(|pair| format!("{pair:?}")));
    told.extend(block_on(session.links(0, ALL)).unwrap().iter().map(|links| format!("{links:?}")));
    drop(session);
    let connection = Connection::open(path).unwrap();
    for view in ["records ORDER BY uid", "changes ORDER BY seq"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|index| row.get::<_, rusqlite::types::Value>(index));
            Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
        };
        told.extend(statement.query_map([], row).unwrap().map(Result::unwrap));
    }
    told
}

#[test]
fn a_store_of_version_1_learns_how_many_need_a_seat() {
    let (_folder, path) = place();
    let records = district();
    let first = sync(&open(&path), &records).seats.unwrap();
    assert!(first.now == 0 && first.after > 30, "{first:?}");
    back_to_version_2(&path);
    let old = Connection::open(&path).unwrap();
    assert_eq!(old.execute("DELETE FROM census WHERE name = 'seats:'", []).unwrap(), 1);
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let again = sync(&open(&path), &records).seats.unwrap();
    assert_eq!((again.now, again.after), (first.after, first.after));
    assert_eq!(version(&path), 3);
}

/// Records that were created over several nights, changed, ended and came back.
#[test]
fn a_store_of_version_2_says_what_it_said() {
    let (_folder, path) = place();
    let mut records = district();
    let absent = records.split_off(records.len() - 5);
    assert!(records.len() > 2000, "{}", records.len());
    assert_eq!(sync(&open(&path), &records).status, Status::Applied);
    let gone: Vec<_> = records.extract_if(records.len() - 9.., |_| true).collect();
    let mut renamed = 0;
    for record in &mut records {
        if let Record::Person(person) = record
            && renamed < 9
        {
            person.name.given = Some("Ada".into());
            renamed += 1;
        }
    }
    records.extend(absent);
    let report = sync(&open(&path), &records);
    assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
    records.extend(gone.into_iter().take(4));
    assert_eq!(sync(&open(&path), &records).status, Status::Applied);
    let ops: Vec<_> =
        block_on(open(&path).changes(ROSTER, 0, ALL)).unwrap().iter().map(|change| change.op).collect();
    for op in [Op::Create, Op::Update, Op::End, Op::Restore] {
        assert!(ops.contains(&op), "{op:?}");
    }

    let before = told(&path);
    back_to_version_2(&path);
    assert_eq!(version(&path), 2);
    assert!(told(&path) == before);
    assert_eq!(version(&path), 3);
    assert_eq!(sync(&open(&path), &records).status, Status::Unchanged);
    assert!(told(&path) == before);
    // What was brought to today's version is written to like any other.
    records.truncate(records.len() - 3);
    assert_eq!(sync(&open(&path), &records).status, Status::Applied);
    let after = told(&path);
    back_to_version_2(&path);
    assert!(told(&path) == after && after != before);
}
