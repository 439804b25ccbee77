//! Sets as they arrive: incomplete, misnamed, zipped, and with traps in them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::similar_names, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::Path,
};

use roster_core::{
    Completeness, EntityKind, ErrorKind, PartialCode, PullContext, PullRequest, Roster, RosterSource,
    RosterSourceExt, SensitiveField, Severity, codes,
};
use roster_csv::{CsvSource, Limits};
use roster_testkit::district::{
    District, OneRosterCsv, OneRosterVersion, oneroster_csv_files, what_oneroster_says,
};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

type Files = BTreeMap<String, Vec<u8>>;

fn district(version: OneRosterVersion) -> Files {
    oneroster_csv_files(&District::seed(7), &OneRosterCsv::new(version))
}

fn folder(files: &Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn zipped<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn entries(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
}

async fn pull(path: &Path) -> roster_core::Result<Roster> {
    let source = CsvSource::builder().path(path).build()?;
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    source.collect(request, PullContext::default(), 100_000).await
}

async fn refused(path: &Path) -> (ErrorKind, String) {
    let error = pull(path).await.unwrap_err();
    (error.kind(), error.to_string())
}

fn end(roster: &Roster, kind: EntityKind) -> &Completeness {
    let mut ends = roster.ends.iter().filter(|(of, ..)| *of == kind);
    let (_, _, completeness) = ends.next().unwrap();
    assert!(ends.next().is_none());
    completeness
}

fn codes_of(roster: &Roster) -> Vec<&str> {
    roster.problems.iter().map(|problem| &*problem.code).collect()
}

fn everybody(version: OneRosterVersion) -> usize {
    what_oneroster_says(&District::seed(7), version).people.len()
}

#[tokio::test]
async fn a_set_of_headers_says_that_there_is_nothing_and_is_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/headers_1_1");
    let roster = pull(&path).await.unwrap();
    let mut told = codes_of(&roster);
    told.sort_unstable();
    // Six files of records; the demographics are announced as absent, and are there.
    assert_eq!(told, [&[codes::BAD_MANIFEST][..], &[codes::HEADER_ONLY_FILE; 6][..]].concat());
    for kind in EntityKind::ALL {
        assert_eq!(end(&roster, kind), &Completeness::Complete, "{kind}");
    }
}

#[tokio::test]
async fn a_missing_file_makes_its_kind_partial_and_the_others_arrive() {
    let mut files = district(OneRosterVersion::V1_1);
    files.remove("enrollments.csv");
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(matches!(
        end(&roster, EntityKind::Enrollment),
        Completeness::Partial { code: PartialCode::Unreadable, reason } if reason.contains("enrollments.csv")
    ));
    assert_eq!(end(&roster, EntityKind::Person), &Completeness::Complete);
    let missing = roster.problems.iter().find(|problem| problem.code == codes::MISSING_FILE).unwrap();
    assert_eq!((missing.severity, missing.kind), (Severity::Error, Some(EntityKind::Enrollment)));
    assert_eq!(roster.people.len(), everybody(OneRosterVersion::V1_1));
}

#[tokio::test]
async fn a_file_that_the_manifest_says_is_absent_is_withheld_not_empty() {
    let mut files = district(OneRosterVersion::V1_1);
    files.remove("courses.csv");
    let manifest = String::from_utf8(files["manifest.csv"].clone()).unwrap();
    files.insert(
        "manifest.csv".into(),
        manifest.replace("file.courses,bulk", "file.courses,absent").into_bytes(),
    );
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(matches!(
        end(&roster, EntityKind::Course),
        Completeness::Partial { code: PartialCode::Withheld, .. }
    ));
    assert!(!codes_of(&roster).contains(&codes::MISSING_FILE));
}

#[tokio::test]
async fn without_the_roles_nobody_is_delivered_since_contacts_could_be_among_them() {
    let mut files = district(OneRosterVersion::V1_2);
    files.remove("roles.csv");
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(end(&roster, EntityKind::Person).is_partial() && roster.people.is_empty());
    assert_eq!(end(&roster, EntityKind::Enrollment), &Completeness::Complete);
}

