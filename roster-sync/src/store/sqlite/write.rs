//! Writing a batch: one pass, and no question for a row.

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::{
    created::Created,
    fault::Worked,
    inserts::{self, End, Inserts},
    words::{kind_code, kind_of, op_code, pack, packed, row_of, seq_of, state_code},
};
use crate::{
    Batch, Digest, Key, Op, Pair, RecordState, VersionWrite, Write,
    store::{
        batch::tombstone,
        body::{self, Lies},
        misuse,
    },
};

/// Writes batches into the transaction that is open. Its statements are prepared once for each batch.
pub(super) struct Writer<'c> {
    connection: &'c Connection,
    roster: i64,
    run: i64,
    versions_end: End,
    version: Inserts<'c>,
    first_version: Inserts<'c>,
    created: Created<'c>,
    change: Statement<'c>,
    restamp: Statement<'c>,
    state: Statement<'c>,
}

const VERSION: &str = "run, op, kind, uid, before, from_id, changed, body, blanked";
const VERSION_VALUES: &str = "?, ?, ?, ?, ?, ?, ?, ?, 0";
// Of a create (op 0) most is the same for all, and a value that is not bound costs next to nothing.
const FIRST_VERSION_VALUES: &str = "?, 0, ?, ?, NULL, NULL, 0, ?, 0";
const CHANGE: &str = "INSERT OR REPLACE INTO changed (row, packed, seq, what, link1, link2) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const RESTAMP: &str = "UPDATE changed \
    SET packed = CAST(substr(packed, 1, 24) || ?2 || substr(packed, 41) AS BLOB) WHERE row = ?1";
// All of SQLite's bit operators bind alike, from left to right. A code below 128 is one byte.
const STATE: &str = "UPDATE changed SET what = (what & 15) | (?2 << 4), \
    packed = CAST(substr(packed, 1, 48) || char((what & 15) | (?2 << 4)) AS BLOB) WHERE row = ?1";
const QUARANTINE: &str = "INSERT INTO quarantine \
    (roster, key, kind, digest, uid, missing_kind, missing_id, since_run, body) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (roster, key) DO UPDATE SET kind = excluded.kind, \
    digest = excluded.digest, uid = excluded.uid, missing_kind = excluded.missing_kind, \
    missing_id = excluded.missing_id, body = coalesce(excluded.body, body)";
const CENSUS: &str = "INSERT INTO census (roster, kind, name, count) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT DO UPDATE SET count = excluded.count";

impl<'c> Writer<'c> {
    pub(super) fn new(connection: &'c Connection, roster: i64, run: u64) -> Worked<Self> {
        Ok(Self {
            connection,
            roster,
            run: run.cast_signed(),
            versions_end: End::of(connection, "version")?,
            version: Inserts::new(connection, "version", VERSION, VERSION_VALUES),
            first_version: Inserts::new(connection, "version", VERSION, FIRST_VERSION_VALUES),
            created: Created::new(connection, roster)?,
            change: connection.prepare(CHANGE)?,
            restamp: connection.prepare(RESTAMP)?,
            state: connection.prepare(STATE)?,
        })
    }

    /// Writes in order, and gives the seq of the last version.
    pub(super) fn write(&mut self, batch: &Batch, mut last: u64) -> Worked<u64> {
        // Versions that follow one another are written together, before the next write of another sort.
        let mut together = Vec::with_capacity(inserts::ROWS);
        for write in batch.writes() {
            if let Write::Version(write) = write {
                misuse::check_version(write, last)?;
                last = write.seq;
                together.push(write);
                if together.len() == inserts::ROWS {
                    self.versions(batch, &mut together)?;
                }
                continue;
            }
            self.versions(batch, &mut together)?;
            match *write {
                Write::Version(_) => {}
                Write::Restamp { uid, digest } => self.restamp(uid, digest)?,
                Write::State { uid, state } => self.state(uid, state)?,
                Write::Quarantine { .. } => self.quarantine(batch, write)?,
                Write::Unquarantine { key } => self.unquarantine(key)?,
                Write::Census { kind, group, count } => {
                    self.census(kind_code(kind), batch.text(group), count)?;
                }
                Write::Blank { uid, seq } => self.blank(uid, seq)?,
            }
        }
        self.versions(batch, &mut together)?;
        self.created.flush()?;
        Ok(last)
    }

    fn versions(&mut self, batch: &Batch, writes: &mut Vec<&VersionWrite>) -> Worked<()> {
        for writes in writes.chunk_by(|one, other| is_first(one) == is_first(other)) {
            if writes.first().is_some_and(|write| is_first(write)) {
                self.first_versions(batch, writes)?;
            } else {
                self.further_versions(batch, writes)?;
            }
        }
        // A create comes before all else that happens to its record.
        let (creates, others): (Vec<&VersionWrite>, Vec<_>) =
            writes.drain(..).partition(|write| write.op == Op::Create);
        for write in creates {
            self.created.add(write)?;
            if write.state != RecordState::Active {
                self.change(&pair_of(write), write.links)?;
            }
        }
        for write in others {
            self.there(write.uid)?;
            self.change(&pair_of(write), write.links)?;
        }
        Ok(())
    }

    /// Refuses to go on if there is no such record.
    fn there(&mut self, uid: u64) -> Worked<()> {
        if self.created.has(uid)? { Ok(()) } else { Err(misuse::no_record(uid).into()) }
    }

