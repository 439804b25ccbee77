//! Syncs into SQLite, and what each is measured against.

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    time::Instant,
};

use futures::{StreamExt, executor::block_on};
use roster::{
    PullContext, PullEvent, PullRequest, RosterSource,
    csv::CsvSource,
    sync::{RosterSync, SqliteStore, Status},
};
use rusqlite::{Connection, params};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    child::{Counted, peak_kib},
    pull::{FILES, each_row},
};

const ROSTER: &str = "district";

/// A sync of `directory` into the store `store`: as the command does it, or with everything pulled whatever the cursor says.
/// Timed without the start of the process.
pub(crate) fn ours(
    directory: &Path,
    store: &Path,
    full: bool,
    wanted: Status,
) -> Result<Counted, Box<dyn Error>> {
    // The same district, wherever its files lie.
    let source = CsvSource::builder().path(directory).tenant(ROSTER).build()?;
    let start = Instant::now();
    let report = block_on(async {
        let store = SqliteStore::open(store).await?;
        RosterSync::new(&store, ROSTER).full(full).run(&source, &PullContext::default()).await
    })?;
    let seconds = start.elapsed().as_secs_f64();
    if report.status != wanted {
        return Err(format!("the sync ended {:?}, not {wanted:?}: {:?}", report.status, report.error).into());
    }
    let rows = report.kinds.values().map(|counts| counts.seen).sum();
    Ok(Counted { rows, peak_kib: peak_kib(), seconds })
}

/// What a first sync is measured against: bodies that are ready and sorted, into one table, in one transaction.
pub(crate) fn insert_ready_bodies(directory: &Path, folder: &Path) -> Result<Counted, Box<dyn Error>> {
    let mut bodies = bodies(directory)?;
    bodies.sort_unstable();
    let start = Instant::now();
    let mut connection = Connection::open(folder.join("reference.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;
         CREATE TABLE record (kind INTEGER, id TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    )?;
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare("INSERT INTO record VALUES (?1, ?2, ?3)")?;
    for (kind, id, body) in &bodies {
        insert.execute(params![kind, id, body])?;
    }
    drop(insert);
    transaction.commit()?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(Counted { rows: bodies.len() as u64, peak_kib: peak_kib(), seconds })
}

/// Kind, id and JSON.
type Body = (u8, String, String);

fn bodies(directory: &Path) -> Result<Vec<Body>, Box<dyn Error>> {
    let source = CsvSource::builder().path(directory).build()?;
    let mut pull = source.pull(PullRequest::full(), PullContext::default());
    let mut bodies = Vec::new();
    block_on(async {
        while let Some(event) = pull.next().await {
            if let PullEvent::Upsert { record, .. } = event? {
                bodies.push((record.kind() as u8, record.id().to_string(), serde_json::to_string(&record)?));
            }
        }
        Ok::<(), Box<dyn Error>>(())
    })?;
    Ok(bodies)
}

/// What later syncs are measured against: each row read and hashed, and as many keys and hashes read back from a table
/// that holds nothing else.
pub(crate) fn hash_and_read_back(directory: &Path, pairs: &Path) -> Result<Counted, Box<dyn Error>> {
    let start = Instant::now();
    let mut sum = 0;
    let rows = each_row(directory, |row| sum ^= xxh3_128(row.as_slice()))?;
    let connection = Connection::open(pairs)?;
    let mut read = connection.prepare("SELECT key, hash FROM pair")?;
    let mut stored = read.query([])?;
    while let Some(row) = stored.next()? {
        let (key, hash) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        sum ^= u128::from(key.first().copied().unwrap_or(0) ^ hash.first().copied().unwrap_or(0));
    }
    std::hint::black_box(sum);
    Ok(Counted { rows, peak_kib: peak_kib(), seconds: start.elapsed().as_secs_f64() })
}

/// Makes the table of keys and hashes that [`hash_and_read_back`] reads.
pub(crate) fn write_pairs(directory: &Path, pairs: &Path) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(pairs)?;
    connection.execute_batch("CREATE TABLE pair (key BLOB PRIMARY KEY, hash BLOB) WITHOUT ROWID")?;
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare("INSERT INTO pair VALUES (?1, ?2)")?;
    for (kind, id, body) in bodies(directory)? {
        let key = xxh3_128(format!("{kind} {id}").as_bytes());
        insert.execute(params![key.to_be_bytes(), xxh3_128(body.as_bytes()).to_be_bytes()])?;
    }
    drop(insert);
    transaction.commit()?;
    Ok(())
}

/// The same rows in another order, beside the files that stay.
pub(crate) fn shuffle(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir(to)?;
    for name in FILES.into_iter().chain(["manifest.csv"]) {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(from.join(name))?;
        let mut rows: Vec<csv::ByteRecord> = reader.byte_records().collect::<Result<_, _>>()?;
        if let Some((_, rows)) = rows.split_first_mut().filter(|_| name != "manifest.csv") {
            rows.sort_by_cached_key(|row| xxh3_128(row.as_slice()));
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_path(to.join(name))?;
        rows.iter().try_for_each(|row| writer.write_byte_record(row))?;
        writer.flush()?;
    }
    Ok(())
}

/// The files of a store.
pub(crate) fn copy_store(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::copy(from, to)?;
    let log = |store: &Path| PathBuf::from(format!("{}-wal", store.display()));
    if log(from).exists() {
        std::fs::copy(log(from), log(to))?;
    }
    // The copy is the bench's own work: the sync is not to wait for it on the way to the disk.
    File::open(to)?.sync_all()?;
    Ok(())
}
