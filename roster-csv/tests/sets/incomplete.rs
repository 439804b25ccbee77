//! Files that miss, have other names, or are no roster.

use std::{fs, path::Path};

use roster_core::{Completeness, EntityKind, ErrorKind, PartialCode, Severity, codes};
use roster_testkit::district::OneRosterVersion;
use tempfile::TempDir;

use crate::making::{Files, codes_of, district, end, everybody, folder, pull, refused, zipped};

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

/// A pipe would never end: reading it would hang the host's thread for good.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_the_folder_is_told_and_not_opened() {
    let folder = folder(&district(OneRosterVersion::V1_1));
    let pipe = folder.path().join("attendance.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "this test needs the program mkfifo (coreutils)");
    let roster = pull(folder.path()).await.unwrap();
    assert!(codes_of(&roster).contains(&codes::IGNORED_FILE));
    assert_eq!(roster.people.len(), everybody(OneRosterVersion::V1_1));
    assert_eq!(refused(&pipe).await.0, ErrorKind::Config);
}
