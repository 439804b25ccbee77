//! What the vendor knows: schools in all states, their rows with the times of their changes, and what went.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    Clock, SourcedId, SystemClock,
    jiff::{SignedDuration, Timestamp},
};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    WondeStage,
    british::Making,
    rows::{COLLECTIONS, Rows, rows},
};
use crate::{
    district::{DayTruth, District},
    sandbox::fault::SandboxFault,
};

/// Rows that never changed did so this long before the server was started.
const AGE: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);

/// What a school may share, in the words that this fake has for it.
pub(super) const PERMISSIONS: [&str; 13] = [
    "students.read",
    "employees.read",
    "classes.read",
    "groups.read",
    "subjects.read",
    "contacts.read",
    "students.education_details.read",
    "students.contact_details.read",
    "students.extended_details.read",
    "students.upn.read",
    "employees.employment_details.read",
    "employees.contact_details.read",
    "contacts.contact_details.read",
];

/// What does not change of a school.
#[derive(Clone, Debug)]
pub(super) struct SchoolFacts {
    pub(super) id: String,
    pub(super) name: String,
    /// The school of the district that it is made from.
    pub(super) org: SourcedId,
    pub(super) country: &'static str,
    pub(super) has_campus: bool,
}

/// A school and where its connection is.
pub(super) struct School {
    pub(super) facts: SchoolFacts,
    pub(super) making: Making,
    pub(super) stage: WondeStage,
    pub(super) online: bool,
    pub(super) audited: bool,
    pub(super) mis: String,
    /// A change of its MIS is under way: its rows are those of the new one already.
    pub(super) is_migrating: bool,
    pub(super) denied: BTreeSet<String>,
    pub(super) reason: Option<String>,
    /// The token of the latest approval.
    pub(super) token: Option<String>,
    pub(super) approvals: u32,
    pub(super) rows: Rows,
    changed: BTreeMap<(&'static str, String), Timestamp>,
    pub(super) deletions: Vec<Deletion>,
}

/// Something that went.
#[derive(Clone)]
pub(super) struct Deletion {
    kind: &'static str,
    pub(super) id: String,
    at: Timestamp,
    pub(super) restored_at: Option<Timestamp>,
}

/// All of it.
pub(super) struct World {
    pub(super) district: District,
    pub(super) schools: Vec<School>,
    pub(super) faults: Vec<SandboxFault>,
    pub(super) broken: BTreeSet<(String, String)>,
    old: Timestamp,
    /// How much time was let pass.
    ahead: SignedDuration,
}

impl School {
    pub(super) fn new(facts: SchoolFacts, making: Making, stage: WondeStage) -> Self {
        let audited = matches!(stage, WondeStage::Live | WondeStage::Offline | WondeStage::Revoked);
        Self {
            facts,
            making,
            stage,
            online: stage != WondeStage::Offline,
            audited,
            mis: "Example MIS".to_owned(),
            is_migrating: false,
            denied: BTreeSet::new(),
            reason: None,
            token: None,
            approvals: 0,
            rows: Rows::default(),
            changed: BTreeMap::new(),
            deletions: Vec::new(),
        }
    }

    pub(super) fn is_approved(&self) -> bool {
        matches!(self.stage, WondeStage::Approved | WondeStage::Live | WondeStage::Offline)
    }

    pub(super) fn shares(&self, identity: &str) -> bool {
        !self.denied.contains(identity)
    }
}

impl Deletion {
    pub(super) fn row(&self) -> Value {
        json!({ "type": self.kind, "id": self.id, "mis_id": null, "deleted_at": stamp(self.at),
            "restored_at": self.restored_at.map(stamp) })
    }

    pub(super) fn time(&self) -> Timestamp {
        self.restored_at.unwrap_or(self.at)
    }
}

/// An instant as PHP writes it.
pub(super) fn stamp(time: Timestamp) -> Value {
    json!({ "date": time.strftime("%Y-%m-%d %H:%M:%S.000000").to_string(), "timezone_type": 3, "timezone": "UTC" })
}

/// Sets a field of an object.
pub(super) fn put(row: &mut Value, key: &str, value: Value) {
    if let Some(fields) = row.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

fn word(collection: &str) -> &'static str {
    match collection {
        "students" => "student",
        "employees" => "employee",
        "contacts" => "contact",
        "classes" => "class",
        "groups" => "group",
        _ => "subject",
    }
}

impl World {
    pub(super) fn new(district: District, schools: Vec<School>) -> Self {
        let old = SystemClock.now().checked_sub(AGE).unwrap_or(Timestamp::MIN);
        let ahead = SignedDuration::ZERO;
        let mut world = Self { district, schools, faults: Vec::new(), broken: BTreeSet::new(), old, ahead };
        world.write(false);
        world
    }

    /// What time it is for the vendor.
    pub(super) fn now(&self) -> Timestamp {
        SystemClock.now().checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    /// Lets time pass in which nothing happens.
    pub(super) fn pass(&mut self, time: SignedDuration) {
        self.ahead = self.ahead.checked_add(time).unwrap_or(SignedDuration::MAX);
        self.write(false);
    }

    pub(super) fn school(&self, id: &str) -> Option<&School> {
        self.schools.iter().find(|school| school.facts.id == id)
    }

    pub(super) fn school_mut(&mut self, id: &str) -> Option<&mut School> {
        self.schools.iter_mut().find(|school| school.facts.id == id)
    }

    /// When a row changed last.
    pub(super) fn changed(&self, school: &School, collection: &'static str, id: &str) -> Timestamp {
        school.changed.get(&(collection, id.to_owned())).copied().unwrap_or(self.old)
    }

    pub(super) fn next_day(&mut self) -> DayTruth {
        let (tomorrow, truth) = self.district.next_day(u64::from(self.district.day) + 1);
        self.edit(|district| *district = tomorrow, true);
        truth
    }

    /// Changes the district. `told`: rows that changed get a stamp, and what went is told.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut District), told: bool) {
        change(&mut self.district);
        let empty = District::empty(self.district.spec().clone());
        let district = std::mem::replace(&mut self.district, empty);
        self.district = district.normalized();
        self.write(told);
    }

    /// Writes all rows anew.
    pub(super) fn write(&mut self, told: bool) {
        let now = self.now();
        for school in &mut self.schools {
            let before = hashes(&school.rows);
            school.rows = rows(&self.district, &school.facts, &school.making, now);
            if !told {
                continue;
            }
            let after = hashes(&school.rows);
            for (key, hash) in &after {
                if before.get(key) != Some(hash) {
                    school.changed.insert(key.clone(), now);
                }
                let kind = word(key.0);
                for gone in school.deletions.iter_mut().filter(|gone| gone.kind == kind && gone.id == key.1) {
                    gone.restored_at.get_or_insert(now);
                }
            }
            for (collection, id) in before.into_keys().filter(|key| !after.contains_key(key)) {
                school.deletions.push(Deletion { kind: word(collection), id, at: now, restored_at: None });
            }
        }
    }
}

fn hashes(rows: &Rows) -> BTreeMap<(&'static str, String), u64> {
    let mut hashes = BTreeMap::new();
    for collection in COLLECTIONS {
        for row in rows.lists.get(collection).into_iter().flatten() {
            let id = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            hashes.insert((collection, id), xxh3_64(row.to_string().as_bytes()));
        }
    }
    hashes
}
