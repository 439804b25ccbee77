//! What may happen on a day.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AccountState, Affiliation, Class, ContactKind, EntityKind, Person, Relationship, Role, SourcedId,
};

use super::Day;
use crate::district::{
    build::{Pupil, parent_address},
    names::{FAMILY, GIVEN_FEMALE, Sex, plain},
};

/// How many pupils a new class begins with.
const NEW_CLASS: usize = 6;

impl Day {
    /// The class goes, and all of its seats with it.
    pub(super) fn close_classes(&mut self) {
        let open = self.open_classes();
        // Where there is but one, it stays: the others of the day need a class.
        let count = Self::times(open.len()).min(open.len().saturating_sub(1));
        for id in self.rng.sample(&open, count) {
            for seat in self.seats_of_class.get(&id).cloned().unwrap_or_default() {
                self.drop_seat(&seat);
            }
            self.classes.remove(&id);
            self.truth.end(EntityKind::Class, id.clone());
            self.closed.insert(id);
        }
    }

    /// The pupil goes, with seats and relationships, and so do contacts who are there for no other pupil.
    pub(super) fn pupils_leave(&mut self) {
        let pupils = self.pupils.clone();
        for id in self.take(&pupils, Self::times(pupils.len())) {
            for seat in self.seats(&id) {
                self.drop_seat(&seat);
            }
            let ended: Vec<_> = (self.relationships_of.get(&id).into_iter().flatten())
                .filter_map(|relationship| self.relationships.get(relationship))
                .map(|relationship| (relationship.id.clone(), relationship.contact.clone()))
                .collect();
            for (relationship, contact) in ended {
                self.relationships.remove(&relationship);
                self.truth.end(EntityKind::Relationship, relationship);
                let mut others = self.relationships_of.get(&contact).into_iter().flatten();
                let needed = others.any(|other| self.relationships.contains_key(other));
                let only_contact = self.people.get(&contact).is_some_and(Person::is_contact);
                if only_contact && !needed {
                    self.people.remove(&contact);
                    self.truth.end(EntityKind::Person, contact.clone());
                }
                self.touched.insert(contact);
            }
            self.people.remove(&id);
            self.truth.end(EntityKind::Person, id);
        }
    }

    /// One seat goes, and one in another class of the same school comes.
    pub(super) fn pupils_move(&mut self) {
        let pupils = self.pupils.clone();
        let mut open = BTreeMap::<_, Vec<_>>::new();
        for class in self.open_classes() {
            let school = self.classes.get(&class).and_then(|class| class.org.clone());
            open.entry(school).or_default().push(class);
        }
        for id in self.take(&pupils, Self::times(pupils.len())) {
            let seats = self.seats(&id);
            let seats: Vec<_> = seats.iter().filter_map(|seat| self.enrollments.get(seat)).collect();
            let attends = |class: &SourcedId| seats.iter().any(|seat| seat.class == *class);
            // The last one that is no homeroom.
            let leaving = seats.iter().rev().find_map(|seat| {
                let of_school = open.get(&seat.org)?;
                of_school.contains(&seat.class).then_some((seat.id.clone(), of_school))
            });
            let Some((seat, of_school)) = leaving else {
                continue;
            };
            let others: Vec<_> = of_school.iter().filter(|class| !attends(class)).collect();
            if let Some(class) = self.rng.pick(&others).copied().cloned() {
                self.drop_seat(&seat);
                self.enroll(&class, &id, Role::Student);
            }
        }
    }

    /// The teacher of record goes, and another teacher of the school comes.
    pub(super) fn teachers_swap(&mut self) {
        let open = self.open_classes();
        for class in self.rng.sample(&open, Self::times(open.len())) {
            let seats: Vec<_> = (self.seats_of_class.get(&class).into_iter().flatten())
                .filter_map(|seat| self.enrollments.get(seat))
                .filter(|seat| seat.role == Role::Teacher)
                .cloned()
                .collect();
            let Some(leaving) = seats.iter().find(|seat| seat.primary == Some(true)) else {
                continue;
            };
            let present: BTreeSet<_> = seats.iter().map(|seat| &seat.person).collect();
            let others: Vec<_> = (self.teachers(leaving.org.as_ref()).into_iter())
                .filter(|teacher| !present.contains(teacher))
                .collect();
            if let Some(teacher) = self.rng.pick(&others).cloned() {
                self.drop_seat(&leaving.id);
                self.enroll(&class, &teacher, Role::Teacher);
            }
        }
    }

