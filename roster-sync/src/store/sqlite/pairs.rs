//! What a writer reads: the narrow rows, and what is in quarantine.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    fault::{Worked, strange},
    read::{self, QUARANTINED, limited},
    words::{PACKED, kind_of, pair_of, row_of, seq_of},
};
use crate::{Counted, Key, Links, Pair, Quarantined};

/// How many packed rows are given by SQLite in one piece. A row that it gives out costs more than what is in it, and a run
/// wants all of them.
const PIECE: usize = 1024;

pub(super) fn pairs(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Pair>> {
    let sql = "SELECT CAST(group_concat(packed, '') AS BLOB) FROM \
               (SELECT packed FROM current WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3)";
    let mut statement = connection.prepare(sql)?;
    let mut pairs: Vec<Pair> = Vec::with_capacity(limit.min(16 * 1024));
    while pairs.len() < limit {
        let after = pairs.last().map_or(after, |pair| pair.uid);
        let wanted = PIECE.min(limit - pairs.len());
        let bounds = [row_of(roster, after), row_of(roster, u64::MAX), limited(wanted)];
        let found = statement.query_row(bounds, |row| {
            Ok(row.get_ref(0)?.as_blob_or_null()?.map(|piece| unpacked(piece, &mut pairs)))
        })?;
        if found.transpose()?.is_none_or(|count| count < wanted) {
            break;
        }
    }
    Ok(pairs)
}

/// Reads the rows of a piece, and says how many they were.
fn unpacked(piece: &[u8], pairs: &mut Vec<Pair>) -> Worked<usize> {
    let (rows, rest) = piece.as_chunks::<PACKED>();
    if !rest.is_empty() {
        return Err(strange("a packed row"));
    }
    for row in rows {
        pairs.push(pair_of(row)?);
    }
    Ok(rows.len())
}

pub(super) fn links(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Links>> {
    let sql = "SELECT row, link1, link2 FROM current WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3";
    let mut statement = connection.prepare(sql)?;
    let found = statement
        .query_map([row_of(roster, after), row_of(roster, u64::MAX), limited(limit)], |row| {
            Ok(Links {
                uid: seq_of(row.get(0)?),
                first: row.get::<_, i64>(1)?.cast_unsigned(),
                second: row.get::<_, i64>(2)?.cast_unsigned(),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(super) fn quarantined(connection: &Connection, roster: i64) -> Worked<Vec<Quarantined>> {
    let sql = format!("SELECT {QUARANTINED} FROM quarantine WHERE roster = ?1 ORDER BY key");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([roster])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read::quarantined(row)?);
    }
    Ok(found)
}

pub(super) fn quarantined_bodies(
    connection: &Connection,
    roster: i64,
    keys: &[Key],
) -> Worked<Vec<Option<String>>> {
    let mut statement = connection.prepare("SELECT body FROM quarantine WHERE roster = ?1 AND key = ?2")?;
    let mut bodies = Vec::with_capacity(keys.len());
    for key in keys {
        let body: Option<Option<String>> =
            statement.query_row(params![roster, key.to_bytes()], |row| row.get(0)).optional()?;
        bodies.push(body.flatten());
    }
    Ok(bodies)
}

pub(super) fn census(connection: &Connection, roster: i64) -> Worked<Vec<Counted>> {
    let sql = "SELECT kind, name, count FROM census WHERE roster = ?1 ORDER BY kind, name";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([roster])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(2)?.cast_unsigned();
        counts.push(Counted::new(kind_of(row.get(0)?)?, row.get::<_, String>(1)?, count));
    }
    Ok(counts)
}
