//! What only a store in a file can do wrong.

#![expect(clippy::unwrap_used, reason = "what makes the stores of the tests is no test itself")]

mod versions;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::executor::block_on;
use roster_core::{EntityKind, ErrorKind, Org, OrgType, Record, jiff::Timestamp};
use roster_sync::{
    Batch, Digest, Key, Op, RecordState, RunEnd, RunStart, Session, SqliteStore, Status, Store, SyncReport,
    VersionWrite, Write,
};
use rusqlite::Connection;
use tempfile::TempDir;

const ROSTER: &str = "north";

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.db");
    (folder, path)
}

fn open(path: &Path) -> SqliteStore {
    block_on(SqliteStore::open(path)).unwrap()
}

fn start() -> RunStart {
    RunStart::new("csv", "t", None, Timestamp::UNIX_EPOCH)
}

/// The end of a run that counts. What it leaves is as little as reads back.
fn end() -> RunEnd {
    let mut end = RunEnd::new(Timestamp::UNIX_EPOCH, SyncReport::new(ROSTER, "t", Status::Applied));
    let memory = r#"{"provider":"csv","tenant":"t","cursor":null,"asked":{"kinds":[],"scope":{"orgs":null,"classes":null},
        "sensitive":[]},"needs_full":null,"full":{},"fresh":{},"window":[],"approvals":0}"#;
    end.memory = Some(serde_json::from_str(memory).unwrap());
    end
}

/// Schools from that seq on.
fn schools(from: u64, count: u64) -> Batch {
    let mut batch = Batch::default();
    for seq in from..from + count {
        let id = format!("s{seq}");
        let record: Record = Org::new(id.as_str(), OrgType::School, "North").into();
        let json = serde_json::to_string(&record).unwrap();
        let body = batch.add_text(&json);
        batch.push(Write::Version(VersionWrite {
            seq,
            uid: seq,
            op: Op::Create,
            kind: EntityKind::Org,
            before: None,
            key: Key::of(EntityKind::Org, &id),
            digest: Digest::of(json.as_bytes()),
            state: RecordState::Active,
            links: (0, 0),
            changed: 0,
            from: None,
            body,
        }));
    }
    batch
}

fn session(store: &SqliteStore) -> Box<dyn Session> {
    block_on(store.open(ROSTER)).unwrap().unwrap()
}

fn load(store: &SqliteStore, from: u64, count: u64) {
    let mut session = session(store);
    block_on(session.begin(start())).unwrap();
    block_on(session.write(schools(from, count))).unwrap();
    block_on(session.finish(end())).unwrap();
}

fn pragma<T: rusqlite::types::FromSql>(path: &Path, name: &str) -> T {
    Connection::open(path).unwrap().query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
}

fn is_refused(path: &Path, says: &str) {
    for result in [block_on(SqliteStore::open(path)), block_on(SqliteStore::open_existing(path))] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.message().contains(says), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn all_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, path) = place();
    let store = open(&path);
    let mut found = std::collections::BTreeSet::new();
    let mut look = |at: &Path| {
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            let wanted = if entry.file_type().unwrap().is_dir() { 0o700 } else { 0o600 };
            let name = entry.file_name().into_string().unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, wanted, "{name}");
            found.insert(name);
        }
    };
    let mut session = session(&store);
    block_on(session.begin(start())).unwrap();
    // More than fits into the cache, so that the journal is on the disk.
    block_on(session.write(schools(1, 80_000))).unwrap();
    look(folder.path());
    block_on(session.finish(end())).unwrap();
    block_on(session.begin(start())).unwrap();
    look(folder.path());
    look(&folder.path().join("roster.db-locks"));
    for name in ["roster.db", "roster.db-journal", "roster.db-wal", "roster.db-shm", "roster.db-locks"] {
        assert!(found.contains(name), "{name} of {found:?}");
    }
    assert!(found.iter().any(|name| Path::new(name).extension().is_some_and(|end| end == "lock")));
}

#[test]
fn the_first_load_is_not_logged_and_all_that_follows_is() {
    let (_folder, path) = place();
    let store = open(&path);
    assert_eq!(pragma::<String>(&path, "journal_mode"), "delete", "no write-ahead log yet");
    load(&store, 1, 3);
    assert_eq!(pragma::<String>(&path, "journal_mode"), "wal");
    load(&store, 4, 3);
    assert_eq!(block_on(store.changes(ROSTER, 0, 10)).unwrap().len(), 6);
    assert_eq!(pragma::<i64>(&path, "application_id"), 0x524F_5354);
    assert_eq!(pragma::<i64>(&path, "user_version"), 3);
}

