//! What the server has: a district, when each row changed, and what is wrong with it today.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use roster_core::{AcademicSession, Clock, EntityKind, SessionType, SourcedId, SystemClock, jiff::Timestamp};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{OneRosterOptions, Quirk};
use crate::{
    district::{DayTruth, District, JsonRows, OneRosterVersion, RestCollection, stamped},
    sandbox::{fault::SandboxFault, oauth1::Consumer, rate::Rate, tokens::Tokens},
};

/// Rows that never changed did so this long before the server was started.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A server that runs for long does not remember all that it was asked.
const MOST_NOTES: usize = 100_000;

/// A server's parts.
pub(in crate::sandbox) struct Shared {
    pub(super) options: OneRosterOptions,
    pub(super) tokens: Tokens,
    pub(super) consumer: Consumer,
    asked: Mutex<Vec<(String, u16)>>,
    state: Mutex<State>,
    requests: AtomicU64,
    struck: AtomicU64,
    rate: Option<Rate>,
}

/// What the server has.
pub(super) struct State {
    pub(super) district: District,
    pub(super) faults: Vec<SandboxFault>,
    /// A day passes before the first page of a collection, so often.
    pub(super) passing: Option<(&'static str, u32)>,
    /// How often the data were changed.
    pub(super) revision: u64,
    version: OneRosterVersion,
    tombstones: bool,
    rows: JsonRows,
    entries: BTreeMap<RestCollection, Vec<Entry>>,
    changed: HashMap<(RestCollection, SourcedId), Timestamp>,
    gone: BTreeMap<(RestCollection, SourcedId), Timestamp>,
    broken: Vec<(RestCollection, SourcedId)>,
    old: Timestamp,
}

/// A row's place: in the district, or nowhere any more.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: SourcedId,
    pub(super) modified: Timestamp,
    at: Option<usize>,
}

impl Shared {
    pub(super) fn new(district: District, options: OneRosterOptions) -> Self {
        let tokens = Tokens::new(district.spec().seed(), options.token_life, options.token_requests);
        let rate = options.rate.map(|rate| Rate::new(rate, Duration::from_secs(1)));
        let (consumer, asked) =
            (Consumer::new(district.spec().seed(), options.signed_within), Mutex::default());
        let state = Mutex::new(State::new(district, options.version, options.tombstones));
        Self {
            options,
            tokens,
            consumer,
            asked,
            state,
            requests: AtomicU64::new(0),
            struck: AtomicU64::new(0),
            rate,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn base_path(&self) -> &'static str {
        match self.options.version {
            OneRosterVersion::V1_1 => "/ims/oneroster/v1p1",
            OneRosterVersion::V1_2 => "/ims/oneroster/rostering/v1p2",
        }
    }

    pub(super) fn has(&self, quirk: &Quirk) -> bool {
        self.options.quirks.contains(quirk)
    }

    /// Takes down what was asked and how it was answered.
    pub(super) fn note(&self, asked: String, status: u16) {
        let mut list = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < MOST_NOTES {
            list.push((asked, status));
        }
    }

    pub(super) fn asked(&self) -> Vec<(String, u16)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// How often faults struck.
    pub(super) fn struck(&self) -> u64 {
        self.struck.load(Ordering::SeqCst)
    }

    pub(super) fn count_struck(&self, faults: usize) {
        self.struck.fetch_add(faults as u64, Ordering::SeqCst);
    }

    pub(super) fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst)
    }

    /// Whether there were too many requests in this second.
    pub(super) fn is_over_rate(&self) -> bool {
        self.rate.as_ref().is_some_and(|rate| rate.take().is_err())
    }
}

impl State {
    fn new(district: District, version: OneRosterVersion, tombstones: bool) -> Self {
        let old = SystemClock.now().checked_sub(AGE).unwrap_or(Timestamp::MIN);
        let rows = JsonRows::of(&district, version);
        let mut state = Self {
            district,
            faults: Vec::new(),
            passing: None,
            revision: 1,
            version,
            tombstones,
            rows,
            entries: BTreeMap::new(),
            changed: HashMap::new(),
            gone: BTreeMap::new(),
            broken: Vec::new(),
            old,
        };
        state.list();
        state
    }

    /// The rows of a collection, in the order of their ids.
    pub(super) fn entries(&self, collection: RestCollection) -> &[Entry] {
        self.entries.get(&collection).map(Vec::as_slice).unwrap_or_default()
    }

