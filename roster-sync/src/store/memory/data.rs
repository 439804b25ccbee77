//! One roster, in memory.

use std::{collections::BTreeMap, sync::Arc};

use roster_core::{EntityKind, Result, SourcedId};

use crate::{
    Batch, Change, Digest, Found, Key, Op, Page, Quarantined, RecordState, Span, StoredRecord, VersionWrite,
    Write,
    store::{
        batch::tombstone,
        body::{self, Lies, Standing, VersionRow},
        misuse,
        place::Place,
    },
};

/// What stands in a roster, and what happened to it. A writer works on a copy: versions are shared between copies.
#[derive(Clone, Default)]
pub(super) struct Data {
    /// That of seq 1 first.
    versions: Vec<Arc<Version>>,
    /// By uid.
    pub(super) current: BTreeMap<u64, Current>,
    pub(super) quarantine: BTreeMap<Key, Held>,
    pub(super) census: BTreeMap<(EntityKind, String), u64>,
}

#[derive(Clone)]
struct Version {
    write: VersionWrite,
    run: u64,
    from: Option<String>,
    blanked: bool,
    body: String,
}

#[derive(Clone, Copy)]
pub(super) struct Current {
    pub(super) kind: EntityKind,
    pub(super) key: Key,
    pub(super) digest: Digest,
    pub(super) seq: u64,
    pub(super) state: RecordState,
    pub(super) links: (u64, u64),
}

#[derive(Clone)]
pub(super) struct Held {
    pub(super) row: Quarantined,
    pub(super) since_run: u64,
    pub(super) body: Option<Arc<str>>,
}

impl Data {
    pub(super) fn last_seq(&self) -> u64 {
        self.versions.len() as u64
    }

    /// The body of a version, or, of an end, of the one before it. `None` if it was blanked.
    pub(super) fn body(&self, seq: u64) -> Result<Option<&str>> {
        let mut version = self.version(seq)?;
        while version.write.op == Op::End {
            let Some(before) = version.write.before else { return Ok(None) };
            version = self.version(before)?;
        }
        Ok((!version.blanked).then_some(version.body.as_str()))
    }

