//! What a writer reads: the narrow rows, and what is in quarantine.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    fault::{Worked, strange},
    read::{self, QUARANTINED},
    words::{CREATED, LINKS, PACKED, kind_of, links_of, pair_created, pair_of, row_of, seq_of},
};
use crate::{Counted, Key, Links, Pair, Quarantined};

/// The row that holds the first of the records that are wanted, and those after it. `?1` is the roster's first row, `?2` that of
/// the first wanted, `?3` the roster's last.
macro_rules! created {
    ($column:literal, $table:literal) => {
        concat!(
            "SELECT row, ",
            $column,
            " FROM ",
            $table,
            " WHERE row <= ?3 AND row >= \
             coalesce((SELECT max(row) FROM ",
            $table,
            " WHERE row BETWEEN ?1 AND ?2), ?2) ORDER BY row"
        )
    };
}
/// In one piece: a row that SQLite gives out costs more than what is in it.
const CHANGED: &str =
    "SELECT CAST(group_concat(packed, '') AS BLOB) FROM changed WHERE row BETWEEN ?1 AND ?2";
const CHANGED_LINKS: &str = "SELECT row, link1, link2 FROM changed WHERE row BETWEEN ?1 AND ?2";

/// Records that follow one another without a gap in their uids.
struct Piece<'b, const SIZE: usize> {
    first: u64,
    packed: &'b [[u8; SIZE]],
}

impl<'b, const SIZE: usize> Piece<'b, SIZE> {
    /// Of a row that gives its id and what is packed: those after `after`, at most so many.
    fn of(row: &'b Row<'_>, after: u64, most: usize) -> Worked<Self> {
        let first = seq_of(row.get(0)?);
        let (packed, rest) = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?.as_chunks::<SIZE>();
        if !rest.is_empty() {
            return Err(strange("a packed row"));
        }
        let skipped = after.saturating_add(1).saturating_sub(first);
        let packed = usize::try_from(skipped).ok().and_then(|skipped| packed.get(skipped..)).unwrap_or(&[]);
        Ok(Self { first: first + skipped, packed: packed.get(..most).unwrap_or(packed) })
    }

    /// The rows that its records have where they have changed.
    fn rows(&self, roster: i64) -> [i64; 2] {
        let last = (self.first + self.packed.len() as u64).saturating_sub(1);
        [row_of(roster, self.first), row_of(roster, last)]
    }

    /// The records with their uids.
    fn iter(&self) -> impl Iterator<Item = (u64, &'b [u8; SIZE])> {
        self.packed.iter().zip(self.first..).map(|(packed, uid)| (uid, packed))
    }

    /// Where among its own the record of that uid is.
    fn place<'p, T>(&self, read: &'p mut [T], uid: u64) -> Worked<&'p mut T> {
        let index = uid.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| read.get_mut(index)).ok_or_else(|| strange("a packed row"))
    }
}

fn bounds(roster: i64, after: u64) -> [i64; 3] {
    [row_of(roster, 0), row_of(roster, after.saturating_add(1)), row_of(roster, u64::MAX)]
}

