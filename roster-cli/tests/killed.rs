//! Syncs that are killed in the middle, and two at once.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use roster::sync::{SqliteStore, Store};
use roster_testkit::district::{District, DistrictSpec, OneRosterCsv, OneRosterVersion, write_oneroster_csv};
use serde_json::Value;

use self::run::Folder;

const ROUNDS: u64 = 10;

/// Moments that are random, and the same in each run of the test.
struct Moments(u64);

impl Moments {
    fn next(&mut self, before: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        before * u32::try_from(self.0 >> 54).unwrap() / 1024
    }
}

/// What stands in a roster and what happened to it, without the runs' numbers: those that died took some.
fn story(folder: &Folder, store: &str, roster: &str) -> (String, Vec<Value>) {
    let read = |verb: &str| folder.roster(&[verb, roster, "--store", store, "--json"]);
    let changes = read("changes").stdout;
    let lines = changes.lines().map(|line| {
        let mut change: Value = serde_json::from_str(line).unwrap();
        change.as_object_mut().unwrap().remove("run");
        change
    });
    (read("records").stdout, lines.collect())
}

/// Syncs the night's files to the end, and says how long it took.
fn sync(folder: &Folder, night: &str, store: &str, roster: &str) -> Duration {
    let start = Instant::now();
    let ran = folder.roster(&["sync", night, "--store", store, "--roster", roster, "--json"]);
    assert!(ran.code == 0 || ran.code == 4, "{}{}", ran.stdout, ran.stderr);
    start.elapsed()
}

fn write(folder: &Folder, night: &str, district: &District) {
    write_oneroster_csv(district, &folder.path().join(night), &OneRosterCsv::new(OneRosterVersion::V1_1))
        .unwrap();
}

#[test]
fn a_sync_that_was_killed_leaves_nothing_behind() {
    let folder = Folder::new();
    let today = DistrictSpec::new(3).schools(2).students(300).generate();
    write(&folder, "first", &today);
    write(&folder, "second", &today.next_day(1).0);
    let (killed, calm) = ("sqlite:killed.db", "sqlite:calm.db");
    let mut moments = Moments(42);
    for round in 0..ROUNDS {
        // A roster's first sync, which writes the most, and then its second.
        let roster = format!("r{}", round / 2);
        let night = if round % 2 == 0 { "csv:first" } else { "csv:second" };
        let takes = sync(&folder, night, calm, &roster);
        let mut child = folder
            .command(&["sync", night, "--store", killed, "--roster", &roster])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(moments.next(takes));
        child.kill().unwrap();
        child.wait().unwrap();
        sync(&folder, night, killed, &roster);
        let (records, changes) = story(&folder, killed, &roster);
        let (wanted, log) = story(&folder, calm, &roster);
        assert!(records == wanted, "round {round}: what stands in the roster");
        assert!(changes == log, "round {round}: the log");
        let seqs = changes.iter().map(|change| change["seq"].as_u64().unwrap());
        assert!(seqs.eq(1..=changes.len() as u64), "round {round}: no gap, and nothing twice");
    }
    let runs = folder.roster(&["runs", "--store", killed, "--json"]).stdout;
    assert!(!runs.contains("\"status\":\"running\""), "{runs}");
    let interrupted = runs.matches("\"status\":\"interrupted\"").count();
    assert!(interrupted >= 2, "{interrupted} runs were hit: the moments prove nothing");
}

#[test]
fn the_second_of_two_at_once_is_busy() {
    let folder = Folder::new();
    let source = concat!("csv:", env!("CARGO_MANIFEST_DIR"), "/../examples/data/lincoln");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(folder.path().join("roster.db")).await.unwrap();
        let session = store.open("lincoln").await.unwrap();
        let busy = folder.roster(&["sync", source, "--json"]);
        assert_eq!((busy.code, busy.json()["status"].as_str()), (1, Some("busy")), "{}", busy.stdout);
        let told = folder.roster(&["sync", source]);
        assert_eq!(told.code, 1);
        assert!(
            told.stdout.contains("Busy: another run has this roster; nothing was pulled."),
            "{}",
            told.stdout
        );
        assert_eq!(folder.roster(&["plan", source]).code, 1);
        assert_eq!(folder.roster(&["sync", source, "--roster", "other"]).code, 0, "another roster is free");
        drop(session);
    });
    assert_eq!(folder.roster(&["sync", source]).code, 0);
    assert_eq!(
        folder.roster(&["runs", "lincoln", "--json"]).stdout.lines().count(),
        1,
        "busy ones are no runs"
    );
}
