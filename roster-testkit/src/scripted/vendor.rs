//! The vendor: records in memory, their history, and faults.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use roster_core::{EntityKind, PullRequest, Record, SourcedId};

use super::sample;
use crate::{Change, DropCounter, Fault, Ids, Token, Truth, reach::ids_in_reach};

/// How many records a page holds at most.
const PAGE_SIZE: usize = 5;

/// One tenant of a made-up vendor: records in memory, with their history, handed out in pages. Cheap to clone.
#[derive(Clone)]
pub struct ScriptedVendor(Arc<Inner>);

struct Inner {
    tenant: String,
    state: Mutex<State>,
    work: AtomicU64,
    rows: DropCounter,
}

struct State {
    /// One for each revision, the last is now.
    history: Vec<Snapshot>,
    /// The first revision that changes are still known since.
    oldest: usize,
    faults: BTreeSet<Fault>,
}

type Key = (EntityKind, SourcedId);
type Snapshot = BTreeMap<Key, Kept>;

#[derive(Clone, PartialEq)]
struct Kept {
    record: Record,
    readable: bool,
}

/// A page of records, and how to get the next.
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Option<String>,
}

/// A record on a page; none if it can't be read.
pub(crate) struct Row {
    pub(crate) id: SourcedId,
    pub(crate) record: Option<Record>,
    /// Counted as long as the row is alive.
    pub(crate) alive: Token,
}

/// What changed in one kind.
#[derive(Default)]
pub(crate) struct Feed {
    pub(crate) rows: Vec<Row>,
    pub(crate) deletes: Vec<SourcedId>,
    /// Records came into scope or left it, without a change of their own.
    pub(crate) needs_full: bool,
}

/// Why the vendor does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BrokeOff,
    Died,
    Forgotten,
    NoSuchRevision,
}

impl ScriptedVendor {
    /// A tenant with these records. Of records with the same kind and id the last one counts.
    pub fn new(tenant: impl Into<String>, records: impl IntoIterator<Item = Record>) -> Self {
        let kept = |record: Record| Kept { record, readable: true };
        let now =
            records.into_iter().map(|record| ((record.kind(), record.id().clone()), kept(record))).collect();
        Self(Arc::new(Inner {
            tenant: tenant.into(),
            state: Mutex::new(State { history: vec![now], oldest: 0, faults: BTreeSet::new() }),
            work: AtomicU64::new(0),
            rows: DropCounter::new(),
        }))
    }

    /// A tenant with a small sample: a district of two schools, a dozen pupils, two teachers, two contacts, all invented.
    pub fn sample(tenant: impl Into<String>) -> Self {
        Self::new(tenant, sample::roster())
    }