pub(super) fn pairs(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Pair>> {
    let (mut created, mut changed) =
        (connection.prepare(created!("pairs", "created"))?, connection.prepare(CHANGED)?);
    let mut pairs: Vec<Pair> = Vec::with_capacity(limit.min(16 * 1024));
    let mut rows = created.query(bounds(roster, after))?;
    while pairs.len() < limit
        && let Some(row) = rows.next()?
    {
        let piece: Piece<'_, CREATED> = Piece::of(row, after, limit - pairs.len())?;
        if pairs.last().is_some_and(|last| last.uid >= piece.first) {
            return Err(strange("an order"));
        }
        let start = pairs.len();
        for (uid, packed) in piece.iter() {
            pairs.push(pair_created(uid, packed)?);
        }
        let read = pairs.get_mut(start..).unwrap_or_default();
        if !read.is_empty() {
            changed.query_row(piece.rows(roster), |row| Ok(renew(row, &piece, read)))??;
        }
    }
    Ok(pairs)
}

/// Puts what is current of the records that have changed in the place of what was created.
fn renew(row: &Row<'_>, piece: &Piece<'_, CREATED>, read: &mut [Pair]) -> Worked<()> {
    let changed = row.get_ref(0)?.as_blob_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default();
    let (changed, rest) = changed.as_chunks::<PACKED>();
    for packed in changed {
        let pair = pair_of(packed)?;
        *piece.place(read, pair.uid)? = pair;
    }
    if rest.is_empty() { Ok(()) } else { Err(strange("a packed row")) }
}

/// What is current of the record of that uid.
pub(super) fn pair(connection: &Connection, roster: i64, uid: u64) -> Worked<Option<Pair>> {
    let next = pairs(connection, roster, uid.saturating_sub(1), 1)?.pop();
    Ok(next.filter(|pair| pair.uid == uid))
}

pub(super) fn links(connection: &Connection, roster: i64, after: u64, limit: usize) -> Worked<Vec<Links>> {
    let (mut created, mut changed) =
        (connection.prepare(created!("links", "created_links"))?, connection.prepare(CHANGED_LINKS)?);
    let mut links: Vec<Links> = Vec::with_capacity(limit.min(16 * 1024));
    let mut rows = created.query(bounds(roster, after))?;
    while links.len() < limit
        && let Some(row) = rows.next()?
    {
        let piece: Piece<'_, LINKS> = Piece::of(row, after, limit - links.len())?;
        let start = links.len();
        for (uid, packed) in piece.iter() {
            let (first, second) = links_of(packed);
            links.push(Links { uid, first, second });
        }
        let read = links.get_mut(start..).unwrap_or_default();
        let mut others = changed.query(piece.rows(roster))?;
        while let Some(row) = others.next()? {
            let link = |index| Ok::<_, rusqlite::Error>(row.get::<_, i64>(index)?.cast_unsigned());
            let uid = seq_of(row.get(0)?);
            *piece.place(read, uid)? = Links { uid, first: link(1)?, second: link(2)? };
        }
    }
    Ok(links)
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
    use crate::{
        Digest, Op, RecordState, VersionWrite,
        store::sqlite::{
            created::{Created, MANY},
            schema,
            words::{pack, packed},
        },
    };

    const KIND: EntityKind = EntityKind::Enrollment;

    /// Small and large uids with and without gaps between them.
    fn uids() -> Vec<u64> {
        let far = [20_000, 1 << 33];
        (1..3000).chain((3000..9000).step_by(3)).chain(far).chain(1 << 34..(1 << 34) + 1500).collect()
    }

    fn created(uid: u64) -> Pair {
        let (key, digest) = (Key::of(KIND, &uid.to_string()), Digest::of(&[]));
        Pair { uid, key, digest, seq: uid, kind: KIND, state: RecordState::Active }
    }

    /// A store of three rosters, in which every seventh record has changed.
    fn store() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for roster in 1..=3 {
            let mut table = Created::new(&connection, roster).unwrap();
            for uid in uids() {
                let Pair { key, digest, seq, kind, state, .. } = created(uid);
                let (op, links, before, changed, from, body) =
                    (Op::Create, (uid, u64::MAX - uid), None, 0, None, crate::Span::default());
                let write = VersionWrite {
                    seq,
                    uid,
                    op,
                    kind,
                    before,
                    key,
                    digest,
                    state,
                    links,
                    changed,
                    from,
                    body,
                };
                table.add(&write).unwrap();
            }
            table.flush().unwrap();
            for uid in uids().into_iter().filter(|uid| uid % 7 == 0) {
                let pair = now(roster, uid);
                let sql = "INSERT INTO changed VALUES (?1, ?2, 0, ?3, ?4, -1)";
                let row =
                    (row_of(roster, uid), packed(&pair), pack(pair.kind, pair.state), uid.cast_signed());
                connection.execute(sql, row).unwrap();
            }
        }
        connection
    }

    fn now(roster: i64, uid: u64) -> Pair {
        let (seq, state) = (uid + (1 << 35) + roster.cast_unsigned(), RecordState::Ended);
        if uid.is_multiple_of(7) { Pair { seq, state, ..created(uid) } } else { created(uid) }
    }

    #[test]
    fn all_is_read_in_order_whatever_the_gaps() {
        let connection = store();
        let many = usize::try_from(MANY).unwrap();
        for limit in [1, 1000, many, 2500, 16 * 1024] {
            let (mut found, mut after) = (Vec::new(), 0);
            loop {
                let page = pairs(&connection, 2, after, limit).unwrap();
                let beside = links(&connection, 2, after, limit).unwrap();
                assert!(page.len() <= limit && page.len() == beside.len());
                for (pair, links) in page.iter().zip(beside) {
                    assert_eq!(*pair, now(2, pair.uid));
                    let second = if pair.uid % 7 == 0 { u64::MAX } else { u64::MAX - pair.uid };
                    assert_eq!(links, Links { uid: pair.uid, first: pair.uid, second });
                }
                found.extend(page.iter().map(|pair| pair.uid));
                after = found.last().copied().unwrap_or(0);
                if page.len() < limit {
                    break;
                }
            }
            assert!(found == uids(), "{limit}");
        }
        assert_eq!(pair(&connection, 3, 21).unwrap(), Some(now(3, 21)));
        for absent in [0, 3001, 10_000, u64::MAX] {
            assert_eq!(pair(&connection, 3, absent).unwrap(), None);
        }
        assert!(pairs(&connection, 3, u64::MAX, 10).unwrap().is_empty());
        assert!(pairs(&connection, 4, 0, 10).unwrap().is_empty());
    }

    #[test]
    fn what_was_created_is_found_and_gets_new_digests() {
        let connection = store();
        let mut table = Created::new(&connection, 2).unwrap();
        for uid in [1, MANY, MANY + 1, 3003, 1 << 33] {
            assert_eq!(table.get(uid).unwrap(), Some((created(uid), (uid, u64::MAX - uid))));
        }
        let digest = |uid: u64| Digest::of(&uid.to_be_bytes());
        for uid in uids().into_iter().filter(|uid| uid % 5 == 0).rev() {
            assert!(table.restamp(uid, digest(uid)).unwrap());
        }
        for absent in [0, 3001, 10_000, u64::MAX] {
            assert!(table.get(absent).unwrap().is_none());
            assert!(!table.restamp(absent, digest(0)).unwrap());
        }
        table.flush().unwrap();
        for (roster, pair) in [1, 2, 3].into_iter().flat_map(|roster| {
            pairs(&connection, roster, 0, 16 * 1024).unwrap().into_iter().map(move |pair| (roster, pair))
        }) {
            let stamp = (roster == 2 && pair.uid % 5 == 0 && pair.uid % 7 != 0).then(|| digest(pair.uid));
            assert_eq!(pair.digest, stamp.unwrap_or(created(pair.uid).digest));
        }
    }
}
