//! What is read of sound sets, again and within limits.

use std::fs;

use roster_core::{
    Completeness, EntityKind, ErrorKind, PullContext, PullRequest, RosterSource, RosterSourceExt,
    SensitiveField, Severity, codes,
};
use roster_csv::{CsvSource, Limits};
use roster_testkit::district::OneRosterVersion;

use crate::making::{codes_of, district, end, everybody, folder, pull};

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
async fn the_order_of_rows_says_nothing_and_any_cell_does() {
    let mut files = district(OneRosterVersion::V1_1);
    // A cell with a line break, whose halves must not change places with another's.
    let users = String::from_utf8(files["users.csv"].clone()).unwrap();
    files.insert("orgs.csv".into(), {
        let mut orgs = files["orgs.csv"].clone();
        orgs.extend(b"new1,,,\"A\nSchool\",school,,\nnew2,,,\"B\nAcademy\",school,,\n");
        orgs
    });
    let folder = folder(&files);
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let full = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
    let is_unchanged = async || {
        let changes = PullRequest::changes(full.cursor.clone().unwrap());
        let again = source.collect(changes, PullContext::default(), 100_000).await.unwrap();
        again.ends.iter().all(|(_, _, end)| *end == Completeness::Unchanged)
    };
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();

    let (header, rows) = users.split_once('\n').unwrap();
    let mut rows: Vec<_> = rows.lines().collect();
    rows.reverse();
    let reversed = format!("{header}\n{}\n", rows.join("\n"));
    write("users.csv", &reversed);
    assert!(is_unchanged().await);
    write("users.csv", &format!("\u{feff}{}", reversed.replace('\n', "\r\n")));
    assert!(is_unchanged().await);

    // A row said twice, a row less, a header that moved among the rows, a value exchanged, and a byte that can't be read.
    let twice = format!("{reversed}{}\n", rows[0]);
    let less = format!("{header}\n{}\n", rows[1..].join("\n"));
    let moved = format!("{}\n{header}\n{}\n", rows[0], rows[1..].join("\n"));
    for other in [&twice, &less, &moved, &reversed.replacen("student", "teacher", 1)] {
        write("users.csv", other);
        assert!(!is_unchanged().await);
    }
    write("users.csv", &reversed);
    let orgs = String::from_utf8(files["orgs.csv"].clone()).unwrap();
    write("orgs.csv", &orgs.replace("A\nSchool", "A\nAcademy").replace("B\nAcademy", "B\nSchool"));
    assert!(!is_unchanged().await);
    write("orgs.csv", &orgs);
    assert!(is_unchanged().await);
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
