//! Records as they were created, many in one row of the table: most of them never change.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::{
    fault::{Worked, strange},
    words::{CREATED, LINKS, created_links, created_pair, links_of, pair_created, row_of, seq_of},
};
use crate::{Digest, Pair, VersionWrite};

/// How many records lie in one row at most: a run reads all of them, and a new digest writes a whole row anew.
pub(super) const MANY: u64 = 1024;

/// Writes what is created, and finds again what was.
pub(super) struct Created<'c> {
    connection: &'c Connection,
    roster: i64,
    /// What is to be written as one row.
    fresh: Block,
    links: Vec<u8>,
    /// The uids of the row in which a record was last found: the next is most often there, too.
    near: Range<u64>,
    /// A row that is being changed.
    restamped: Option<Block>,
    insert: Statement<'c>,
    insert_links: Statement<'c>,
    find: Statement<'c>,
}

/// A row.
#[derive(Debug, Default)]
struct Block {
    uids: Range<u64>,
    pairs: Vec<u8>,
}

impl<'c> Created<'c> {
    pub(super) fn new(connection: &'c Connection, roster: i64) -> Worked<Self> {
        Ok(Self {
            connection,
            roster,
            fresh: Block::default(),
            links: Vec::new(),
            near: 0..0,
            restamped: None,
            insert: connection.prepare("INSERT INTO created (row, many, pairs) VALUES (?1, ?2, ?3)")?,
            insert_links: connection.prepare("INSERT INTO created_links (row, links) VALUES (?1, ?2)")?,
            find: connection.prepare(
                "SELECT row, many FROM created WHERE row BETWEEN ?1 AND ?2 ORDER BY row DESC LIMIT 1",
            )?,
        })
    }

    /// Adds a record. It is not in the table before [`flush`](Self::flush).
    pub(super) fn add(&mut self, write: &VersionWrite) -> Worked<()> {
        let uids = &self.fresh.uids;
        if uids.end != write.uid || uids.end - uids.start >= MANY {
            self.flush()?;
            self.fresh.uids = write.uid..write.uid;
        }
        self.fresh.uids.end += 1;
        self.fresh.pairs.extend_from_slice(&created_pair(write.key, write.digest, write.kind));
        self.links.extend_from_slice(&created_links(write.links));
        Ok(())
    }

    /// Writes what is not in the table yet.
    pub(super) fn flush(&mut self) -> Worked<()> {
        if let Some(Block { uids, pairs }) = self.restamped.take() {
            let sql = "UPDATE created SET pairs = ?2 WHERE row = ?1";
            self.connection.execute(sql, params![row_of(self.roster, uids.start), pairs])?;
        }
        let Block { uids, pairs } = &mut self.fresh;
        if pairs.is_empty() {
            return Ok(());
        }
        let row = row_of(self.roster, uids.start);
        self.insert.execute(params![row, (uids.end - uids.start).cast_signed(), &pairs[..]])?;
        self.insert_links.execute(params![row, &self.links[..]])?;
        *uids = 0..0;
        pairs.clear();
        self.links.clear();
        Ok(())
    }

    /// Whether there is a record of that uid.
    pub(super) fn has(&mut self, uid: u64) -> Worked<bool> {
        if self.fresh.uids.contains(&uid) || self.near.contains(&uid) {
            return Ok(true);
        }
        let bounds = [row_of(self.roster, 0), row_of(self.roster, uid)];
        let found: Option<(i64, i64)> =
            self.find.query_row(bounds, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((row, many)) = found {
            self.near = seq_of(row)..seq_of(row).saturating_add(many.cast_unsigned());
        }
        Ok(self.near.contains(&uid))
    }

    /// The record of that uid as it was created, with the digest of what was last received, and what it hangs on.
    pub(super) fn get(&mut self, uid: u64) -> Worked<Option<(Pair, (u64, u64))>> {
        self.flush()?;
        if !self.has(uid)? {
            return Ok(None);
        }
        let (first, index) = (row_of(self.roster, self.near.start), uid - self.near.start);
        let part = |column: &str, table: &str, size: usize| {
            let sql = format!("SELECT substr({column}, ?2 * {size} + 1, {size}) FROM {table} WHERE row = ?1");
            self.connection.query_row(&sql, [first, index.cast_signed()], |row| row.get::<_, Vec<u8>>(0))
        };
        let (pair, links) = (part("pairs", "created", CREATED)?, part("links", "created_links", LINKS)?);
        let pair = pair.first_chunk().ok_or_else(|| strange("a packed row"))?;
        let links = links.first_chunk().ok_or_else(|| strange("a packed row"))?;
        Ok(Some((pair_created(uid, pair)?, links_of(links))))
    }

    /// Renews the digest of a record, if there is one of that uid.
    pub(super) fn restamp(&mut self, uid: u64, digest: Digest) -> Worked<bool> {
        if !self.restamped.as_ref().is_some_and(|block| block.uids.contains(&uid)) {
            self.flush()?;
            if !self.has(uid)? {
                return Ok(false);
            }
            let sql = "SELECT pairs FROM created WHERE row = ?1";
            let row = row_of(self.roster, self.near.start);
            let pairs = self.connection.query_row(sql, [row], |row| row.get(0))?;
            self.restamped = Some(Block { uids: self.near.clone(), pairs });
        }
        let Some(Block { uids, pairs }) = &mut self.restamped else { return Ok(false) };
        let (packed, _) = pairs.as_chunks_mut::<CREATED>();
        let index = usize::try_from(uid - uids.start).unwrap_or(usize::MAX);
        let packed = packed.get_mut(index).ok_or_else(|| strange("a packed row"))?;
        let pair = pair_created(uid, packed)?;
        *packed = created_pair(pair.key, digest, pair.kind);
        Ok(true)
    }
}
