//! A school's rows, as Wonde writes them, and the records that they mean.

mod truth;

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    Class, Course, Person, Record, Role, SourcedId,
    jiff::{Timestamp, civil::Date},
};
use serde_json::{Value, json};

use super::{
    british::{Making, Roll, TWINS, number_of, year},
    world::{SchoolFacts, put},
};
use crate::district::District;

/// The lists of a school.
pub(super) const COLLECTIONS: [&str; 6] =
    ["students", "employees", "contacts", "classes", "groups", "subjects"];

/// A school's rows by list, in the order of their ids, and what a host must be told of them.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) lists: BTreeMap<&'static str, Vec<Value>>,
    pub(super) records: Vec<Record>,
}

/// A date as PHP writes it, at midnight in London.
fn php_date(date: Option<Date>) -> Value {
    date.map_or(Value::Null, |date| {
        json!({ "date": format!("{date} 00:00:00.000000"), "timezone_type": 3, "timezone": "Europe/London" })
    })
}

fn data(value: impl Into<Value>) -> Value {
    json!({ "data": value.into() })
}

pub(super) fn rows(district: &District, facts: &SchoolFacts, making: &Making, now: Timestamp) -> Rows {
    let roll = Roll::of(district, &facts.org, making);
    let mut writer = Writer { district, facts, making, roll: &roll, seats: BTreeMap::new(), now };
    for seat in &district.enrollments {
        writer.seats.entry(&seat.class).or_default().push((&seat.person, &seat.role));
    }
    let mut lists = BTreeMap::new();
    lists.insert("students", writer.students());
    lists.insert("employees", writer.employees());
    lists.insert("contacts", writer.contacts());
    lists.insert("classes", roll.classes.iter().map(|class| writer.class(class)).collect());
    lists.insert("groups", writer.groups());
    lists.insert("subjects", roll.courses.iter().map(|course| writer.subject(course)).collect());
    for list in lists.values_mut() {
        let list: &mut Vec<Value> = list;
        list.sort_by_key(|row| row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned());
    }
    Rows { lists, records: writer.records() }
}

struct Writer<'w> {
    district: &'w District,
    facts: &'w SchoolFacts,
    making: &'w Making,
    roll: &'w Roll<'w>,
    seats: BTreeMap<&'w SourcedId, Vec<(&'w SourcedId, &'w Role)>>,
    /// What day it is decides about the school year.
    now: Timestamp,
}