#[test]
fn a_newer_store_is_refused() {
    let (_folder, path) = place();
    drop(open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    is_refused(&path, "version 99");
}

#[test]
fn what_is_no_store_is_refused_and_left_as_it_is() {
    let (folder, path) = place();
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE theirs(x)").unwrap();
    is_refused(&path, "another application");
    foreign.pragma_update(None, "application_id", 7).unwrap();
    is_refused(&path, "another application");
    let tables: i64 = foreign.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);

    let text = folder.path().join("notes.txt");
    fs::write(&text, "Canary, a text that is long enough to be looked at. ".repeat(100)).unwrap();
    is_refused(&text, "no SQLite database");
}

#[test]
fn reading_makes_nothing() {
    let (folder, path) = place();
    let error = block_on(SqliteStore::open_existing(&path)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.message().contains("a first sync makes it"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&path, "").unwrap();
    let error = block_on(SqliteStore::open_existing(&path)).unwrap_err();
    assert!(error.message().contains("empty"), "{error}");

    load(&open(&path), 1, 2);
    let reader = block_on(SqliteStore::open_existing(&path)).unwrap();
    assert_eq!(block_on(reader.changes(ROSTER, 0, 10)).unwrap().len(), 2);
    assert_eq!(block_on(reader.open(ROSTER)).unwrap_err().kind(), ErrorKind::Config);

    let error = block_on(SqliteStore::open(folder.path().join("none/roster.db"))).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("make the folder"), "{error}");
}

/// As a program would have left it that died after it had marked the file.
#[test]
fn a_store_of_version_0_becomes_one_of_today() {
    let (_folder, path) = place();
    Connection::open(&path).unwrap().pragma_update(None, "application_id", 0x524F_5354).unwrap();
    let store = open(&path);
    load(&store, 1, 2);
    assert_eq!(pragma::<i64>(&path, "user_version"), 3);
}

#[test]
fn the_views_tell_it_in_words() {
    let (_folder, path) = place();
    load(&open(&path), 1, 2);
    let connection = Connection::open(&path).unwrap();
    let row = |sql: &str| {
        connection
            .query_row(sql, [], |row| {
                (0..row.as_ref().column_count())
                    .map(|index| row.get::<_, String>(index))
                    .collect::<Result<Vec<_>, _>>()
            })
            .unwrap()
    };
    let records = "SELECT roster, kind, id, state, record ->> '$.name' FROM records WHERE uid = 2";
    assert_eq!(row(records), [ROSTER, "org", "s2", "active", "North"]);
    let changes = "SELECT roster, op, kind, id, record ->> '$.record_type' FROM changes WHERE seq = 1";
    assert_eq!(row(changes), [ROSTER, "create", "org", "s1", "org"]);
    assert_eq!(row("SELECT roster, status, provider FROM runs"), [ROSTER, "applied", "csv"]);
}

#[test]
fn blanked_text_is_gone_from_the_file() {
    let (_folder, path) = place();
    let store = open(&path);
    let mut session = session(&store);
    block_on(session.begin(start())).unwrap();
    let mut batch = schools(1, 3);
    let record: Record = Org::new("s4", OrgType::School, "Canary").into();
    let body = batch.add_text(&serde_json::to_string(&record).unwrap());
    let Some(Write::Version(last)) = batch.writes().last().copied() else { panic!("a version") };
    batch.push(Write::Version(VersionWrite {
        seq: 4,
        uid: 4,
        key: Key::of(EntityKind::Org, "s4"),
        body,
        ..last
    }));
    block_on(session.write(batch)).unwrap();
    block_on(session.finish(end())).unwrap();
    block_on(session.begin(start())).unwrap();
    let mut batch = Batch::default();
    batch.push(Write::Blank { uid: 4, seq: 4 });
    block_on(session.write(batch)).unwrap();
    block_on(session.finish(end())).unwrap();
    drop(session);
    Connection::open(&path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let bytes = bytes_of(&path);
    assert!(!bytes.windows(6).any(|part| part == b"Canary"));
    assert!(bytes.windows(2).any(|part| part == b"s4"));
}

#[expect(clippy::disallowed_methods, reason = "a file of the test's own")]
fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// A body that was damaged is named by its seq, and not quoted.
#[test]
fn a_damaged_body_is_not_quoted() {
    let (_folder, path) = place();
    let store = open(&path);
    load(&store, 1, 2);
    let damage = "UPDATE version SET body = '{\"name\":\"Canary\"' WHERE row & 1023 = 2";
    assert_eq!(Connection::open(&path).unwrap().execute(damage, []).unwrap(), 1);
    let error = block_on(store.changes(ROSTER, 0, 10)).unwrap_err();
    assert!(error.message().contains("version 2") && !format!("{error:?}").contains("Canary"), "{error}");
    assert_eq!(block_on(store.changes(ROSTER, 0, 1)).unwrap().len(), 1);
}

const CHILD: &str = "ROSTER_SYNC_TEST_STORE";

/// Starts this program again, as one that takes the roster, writes, and waits to be killed.
fn child(path: &Path, ready: &Path) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_that_is_killed", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while !ready.exists() {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "the child did not get ready");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    child
}

