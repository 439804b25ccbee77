//! Files of several nights, kept in step: deltas between whole sets, and the same files in another form.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path};

use futures::executor::block_on;
use roster::{
    EntityKind, PullContext, PullRequest, Record, SourcedId,
    csv::CsvSource,
    sync::{MemoryStore, RosterSync, Status, Store, SyncReport},
};
use roster_testkit::district::{
    District, DistrictSpec, FileDialect, OneRosterCsv, OneRosterVersion, files_as, oneroster_csv_delta,
    oneroster_csv_files,
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