#[tokio::test]
async fn a_damaged_role_protects_its_person() {
    let mut files = district(OneRosterVersion::V1_2);
    let roles = String::from_utf8(files["roles.csv"].clone()).unwrap();
    let mut lines: Vec<String> = roles.lines().map(str::to_owned).collect();
    lines[4].push_str(",one cell too many");
    let person = lines[4].split(',').nth(3).unwrap().to_owned();
    files.insert("roles.csv".into(), (lines.join("\n") + "\n").into_bytes());
    let roster = pull(folder(&files).path()).await.unwrap();
    let problem = roster.problems.iter().find(|problem| problem.code == codes::COLUMN_COUNT).unwrap();
    assert_eq!(problem.protects().unwrap(), (EntityKind::Person, &person.as_str().into()));
    assert!(roster.people.iter().all(|delivered| *delivered.id != *person));
    assert_eq!(roster.people.len(), everybody(OneRosterVersion::V1_2) - 1);
    assert_eq!(end(&roster, EntityKind::Person), &Completeness::Complete);
}

#[tokio::test]
async fn a_file_cut_in_the_middle_is_not_complete() {
    let mut files = district(OneRosterVersion::V1_1);
    let enrollments = files.get_mut("enrollments.csv").unwrap();
    enrollments.truncate(enrollments.len() * 2 / 3);
    while !enrollments.ends_with(b",") {
        enrollments.pop();
    }
    enrollments.pop();
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(codes_of(&roster).contains(&codes::TRUNCATED_FILE));
    assert!(end(&roster, EntityKind::Enrollment).is_partial());
}

#[tokio::test]
async fn other_names_are_known_by_their_headers() {
    let mut files = district(OneRosterVersion::V1_1);
    let classes = files.remove("classes.csv").unwrap();
    files.insert("Export (3).csv".into(), classes);
    let users = files.remove("users.csv").unwrap();
    files.insert("USERS.CSV".into(), users);
    let roster = pull(folder(&files).path()).await.unwrap();
    assert_eq!(codes_of(&roster).iter().filter(|code| **code == codes::FILE_NAME).count(), 2);
    assert_eq!(roster.people.len(), everybody(OneRosterVersion::V1_1));
    assert!(!roster.classes.is_empty());
}

#[tokio::test]
async fn two_files_for_one_table_are_asked_about() {
    let mut files = district(OneRosterVersion::V1_1);
    files.insert("Users.csv".into(), files["users.csv"].clone());
    let folder = folder(&files);
    // Some systems can't hold both names in one folder.
    if fs::read_dir(folder.path()).unwrap().count() == files.len() {
        let (kind, message) = refused(folder.path()).await;
        assert_eq!(kind, ErrorKind::Config);
        assert!(message.contains("two files for `users`"), "{message}");
    }
}

#[tokio::test]
async fn a_delta_set_is_not_taken_for_everything() {
    let mut files = district(OneRosterVersion::V1_1);
    let manifest = String::from_utf8(files["manifest.csv"].clone()).unwrap();
    files.insert("manifest.csv".into(), manifest.replace("file.users,bulk", "file.users,delta").into_bytes());
    let (kind, message) = refused(folder(&files).path()).await;
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("users.csv"), "{message}");
}

#[tokio::test]
async fn what_is_no_roster_says_what_it_lacks() {
    let nothing = TempDir::new().unwrap();
    assert_eq!(refused(nothing.path()).await.0, ErrorKind::Config);
    assert_eq!(refused(&nothing.path().join("nowhere")).await.0, ErrorKind::Config);
    let other =
        folder(&Files::from([("students.csv".into(), b"First Name,Last Name\nCanary,Bird\n".to_vec())]));
    let (kind, message) = refused(other.path()).await;
    assert_eq!(kind, ErrorKind::Config);
    assert!(message.contains("students.csv") && !message.contains("Canary"), "{message}");
    let spreadsheet =
        folder(&Files::from([("users.csv".into(), zipped([("xl/workbook.xml", &b"<x/>"[..])]))]));
    assert_eq!(refused(spreadsheet.path()).await.0, ErrorKind::Config);
}

#[tokio::test]
async fn a_spreadsheet_named_csv_is_told_and_costs_its_kind_alone() {
    let mut files = district(OneRosterVersion::V1_1);
    files.insert("courses.csv".into(), zipped([("xl/workbook.xml", &b"<x/>"[..])]));
    let roster = pull(folder(&files).path()).await.unwrap();
    assert!(codes_of(&roster).contains(&codes::NOT_TEXT) && end(&roster, EntityKind::Course).is_partial());
    assert_eq!(end(&roster, EntityKind::Class), &Completeness::Complete);
}

