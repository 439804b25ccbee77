//! What a writer reads: the narrow rows, and what is in quarantine.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    fault::{Worked, strange},
    read::{self, QUARANTINED, limited},
    words::{kind_of, row_of, seq_of, unpack},
};
use crate::{Counted, Digest, Key, Links, Pair, Quarantined};

pub(super) fn pairs(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Pair>> {
    let sql = "SELECT row, pair, seq, what FROM current WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([row_of(roster, after), row_of(roster, u64::MAX), limited(limit)])?;
    let mut pairs = Vec::with_capacity(limit.min(4096));
    while let Some(row) = rows.next()? {
        let (key, digest) = row
            .get_ref(1)?
            .as_blob()
            .ok()
            .and_then(|pair| pair.split_first_chunk::<16>())
            .and_then(|(key, digest)| Some((*key, <[u8; 16]>::try_from(digest).ok()?)))
            .ok_or_else(|| strange("a pair"))?;
        let (kind, state) = unpack(row.get(3)?)?;
        pairs.push(Pair {
            uid: seq_of(row.get(0)?),
            key: Key::from_bytes(key),
            digest: Digest::from_bytes(digest),
            seq: row.get::<_, i64>(2)?.cast_unsigned(),
            kind,
            state,
        });
    }
    Ok(pairs)
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