    /// Writes what is current of a record that is no longer as it was created.
    fn change(&mut self, pair: &Pair, links: (u64, u64)) -> Worked<()> {
        self.change.execute(params![
            row_of(self.roster, pair.uid),
            &packed(pair)[..],
            pair.seq.cast_signed(),
            pack(pair.kind, pair.state),
            links.0.cast_signed(),
            links.1.cast_signed(),
        ])?;
        Ok(())
    }

    fn first_versions(&mut self, batch: &Batch, writes: &[&VersionWrite]) -> Worked<()> {
        let row = |write: &&VersionWrite| row_of(self.roster, write.seq);
        self.first_version.insert(writes, &mut self.versions_end, row, |bound, write| {
            bound.bind(self.run)?;
            bound.bind(kind_code(write.kind))?;
            bound.bind(write.uid.cast_signed())?;
            bound.bind(batch.text(write.body))
        })
    }

    fn further_versions(&mut self, batch: &Batch, writes: &[&VersionWrite]) -> Worked<()> {
        let row = |write: &&VersionWrite| row_of(self.roster, write.seq);
        self.version.insert(writes, &mut self.versions_end, row, |bound, write| {
            bound.bind(self.run)?;
            bound.bind(op_code(write.op))?;
            bound.bind(kind_code(write.kind))?;
            bound.bind(write.uid.cast_signed())?;
            bound.bind(write.before.map(u64::cast_signed))?;
            bound.bind(write.from.map(|from| batch.text(from)))?;
            bound.bind(write.changed.cast_signed())?;
            bound.bind(batch.text(write.body))
        })
    }

    fn restamp(&mut self, uid: u64, digest: Digest) -> Worked<()> {
        let is_changed =
            self.restamp.execute(params![row_of(self.roster, uid), &digest.to_bytes()[..]])? == 1;
        if is_changed || self.created.restamp(uid, digest)? {
            Ok(())
        } else {
            Err(misuse::no_record(uid).into())
        }
    }

    fn state(&mut self, uid: u64, state: RecordState) -> Worked<()> {
        if self.state.execute(params![row_of(self.roster, uid), state_code(state)])? == 1 {
            return Ok(());
        }
        let (pair, links) = self.created.get(uid)?.ok_or_else(|| misuse::no_record(uid))?;
        self.change(&Pair { state, ..pair }, links)
    }

    fn quarantine(&self, batch: &Batch, write: &Write) -> Worked<()> {
        let Write::Quarantine { key, kind, digest, uid, missing_kind, missing, body } = *write else {
            return Ok(());
        };
        self.connection.prepare(QUARANTINE)?.execute(params![
            self.roster,
            key.to_bytes(),
            kind_code(kind),
            digest.to_bytes(),
            uid.map(u64::cast_signed),
            kind_code(missing_kind),
            batch.text(missing),
            self.run,
            body.map(|body| batch.text(body)),
        ])?;
        Ok(())
    }

    fn unquarantine(&self, key: Key) -> Worked<()> {
        let sql = "DELETE FROM quarantine WHERE roster = ?1 AND key = ?2";
        self.connection.execute(sql, params![self.roster, key.to_bytes()])?;
        Ok(())
    }

    fn census(&self, kind: i64, group: &str, count: u64) -> Worked<()> {
        if count == 0 {
            let sql = "DELETE FROM census WHERE roster = ?1 AND kind = ?2 AND name = ?3";
            self.connection.execute(sql, params![self.roster, kind, group])?;
        } else {
            self.connection.execute(CENSUS, params![self.roster, kind, group, count.cast_signed()])?;
        }
        Ok(())
    }

    /// Walks from the latest version back, and leaves kind and id of those up to `seq`.
    fn blank(&mut self, uid: u64, seq: u64) -> Worked<()> {
        self.there(uid)?;
        let latest = "SELECT seq FROM changed WHERE row = ?1";
        let latest: Option<i64> =
            self.connection.query_row(latest, [row_of(self.roster, uid)], |row| row.get(0)).optional()?;
        let mut next = Some(latest.unwrap_or(uid.cast_signed()));
        let mut read =
            self.connection.prepare("SELECT before, kind, blanked, body FROM version WHERE row = ?1")?;
        let mut blank =
            self.connection.prepare("UPDATE version SET body = ?2, blanked = 1 WHERE row = ?1")?;
        while let Some(found) = next.map(i64::cast_unsigned) {
            let row = row_of(self.roster, found);
            let (before, kind, blanked, text): (_, i64, bool, String) = read
                .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?
                .ok_or_else(|| misuse::no_version(found))?;
            next = before;
            if found > seq {
                continue;
            }
            // What was blanked before was blanked with all that is older.
            if blanked {
                break;
            }
            let id = body::id(&text, Lies::Version(seq_of(row)))?;
            blank.execute(params![row, tombstone(kind_of(kind)?, &id)])?;
        }
        Ok(())
    }
}

/// Whether a version is like those of all records that are new.
fn is_first(write: &VersionWrite) -> bool {
    let VersionWrite { op, before, from, changed, .. } = *write;
    op == Op::Create && before.is_none() && from.is_none() && changed == 0
}

fn pair_of(write: &VersionWrite) -> Pair {
    let VersionWrite { uid, key, digest, seq, kind, state, .. } = *write;
    Pair { uid, key, digest, seq, kind, state }
}
