//! Writes a roster as the engine would.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use roster_core::{EntityKind, FieldSet, Org, OrgField, OrgType, Record, jiff};

use super::verdict::{Breach, Verdict, there};
use crate::{
    Batch, Digest, Key, Memory, Op, Pair, RecordState, RunEnd, RunStart, Session, Status, Store, SyncReport,
    VersionWrite, Write, memory::Asked,
};

/// The roster that most checks write.
pub(super) const ROSTER: &str = "north";
/// Enough for any list of a check.
pub(super) const ALL: usize = 100_000;

/// Keeps what was written, to write on.
pub(super) struct Scribe<'s> {
    store: &'s dyn Store,
    roster: &'static str,
    pub(super) last: u64,
    latest: BTreeMap<u64, (u64, Record)>,
    pub(super) batch: Batch,
}

impl<'s> Scribe<'s> {
    pub(super) fn new(store: &'s dyn Store) -> Self {
        Self::of(store, ROSTER)
    }

    pub(super) fn of(store: &'s dyn Store, roster: &'static str) -> Self {
        Self { store, roster, last: 0, latest: BTreeMap::new(), batch: Batch::default() }
    }

    pub(super) fn create(&mut self, record: &Record) -> u64 {
        let uid = self.last + 1;
        self.version(uid, Op::Create, record, None, RecordState::Active);
        uid
    }

    pub(super) fn update(&mut self, uid: u64, record: &Record) -> u64 {
        self.version(uid, Op::Update, record, None, RecordState::Active)
    }

    pub(super) fn restore(&mut self, uid: u64, record: &Record) -> u64 {
        self.version(uid, Op::Restore, record, None, RecordState::Active)
    }

    pub(super) fn rekey(&mut self, uid: u64, from: &str, record: &Record) -> u64 {
        self.version(uid, Op::Rekey, record, Some(from), RecordState::Active)
    }

    pub(super) fn end(&mut self, uid: u64) -> Verdict<u64> {
        self.end_as(uid, RecordState::Ended)
    }

    pub(super) fn end_as(&mut self, uid: u64, state: RecordState) -> Verdict<u64> {
        let record = there("a record to end", self.latest.get(&uid))?.1.clone();
        Ok(self.version(uid, Op::End, &record, None, state))
    }

    fn version(&mut self, uid: u64, op: Op, record: &Record, from: Option<&str>, state: RecordState) -> u64 {
        let (kind, id) = (record.kind(), record.id().as_str());
        let json = json(record);
        let body = if op == Op::End { self.batch.tombstone(kind, id) } else { self.batch.add_text(&json) };
        let from = from.map(|from| self.batch.add_text(from));
        let seq = self.last + 1;
        self.batch.push(Write::Version(VersionWrite {
            seq,
            uid,
            op,
            kind,
            before: self.latest.get(&uid).map(|(seq, _)| *seq),
            key: Key::of(kind, id),
            digest: Digest::of(json.as_bytes()),
            state,
            links: links(seq),
            changed: changed(op).bits(),
            from,
            body,
        }));
        self.last = seq;
        self.latest.insert(uid, (seq, record.clone()));
        seq
    }

    /// Puts a record into quarantine, for lack of the school `gone`.
    pub(super) fn quarantine(&mut self, record: &Record, uid: Option<u64>, with_body: bool) {
        let json = json(record);
        let missing = self.batch.add_text("gone");
        let body = with_body.then(|| self.batch.add_text(&json));
        self.batch.push(Write::Quarantine {
            key: Key::of(record.kind(), record.id()),
            kind: record.kind(),
            digest: Digest::of(json.as_bytes()),
            uid,
            missing_kind: EntityKind::Org,
            missing,
            body,
        });
    }

    pub(super) fn census(&mut self, kind: EntityKind, group: &str, count: u64) {
        let group = self.batch.add_text(group);
        self.batch.push(Write::Census { kind, group, count });
    }

    /// Takes the roster and begins a run.
    pub(super) async fn begin(&self) -> Verdict<(Box<dyn Session>, u64)> {
        let mut session = there("a free roster", self.store.open(self.roster).await?)?;
        let run = session.begin(start()).await?;
        Ok((session, run))
    }

    /// Writes what was put down so far.
    pub(super) async fn write(&mut self, session: &mut Box<dyn Session>) -> Verdict {
        self.batch = session.write(std::mem::take(&mut self.batch)).await?;
        if self.batch.is_empty() && self.batch.bytes() == 0 {
            return Ok(());
        }
        Err(Breach("a batch came back that is not empty".to_owned()))
    }

    /// Writes what was put down so far in a run of its own.
    pub(super) async fn commit(&mut self) -> Verdict<u64> {
        let (mut session, run) = self.begin().await?;
        self.write(&mut session).await?;
        session.finish(good_end()).await?;
        Ok(run)
    }

    /// The row of one record.
    pub(super) async fn pair(&self, uid: u64) -> Verdict<Pair> {
        let mut session = there("a free roster", self.store.open(self.roster).await?)?;
        let pairs = session.pairs(uid - 1, 1).await?;
        there("a pair", pairs.first().copied())
    }
}

/// The links that a version of that seq is written with: some with the highest bit.
pub(super) const fn links(seq: u64) -> (u64, u64) {
    (seq, u64::MAX - seq)
}

/// The fields that a version is written with.
pub(super) fn changed(op: Op) -> FieldSet {
    match op {
        Op::Create | Op::End => FieldSet::EMPTY,
        _ => FieldSet::of([OrgField::Name, OrgField::Extra]),
    }
}

pub(super) fn json(record: &Record) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

pub(super) fn school(id: &str, name: &str) -> Record {
    Org::new(id, OrgType::School, name).into()
}

pub(super) fn start() -> RunStart {
    RunStart::new("csv", "north-district", Some("/data/north".to_owned()), at(0))
}

/// A time that has parts of a second.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::new(1_800_000_000 + seconds, 123_456_789).unwrap_or_default()
}

/// The end of a run that counts.
pub(super) fn good_end() -> RunEnd {
    let mut end = RunEnd::new(at(60), SyncReport::new(ROSTER, "north-district", Status::Applied));
    end.memory = Some(memory("north-district"));
    end
}

/// What is left to the next run, told apart by its tenant.
pub(super) fn memory(tenant: &str) -> Memory {
    Memory {
        provider: "csv".to_owned(),
        tenant: tenant.to_owned(),
        cursor: None,
        asked: Asked { kinds: BTreeSet::from(EntityKind::ALL), ..Asked::default() },
        needs_full: None,
        full: BTreeMap::from([(EntityKind::Org, at(1))]),
        fresh: BTreeMap::from([(EntityKind::Org, at(2))]),
        window: Vec::new(),
        approvals: 0,
        seats: None,
    }
}
