//! Whatever the bytes: a clear result or a typed error, never a panic, and counts that add up.
//!
//! `PROPTEST_CASES` sets how long it runs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use futures::{StreamExt, executor::block_on};
use proptest::prelude::*;
use roster_core::{Notice, Observer, PullContext, PullRequest, RosterSource, SensitiveField, Tally};
use roster_csv::CsvSource;
use roster_testkit::district::{District, DistrictSpec, OneRosterCsv, OneRosterVersion, oneroster_csv_files};
use tempfile::TempDir;

#[derive(Debug, Default)]
struct AddUp(Mutex<u64>);

impl Observer for AddUp {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::File { file, rows } = notice {
            assert!(rows.add_up(), "{file}: {rows:?}");
            *self.0.lock().unwrap() += rows.rows;
        }
    }
}

/// Pulls to the end. The laws that hold for any input are checked here.
fn pull(path: &Path) {
    let source = CsvSource::builder().path(path).build().unwrap();
    let request = PullRequest::full().with_sensitive(SensitiveField::ALL).with_extra();
    let mut pull = source.pull(request, PullContext::new(Arc::new(AddUp::default())));
    let (mut tally, mut failed) = (Tally::new(), false);
    block_on(async {
        while let Some(event) = pull.next().await {
            assert!(!failed, "an event after an error");
            match event {
                Ok(event) => tally.count(&event),
                Err(_) => failed = true,
            }
        }
    });
    assert!(failed || tally.kinds().len() == 7);
}

fn write(files: &std::collections::BTreeMap<String, Vec<u8>>) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn district(version: OneRosterVersion) -> std::collections::BTreeMap<String, Vec<u8>> {
    static TINY: std::sync::LazyLock<District> =
        std::sync::LazyLock::new(|| DistrictSpec::new(5).schools(1).students(12).generate());
    oneroster_csv_files(&TINY, &OneRosterCsv::new(version))
}

/// One way to spoil a file.
#[derive(Clone, Debug)]
enum Spoil {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, u8),
    Repeat(prop::sample::Index, u8),
}

impl Spoil {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let end = |at: usize, count: u8| length.min(at + usize::from(count));
        match self {
            Self::Set(at, byte) => bytes[at.index(length)] = *byte,
            Self::Insert(at, more) => {
                drop(bytes.splice(at.index(length)..at.index(length), more.iter().copied()));
            }
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Remove(at, count) => drop(bytes.drain(at.index(length)..end(at.index(length), *count))),
            Self::Repeat(at, count) => {
                let piece = bytes[at.index(length)..end(at.index(length), *count)].to_vec();
                bytes.splice(at.index(length)..at.index(length), piece);
            }
        }
    }
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(0), Just(0xef), any::<u8>()]
}

fn spoil() -> impl Strategy<Value = Spoil> {
    use prop::sample::Index;
    prop_oneof![
        (any::<Index>(), byte()).prop_map(|(at, byte)| Spoil::Set(at, byte)),
        (any::<Index>(), prop::collection::vec(byte(), 1..6)).prop_map(|(at, more)| Spoil::Insert(at, more)),
        any::<Index>().prop_map(Spoil::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Spoil::Remove(at, count)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, count)| Spoil::Repeat(at, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_as_any_file(
        file in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(byte(), 0..400),
        after_header: bool,
        v1_2: bool,
    ) {
        let mut files = district(if v1_2 { OneRosterVersion::V1_2 } else { OneRosterVersion::V1_1 });
        let name = files.keys().nth(file.index(files.len())).unwrap().clone();
        let content = files.get_mut(&name).unwrap();
        let header = content.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        content.truncate(if after_header { header } else { 0 });
        content.extend(bytes);
        pull(write(&files).path());
    }

    #[test]
    fn random_damage_to_good_files(
        damage in prop::collection::vec((any::<prop::sample::Index>(), spoil()), 1..12),
        v1_2: bool,
    ) {
        let mut files = district(if v1_2 { OneRosterVersion::V1_2 } else { OneRosterVersion::V1_1 });
        let names: Vec<_> = files.keys().cloned().collect();
        for (file, spoil) in &damage {
            spoil.apply(files.get_mut(&names[file.index(names.len())]).unwrap());
        }
        pull(write(&files).path());
    }

    #[test]
    fn random_bytes_as_a_zip(bytes in prop::collection::vec(any::<u8>(), 0..600), is_zip: bool) {
        let folder = TempDir::new().unwrap();
        let magic: &[u8] = if is_zip { b"PK\x03\x04" } else { b"" };
        let path = folder.path().join("district.zip");
        fs::write(&path, [magic, &bytes].concat()).unwrap();
        pull(&path);
    }
}