#[test]
#[ignore = "is a part of the tests that start it"]
fn process_that_is_killed() {
    let Some(path) = env::var_os(CHILD).map(PathBuf::from) else { return };
    let store = open(&path);
    let mut session = session(&store);
    let last = block_on(session.past()).unwrap().last_seq;
    block_on(session.begin(start())).unwrap();
    // More than fits into the cache, so that pages of it are in the file when the process dies.
    block_on(session.write(schools(last + 1, 60_000))).unwrap();
    fs::write(path.with_extension("ready"), "").unwrap();
    // Ends when the parent does, should it die.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn a_killed_process_leaves_nothing_but_an_interrupted_run() {
    // The first load, with its rollback journal, and one that is logged.
    for before in [0, 3] {
        let (_folder, path) = place();
        let store = open(&path);
        if before > 0 {
            load(&store, 1, before);
        }
        let mut child = child(&path, &path.with_extension("ready"));
        assert!(block_on(store.open(ROSTER)).unwrap().is_none(), "another process has it");
        child.kill().unwrap();
        child.wait().unwrap();
        let status = || block_on(store.runs(Some(ROSTER), None, 1)).unwrap()[0].report.status;
        assert_eq!(status(), Status::Interrupted);
        assert_eq!(block_on(store.changes(ROSTER, 0, 10)).unwrap().len() as u64, before);
        let mut session = session(&store);
        assert_eq!(block_on(session.past()).unwrap().last_seq, before);
        drop(session);
        load(&store, before + 1, 5);
        assert_eq!(block_on(store.changes(ROSTER, 0, 10)).unwrap().len() as u64, before + 5);
        assert_eq!(pragma::<String>(&path, "integrity_check"), "ok");
    }
}

#[test]
fn a_run_of_another_process_is_running() {
    let (_folder, path) = place();
    let store = open(&path);
    load(&store, 1, 1);
    let mut child = child(&path, &path.with_extension("ready"));
    let runs = block_on(store.runs(None, None, 10)).unwrap();
    assert_eq!(
        runs.iter().map(|run| run.report.status).collect::<Vec<_>>(),
        [Status::Running, Status::Applied]
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_runs_leave_does_not_add_up() {
    let (_folder, path) = place();
    let store = open(&path);
    let count = |what: &str| {
        let sql = format!("SELECT count(*) FROM run WHERE {what}");
        Connection::open(&path).unwrap().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let mut session = session(&store);
    for number in 1..=62 {
        block_on(session.begin(start())).unwrap();
        block_on(session.finish(end())).unwrap();
        let expected = if number < 40 { number } else { 20 + number % 20 };
        assert_eq!((count("memory IS NOT NULL"), count("named IS NOT NULL")), (expected, expected));
    }
    assert_eq!(count("report IS NOT NULL"), 62);
}

#[test]
fn an_unchanged_run_writes_its_own_row_alone() {
    let (_folder, path) = place();
    let store = open(&path);
    load(&store, 1, 2000);
    let content = |table: &str| {
        let sql =
            format!("SELECT group_concat(x, ';') FROM (SELECT hex(json_array(count(*))) AS x FROM {table})");
        Connection::open(&path).unwrap().query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let tables = ["version", "created", "created_links", "changed", "census", "quarantine", "roster"];
    let before = tables.map(content);
    let mut session = session(&store);
    block_on(session.begin(start())).unwrap();
    assert_eq!(block_on(session.pairs(0, 5000)).unwrap().len(), 2000);
    let log = || fs::metadata(path.with_extension("db-wal")).unwrap().len();
    let size = log();
    block_on(session.finish(end())).unwrap();
    // Pages of the run's table and its indexes, and no more.
    assert!(log() - size <= 5 * 4200, "{} bytes", log() - size);
    assert_eq!(tables.map(content), before);
}
