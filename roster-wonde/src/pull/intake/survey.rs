//! What a row's records have, counted, with nothing told of it.

use roster_core::{Entity, Place, Record};
use serde_json::value::RawValue;

use super::{Intake, alive};
use crate::{
    map::{self, Mapped},
    resource::Resource,
};

impl Intake {
    /// Counts what the records of a row have. What can't be read is reported where it is told.
    pub(in super::super) fn survey(&mut self, resource: Resource, raw: &RawValue, place: &Place) {
        let (Some(school), Some(year)) = (&self.school, self.year) else { return };
        let (wants, mut found) = (&self.wants, Vec::new());
        match resource {
            Resource::Students => {
                let Ok(student) = map::student(raw, school, wants, place) else { return };
                let contacts = student.contacts.filter(|_| self.has_contacts());
                for nested in contacts.iter().flat_map(|(contacts, _)| contacts) {
                    if nested.raw.get().starts_with('{') {
                        found.extend(map::contact(nested.raw, school, wants, place).ok().map(record));
                    }
                }
                found.push(record(student.mapped));
            }
            Resource::Employees => {
                let employee = map::employee(raw, school, wants, place).ok();
                let employee = employee.filter(|employee| employee.current != Some(false));
                found.extend(employee.map(|employee| record(employee.mapped)));
            }
            Resource::Contacts => found.extend(map::contact(raw, school, wants, place).ok().map(record)),
            Resource::Classes => {
                let taught = map::class(raw, school, year, wants, place).ok();
                found.extend(taught.filter(|taught| taught.is_teaching).map(|taught| record(taught.mapped)));
            }
            Resource::Registrations => {
                let group = map::group(roster_core::EntityKind::Class, raw, place).ok();
                let group = group.filter(|group| group.is("REGISTRATION"));
                found.extend(group.map(|group| record(group.class(raw, school, year, wants, place).mapped)));
            }
            Resource::Campuses | Resource::Subjects | Resource::Deletions => {}
        }
        for record in found {
            self.values.count(&record, alive(record.kind(), record.id()));
        }
    }
}

fn record<T: Entity>(mapped: Mapped<T>) -> Record {
    mapped.record.into_record()
}
