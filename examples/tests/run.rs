//! Each example runs, and prints what it should.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../classlink/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod classlink;
#[path = "../clever/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod clever;
#[path = "../custom_source/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod custom_source;
#[path = "../gclassroom/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod gclassroom;
#[path = "../host/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod host;
#[path = "../oneroster/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod oneroster;
#[path = "../quickstart/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod quickstart;
#[path = "../wonde/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod wonde;

use std::{fs, path::Path};

use roster::ErrorKind;
use rusqlite::Connection;

#[tokio::test]
async fn quickstart_tells_of_lincoln() {
    let report = quickstart::report(quickstart::LINCOLN.into()).await.unwrap();
    let expected = "Maple Grove Elementary School: 7 classes, 44 people\n\
                    Riverside Middle School: 7 classes, 46 people\n\
                    Prairie View High School: 7 classes, 45 people\n\
                    133 people in all, 0 problems";
    assert_eq!(report, expected);
}

#[tokio::test]
async fn quickstart_says_what_is_not_there() {
    let error = quickstart::report("no/such/folder".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn clever_tells_who_has_connected_and_what_changed() {
    let report = clever::report().await.unwrap();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!(lines[0], "Lincoln Unified School District is live");
    let upserts = |line: &str| line.split(' ').next().and_then(|number| number.parse::<u32>().ok()).unwrap();
    assert!(lines[1].ends_with(", 0 deletes") && upserts(lines[2]) > 0, "{report}");
    assert!(upserts(lines[2]) < upserts(lines[1]) && !lines[2].contains(", 0 deletes"), "{report}");
}

#[tokio::test]
async fn oneroster_tells_what_changed_in_a_day() {
    let report = oneroster::report().await.unwrap();
    let (full, changed) = report.split_once('\n').unwrap();
    assert!(full.ends_with(" records, 0 deletes, seen whole: true"), "{report}");
    let upserts = |line: &str| line.split(' ').next().and_then(|number| number.parse::<u32>().ok()).unwrap();
    assert!(
        upserts(changed) > 0 && upserts(changed) < upserts(full) && !changed.contains(", 0 deletes"),
        "{report}"
    );
}

#[tokio::test]
async fn gclassroom_tells_of_schools_that_rules_find() {
    let report = gclassroom::report().await.unwrap();
    let mut lines = report.lines();
    assert!(lines.next().unwrap().ends_with(" seats, seen whole: true"), "{report}");
    assert!(
        lines.clone().count() == 2
            && lines.all(|line| line.contains(" School: ") && line.ends_with(" people")),
        "{report}"
    );
}

#[tokio::test]
async fn classlink_tells_who_shares_and_that_nothing_changed() {
    let report = classlink::report().await.unwrap();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!((lines[0], lines[2]), ("134 districts, 3 live", "nothing changed"));
    assert!(lines[1].ends_with(" records"), "{report}");
}

#[tokio::test]
async fn wonde_goes_from_the_request_to_the_data() {
    let report = wonde::report().await.unwrap();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!(lines[..3], ["pending", "awaiting_audit", "live"], "{report}");
    assert!(lines[3].ends_with(" people in classes of type registration, seen whole: true"), "{report}");
}

#[tokio::test]
async fn custom_source_tells_of_the_village() {
    let report = custom_source::report(custom_source::VILLAGE.into()).await.unwrap();
    assert_eq!(report, "2 schools, 4 people");
}

/// All rows of the product, in words.
fn rows(folder: &Path) -> Vec<String> {
    let product = Connection::open(folder.join("product.db")).unwrap();
    let all = "SELECT 'person' || json_array(uid, id, given, family, active) FROM person UNION ALL \
               SELECT 'class' || json_array(uid, id, title, active) FROM class UNION ALL \
               SELECT 'seat' || json_array(uid, class, person, role, active) FROM seat UNION ALL \
               SELECT 'progress' || json_array(roster, seq) FROM progress ORDER BY 1";
    let mut statement = product.prepare(all).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn forget(folder: &Path, what: &str) {
    Connection::open(folder.join("product.db")).unwrap().execute_batch(what).unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a file of the test's own")]
async fn host_keeps_its_tables_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("lincoln");
    fs::create_dir(&files).unwrap();
    for file in fs::read_dir(host::LINCOLN).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), files.join(file.file_name())).unwrap();
    }
    let night = async || host::night(&files, folder.path()).await.unwrap();
    assert_eq!(night().await, "applied; 133 people and 423 seats as of change 612");
    let first = rows(folder.path());
    assert_eq!(night().await, "unchanged; 133 people and 423 seats as of change 612");
    assert_eq!(rows(folder.path()), first);

    // Three seats are gone the next night, a fourth says something else.
    let seats = files.join("enrollments.csv");
    let text = fs::read_to_string(&seats).unwrap();
    let (kept, last) = text.trim_end().rsplit_once('\n').unwrap();
    let changed = last.replacen("student", "aide", 1);
    assert_ne!(changed, last);
    let kept: Vec<_> = kept.lines().collect();
    fs::write(&seats, format!("{}\n{changed}\n", kept[..kept.len() - 3].join("\n"))).unwrap();
    assert_eq!(night().await, "applied; 133 people and 420 seats as of change 616");
    let second = rows(folder.path());
    assert_eq!(second.iter().filter(|row| row.starts_with("seat") && row.ends_with(",0]")).count(), 3);
    assert!(second.iter().any(|row| row.starts_with("seat") && row.contains("\"aide\",1]")));

    // Replayed from the first change, into the tables as they are or into new ones, it comes to the same.
    for lost in [
        "DELETE FROM progress",
        "DELETE FROM person; DELETE FROM class; DELETE FROM seat; DELETE FROM progress",
    ] {
        forget(folder.path(), lost);
        assert_eq!(night().await, "unchanged; 133 people and 420 seats as of change 616");
        assert_eq!(rows(folder.path()), second);
    }
}
