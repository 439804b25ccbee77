//! What a writer reads: the narrow rows, and what is in quarantine.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    fault::{Worked, strange},
    read::{self, QUARANTINED, limited},
    words::{PACKED, kind_of, pair_of, row_of, seq_of},
};
use crate::{Counted, Key, Links, Pair, Quarantined};

/// How many packed rows are given by SQLite in one piece. A row that it gives out costs more than what is in it, and a run
/// wants all of them.
const PIECE: usize = 1024;

/// The rows between two ids, which are as many as there are ids or fewer.
const BETWEEN: &str =
    "SELECT CAST(group_concat(packed, '') AS BLOB) FROM current WHERE row > ?1 AND row <= ?2";
/// So many rows, or fewer. To count them costs half as much again.
const COUNTED: &str = "SELECT CAST(group_concat(packed, '') AS BLOB) FROM \
    (SELECT packed FROM current WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3)";

pub(super) fn pairs(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Pair>> {
    let (mut between, mut counted) = (connection.prepare(BETWEEN)?, connection.prepare(COUNTED)?);
    let mut pairs: Vec<Pair> = Vec::with_capacity(limit.min(16 * 1024));
    while pairs.len() < limit {
        let after = pairs.last().map_or(after, |pair| pair.uid);
        let wanted = PIECE.min(limit - pairs.len());
        // Uids of a first run have no gaps. Where they have, the rest of the piece lies farther on.
        let until = after.saturating_add(wanted as u64);
        let bounds = [row_of(roster, after), row_of(roster, until)];
        let found = between.query_row(bounds, |row| unpacked(row, &mut pairs))??;
        if found < wanted {
            let bounds = [row_of(roster, until), row_of(roster, u64::MAX), limited(wanted - found)];
            let others = counted.query_row(bounds, |row| unpacked(row, &mut pairs))??;
            if found + others < wanted {
                break;
            }
        }
    }
    Ok(pairs)
}

/// Reads the rows of a piece, and says how many they were.
fn unpacked(row: &Row<'_>, pairs: &mut Vec<Pair>) -> rusqlite::Result<Worked<usize>> {
    let piece = row.get_ref(0)?.as_blob_or_null()?.unwrap_or_default();
    let (rows, rest) = piece.as_chunks::<PACKED>();
    let mut read = || {
        for row in rows {
            let pair = pair_of(row)?;
            // SQLite puts them together as it meets them, in the order of the table, and does not promise it.
            if pairs.last().is_some_and(|last| last.uid >= pair.uid) {
                return Err(strange("an order"));
            }
            pairs.push(pair);
        }
        if rest.is_empty() { Ok(rows.len()) } else { Err(strange("a packed row")) }
    };
    Ok(read())
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

#[cfg(test)]
mod tests {
    use roster_core::EntityKind;

    use super::*;
    use crate::{Digest, RecordState, store::sqlite::words::packed};

    /// Uids without gaps, with small and with large ones, and other rosters on both sides.
    #[test]
    fn all_pairs_are_read_in_order_whatever_the_gaps() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE current(row INTEGER PRIMARY KEY, packed BLOB)").unwrap();
        let (kind, state) = (EntityKind::Person, RecordState::Active);
        let uids = (1..3000)
            .chain((3000..9000).step_by(3))
            .chain([20_000, 1 << 33])
            .chain(1 << 34..(1 << 34) + 1500);
        let uids: Vec<u64> = uids.collect();
        for (roster, uid) in
            [1_i64, 2, 3].into_iter().flat_map(|roster| uids.iter().map(move |uid| (roster, *uid)))
        {
            let (key, digest) = (Key::of(kind, &uid.to_string()), Digest::of(&[]));
            let pair = Pair { uid, key, digest, seq: uid + roster.cast_unsigned(), kind, state };
            let row = params![row_of(roster, uid), packed(&pair)];
            connection.execute("INSERT INTO current VALUES (?1, ?2)", row).unwrap();
        }
        for limit in [1, 1000, PIECE, 2500, 16 * 1024] {
            let mut found = Vec::new();
            loop {
                let page = pairs(&connection, 2, found.last().copied().unwrap_or(0), limit).unwrap();
                assert!(page.len() <= limit && page.iter().all(|pair| pair.seq == pair.uid + 2));
                found.extend(page.iter().map(|pair| pair.uid));
                if page.len() < limit {
                    break;
                }
            }
            assert!(found == uids, "{limit}");
        }
    }
}