    /// A class like another one of the school, with a teacher and a few pupils.
    pub(super) fn classes_open(&mut self) {
        let open = self.open_classes();
        for model in self.rng.sample(&open, Self::times(open.len())) {
            let Some(model) = self.classes.get(&model).cloned() else {
                continue;
            };
            let number = self.number();
            let id = SourcedId::from(format!("{}{number:04}", self.mark()));
            let mut class = Class::new(id.clone(), format!("{} (new)", model.title));
            class.code = model.code.map(|code| format!("{code}-N{number}"));
            class.org.clone_from(&model.org);
            class.course = model.course;
            class.sessions = model.sessions;
            class.grades = model.grades;
            class.subjects = model.subjects;
            class.periods = model.periods;
            class.location = Some("Annex".to_owned());
            self.classes.insert(id.clone(), class);
            self.truth.create(EntityKind::Class, id.clone());

            let teachers = self.teachers(model.org.as_ref());
            if let Some(teacher) = self.rng.pick(&teachers).cloned() {
                self.enroll(&id, &teacher, Role::Teacher);
            }
            let school = model.org.as_ref().and_then(|school| self.pupils_of.get(school));
            let pupils = school.into_iter().flatten().filter(|pupil| self.people.contains_key(*pupil));
            let pupils: Vec<_> = pupils.cloned().collect();
            for pupil in self.rng.sample(&pupils, NEW_CLASS) {
                self.enroll(&id, &pupil, Role::Student);
            }
        }
    }

    /// A pupil comes, with the seats of one who is there already, and a parent if the district knows contacts.
    pub(super) fn pupils_come(&mut self) {
        let pupils: Vec<_> =
            (self.pupils.iter()).filter(|id| self.people.contains_key(*id)).cloned().collect();
        let domain = self.spec.domain();
        for neighbor in self.rng.sample(&pupils, Self::times(pupils.len())) {
            let Some(neighbor) = self.people.get(&neighbor).cloned() else {
                continue;
            };
            let school = neighbor.affiliations.first().and_then(|affiliation| affiliation.org.clone());
            let Some(school) = school else { continue };
            let grade = neighbor.grades.first().and_then(|grade| grade.level);
            // Beyond the numbers that the district began with, and a block of its own for each day.
            let day = usize::try_from(self.number).unwrap_or_default();
            let number = 1_000_000 + day * 100_000 + self.number();
            let sex = Sex::any(&mut self.rng);
            let (given, family) = (sex.given(&mut self.rng), self.rng.word(FAMILY));
            let pupil = Pupil {
                number,
                id: format!("{}-{number}", self.mark()).into(),
                given,
                family: Some(family),
                sex,
                school: &school,
                grade: grade.map_or("UG", roster_core::Level::as_str),
                domain: &domain,
            };
            let person = pupil.record(&mut self.rng);
            let id = person.id.clone();
            self.people.insert(id.clone(), person);
            self.touched.insert(id.clone());
            self.truth.create(EntityKind::Person, id.clone());
            for class in self.classes_of(&self.seats(&neighbor.id)) {
                self.enroll(&class, &id, Role::Student);
            }
            if !self.relationships.is_empty() {
                self.parent_comes(&id, family, &school, number);
            }
        }
    }

