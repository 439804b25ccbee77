//! What Clever has: a district, its rows, and the feed that grows as they change.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use roster_core::{EntityKind, SourcedId};
use serde_json::{Value, json};

use super::CleverOptions;
use crate::{
    district::{CleverCollection, CleverFacts, CleverRows, DayTruth, District, DistrictSpec, clever_project},
    sandbox::{fault::SandboxFault, rate::Rate, tokens::Tokens},
};

/// The time in which requests are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// A server's parts.
pub(super) struct Shared {
    pub(super) options: CleverOptions,
    pub(super) tokens: Tokens,
    pub(super) rate: Rate,
    state: Mutex<State>,
    requests: AtomicU64,
}

/// What the server has.
pub(super) struct State {
    pub(super) district: District,
    pub(super) said: District,
    pub(super) facts: CleverFacts,
    pub(super) faults: Vec<SandboxFault>,
    /// The district has taken its access back.
    pub(super) revoked: bool,
    /// Events are switched on.
    pub(super) events_on: bool,
    pub(super) rows: CleverRows,
    pub(super) events: Vec<Event>,
    broken: BTreeMap<(CleverCollection, String), String>,
    made: u64,
}

/// An event of the feed.
pub(super) struct Event {
    pub(super) id: String,
    pub(super) row: String,
}

impl Shared {
    pub(super) fn new(district: District, options: CleverOptions) -> Self {
        let seed = district.spec().seed();
        let tokens = Tokens::new(seed, Duration::from_secs(3600), options.token_requests);
        let rate = Rate::new(options.rate.unwrap_or(u32::MAX), WINDOW);
        Self { options, tokens, rate, state: Mutex::new(State::new(district)), requests: AtomicU64::new(0) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst)
    }
}

impl State {
    fn new(district: District) -> Self {
        let facts = CleverFacts::default();
        let said = clever_project(&district, &facts);
        let rows = CleverRows::of(&said, &facts);
        let mut state = Self {
            district,
            said,
            facts,
            faults: Vec::new(),
            revoked: false,
            events_on: true,
            rows,
            events: Vec::new(),
            broken: BTreeMap::new(),
            made: 0,
        };
        // A feed that is switched on has something to tell from the first day on.
        let districts: Vec<_> = state.rows.rows(CleverCollection::Districts).values().cloned().collect();
        for row in &districts {
            state.tell("districts.updated", row, None);
        }
        state
    }

    /// The district's id at Clever.
    pub(super) fn district_id(&self) -> String {
        self.rows.rows(CleverCollection::Districts).keys().next().cloned().unwrap_or_default()
    }

    pub(super) fn next_day(&mut self) -> DayTruth {
        let (tomorrow, truth) = self.district.next_day(u64::from(self.district.day) + 1);
        self.edit(|district| *district = tomorrow);
        truth
    }

    /// Changes the district, and tells what changed.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut District)) {
        change(&mut self.district);
        let district = std::mem::replace(&mut self.district, District::empty(DistrictSpec::default()));
        self.district = district.normalized();
        self.tell_changes();
    }

    /// Changes what Clever adds, and tells what changed by that.
    pub(super) fn edit_facts(&mut self, change: impl FnOnce(&mut CleverFacts)) {
        change(&mut self.facts);
        self.tell_changes();
    }

    /// Makes terms and courses anew: they say the same, under other ids.
    pub(super) fn remake_catalogue(&mut self) {
        let keys: Vec<SourcedId> = (self.said.sessions.iter().map(|term| term.id.clone()))
            .chain(self.said.courses.iter().map(|course| course.id.clone()))
            .collect();
        self.edit_facts(|facts| keys.into_iter().for_each(|key| *facts.remade.entry(key).or_default() += 1));
    }

    /// Sections' events come before those of the people in them, and what is gone before what is new.
    fn tell_changes(&mut self) {
        self.said = clever_project(&self.district, &self.facts);
        let mut after = CleverRows::of(&self.said, &self.facts);
        for ((collection, id), row) in &self.broken {
            after.replace(*collection, id, row.clone());
        }
        let before = std::mem::replace(&mut self.rows, after);
        for collection in CleverCollection::ALL {
            let name = collection.name();
            let (old, new) = (before.rows(collection), self.rows.rows(collection));
            let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
            let mut told: Vec<_> =
                gone.map(|(_, row)| (format!("{name}.deleted"), row.clone(), None)).collect();
            for (id, row) in new {
                match old.get(id) {
                    None => told.push((format!("{name}.created"), row.clone(), None)),
                    Some(was) if was != row => {
                        told.push((format!("{name}.updated"), row.clone(), Some(was.clone())));
                    }
                    Some(_) => {}
                }
            }
            for (of_type, row, was) in told {
                self.tell(&of_type, &row, was.as_deref());
            }
        }
    }

    /// Adds an event; `previous_attributes` stand now beside the object, now beside `data`, as in the field.
    pub(super) fn tell(&mut self, of_type: &str, object: &str, was: Option<&str>) {
        if !self.events_on {
            return;
        }
        self.made += 1;
        let id = format!("66a0{:020x}", self.made);
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut event = json!({
            "id": id, "type": of_type, "created": "2026-09-14T05:00:00.000Z", "data": { "object": read(object) },
        });
        if let Some(was) = was {
            let place =
                if self.made.is_multiple_of(2) { event.pointer_mut("/data") } else { Some(&mut event) };
            if let Some(place) = place.and_then(Value::as_object_mut) {
                place.insert("previous_attributes".to_owned(), json!({ "email": read(was).get("email") }));
            }
        }
        self.events.push(Event { id, row: event.to_string() });
    }

    /// The events so far are no longer kept.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    pub(super) fn is_broken(&self, id: &str) -> bool {
        self.broken.keys().any(|(_, broken)| broken == id)
    }

    pub(super) fn break_record(&mut self, kind: EntityKind, id: &str) -> bool {
        let collection = match kind {
            EntityKind::Person => CleverCollection::Users,
            _ => return false,
        };
        let row = json!({ "id": id, "name": { "last": "CanaryValue" }, "roles": "CanaryValue" }).to_string();
        let is_there = self.rows.replace(collection, id, row.clone());
        if is_there {
            self.broken.insert((collection, id.to_owned()), row.clone());
            self.tell("users.updated", &row, None);
        }
        is_there
    }
}