#[tokio::test]
async fn a_zip_is_read_as_a_folder_is() {
    let files = district(OneRosterVersion::V1_1);
    let plain = pull(folder(&files).path()).await.unwrap();
    let parent = TempDir::new().unwrap();
    let inside: Vec<_> = entries(&files).map(|(name, bytes)| (format!("export/{name}"), bytes)).collect();
    let litter =
        [("__MACOSX/._users.csv", &b"junk"[..]), ("export/.DS_Store", b"junk"), ("readme.pdf", b"junk")];
    let named = inside.iter().map(|(name, bytes)| (name.as_str(), *bytes)).chain(litter);
    for (name, bytes) in [("flat.zip", zipped(entries(&files))), ("nested", zipped(named))] {
        let path = parent.path().join(name);
        fs::write(&path, bytes).unwrap();
        let roster = pull(&path).await.unwrap();
        assert!(roster.people == plain.people && roster.enrollments == plain.enrollments, "{name}");
    }
    // A zip that lies alone in a folder stands for the folder.
    let alone = TempDir::new().unwrap();
    fs::write(alone.path().join("district.zip"), zipped(entries(&files))).unwrap();
    assert!(pull(alone.path()).await.unwrap().classes == plain.classes);
}

#[tokio::test]
async fn a_zip_inside_a_zip_is_told_and_not_opened() {
    let files = district(OneRosterVersion::V1_1);
    let inner = zipped(entries(&files));
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("district.zip");
    fs::write(&path, zipped(entries(&files).chain([("more.zip", inner.as_slice())]))).unwrap();
    let roster = pull(&path).await.unwrap();
    let ignored = roster.problems.iter().find(|problem| problem.code == codes::IGNORED_FILE).unwrap();
    assert!(ignored.message.contains("zip inside a zip"), "{}", ignored.message);
}

#[tokio::test]
async fn a_zip_with_a_trap_is_refused() {
    let files = district(OneRosterVersion::V1_1);
    let users = files["users.csv"].as_slice();
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("trap.zip");
    let traps = ["../users.csv", "a/../../users.csv", "/etc/users.csv", "..\\users.csv", "C:\\users.csv"];
    for trap in traps {
        fs::write(&path, zipped(entries(&files).chain([(trap, users)]))).unwrap();
        let (kind, message) = refused(&path).await;
        assert_eq!(kind, ErrorKind::Decode, "{trap}");
        assert!(message.contains("leads out of the zip"), "{message}");
    }
    fs::write(&path, zipped(entries(&files).chain([("USERS.csv", users)]))).unwrap();
    assert_eq!(refused(&path).await.0, ErrorKind::Decode);
    let damaged = zipped(entries(&files));
    fs::write(&path, &damaged[..damaged.len() / 2]).unwrap();
    assert_eq!(refused(&path).await.0, ErrorKind::Decode);
}

#[tokio::test]
async fn a_link_in_a_zip_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("users.csv", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("link.zip");
    fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
    let (kind, message) = refused(&path).await;
    assert_eq!(kind, ErrorKind::Decode);
    assert!(message.contains("a link"), "{message}");
}

#[tokio::test]
async fn a_zip_bomb_is_stopped() {
    let mut files = district(OneRosterVersion::V1_1);
    files.get_mut("enrollments.csv").unwrap().extend(vec![b' '; 20 << 20]);
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("bomb.zip");
    fs::write(&path, zipped(entries(&files))).unwrap();
    let (kind, message) = refused(&path).await;
    assert_eq!(kind, ErrorKind::TooLarge);
    assert!(message.contains("expand"), "{message}");
}

#[tokio::test]
async fn limits_are_typed_errors() {
    let files = district(OneRosterVersion::V1_1);
    let folder = folder(&files);
    let limited = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        CsvSource::builder().path(folder.path()).limits(limits).build().unwrap()
    };
    for source in [
        limited(|limits| limits.files = 3),
        limited(|limits| limits.file_bytes = 2000),
        limited(|limits| limits.total_bytes = 6000),
    ] {
        let pulled = source.collect(PullRequest::full(), PullContext::default(), 100_000).await;
        assert_eq!(pulled.unwrap_err().kind(), ErrorKind::TooLarge);
    }
}

#[tokio::test]
async fn the_same_files_are_unchanged_and_others_are_not() {
    let mut files = district(OneRosterVersion::V1_1);
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let full = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
    let changes = || PullRequest::changes(full.cursor.clone().unwrap());
    let again = source.collect(changes(), PullContext::default(), 100_000).await.unwrap();
    assert!(again.ends.iter().all(|(_, _, end)| *end == Completeness::Unchanged) && again.people.is_empty());
    assert_eq!(again.cursor, full.cursor);

    files.get_mut("orgs.csv").unwrap().extend(b"new,,,New School,school,,\n");
    fs::write(folder.path().join("orgs.csv"), &files["orgs.csv"]).unwrap();
    let changed = source.collect(changes(), PullContext::default(), 100_000).await.unwrap();
    assert!(changed.ends.iter().all(|(_, _, end)| *end == Completeness::Complete));
    assert_eq!(changed.orgs.len(), full.orgs.len() + 1);
}