    /// The tenant's id.
    pub fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// Changes the records, in one revision. Returns what changed.
    pub fn edit(&self, edit: impl FnOnce(&mut Vec<Record>)) -> Change {
        let mut state = self.state();
        let before = state.now().clone();
        let (good, bad): (Snapshot, Snapshot) =
            before.clone().into_iter().partition(|(_, kept)| kept.readable);
        let mut records = good.into_values().map(|kept| kept.record).collect();
        edit(&mut records);
        let mut after = bad;
        for mut record in records {
            record.normalize();
            let key = (record.kind(), record.id().clone());
            after.insert(key, Kept { record, readable: true });
        }
        let mut change = Change::new();
        for (key, _) in after.iter().filter(|(key, kept)| before.get(*key) != Some(kept)) {
            change.upserted.insert(key.0, key.1.clone());
        }
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            change.deleted.insert(key.0, key.1.clone());
        }
        state.history.push(after);
        change
    }

    /// Makes a record unreadable. Returns whether there is such a record.
    pub fn break_record(&self, kind: EntityKind, id: &str) -> bool {
        let mut state = self.state();
        let mut after = state.now().clone();
        let Some(kept) = after.get_mut(&(kind, SourcedId::from(id))) else {
            return false;
        };
        kept.readable = false;
        state.history.push(after);
        true
    }

    /// Misbehaves from now on.
    pub fn misbehave(&self, fault: Fault) {
        let mut state = self.state();
        if fault == Fault::ForgottenChanges {
            state.oldest = state.history.len() - 1;
        }
        state.faults.insert(fault);
    }

    /// What a full pull of `request` must deliver now.
    pub fn truth(&self, request: &PullRequest) -> Truth {
        let state = self.state();
        let reached = reached(state.now(), request);
        let mut truth = Truth::new();
        for (kind, id) in reached.iter() {
            let readable = state.now().get(&(kind, id.clone())).is_some_and(|kept| kept.readable);
            let ids = if readable { &mut truth.present } else { &mut truth.rejected };
            ids.insert(kind, id.clone());
        }
        truth
    }

    /// How many pages and feeds were asked for.
    pub fn work(&self) -> u64 {
        self.0.work.load(Ordering::SeqCst)
    }

    /// Counts the rows that sources hold.
    pub fn rows(&self) -> &DropCounter {
        &self.0.rows
    }

    /// How many rows a page holds at most.
    pub fn page_size(&self) -> usize {
        PAGE_SIZE
    }

    /// The number of the newest revision, from 0.
    pub fn revision(&self) -> usize {
        self.state().history.len() - 1
    }

    /// The page of `kind` that starts behind `token`. Yields once, as a call over a network would.
    pub(crate) async fn page(
        &self,
        kind: EntityKind,
        request: &PullRequest,
        token: Option<&str>,
    ) -> Result<Page, Refusal> {
        tokio::task::yield_now().await;
        self.0.work.fetch_add(1, Ordering::SeqCst);
        let state = self.state();
        let second = kind == EntityKind::Person && token.is_some();
        let faulty = |fault| second && state.faults.contains(&fault);
        if faulty(Fault::CutConnection) {
            return Err(Refusal::BrokeOff);
        }
        if faulty(Fault::ReaderDies) {
            return Err(Refusal::Died);
        }
        // A tilde marks the token of a page that comes after an empty one.
        let behind = match token.and_then(|token| token.strip_prefix('~')) {
            Some(behind) => Some(behind),
            None if faulty(Fault::EmptyPage) => {
                let next = token.map(|token| format!("~{token}"));
                return Ok(Page { rows: Vec::new(), next });
            }
            None => token,
        };
        let wish = request.page_size.and_then(|size| usize::try_from(size).ok());
        let size = wish.unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE);
        let reached = reached(state.now(), request);
        let mut rest =
            reached.of(kind).filter(|id| behind.is_none_or(|behind| id.as_str() > behind)).peekable();
        let rows: Vec<_> =
            rest.by_ref().take(size).filter_map(|id| self.row(state.now(), kind, id)).collect();
        let mut next = rest.peek().and(rows.last()).map(|row| row.id.to_string());
        if faulty(Fault::RepeatedPageToken) {
            next = token.map(str::to_owned);
        }
        Ok(Page { rows, next })
    }

    /// What changed in `kind` since a revision. Yields once, as a call over a network would.
    pub(crate) async fn changes(
        &self,
        kind: EntityKind,
        request: &PullRequest,
        since: usize,
    ) -> Result<Feed, Refusal> {
        tokio::task::yield_now().await;
        self.0.work.fetch_add(1, Ordering::SeqCst);
        let state = self.state();
        let now = state.now();
        let then = state.history.get(since).ok_or(Refusal::NoSuchRevision)?;
        if since < state.oldest {
            return Err(Refusal::Forgotten);
        }
        let (reached, reached_then) = (reached(now, request), reached(then, request));
        let mut feed = Feed::default();
        for id in reached.of(kind) {
            let key = (kind, id.clone());
            if then.get(&key) != now.get(&key) {
                feed.rows.extend(self.row(now, kind, id));
            }
            feed.needs_full |= then.contains_key(&key) && !reached_then.contains(kind, id);
        }
        for id in reached_then.of(kind) {
            if !now.contains_key(&(kind, id.clone())) {
                feed.deletes.push(id.clone());
            } else if !reached.contains(kind, id) {
                feed.needs_full = true;
            }
        }
        Ok(feed)
    }

    fn row(&self, snapshot: &Snapshot, kind: EntityKind, id: &SourcedId) -> Option<Row> {
        let kept = snapshot.get(&(kind, id.clone()))?;
        Some(Row {
            id: id.clone(),
            record: kept.readable.then(|| kept.record.clone()),
            alive: self.0.rows.token(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now(&self) -> &Snapshot {
        static NOTHING: Snapshot = Snapshot::new();
        self.history.last().unwrap_or(&NOTHING)
    }
}

fn reached(snapshot: &Snapshot, request: &PullRequest) -> Ids {
    ids_in_reach(snapshot.values().map(|kept| &kept.record), request)
}

impl fmt::Debug for ScriptedVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScriptedVendor({})", self.0.tenant)
    }
}