    fn parent_comes(&mut self, pupil: &SourcedId, family: &str, school: &SourcedId, number: usize) {
        let given = self.rng.word(GIVEN_FEMALE);
        let mut parent = Person::new(format!("{}-c{number}", self.mark()));
        parent.name.given = Some(given.to_owned());
        parent.name.family = Some(family.to_owned());
        parent.username = Some(format!("{}.{}.c{number}", plain(given), plain(family)));
        parent.email = Some(parent_address(family, given, number));
        parent.account = AccountState::Active;
        let mut affiliation = Affiliation::new(Role::Parent, Some(school.clone()));
        affiliation.primary = Some(true);
        parent.affiliations = vec![affiliation];

        let mut relationship = Relationship::from_parts(pupil.clone(), parent.id.clone());
        relationship.relation = Some("mother".to_owned());
        relationship.kinds = [ContactKind::Guardian, ContactKind::Family].into();
        relationship.priority = Some(1);

        self.touched.insert(parent.id.clone());
        self.truth.create(EntityKind::Person, parent.id.clone());
        self.people.insert(parent.id.clone(), parent);
        self.truth.create(EntityKind::Relationship, relationship.id.clone());
        self.relationships.insert(relationship.id.clone(), relationship);
    }

    /// Another family name; the address stays, as it does in many schools.
    pub(super) fn people_are_renamed(&mut self) {
        let everybody: Vec<_> = self.people.keys().cloned().collect();
        for id in self.take(&everybody, Self::times(everybody.len())) {
            let family = self.rng.word(FAMILY);
            let Some(person) = self.people.get_mut(&id) else {
                continue;
            };
            let old = person.name.family.take().unwrap_or_default();
            let last = old.split(' ').next_back().unwrap_or_default();
            let joined = format!("{family} {last}").trim_end().to_owned();
            person.name.family = Some(if joined == old { family.to_owned() } else { joined });
            self.truth.update(EntityKind::Person, id);
        }
    }

    /// Another address in the same domain.
    pub(super) fn addresses_change(&mut self) {
        let with_email = self.people.values().filter(|person| person.email.is_some());
        let with_email: Vec<_> = with_email.map(|person| person.id.clone()).collect();
        for id in self.take(&with_email, Self::times(with_email.len())) {
            let (day, number) = (self.number, self.number());
            let Some(person) = self.people.get_mut(&id) else {
                continue;
            };
            if let Some((local, domain)) = person.email.as_deref().and_then(|email| email.split_once('@')) {
                person.email = Some(format!("{local}.{day}.{number}@{domain}"));
                self.truth.update(EntityKind::Person, id);
            }
        }
    }

    pub(super) fn course_is_retitled(&mut self) {
        let courses: Vec<_> = self.courses.keys().cloned().collect();
        let day = self.number;
        if let Some(course) = self.rng.pick(&courses).and_then(|id| self.courses.get_mut(id)) {
            let title = course.title.split(" (rev. ").next().unwrap_or_default();
            course.title = format!("{title} (rev. {day})");
            self.truth.update(EntityKind::Course, course.id.clone());
        }
    }

    /// A contact is to be called in an emergency, or no longer.
    pub(super) fn contact_matters_otherwise(&mut self) {
        let created = self.truth.created.get(&EntityKind::Relationship).cloned().unwrap_or_default();
        let old = self.relationships.keys().filter(|id| !created.contains(*id));
        let old: Vec<_> = old.cloned().collect();
        for id in self.rng.sample(&old, Self::times(old.len())) {
            if let Some(relationship) = self.relationships.get_mut(&id) {
                if !relationship.kinds.remove(&ContactKind::Emergency) {
                    relationship.kinds.insert(ContactKind::Emergency);
                }
                self.truth.update(EntityKind::Relationship, id);
            }
        }
    }

    fn classes_of(&self, seats: &[SourcedId]) -> BTreeSet<SourcedId> {
        let seats = seats.iter().filter_map(|seat| self.enrollments.get(seat));
        seats.map(|seat| seat.class.clone()).collect()
    }

    fn teachers(&self, school: Option<&SourcedId>) -> Vec<SourcedId> {
        let teachers = school.and_then(|school| self.teachers_of.get(school));
        teachers.cloned().unwrap_or_default()
    }
}
