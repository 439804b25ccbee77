//! The runs: what they said, and what they left.

use std::path::Path;

use jiff::Timestamp;
use roster_core::{Error, ErrorKind, jiff};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    fault::Worked,
    lock,
    read::{last_seq, limited},
};
use crate::{Memory, RosterInfo, Run, RunEnd, RunStart, Status, SyncReport, store::KEPT_RUNS};

/// Records a start, and marks the runs of the roster that have no end: who holds the roster knows that they died. Gives
/// the roster's number and the run's.
pub(super) fn begin(connection: &mut Connection, roster: &str, start: &RunStart) -> Worked<(i64, u64)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("INSERT INTO roster (name) VALUES (?1) ON CONFLICT DO NOTHING", [roster])?;
    let number: i64 =
        transaction.query_row("SELECT id FROM roster WHERE name = ?1", [roster], |row| row.get(0))?;
    transaction.execute(
        "UPDATE run SET status = 'interrupted' WHERE roster = ?1 AND status = 'running'",
        [number],
    )?;
    transaction.execute(
        "INSERT INTO run (roster, status, started, provider, tenant, origin) \
         VALUES (?1, 'running', ?2, ?3, ?4, ?5)",
        params![number, start.at.to_string(), start.provider, start.tenant, start.origin],
    )?;
    let run = transaction.last_insert_rowid().cast_unsigned();
    transaction.commit()?;
    Ok((number, run))
}

/// Completes a run's row, and writes nothing else.
pub(super) fn finish(connection: &Connection, run: u64, end: &RunEnd) -> Worked<()> {
    let sql = "UPDATE run SET status = ?2, finished = ?3, report = ?4, named = ?5, memory = ?6 WHERE id = ?1";
    let memory = end.memory.as_ref().map(json).transpose()?;
    let (report, named) = (json(&end.report)?, json(&end.named)?);
    let (status, at) = (end.report.status.as_str(), end.at.to_string());
    connection.execute(sql, params![run.cast_signed(), status, at, report, named, memory])?;
    prune(connection, run)
}

/// Most runs find nothing to do here, and write no row but their own.
fn prune(connection: &Connection, run: u64) -> Worked<()> {
    let sql = "SELECT roster, count(*) FROM run WHERE named IS NOT NULL \
               AND roster = (SELECT roster FROM run WHERE id = ?1) GROUP BY roster";
    let counted = connection.query_row(sql, [run.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((roster, count)) = counted.optional()? else { return Ok(()) };
    let (roster, count): (i64, i64) = (roster, count);
    if count < limited(2 * KEPT_RUNS) {
        return Ok(());
    }
    let sql = "UPDATE run SET named = NULL, memory = CASE WHEN id = \
                 (SELECT max(id) FROM run WHERE roster = ?1 AND memory IS NOT NULL) THEN memory END \
               WHERE roster = ?1 AND named IS NOT NULL AND id <= \
                 (SELECT id FROM run WHERE roster = ?1 AND named IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?2)";
    connection.execute(sql, [roster, limited(KEPT_RUNS)])?;
    Ok(())
}

/// What the last run of the roster left that counted.
pub(super) fn memory(connection: &Connection, roster: i64) -> Worked<Option<Memory>> {
    let sql = "SELECT id, memory FROM run WHERE roster = ?1 AND memory IS NOT NULL ORDER BY id DESC LIMIT 1";
    let row: Option<(i64, String)> =
        connection.query_row(sql, [roster], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(run, text)| parse(&text, "memory", run)).transpose()
}

pub(super) fn rosters(connection: &Connection) -> Worked<Vec<RosterInfo>> {
    // The last run that counted, or else the last one.
    let sql = "SELECT r.name, n.provider, n.tenant, n.origin, r.id FROM roster r LEFT JOIN run n ON n.id = coalesce( \
                 (SELECT max(id) FROM run WHERE roster = r.id AND memory IS NOT NULL), \
                 (SELECT max(id) FROM run WHERE roster = r.id)) ORDER BY r.name";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut rosters = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(index)?.unwrap_or_default());
        let mut info = RosterInfo::new(text(0)?, text(1)?, text(2)?);
        info.origin = row.get(3)?;
        info.last_seq = last_seq(connection, row.get(4)?)?;
        rosters.push(info);
    }
    Ok(rosters)
}

pub(super) fn list(
    connection: &Connection,
    database: &Path,
    roster: Option<&str>,
    before: Option<u64>,
    limit: usize,
) -> Worked<Vec<Run>> {
    let sql = "SELECT n.id, r.name, n.status, n.started, n.finished, n.tenant, n.report, n.named \
               FROM run n JOIN roster r ON r.id = n.roster \
               WHERE (?1 IS NULL OR n.roster = (SELECT id FROM roster WHERE name = ?1)) AND n.id < ?2 \
               ORDER BY n.id DESC LIMIT ?3";
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![roster, before, limited(limit)])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(run(row, database)?);
    }
    Ok(runs)
}

fn run(row: &Row<'_>, database: &Path) -> Worked<Run> {
    let id: i64 = row.get(0)?;
    let roster: String = row.get(1)?;
    let time = |text: String| text.parse::<Timestamp>().map_err(|_| unreadable("time", id));
    let finished = row.get::<_, Option<String>>(4)?.map(time).transpose()?;
    let report = match row.get::<_, Option<String>>(6)? {
        Some(text) => parse(&text, "report", id)?,
        None => {
            let is_open = row.get::<_, String>(2)? == Status::Running.as_str();
            let is_running = is_open && lock::is_held(&lock::lock_path(database, &roster));
            let status = if is_running { Status::Running } else { Status::Interrupted };
            SyncReport::new(roster, row.get::<_, String>(5)?, status)
        }
    };
    let mut run = Run::new(id.cast_unsigned(), time(row.get(3)?)?, finished, report);
    run.report.run = Some(run.id);
    if let Some(text) = row.get::<_, Option<String>>(7)? {
        run.named = parse(&text, "problems", id)?;
    }
    Ok(run)
}

fn json<T: Serialize>(value: &T) -> Worked<String> {
    serde_json::to_string(value).map_err(|error| {
        let message = format!("what a run left can't be written as JSON ({:?})", error.classify());
        Error::new(ErrorKind::Transport, "host", "writing the store", message).exhausted().into()
    })
}

fn parse<T: DeserializeOwned>(text: &str, what: &'static str, run: i64) -> Worked<T> {
    Ok(serde_json::from_str(text).map_err(|_| unreadable(what, run))?)
}

fn unreadable(what: &'static str, run: i64) -> Error {
    let message = format!("the {what} of run {run} can't be read; restore the store from a backup");
    Error::new(ErrorKind::Transport, "host", "reading the store", message).exhausted()
}
