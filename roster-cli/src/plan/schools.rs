//! To which schools a record belongs, and what they are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use roster::{EntityKind, Record, SourcedId, sync::Store};

use crate::outcome::Failure;

const PAGE: usize = 1000;

/// Knows the schools' names, and the classes' schools, since an enrollment need not name its own.
#[derive(Default)]
pub(super) struct Schools {
    pub(super) names: BTreeMap<SourcedId, String>,
    classes: HashMap<SourcedId, SourcedId>,
}

impl Schools {
    pub(super) async fn of_store(store: &dyn Store, roster: &str) -> Result<Self, Failure> {
        let mut schools = Self::default();
        for kind in [EntityKind::Org, EntityKind::Class] {
            let mut after = None;
            loop {
                let page = store.records(roster, Some(kind), after, PAGE).await?;
                page.items.iter().filter_map(|stored| stored.record.as_ref()).for_each(|r| schools.learn(r));
                let Some(next) = page.next else { break };
                after = Some(next);
            }
        }
        Ok(schools)
    }

    /// Takes in what the record says of schools.
    pub(super) fn learn(&mut self, record: &Record) {
        match record {
            Record::Org(org) => {
                self.names.insert(org.id.clone(), org.name.clone());
            }
            Record::Class(class) => {
                if let Some(org) = &class.org {
                    self.classes.insert(class.id.clone(), org.clone());
                }
            }
            _ => {}
        }
    }

    /// The record's schools; of what belongs to none, such as a school itself, nothing.
    pub(super) fn of(&self, record: &Record) -> BTreeSet<SourcedId> {
        match record {
            Record::AcademicSession(session) => session.org.iter().cloned().collect(),
            Record::Course(course) => course.org.iter().cloned().collect(),
            Record::Class(class) => class.org.iter().cloned().collect(),
            Record::Person(person) => {
                person.affiliations.iter().filter_map(|held| held.org.clone()).collect()
            }
            Record::Enrollment(seat) => {
                seat.org.iter().chain(self.classes.get(&seat.class)).take(1).cloned().collect()
            }
            _ => BTreeSet::new(),
        }
    }
}