impl Writer<'_> {
    fn student_id(&self, person: &Person) -> String {
        self.making.id('s', &person.id)
    }

    fn employee_id(&self, person: &Person) -> String {
        self.making.id('e', &person.id)
    }

    fn contact_id(&self, person: &Person) -> String {
        self.making.id('c', &person.id)
    }

    fn campus_id(&self) -> String {
        self.making.id('g', "9001")
    }

    /// One in five is taught at the other site.
    fn campus_of(&self, place: usize) -> Option<String> {
        (self.facts.has_campus && place % 5 == 2).then(|| self.campus_id())
    }

    fn person(&self, kind: char, id: &str, place: usize, person: &Person) -> Value {
        let mis_id = self.making.mis_id(place);
        let name = &person.name;
        let preferred = name.preferred_given.as_ref().or(name.given.as_ref());
        let family = name.preferred_family.as_ref().or(name.family.as_ref());
        let sensitive = person.sensitive.as_deref();
        let gender = sensitive.and_then(|all| all.gender.as_ref()).map(|word| word.to_uppercase());
        let legal = sensitive.and_then(|all| all.legal_name.as_ref());
        let legal_given = legal.and_then(|legal| legal.given.as_ref()).or(name.given.as_ref());
        json!({
            "id": id, "upi": self.making.upi(kind, &mis_id), "mis_id": mis_id, "title": name.prefix, "initials": null,
            "forename": preferred, "surname": family, "middle_names": name.middle,
            "legal_forename": legal_given, "legal_surname": name.family, "gender": gender,
            "date_of_birth": php_date(sensitive.and_then(|all| all.birth_date)), "restored_at": null,
        })
    }

    /// Contact details with an address in the slot that this sort of people has it in.
    fn details(person: &Person, slot: &str) -> Value {
        let sensitive = person.sensitive.as_deref();
        let phone = |label: &str| {
            let phones = sensitive.map(|all| all.phones.as_slice()).unwrap_or_default();
            phones.iter().find(|phone| phone.label.as_deref() == Some(label)).map(|phone| phone.value.clone())
        };
        let home = sensitive.and_then(|all| all.addresses.first());
        let address = home.map_or(Value::Null, |home| {
            json!({ "house_number": null, "house_name": null, "apartment": null, "street": home.lines.first(),
                "district": null, "town": home.city, "county": home.state, "country": null, "postcode": home.postal_code })
        });
        let mut emails = json!({ "email": null, "primary": null, "home": null, "work": null });
        put(&mut emails, slot, json!(person.email));
        data(json!({
            "phones": { "phone": null, "primary": null, "home": phone("home"), "work": phone("work"), "mobile": phone("mobile") },
            "emails": emails, "addresses": { "home": address, "work": null, "postal": null }, "salutation": null,
        }))
    }

    fn form_of(&self, person: &SourcedId) -> Option<&Class> {
        let sits = |class: &&&Class| {
            let seats = self.seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
            seats.iter().any(|(id, role)| *id == person && **role == Role::Student)
        };
        self.roll.forms.iter().find(sits).copied()
    }

    fn students(&self) -> Vec<Value> {
        let mut written = Vec::new();
        for person in &self.roll.students {
            let place = number_of(person);
            let mut row = self.person('s', &self.student_id(person), place, person);
            let twin = TWINS.iter().find(|[_, second]| *second == place).map(|[first, _]| *first);
            let first =
                twin.and_then(|twin| self.roll.students.iter().find(|other| number_of(other) == twin));
            if let Some(first) = first {
                let born = first.sensitive.as_deref().and_then(|all| all.birth_date);
                put(&mut row, "surname", json!(first.name.family.as_deref().unwrap_or("Twin")));
                let surname = row.get("surname").cloned().unwrap_or_default();
                put(&mut row, "legal_surname", surname);
                put(&mut row, "date_of_birth", php_date(born));
            }
            let number = person
                .identifiers
                .iter()
                .find(|id| id.scheme == roster_core::IdentifierScheme::StudentNumber);
            let word = year(person);
            put(
                &mut row,
                "education_details",
                data(json!({
                    "admission_number": number.map(|number| &number.value), "upn": self.making.upn(person),
                    "local_upn": null, "former_upn": null, "learner_number": null, "current_nc_year": word,
                    "part_time": false, "admission_date": php_date(Date::new(2024, 9, 1).ok()), "leaving_date": null,
                })),
            );
            put(&mut row, "contact_details", Self::details(person, "email"));
            put(
                &mut row,
                "extended_details",
                data(json!({ "ethnicity": "WBRI", "first_language": "English", "sen_status": "N",
                "free_school_meals": place.is_multiple_of(4), "english_as_additional_language": 0 })),
            );
            // An empty relation is written in one way here and in another there.
            let empty = [json!({ "data": null }), Value::Null, json!({ "data": [] })];
            let nothing = empty.get(place % 3).cloned().unwrap_or_default();
            put(&mut row, "year", word.map_or(nothing.clone(), |word| {
                data(json!({ "id": self.making.id('g', &format!("80{word}")), "name": format!("Year {word}"), "code": word, "type": "YEAR" }))
            }));
            put(
                &mut row,
                "registration",
                self.form_of(&person.id).map_or(nothing.clone(), |form| data(self.group_head(form))),
            );
            put(&mut row, "house", person.groups.first().map_or(nothing.clone(), |house| {
                data(json!({ "id": self.making.id('g', &format!("70{}", house.id.len())), "name": house.name, "code": null, "type": "HOUSE" }))
            }));
            put(
                &mut row,
                "campus",
                self.campus_of(place)
                    .map_or(nothing, |id| data(json!({ "id": id, "name": "Lower Site", "type": "CAMPUS" }))),
            );
            put(&mut row, "contacts", data(self.contacts_of(person)));
            written.push(row);
        }
        written
    }

    fn contacts_of(&self, student: &Person) -> Vec<Value> {
        let ties = self.district.relationships.iter().filter(|tie| tie.student == student.id);
        ties.filter_map(|tie| {
            let person = self.roll.contacts.iter().find(|person| person.id == tie.contact)?;
            let mut row = self.contact(person);
            put(
                &mut row,
                "relationship",
                json!({ "relationship": tie.relation, "parental_responsibility": tie.parental_responsibility,
                "priority": tie.priority, "lives_with_pupil": tie.lives_with, "bill_payer": null }),
            );
            Some(row)
        })
        .collect()
    }

    fn contact(&self, person: &Person) -> Value {
        let mut row = self.person('c', &self.contact_id(person), 100_000 + number_of(person), person);
        put(&mut row, "contact_details", Self::details(person, "home"));
        row
    }

    fn contacts(&self) -> Vec<Value> {
        let mut written = Vec::new();
        for person in &self.roll.contacts {
            let mut row = self.contact(person);
            let students = self.district.relationships.iter().filter(|tie| tie.contact == person.id);
            let students = students.filter_map(|tie| {
                let student = self.roll.students.iter().find(|student| student.id == tie.student)?;
                Some(json!({ "id": self.student_id(student) }))
            });
            put(&mut row, "students", data(students.collect::<Vec<_>>()));
            written.push(row);
        }
        written
    }

    fn employees(&self) -> Vec<Value> {
        let mut written = Vec::new();
        for person in &self.roll.employees {
            let mut row = self.person('e', &self.employee_id(person), number_of(person), person);
            let held = person.affiliations.iter().find(|held| held.org.as_ref() == Some(&self.facts.org));
            let teaches = held.is_some_and(|held| held.role == Role::Teacher);
            put(
                &mut row,
                "employment_details",
                data(json!({ "current": true, "teaching_staff": teaches,
                "employment_start_date": php_date(held.and_then(|held| held.begin)), "employment_end_date": null,
                "role_text": held.and_then(|held| held.title.clone()) })),
            );
            put(&mut row, "contact_details", Self::details(person, "work"));
            let taught = |classes: &[&Class]| -> Vec<String> {
                let sits = |class: &&&Class| self.teachers(class).contains(&person.id);
                classes.iter().filter(sits).map(|class| self.class_id(class)).collect()
            };
            put(
                &mut row,
                "classes",
                data(taught(&self.roll.classes).iter().map(|id| json!({ "id": id })).collect::<Vec<_>>()),
            );
            put(
                &mut row,
                "groups",
                data(
                    taught(&self.roll.forms)
                        .iter()
                        .map(|id| json!({ "id": id, "type": "REGISTRATION" }))
                        .collect::<Vec<_>>(),
                ),
            );
            put(&mut row, "campus", Value::Null);
            written.push(row);
        }
        // Somebody who has left, whom the vendor goes on to list.
        written.push(
            json!({ "id": self.making.id('e', "9999999"), "upi": null, "mis_id": null, "forename": "Former",
            "surname": "Member", "gender": null, "date_of_birth": null, "restored_at": null,
            "employment_details": { "data": { "current": false, "teaching_staff": true } },
            "contact_details": { "data": null }, "classes": { "data": [] }, "groups": null }),
        );
        written
    }

    fn teachers(&self, class: &Class) -> BTreeSet<SourcedId> {
        let seats = self.seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
        let works = |id: &SourcedId| self.roll.employees.iter().any(|person| person.id == *id);
        seats.iter().filter(|(id, role)| role.is_staff() && works(id)).map(|(id, _)| (*id).clone()).collect()
    }

    fn learners(&self, class: &Class) -> Vec<&Person> {
        let seats = self.seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
        let sits =
            |person: &&&Person| seats.iter().any(|(id, role)| **id == person.id && **role == Role::Student);
        self.roll.students.iter().filter(sits).copied().collect()
    }

    fn class_id(&self, class: &Class) -> String {
        let is_form = class.class_type == roster_core::ClassType::Homeroom;
        self.making.id(if is_form { 'g' } else { 'k' }, &class.id)
    }

    fn members(&self, row: &mut Value, class: &Class) {
        let name = |person: &Person| json!({ "forename": person.name.given, "surname": person.name.family });
        let with_id = |id: String, mut named: Value| {
            put(&mut named, "id", json!(id));
            named
        };
        let students =
            self.learners(class).into_iter().map(|person| with_id(self.student_id(person), name(person)));
        put(row, "students", data(students.collect::<Vec<_>>()));
        let teachers = self.teachers(class);
        let staff = self.roll.employees.iter().filter(|person| teachers.contains(&person.id));
        let mut staff: Vec<Value> =
            staff.map(|person| with_id(self.employee_id(person), name(person))).collect();
        if class.id.ends_with('1') {
            // Who has left still stands in some classes.
            staff.push(json!({ "id": self.making.id('e', "9999999") }));
        }
        put(row, "employees", data(staff));
    }

    fn class(&self, class: &Class) -> Value {
        let subject = class.course.as_ref().map(|course| self.making.id('j', course));
        let mut row = json!({ "id": self.class_id(class), "mis_id": self.making.mis_id(class.id.len() + class.title.len()),
            "type": null, "name": class.title, "code": null, "description": class.title, "subject": subject,
            "alternative": null, "priority": null, "academic_year": null, "year_group": null, "restored_at": null });
        self.members(&mut row, class);
        row
    }

    fn group_head(&self, form: &Class) -> Value {
        json!({ "id": self.class_id(form), "mis_id": format!("REG-{}", form.title.len()), "name": form.title,
            "code": form.code, "type": "REGISTRATION", "description": form.title, "notes": null, "restored_at": null })
    }

    fn groups(&self) -> Vec<Value> {
        let mut groups: Vec<Value> = (self.roll.forms.iter())
            .map(|form| {
                let mut row = self.group_head(form);
                self.members(&mut row, form);
                row
            })
            .collect();
        groups.push(json!({ "id": self.making.id('g', "7001"), "mis_id": "H1", "name": "Heron", "code": null, "type": "HOUSE",
            "restored_at": null, "students": { "data": [] }, "employees": { "data": [] } }));
        if self.facts.has_campus {
            groups.push(json!({ "id": self.campus_id(), "mis_id": "C1", "name": "Lower Site", "code": null, "type": "CAMPUS",
                "restored_at": null, "students": { "data": [] }, "employees": { "data": [] } }));
        }
        groups
    }

    fn subject(&self, course: &Course) -> Value {
        json!({ "id": self.making.id('j', &course.id), "mis_id": self.making.mis_id(course.id.len()), "code": course.code,
            "name": course.title, "active": true, "restored_at": null })
    }
}
