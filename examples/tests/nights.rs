//! Files of several nights, kept in step: deltas between whole sets, and the same files in another form.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path};

use futures::executor::block_on;
use roster::{
    EntityKind, PullContext, PullRequest, Record, SourcedId,
    csv::CsvSource,
    sync::{Guard, MemoryStore, RosterSync, Status, Store, SyncReport},
};
use roster_testkit::district::{
    Dirt, District, DistrictSpec, FileDialect, OneRosterCsv, OneRosterVersion, Outcome, SetShape, dirty,
    files_as, oneroster_csv_delta, oneroster_csv_files,
};

const ROSTER: &str = "lincoln";

type Files = BTreeMap<String, Vec<u8>>;

fn night(store: &MemoryStore, folder: &Path, files: &Files) -> SyncReport {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let source = CsvSource::builder().path(folder).tenant("lincoln").build().unwrap();
    let sync = RosterSync::new(store, ROSTER).request(PullRequest::full());
    block_on(sync.run(&source, &PullContext::default())).unwrap()
}

/// The records that stand, by kind and id.
fn standing(store: &MemoryStore) -> BTreeMap<(EntityKind, SourcedId), Option<Record>> {
    let (mut all, mut after) = (BTreeMap::new(), None);
    loop {
        let page = block_on(store.records(ROSTER, None, after, 500)).unwrap();
        let stored =
            page.items.into_iter().filter(|stored| stored.state == roster::sync::RecordState::Active);
        all.extend(stored.map(|stored| ((stored.kind, stored.id), stored.record)));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn bulk_then_delta_then_bulk_equals_the_last_bulk_alone() {
    for version in [OneRosterVersion::V1_1, OneRosterVersion::V1_2] {
        let options = OneRosterCsv::new(version).without_demographics();
        let first = DistrictSpec::new(7).schools(3).students(120).generate();
        let (second, _) = first.next_day(3);
        let (third, _) = second.next_day(4);
        let folder = tempfile::tempdir().unwrap();
        let store = MemoryStore::new();
        assert_eq!(
            night(&store, folder.path(), &oneroster_csv_files(&first, &options)).status,
            Status::Applied
        );
        let delta = night(&store, folder.path(), &oneroster_csv_delta(&first, &second, &options));
        assert_eq!(delta.status, Status::Applied, "{delta:?}");
        let after_delta = standing(&store);
        let bulk = night(&store, folder.path(), &oneroster_csv_files(&second, &options));
        assert_eq!(bulk.status, Status::Unchanged, "{version:?}: the delta told everything");
        assert!(after_delta == standing(&store));
        night(&store, folder.path(), &oneroster_csv_files(&third, &options));

        let alone = MemoryStore::new();
        night(&alone, folder.path(), &oneroster_csv_files(&third, &options));
        assert!(standing(&store) == standing(&alone), "{version:?}");
    }
}

/// The text as a spreadsheet saves it: UTF-16 with tabs; its rows turned round.
fn as_unicode_text(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let text = format!("\u{feff}{}\r\n{}\r\n", header.to_uppercase(), rows.join("\r\n"));
    let mut is_quoted = false;
    let tabbed = text.chars().map(|c| {
        is_quoted ^= c == '"';
        if c == ',' && !is_quoted { '\t' } else { c }
    });
    tabbed.collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn the_same_files_shuffled_and_saved_by_a_spreadsheet_change_nothing() {
    let district: District =
        DistrictSpec::new(4).schools(2).students(60).siblings_share_email(false).generate();
    for dialect in FileDialect::ALL {
        let folder = tempfile::tempdir().unwrap();
        let store = MemoryStore::new();
        let files = files_as(&district, dialect);
        assert_eq!(night(&store, folder.path(), &files).status, Status::Applied, "{dialect}");
        let saved: Files = files.iter().map(|(name, bytes)| (name.clone(), as_unicode_text(bytes))).collect();
        let again = night(&store, folder.path(), &saved);
        assert_eq!(again.status, Status::Unchanged, "{dialect}: {again:?}");
    }
}

fn small() -> District {
    DistrictSpec::new(4).schools(2).students(60).siblings_share_email(false).generate()
}

#[test]
fn a_night_on_which_all_ids_lost_their_zeros_is_held_and_says_so() {
    let mut seen = 0;
    for dialect in FileDialect::ALL {
        let clean = files_as(&small(), dialect);
        let Some(set) = dirty(&clean, &SetShape::of(dialect), Dirt::ZerosLost, 1) else { continue };
        seen += 1;
        let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::new());
        assert_eq!(night(&store, folder.path(), &set.clean).status, Status::Applied, "{dialect}");
        let before = standing(&store);
        let held = night(&store, folder.path(), &set.files);
        assert_eq!(held.status, Status::Held, "{dialect}");
        let shape = held.holds.iter().find(|hold| hold.guard == Guard::IdShape).unwrap();
        assert_eq!((shape.kind, shape.count >= 60), (Some(EntityKind::Person), true), "{dialect}: {shape:?}");
        assert!(held.report.iter().any(|group| group.code == "leading_zeros_lost"), "{dialect}");
        assert!(standing(&store) == before, "{dialect}");
    }
    assert!(seen >= 4);
}

#[test]
fn a_night_on_which_all_ids_were_shortened_is_held_and_says_so() {
    for dialect in [FileDialect::CleverSftp, FileDialect::SdsV1, FileDialect::SdsV2, FileDialect::SdsV2_1] {
        let clean = files_as(&small(), dialect);
        let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::new());
        night(&store, folder.path(), &clean);
        let before = standing(&store);
        let people = ["students.csv", "Student.csv", "users.csv"];
        let mut files = clean.clone();
        for (name, bytes) in files.iter_mut().filter(|(name, _)| people.contains(&name.as_str())) {
            // The ids of pupils begin so in the district of this seed.
            let text = String::from_utf8(bytes.clone()).unwrap();
            let spoilt = text.split(',').map(|cell| {
                let line = cell.rsplit_once('\n').map_or("", |(before, _)| before);
                let last = cell.rsplit('\n').next().unwrap();
                let is_id = last.len() == 10 && last.starts_with("00410");
                if !is_id {
                    return cell.to_owned();
                }
                if cell.contains('\n') { format!("{line}\n4.1E+07") } else { "4.1E+07".to_owned() }
            });
            let spoilt = spoilt.collect::<Vec<_>>().join(",");
            assert_ne!(spoilt, text, "{dialect}: {name}");
            *bytes = spoilt.into_bytes();
        }
        let held = night(&store, folder.path(), &files);
        assert_eq!(held.status, Status::Held, "{dialect}: {:?}", held.kinds);
        assert!(held.holds.iter().any(|hold| hold.guard == Guard::IdShape), "{dialect}: {:?}", held.holds);
        assert!(held.report.iter().any(|group| group.code == "id_shortened"), "{dialect}");
        assert!(standing(&store) == before, "{dialect}");
    }
}

/// Of what is only written otherwise, the second night knows nothing.
#[test]
fn dirt_that_changes_nothing_is_unchanged() {
    for dialect in FileDialect::ALL {
        let clean = files_as(&small(), dialect);
        let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::new());
        night(&store, folder.path(), &clean);
        for dirt in Dirt::ALL.iter().copied() {
            let Some(set) = dirty(&clean, &SetShape::of(dialect), dirt, 2) else { continue };
            // A damaged footer names nobody, so that its kinds are partial; nothing is written for it either.
            if set.outcome == Outcome::Same && set.clean == clean {
                let report = night(&store, folder.path(), &set.files);
                assert_eq!(report.status, Status::Unchanged, "{dialect}, {dirt}: {report:?}");
            }
        }
    }
}
