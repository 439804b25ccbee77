//! Writing a batch: one pass, and no question for a row.

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::{
    fault::Worked,
    words::{kind_code, kind_of, op_code, pack, row_of, seq_of, state_code},
};
use crate::{
    Batch, Digest, Key, Op, RecordState, VersionWrite, Write,
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
    version: Statement<'c>,
    create: Statement<'c>,
    update: Statement<'c>,
    restamp: Statement<'c>,
    state: Statement<'c>,
}

const VERSION: &str = "INSERT INTO version \
    (row, run, op, kind, uid, before, from_id, changed, blanked, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)";
const CREATE: &str =
    "INSERT INTO current (row, pair, seq, what, link1, link2) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const UPDATE: &str =
    "UPDATE current SET pair = ?2, seq = ?3, what = ?4, link1 = ?5, link2 = ?6 WHERE row = ?1";
const RESTAMP: &str = "UPDATE current SET pair = CAST(substr(pair, 1, 16) || ?2 AS BLOB) WHERE row = ?1";
// All of SQLite's bit operators bind alike, from left to right.
const STATE: &str = "UPDATE current SET what = (what & 15) | (?2 << 4) WHERE row = ?1";
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
            version: connection.prepare(VERSION)?,
            create: connection.prepare(CREATE)?,
            update: connection.prepare(UPDATE)?,
            restamp: connection.prepare(RESTAMP)?,
            state: connection.prepare(STATE)?,
        })
    }

    /// Writes in order, and gives the seq of the last version.
    pub(super) fn write(&mut self, batch: &Batch, mut last: u64) -> Worked<u64> {
        for write in batch.writes() {
            match *write {
                Write::Version(write) => {
                    misuse::check_version(&write, last)?;
                    self.version(batch, &write)?;
                    last = write.seq;
                }
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
        Ok(last)
    }

    fn version(&mut self, batch: &Batch, write: &VersionWrite) -> Worked<()> {
        self.version.execute(params![
            row_of(self.roster, write.seq),
            self.run,
            op_code(write.op),
            kind_code(write.kind),
            write.uid.cast_signed(),
            write.before.map(u64::cast_signed),
            write.from.map(|from| batch.text(from)),
            write.changed.cast_signed(),
            batch.text(write.body),
        ])?;
        let mut pair = [0; 32];
        let (key, digest) = pair.split_at_mut(16);
        key.copy_from_slice(&write.key.to_bytes());
        digest.copy_from_slice(&write.digest.to_bytes());
        let is_new = write.op == Op::Create;
        let statement = if is_new { &mut self.create } else { &mut self.update };
        let rows = statement.execute(params![
            row_of(self.roster, write.uid),
            &pair[..],
            write.seq.cast_signed(),
            pack(write.kind, write.state),
            write.links.0.cast_signed(),
            write.links.1.cast_signed(),
        ])?;
        one(rows, write.uid)
    }

    fn restamp(&mut self, uid: u64, digest: Digest) -> Worked<()> {
        one(self.restamp.execute(params![row_of(self.roster, uid), &digest.to_bytes()[..]])?, uid)
    }

    fn state(&mut self, uid: u64, state: RecordState) -> Worked<()> {
        one(self.state.execute(params![row_of(self.roster, uid), state_code(state)])?, uid)
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
    fn blank(&self, uid: u64, seq: u64) -> Worked<()> {
        let latest = "SELECT seq FROM current WHERE row = ?1";
        let mut next: Option<i64> =
            self.connection.query_row(latest, [row_of(self.roster, uid)], |row| row.get(0)).optional()?;
        if next.is_none() {
            return Err(misuse::no_record(uid).into());
        }
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

fn one(rows: usize, uid: u64) -> Worked<()> {
    if rows == 1 { Ok(()) } else { Err(misuse::no_record(uid).into()) }
}
