//! What a host reads.

use std::collections::BTreeMap;

use roster_core::{EntityKind, SourcedId};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::{
    fault::{Fault, Worked, strange},
    pairs,
    words::{kind_code, kind_of, op_of, row_of, seq_of},
};
use crate::{
    Change, Digest, Found, Key, Op, Page, Pair, Quarantined, StoredRecord,
    store::{
        body::{self, Held, Standing, VersionRow},
        misuse,
        place::Place,
    },
};

/// How many records are looked at together for those that are wanted.
const PAIRS: usize = 4 * 1024;

/// The number of a roster; `None` before its first run.
pub(super) fn roster_number(connection: &Connection, name: &str) -> Worked<Option<i64>> {
    Ok(connection.query_row("SELECT id FROM roster WHERE name = ?1", [name], |row| row.get(0)).optional()?)
}

/// The last change's seq; 0 if there is none.
pub(super) fn last_seq(connection: &Connection, roster: i64) -> Worked<u64> {
    let sql = "SELECT max(row) FROM version WHERE row BETWEEN ?1 AND ?2";
    let row: Option<i64> =
        connection.query_row(sql, [row_of(roster, 0), row_of(roster, u64::MAX)], |row| row.get(0))?;
    Ok(row.map_or(0, seq_of))
}

/// As SQLite counts.
pub(super) fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn changes(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Change>> {
    let sql = "SELECT row, run, op, kind, uid, from_id, changed, blanked, body FROM version \
               WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([row_of(roster, after), row_of(roster, u64::MAX), limited(limit)])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(version_row(row)?.change(true)?);
    }
    Ok(changes)
}

fn version_row<'a>(row: &'a Row<'_>) -> Worked<VersionRow<'a>> {
    Ok(VersionRow {
        seq: seq_of(row.get(0)?),
        run: row.get::<_, i64>(1)?.cast_unsigned(),
        op: op_of(row.get(2)?)?,
        kind: kind_of(row.get(3)?)?,
        uid: row.get::<_, i64>(4)?.cast_unsigned(),
        from: row.get_ref(5)?.as_str_or_null().map_err(|_| strange("an id"))?,
        changed: row.get::<_, i64>(6)?.cast_unsigned(),
        blanked: row.get(7)?,
        body: row.get_ref(8)?.as_str().map_err(|_| strange("a body"))?,
    })
}

/// Looks up what versions say.
pub(super) struct Bodies<'c> {
    roster: i64,
    statement: Statement<'c>,
}

impl<'c> Bodies<'c> {
    pub(super) fn new(connection: &'c Connection, roster: i64) -> Worked<Self> {
        let statement = connection.prepare("SELECT op, before, blanked, body FROM version WHERE row = ?1")?;
        Ok(Self { roster, statement })
    }

    /// The body of a version, or, of an end, of the one before it; `None` if it was blanked.
    pub(super) fn last(&mut self, seq: u64) -> Worked<Option<String>> {
        let mut seq = seq;
        loop {
            let (op, before, blanked, body) = self.version(seq)?;
            match (op, before) {
                (Op::End, Some(before)) => seq = before,
                (Op::End, None) => return Ok(None),
                _ => return Ok((!blanked).then_some(body)),
            }
        }
    }

    /// The version's own body, which names the record whatever happened.
    fn own(&mut self, seq: u64) -> Worked<String> {
        Ok(self.version(seq)?.3)
    }

