//! The product's tables, and how the change log gets into them.

use std::error::Error;

use roster::{
    prelude::*,
    sync::{Change, Op, Store},
};
use rusqlite::{Connection, Transaction, params};

/// A record's `uid` is its name for good: ids change when a vendor does, and what a pupil did here must not be lost for it.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS person (uid INTEGER PRIMARY KEY, id TEXT, given TEXT, family TEXT, active INTEGER);
    CREATE TABLE IF NOT EXISTS class (uid INTEGER PRIMARY KEY, id TEXT, title TEXT, active INTEGER);
    CREATE TABLE IF NOT EXISTS seat (uid INTEGER PRIMARY KEY, class TEXT, person TEXT, role TEXT, active INTEGER);
    CREATE TABLE IF NOT EXISTS progress (roster TEXT PRIMARY KEY, seq INTEGER);";

/// Takes in what happened since the last time, and says up to which change.
pub(crate) async fn follow(
    store: &dyn Store,
    roster: &str,
    product: &mut Connection,
) -> Result<u64, Box<dyn Error + Send + Sync>> {
    product.execute_batch(TABLES)?;
    let last = "SELECT coalesce(max(seq), 0) FROM progress WHERE roster = ?1";
    let mut seq = product.query_row(last, [roster], |row| row.get(0)).map(i64::cast_unsigned)?;
    loop {
        let changes = store.changes(roster, seq, 500).await?;
        let Some(last) = changes.last() else { return Ok(seq) };
        seq = last.seq;
        // How far we are becomes true together with what it stands for: whoever is killed here goes on where they were.
        let page = product.transaction()?;
        for change in &changes {
            apply(&page, change)?;
        }
        page.execute("INSERT OR REPLACE INTO progress VALUES (?1, ?2)", params![roster, seq.cast_signed()])?;
        page.commit()?;
    }
}

/// Says how a row is, not what to do to it: once or twice is the same. Parents come first, so that a row may name others.
fn apply(page: &Transaction<'_>, change: &Change) -> rusqlite::Result<usize> {
    let (uid, id) = (change.uid.cast_signed(), change.id.as_str());
    match &change.record {
        Some(Record::Person(person)) => {
            let (sql, name) = ("INSERT OR REPLACE INTO person VALUES (?1, ?2, ?3, ?4, 1)", &person.name);
            page.execute(sql, params![uid, id, name.given, name.family])
        }
        Some(Record::Class(class)) => {
            page.execute("INSERT OR REPLACE INTO class VALUES (?1, ?2, ?3, 1)", params![uid, id, class.title])
        }
        Some(Record::Enrollment(seat)) => {
            let (sql, role) = ("INSERT OR REPLACE INTO seat VALUES (?1, ?2, ?3, ?4, 1)", seat.role.as_str());
            page.execute(sql, params![uid, seat.class.as_str(), seat.person.as_str(), role])
        }
        // Who is gone keeps the row, since they may return under the same uid.
        None if change.op == Op::End => {
            let table = match change.kind {
                EntityKind::Person => "person",
                EntityKind::Class => "class",
                EntityKind::Enrollment => "seat",
                _ => return Ok(0),
            };
            page.execute(&format!("UPDATE {table} SET active = 0 WHERE uid = ?1"), [uid])
        }
        // This product has no use for other kinds. And what was blanked since is told by a later change, or was to be forgotten.
        _ => Ok(0),
    }
}