    /// A row as it is sent.
    pub(super) fn row(&self, collection: RestCollection, entry: &Entry) -> Option<Value> {
        let Some(at) = entry.at else {
            return Some(stamped(json!({ "sourcedId": entry.id }), "tobedeleted", entry.modified));
        };
        let mut row = stamped(self.rows.row(&self.district, collection, at)?, "active", entry.modified);
        if self.broken.iter().any(|(of, id)| *of == collection && *id == entry.id) {
            for key in ["class", "role", "roles", "title", "name"] {
                if let Some(value) = row.get_mut(key) {
                    *value = json!([["CanaryValue"]]);
                }
            }
        }
        Some(row)
    }

    pub(super) fn next_day(&mut self) -> DayTruth {
        let (tomorrow, truth) = self.district.next_day(u64::from(self.district.day) + 1);
        self.edit(|district| *district = tomorrow);
        truth
    }

    /// A term begins, and every class moves to it.
    pub(super) fn new_term(&mut self) {
        self.edit(|district| {
            let number = district.sessions.len() + 1;
            let mut term =
                AcademicSession::new(format!("term-{number}"), SessionType::Term, format!("Term {number}"));
            term.begin = Some(district.date);
            let id = term.id.clone();
            district.sessions.push(term);
            district.classes.iter_mut().for_each(|class| class.sessions = vec![id.clone()]);
        });
    }

    /// One pupil gets another id, as after a change of systems.
    pub(super) fn change_id(&mut self) {
        self.edit(|district| {
            let Some(seat) = district.enrollments.first() else { return };
            let old = seat.person.clone();
            let new = SourcedId::from(format!("{old}-new"));
            let rename = |id: &mut SourcedId| {
                if *id == old {
                    *id = new.clone();
                }
            };
            district.people.iter_mut().for_each(|person| rename(&mut person.id));
            district.enrollments.iter_mut().for_each(|seat| rename(&mut seat.person));
            for relationship in &mut district.relationships {
                rename(&mut relationship.student);
                rename(&mut relationship.contact);
            }
        });
    }

    /// Changes the district, and stamps the rows that are not what they were.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut District)) {
        self.revision += 1;
        let before = self.hashes();
        change(&mut self.district);
        let district =
            std::mem::replace(&mut self.district, District::empty(crate::district::DistrictSpec::default()));
        self.district = district.normalized();
        self.rows = JsonRows::of(&self.district, self.version);
        let (after, now) = (self.hashes(), SystemClock.now());
        for (key, hash) in &after {
            if before.get(key) != Some(hash) {
                self.changed.insert(key.clone(), now);
                self.gone.remove(key);
            }
        }
        for key in before.into_keys().filter(|key| !after.contains_key(key)) {
            self.changed.remove(&key);
            if self.tombstones {
                self.gone.insert(key, now);
            }
        }
        self.list();
    }

    pub(super) fn break_record(&mut self, kind: EntityKind, id: &str) -> bool {
        let collection = match kind {
            EntityKind::Org => RestCollection::Orgs,
            EntityKind::AcademicSession => RestCollection::AcademicSessions,
            EntityKind::Course => RestCollection::Courses,
            EntityKind::Class => RestCollection::Classes,
            EntityKind::Person => RestCollection::Users,
            EntityKind::Enrollment => RestCollection::Enrollments,
            _ => return false,
        };
        let is_there =
            self.entries(collection).iter().any(|entry| entry.id.as_str() == id && entry.at.is_some());
        if is_there {
            self.revision += 1;
            self.broken.push((collection, id.into()));
            self.changed.insert((collection, id.into()), SystemClock.now());
            self.list();
        }
        is_there
    }

    fn hashes(&self) -> HashMap<(RestCollection, SourcedId), u64> {
        let mut hashes = HashMap::new();
        for collection in RestCollection::ALL {
            for (at, id) in self.rows.ids(&self.district, collection).into_iter().enumerate() {
                let row = self.rows.row(&self.district, collection, at).unwrap_or_default();
                hashes.insert((collection, id), xxh3_64(row.to_string().as_bytes()));
            }
        }
        hashes
    }

    fn list(&mut self) {
        for collection in RestCollection::ALL {
            let modified = |id: &SourcedId| {
                // A large district has few changes: no key is made for the others.
                if self.changed.is_empty() {
                    return self.old;
                }
                self.changed.get(&(collection, id.clone())).copied().unwrap_or(self.old)
            };
            let ids = self.rows.ids(&self.district, collection);
            let live = ids.into_iter().enumerate();
            let mut entries: Vec<_> =
                live.map(|(at, id)| Entry { modified: modified(&id), id, at: Some(at) }).collect();
            let gone = self.gone.iter().filter(|((of, _), _)| *of == collection);
            entries.extend(gone.map(|((_, id), stamp)| Entry { id: id.clone(), modified: *stamp, at: None }));
            entries.sort_by(|a, b| a.id.cmp(&b.id));
            self.entries.insert(collection, entries);
        }
    }
}