    pub(super) fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.versions.iter().skip(after).take(limit).map(|version| version.row().change(true)).collect()
    }

    pub(super) fn records(
        &self,
        kind: Option<EntityKind>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredRecord>> {
        let start = Place::read(after)?;
        let is_wanted = |found: EntityKind| kind.is_none_or(|kind| kind == found);
        let (last_uid, last_key) = match start {
            Place::Uid(uid) => (uid, None),
            Place::Key(key) => (u64::MAX, Some(key)),
        };
        let standing =
            self.current.iter().filter(|(uid, current)| **uid > last_uid && is_wanted(current.kind));
        let others = self.quarantine.values().filter(|held| {
            held.row.uid.is_none()
                && held.body.is_some()
                && is_wanted(held.row.kind)
                && last_key.is_none_or(|last| held.row.key > last)
        });
        let mut all = standing
            .map(|(uid, current)| (Place::Uid(*uid), Ok(current)))
            .chain(others.map(|held| (Place::Key(held.row.key), Err(held))));
        let mut items = Vec::new();
        let mut last = start;
        for (place, row) in all.by_ref().take(limit) {
            last = place;
            match (place, row) {
                (Place::Uid(uid), Ok(current)) => items.push(self.stored(uid, current)?),
                (_, Err(held)) => items.extend(held.stored()?),
                _ => {}
            }
        }
        let next = all.next().map(|_| last.to_string());
        Ok(Page::new(items, next))
    }

    pub(super) fn find(&self, id: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for kind in EntityKind::ALL {
            let key = Key::of(kind, id);
            let is_named = |uid: u64, current: &Current| {
                current.key == key
                    || (current.kind == kind
                        && self.chain(uid, current.seq).any(|v| v.from.as_deref() == Some(id)))
            };
            for (uid, current) in self.current.iter().filter(|(uid, current)| is_named(**uid, current)) {
                found.push(self.found(*uid, current)?);
            }
            if let Some(held) = self.quarantine.get(&key).filter(|held| held.row.uid.is_none())
                && let Some(record) = held.stored()?
            {
                found.push(held.marked(Found::new(record, Vec::new())));
            }
        }
        Ok(found)
    }

    fn found(&self, uid: u64, current: &Current) -> Result<Found> {
        let mut history: Vec<_> =
            self.chain(uid, current.seq).map(|version| version.row().change(false)).collect::<Result<_>>()?;
        history.reverse();
        let found = Found::new(self.stored(uid, current)?, history);
        Ok(match self.held(uid, current) {
            Some(held) => held.marked(found),
            None => found,
        })
    }

    fn stored(&self, uid: u64, current: &Current) -> Result<StoredRecord> {
        Standing {
            kind: current.kind,
            uid,
            state: current.state,
            seq: current.seq,
            named: &self.version(current.seq)?.body,
            body: self.body(current.seq)?,
            held: self.held(uid, current).map(|held| body::Held { body: held.body.as_deref() }),
        }
        .stored()
    }

    /// What quarantine has of a record that has a uid: it lies there under the same key.
    fn held(&self, uid: u64, current: &Current) -> Option<&Held> {
        self.quarantine.get(&current.key).filter(|held| held.row.uid == Some(uid))
    }

    /// The versions of a record from that seq on, newest first.
    fn chain(&self, uid: u64, seq: u64) -> impl Iterator<Item = &Version> {
        let mut next = Some(seq);
        std::iter::from_fn(move || {
            let version = self.version(next?).ok().filter(|version| version.write.uid == uid)?;
            next = version.write.before;
            Some(version)
        })
    }

    fn version(&self, seq: u64) -> Result<&Version> {
        let index = usize::try_from(seq.wrapping_sub(1)).unwrap_or(usize::MAX);
        self.versions.get(index).map(|version| &**version).ok_or_else(|| misuse::no_version(seq))
    }

    /// Writes a batch, in order.
    pub(super) fn apply(&mut self, batch: &Batch, run: u64) -> Result<()> {
        for write in batch.writes() {
            match *write {
                Write::Version(write) => self.add_version(batch, write, run)?,
                Write::Restamp { uid, digest } => self.current(uid)?.digest = digest,
                Write::State { uid, state } => self.current(uid)?.state = state,
                Write::Quarantine { key, kind, digest, uid, missing_kind, missing, body } => {
                    let missing = (missing_kind, SourcedId::from(batch.text(missing)));
                    let row = Quarantined::new(key, kind, digest, uid, missing);
                    self.quarantine(row, body.map(|body| batch.text(body)), run);
                }
                Write::Unquarantine { key } => drop(self.quarantine.remove(&key)),
                Write::Census { kind, group, count } => self.count(kind, batch.text(group), count),
                Write::Blank { uid, seq } => self.blank(uid, seq)?,
            }
        }
        Ok(())
    }

    fn add_version(&mut self, batch: &Batch, write: VersionWrite, run: u64) -> Result<()> {
        misuse::check_version(&write, self.last_seq())?;
        if write.op != Op::Create {
            self.current(write.uid)?;
        }
        let text = |span: Span| batch.text(span).to_owned();
        let (from, body) = (write.from.map(text), text(write.body));
        self.versions.push(Arc::new(Version { write, run, from, blanked: false, body }));
        let VersionWrite { seq, kind, key, digest, state, links, .. } = write;
        self.current.insert(write.uid, Current { kind, key, digest, seq, state, links });
        Ok(())
    }

    fn current(&mut self, uid: u64) -> Result<&mut Current> {
        self.current.get_mut(&uid).ok_or_else(|| misuse::no_record(uid))
    }

    fn quarantine(&mut self, row: Quarantined, body: Option<&str>, run: u64) {
        let before = self.quarantine.get(&row.key);
        let since_run = before.map_or(run, |before| before.since_run);
        let body = body.map(Arc::from).or_else(|| before?.body.clone());
        self.quarantine.insert(row.key, Held { row, since_run, body });
    }

    fn count(&mut self, kind: EntityKind, group: &str, count: u64) {
        if count == 0 {
            self.census.remove(&(kind, group.to_owned()));
        } else {
            self.census.insert((kind, group.to_owned()), count);
        }
    }

    fn blank(&mut self, uid: u64, seq: u64) -> Result<()> {
        let latest = self.current(uid)?.seq;
        let seqs: Vec<u64> =
            self.chain(uid, latest).map(|version| version.write.seq).filter(|found| *found <= seq).collect();
        for seq in seqs {
            let index = usize::try_from(seq - 1).unwrap_or(usize::MAX);
            let Some(version) = self.versions.get_mut(index).map(Arc::make_mut) else { continue };
            let id = body::id(&version.body, Lies::Version(seq))?;
            version.body = tombstone(version.write.kind, &id);
            version.blanked = true;
        }
        Ok(())
    }
}

impl Version {
    fn row(&self) -> VersionRow<'_> {
        VersionRow {
            seq: self.write.seq,
            run: self.run,
            op: self.write.op,
            kind: self.write.kind,
            uid: self.write.uid,
            from: self.from.as_deref(),
            changed: self.write.changed,
            blanked: self.blanked,
            body: &self.body,
        }
    }
}

impl Held {
    fn stored(&self) -> Result<Option<StoredRecord>> {
        self.body.as_deref().map(|body| body::never_stood(&self.row, body)).transpose()
    }

    fn marked(&self, mut found: Found) -> Found {
        found.missing = Some(self.row.missing.clone());
        found.quarantined_by = Some(self.since_run);
        found
    }
}
