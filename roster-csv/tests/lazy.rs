//! Nothing before the first poll, nothing after the drop.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use futures::StreamExt;
use roster_core::{PullContext, PullRequest, PullStream, RosterSource};
use roster_csv::CsvSource;
use roster_testkit::district::{District, DistrictSpec, OneRosterCsv, OneRosterVersion, write_oneroster_csv};
use tempfile::TempDir;

fn write(district: &District, folder: &std::path::Path) {
    write_oneroster_csv(district, folder, &OneRosterCsv::new(OneRosterVersion::V1_1)).unwrap();
}

/// Pulls a district of which one file is larger than what may be in flight: the reader can't be through with it when the first
/// event comes.
fn pull_much(folder: &TempDir) -> PullStream {
    let district = DistrictSpec::new(3).schools(4).students(9000).families_with_contacts(0).generate();
    write(&district, folder.path());
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    source.pull(PullRequest::full(), PullContext::default())
}

#[tokio::test]
async fn the_files_are_looked_at_when_the_stream_is_polled() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("district");
    let source = CsvSource::builder().path(&folder).build().unwrap();
    assert!(source.check(&PullContext::default()).await.is_err());
    let pull = source.pull(PullRequest::full(), PullContext::default());
    // Only now there is something to read.
    std::fs::create_dir(&folder).unwrap();
    write(&District::seed(7), &folder);
    assert!(pull.map(Result::unwrap).count().await > 100);
}

/// The threads of this process that bear the reader's name.
#[cfg(target_os = "linux")]
fn readers() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("comm"));
    let names = tasks.filter_map(|comm| {
        let mut name = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(std::fs::File::open(comm).ok()?), &mut name)
            .ok()?;
        Some(name)
    });
    names.filter(|name| name.trim() == "roster-csv").count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dropped_pull_leaves_no_thread_behind() {
    let folder = TempDir::new().unwrap();
    let mut pull = pull_much(&folder);
    // The other test of this file may have a reader of its own for a moment.
    for _ in 0..10 {
        pull.next().await.unwrap().unwrap();
    }
    assert!(readers() >= 1, "it reads ahead");
    drop(pull);
    for _ in 0..200 {
        if readers() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the reader still runs");
}

#[tokio::test]
async fn a_file_replaced_meanwhile_is_not_read_with_the_old_header() {
    let folder = TempDir::new().unwrap();
    let mut pull = pull_much(&folder);
    pull.next().await.unwrap().unwrap();
    let other = folder.path().join("other");
    std::fs::write(&other, "sourcedId,userSourcedId,classSourcedId,role\ne1,c1,p1,student\n").unwrap();
    std::fs::rename(&other, folder.path().join("enrollments.csv")).unwrap();
    let mut last = None;
    while let Some(event) = pull.next().await {
        last = Some(event.map_err(|error| error.kind()));
    }
    assert_eq!(last.unwrap().unwrap_err(), roster_core::ErrorKind::Unstable);
}
