//! Makes sets, and reads them.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::Path,
};

use roster_core::{
    Completeness, EntityKind, ErrorKind, PullContext, PullRequest, Roster, RosterSourceExt, SensitiveField,
};
use roster_csv::CsvSource;
use roster_testkit::district::{
    District, OneRosterCsv, OneRosterVersion, oneroster_csv_files, what_oneroster_says,
};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn district(version: OneRosterVersion) -> Files {
    oneroster_csv_files(&District::seed(7), &OneRosterCsv::new(version))
}

pub(crate) fn folder(files: &Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

pub(crate) fn zipped<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn entries(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
}

pub(crate) async fn pull(path: &Path) -> roster_core::Result<Roster> {
    let source = CsvSource::builder().path(path).build()?;
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    source.collect(request, PullContext::default(), 100_000).await
}

pub(crate) async fn refused(path: &Path) -> (ErrorKind, String) {
    let error = pull(path).await.unwrap_err();
    (error.kind(), error.to_string())
}

pub(crate) fn end(roster: &Roster, kind: EntityKind) -> &Completeness {
    let mut ends = roster.ends.iter().filter(|(of, ..)| *of == kind);
    let (_, _, completeness) = ends.next().unwrap();
    assert!(ends.next().is_none());
    completeness
}

pub(crate) fn codes_of(roster: &Roster) -> Vec<&str> {
    roster.problems.iter().map(|problem| &*problem.code).collect()
}

pub(crate) fn everybody(version: OneRosterVersion) -> usize {
    what_oneroster_says(&District::seed(7), version).people.len()
}