#[tokio::test]
async fn files_that_are_not_sound_are_never_called_unchanged() {
    let mut files = district(OneRosterVersion::V1_1);
    files.remove("courses.csv");
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let full = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
    let changes = PullRequest::changes(full.cursor.clone().unwrap());
    let again = source.collect(changes, PullContext::default(), 100_000).await.unwrap();
    assert!(end(&again, EntityKind::Course).is_partial() && again.people == full.people);
}

#[tokio::test]
async fn a_bulk_file_that_fills_status_is_told_once_and_deletes_are_heeded() {
    let mut files = district(OneRosterVersion::V1_1);
    let users = String::from_utf8(files["users.csv"].clone()).unwrap();
    let stamped = users.lines().enumerate().map(|(index, line)| {
        let (id, rest) = line.split_once(",,,").unwrap_or((line, ""));
        match index {
            0 => format!("{line}\n"),
            3 => format!("{id},tobedeleted,2026-08-01T04:00:00.000Z,{rest}\n"),
            _ => format!("{id},active,2026-08-01T04:00:00.000Z,{rest}\n"),
        }
    });
    let gone = users.lines().nth(3).unwrap().split(',').next().unwrap().to_owned();
    files.insert("users.csv".into(), stamped.collect::<String>().into_bytes());
    let roster = pull(folder(&files).path()).await.unwrap();
    assert_eq!(codes_of(&roster).iter().filter(|code| **code == codes::BULK_WITH_STATUS).count(), 1);
    assert_eq!(roster.deletes, [(EntityKind::Person, gone.as_str().into())]);
    assert_eq!(roster.people.len(), everybody(OneRosterVersion::V1_1) - 1);
}

#[tokio::test]
async fn extra_columns_come_only_if_they_are_asked_for_and_passwords_never() {
    let mut files = district(OneRosterVersion::V1_1);
    let orgs = String::from_utf8(files["orgs.csv"].clone()).unwrap();
    let wider = orgs.lines().enumerate().map(|(index, line)| match index {
        0 => format!("{line},metadata.mascot\n"),
        _ => format!("{line},Owl\n"),
    });
    files.insert("orgs.csv".into(), wider.collect::<String>().into_bytes());
    let users = String::from_utf8(files["users.csv"].clone()).unwrap();
    let secret = users.lines().enumerate().map(|(index, line)| match index {
        0 => format!("{line}\n"),
        _ => format!("{line}CanarySecret\n"),
    });
    files.insert("users.csv".into(), secret.collect::<String>().into_bytes());
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let without = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
    assert!(without.orgs.iter().all(|org| org.extra.is_empty()));
    let request = PullRequest::full().with_extra().with_sensitive(SensitiveField::ALL);
    let with = source.collect(request, PullContext::default(), 100_000).await.unwrap();
    assert!(with.orgs.iter().all(|org| org.extra["mascot"] == "Owl"));
    assert!(!serde_json::to_string(&with.people).unwrap().contains("CanarySecret"));
}

#[tokio::test]
async fn a_check_tells_what_can_be_read() {
    let mut files = district(OneRosterVersion::V1_2);
    files.remove("courses.csv");
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let report = source.check(&PullContext::default()).await.unwrap();
    assert!(
        !report.granted.contains(&EntityKind::Course) && report.granted.contains(&EntityKind::Relationship)
    );
    assert_eq!(report.profile.unwrap()["dialect"], "oneroster_1_2");
    assert!(report.data_as_of.is_some() && report.warnings[0].starts_with("missing_file"));
}

#[tokio::test]
async fn one_file_is_a_set_of_its_own() {
    let files = district(OneRosterVersion::V1_1);
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path().join("users.csv")).build().unwrap();
    assert_eq!(source.info().tenant, "users");
    let request = PullRequest::full().only([EntityKind::Person]);
    let roster = source.collect(request, PullContext::default(), 100_000).await.unwrap();
    assert!(
        !roster.people.is_empty()
            && roster.problems.iter().all(|problem| problem.severity == Severity::Warning)
    );
}