    fn version(&mut self, seq: u64) -> Worked<(Op, Option<u64>, bool, String)> {
        let row = self
            .statement
            .query_row([row_of(self.roster, seq)], |row| {
                Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?
            .ok_or_else(|| misuse::no_version(seq))?;
        Ok((op_of(row.0)?, row.1.map(i64::cast_unsigned), row.2, row.3))
    }
}

pub(super) fn records(
    connection: &Connection,
    roster: i64,
    kind: Option<EntityKind>,
    start: Place,
    limit: usize,
) -> Worked<Page<StoredRecord>> {
    let mut items = Vec::new();
    let mut last = start;
    // One more than is wanted tells whether there is a next page.
    let mut left = limit.saturating_add(1);
    if let Place::Uid(after) = start {
        let standing = standing(connection, roster, kind, after, left)?;
        left -= standing.len();
        let (mut bodies, mut held) = (Bodies::new(connection, roster)?, connection.prepare(HELD)?);
        for current in standing.iter().take(limit) {
            last = Place::Uid(current.uid);
            items.push(stored(&mut held, &mut bodies, *current)?.0);
        }
    }
    for (row, body) in never_stood(connection, roster, kind, start, left)? {
        left -= 1;
        if items.len() < limit {
            last = Place::Key(row.key);
            items.push(body::never_stood(&row, &body)?);
        }
    }
    let next = (left == 0).then(|| last.to_string());
    Ok(Page::new(items, next))
}

fn standing(
    connection: &Connection,
    roster: i64,
    kind: Option<EntityKind>,
    after: u64,
    limit: usize,
) -> Worked<Vec<Pair>> {
    let Some(kind) = kind else { return pairs::pairs(connection, roster, after, limit) };
    let mut found = Vec::new();
    each_pair(connection, roster, after, |pair| {
        if pair.kind == kind {
            found.push(pair);
        }
        found.len() < limit
    })?;
    Ok(found)
}

/// Shows the records after a uid, until that is enough.
fn each_pair(
    connection: &Connection,
    roster: i64,
    mut after: u64,
    mut goes_on: impl FnMut(Pair) -> bool,
) -> Worked<()> {
    loop {
        let pairs = pairs::pairs(connection, roster, after, PAIRS)?;
        let Some(last) = pairs.last() else { return Ok(()) };
        after = last.uid;
        if !pairs.into_iter().all(&mut goes_on) {
            return Ok(());
        }
    }
}

/// What is in quarantine and has no uid, by key.
fn never_stood(
    connection: &Connection,
    roster: i64,
    kind: Option<EntityKind>,
    start: Place,
    limit: usize,
) -> Worked<Vec<(Quarantined, String)>> {
    let sql = format!(
        "SELECT {QUARANTINED}, body FROM quarantine WHERE roster = ?1 AND key > ?2 AND uid IS NULL \
         AND body IS NOT NULL AND (?3 IS NULL OR kind = ?3) ORDER BY key LIMIT ?4"
    );
    let mut statement = connection.prepare(&sql)?;
    // A shorter blob comes before all keys.
    let after = match start {
        Place::Uid(_) => Vec::new(),
        Place::Key(key) => key.to_bytes().to_vec(),
    };
    let mut rows = statement.query(params![roster, after, kind.map(kind_code), limited(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((quarantined(row)?, row.get(6)?));
    }
    Ok(found)
}

/// The columns that [`quarantined`] reads.
pub(super) const QUARANTINED: &str = "key, kind, digest, uid, missing_kind, missing_id";

pub(super) fn quarantined(row: &Row<'_>) -> Worked<Quarantined> {
    let missing_id: String = row.get(5)?;
    Ok(Quarantined::new(
        Key::from_bytes(row.get(0)?),
        kind_of(row.get(1)?)?,
        Digest::from_bytes(row.get(2)?),
        row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        (kind_of(row.get(4)?)?, SourcedId::from(missing_id)),
    ))
}

/// What a record lacks, and the run that put it into quarantine.
type Lack = ((EntityKind, SourcedId), u64);

const HELD: &str =
    "SELECT body, missing_kind, missing_id, since_run FROM quarantine WHERE roster = ?1 AND uid = ?2";

/// A record that has a uid, and what it lacks if it is in quarantine.
fn stored(
    held: &mut Statement<'_>,
    bodies: &mut Bodies<'_>,
    current: Pair,
) -> Worked<(StoredRecord, Option<Lack>)> {
    let held = held
        .query_row([bodies.roster, current.uid.cast_signed()], |row| {
            let lack = (row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?);
            Ok((row.get::<_, Option<String>>(0)?, lack))
        })
        .optional()?;
    let (named, body) = (bodies.own(current.seq)?, bodies.last(current.seq)?);
    let standing = Standing {
        kind: current.kind,
        uid: current.uid,
        state: current.state,
        seq: current.seq,
        named: &named,
        body: body.as_deref(),
        held: held.as_ref().map(|(body, _)| Held { body: body.as_deref() }),
    };
    let record = standing.stored()?;
    let lack = match held {
        Some((_, (kind, id, run))) => Some(((kind_of(kind)?, SourcedId::from(id)), run.cast_unsigned())),
        None => None,
    };
    Ok((record, lack))
}

pub(super) fn find(connection: &Connection, roster: i64, id: &str) -> Worked<Vec<Found>> {
    let mut found = Vec::new();
    let (mut bodies, mut held) = (Bodies::new(connection, roster)?, connection.prepare(HELD)?);
    for current in named(connection, roster, id)? {
        let (record, lack) = stored(&mut held, &mut bodies, current)?;
        let history = history(connection, roster, current.seq)?;
        found.push(marked(Found::new(record, history), lack));
    }
    for kind in EntityKind::ALL {
        if let Some((record, lack)) = found_in_quarantine(connection, roster, Key::of(kind, id))? {
            found.push(marked(Found::new(record, Vec::new()), Some(lack)));
        }
    }
    found.sort_by_key(|found| found.record.kind);
    Ok(found)
}

/// The records that bear the id, or bore it before a re-key. The first are found by reading the narrow rows from end to
/// end: that costs a moment at each question, and an index would cost every load.
fn named(connection: &Connection, roster: i64, id: &str) -> Worked<Vec<Pair>> {
    let keys = EntityKind::ALL.map(|kind| Key::of(kind, id));
    let mut found = BTreeMap::new();
    each_pair(connection, roster, 0, |pair| {
        if keys.contains(&pair.key) {
            found.insert(pair.uid, pair);
        }
        true
    })?;
    let sql = "SELECT uid FROM version WHERE from_id = ?1 AND row BETWEEN ?2 AND ?3";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![id, row_of(roster, 0), row_of(roster, u64::MAX)])?;
    while let Some(row) = rows.next()? {
        let uid = row.get::<_, i64>(0)?.cast_unsigned();
        if let Some(pair) = pairs::pair(connection, roster, uid)? {
            found.insert(uid, pair);
        }
    }
    Ok(found.into_values().collect())
}

fn found_in_quarantine(
    connection: &Connection,
    roster: i64,
    key: Key,
) -> Worked<Option<(StoredRecord, Lack)>> {
    let sql = format!(
        "SELECT {QUARANTINED}, body, since_run FROM quarantine \
         WHERE roster = ?1 AND key = ?2 AND uid IS NULL AND body IS NOT NULL"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![roster, key.to_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let held = quarantined(row)?;
    let body: String = row.get(6)?;
    let since_run = row.get::<_, i64>(7)?.cast_unsigned();
    Ok(Some((body::never_stood(&held, &body)?, (held.missing, since_run))))
}

fn marked(mut found: Found, lack: Option<Lack>) -> Found {
    if let Some((missing, run)) = lack {
        found.missing = Some(missing);
        found.quarantined_by = Some(run);
    }
    found
}

/// The changes of a record whose latest version that is, oldest first.
fn history(connection: &Connection, roster: i64, latest: u64) -> Worked<Vec<Change>> {
    let sql = "SELECT row, run, op, kind, uid, from_id, changed, blanked, body, before \
               FROM version WHERE row = ?1";
    let mut statement = connection.prepare(sql)?;
    let mut history = Vec::new();
    let mut next = Some(latest);
    while let Some(seq) = next {
        let mut rows = statement.query([row_of(roster, seq)])?;
        let row = rows.next()?.ok_or_else(|| Fault::from(misuse::no_version(seq)))?;
        history.push(version_row(row)?.change(false)?);
        // Backwards only: a circle of damaged rows ends.
        next = row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned).filter(|before| *before < seq);
    }
    history.reverse();
    Ok(history)
}
