//! One row, by the resource that it is of.

use roster_core::{
    Completeness, Enrollment, Entity, EntityKind, PartialCode, Person, PersonField, Place, Problem,
    PullEvent, Role, Slice, SourcedId, hashed::hash,
};
use serde_json::value::RawValue;

use super::{
    super::{
        contacts::{self, Related, Side},
        deletions::{self, Gone},
        ends::Part,
        plan::{Purpose, Step},
        values::Value,
    },
    Intake, alive,
};
use crate::{
    codes,
    map::{self, Mapped, Read, Taught, school::campus},
    resource::Resource,
};

impl Intake {
    /// A row came.
    pub(in super::super) fn row(&mut self, step: Step, raw: &RawValue, place: &Place, filtered: bool) {
        if step.resource == Resource::Deletions {
            self.deletion(raw);
            return;
        }
        if step.purpose == Purpose::Learn && step.resource == Resource::Employees {
            self.learn_employee(raw, place);
            return;
        }
        if step.resource == Resource::Contacts {
            self.contact(raw, place, filtered);
            return;
        }
        if let Some(id) = map::head(raw)
            && !self.seen.entry(step.resource).or_default().insert(hash(&id))
        {
            self.repeated += 1;
            return;
        }
        match step.resource {
            Resource::Campuses => self.campus(raw, place),
            Resource::Subjects => self.subject(raw, place),
            Resource::Classes | Resource::Registrations => self.class(step, raw, place, filtered),
            Resource::Employees => self.employee(raw, place, filtered),
            Resource::Students => self.student(raw, place),
            Resource::Contacts | Resource::Deletions => {}
        }
    }

    /// A row that can't be read: its id is protected, or, where it has none, its kind is in doubt.
    fn read<T>(&mut self, step: Step, read: Read<T>, place: &Place) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(problem) => {
                match problem.id {
                    Some(_) => self.doubt_below(step, place),
                    None => {
                        let reason =
                            format!("{place}: a row could not be read, and whose it is can't be told");
                        let touched = self.touched(step);
                        self.ends.doubt(&touched, PartialCode::Unreadable, &reason);
                    }
                }
                self.out.push_back(PullEvent::Problem(problem));
                None
            }
        }
    }

    /// A row of a known id could not be read: the row is protected by its id, and what stands in it has none of its own.
    fn doubt_below(&mut self, step: Step, place: &Place) {
        let kind = match step.resource {
            Resource::Classes | Resource::Registrations => EntityKind::Enrollment,
            Resource::Students | Resource::Contacts if self.has_contacts() => contacts::KIND,
            _ => return,
        };
        let reason = format!("{place}: a row could not be read, and what stands in it can't be told");
        let mut parts = vec![Part::Of(kind)];
        if step.resource == Resource::Students {
            parts.push(Part::Contacts);
        }
        self.ends.doubt(&parts, PartialCode::Unreadable, &reason);
    }

    fn deliver<T: Entity>(&mut self, mapped: Mapped<T>, place: &Place) {
        let Mapped { record, problems, unseen } = mapped;
        if self.request.wants(T::KIND) {
            for problem in problems {
                self.tell(problem);
            }
            let unseen = unseen.union(self.hidden);
            self.upsert(record.into_record(), unseen, Some(place));
        }
    }

    fn campus(&mut self, raw: &RawValue, place: &Place) {
        let step = Step::deliver(Resource::Campuses);
        let Some(group) = self.read(step, map::group(EntityKind::Org, raw, place), place) else { return };
        let Some(school) = &self.school else { return };
        if group.is("CAMPUS") {
            let extra = if self.request.extra {
                map::extra_of(raw, crate::wire::Group::KEYS)
            } else {
                roster_core::Extra::new()
            };
            self.campuses.push(campus(&group.wire, &group.id, &school.id, extra));
        }
    }

    fn subject(&mut self, raw: &RawValue, place: &Place) {
        let Some(school) = self.school.clone() else { return };
        let read = map::subject(raw, &school, &self.wants, place);
        let Some(mapped) = self.read(Step::deliver(Resource::Subjects), read, place) else { return };
        if self.scope.holds_org(mapped.record.org.as_ref()) {
            self.deliver(mapped, place);
        }
    }

    fn class(&mut self, step: Step, raw: &RawValue, place: &Place, filtered: bool) {
        let (Some(school), Some(year)) = (self.school.clone(), self.year) else { return };
        let taught = if step.resource == Resource::Classes {
            self.read(step, map::class(raw, &school, year, &self.wants, place), place)
        } else {
            let group = self.read(step, map::group(EntityKind::Class, raw, place), place);
            let group = group.filter(|group| group.is("REGISTRATION"));
            group.map(|group| group.class(raw, &school, year, &self.wants, place))
        };
        let Some(taught) = taught else { return };
        if !taught.is_teaching {
            self.idle += 1;
            return;
        }
        let class = &taught.mapped.record;
        if !self.scope.is_everything() && !self.scope.enter_class(&class.id, class.org.as_ref()) {
            return;
        }
        if step.purpose == Purpose::Learn {
            self.learn_seats(&taught);
            return;
        }
        self.session(taught.year);
        self.seats(taught, place, filtered);
    }

    fn learn_seats(&mut self, taught: &Taught) {
        let class = &taught.mapped.record.id;
        for seats in [&taught.students, &taught.teachers].into_iter().flatten() {
            for (person, _) in &seats.people {
                self.scope.enter_seat(class, person);
            }
        }
    }

    fn seats(&mut self, taught: Taught, place: &Place, filtered: bool) {
        let Taught { mapped, students, teachers, .. } = taught;
        let (class, org) = (mapped.record.id.clone(), mapped.record.org.clone());
        self.deliver(mapped, place);
        let has = [self.used.contains("students"), self.used.contains("employees")];
        let (students, teachers) = (students.unwrap_or_default(), teachers.unwrap_or_default());
        for (person, _) in &teachers.people {
            self.teachers.insert(hash(person));
        }
        let odd = students.odd + teachers.odd;
        let students = students.people.into_iter().map(|seat| (Role::Student, seat));
        let teachers = teachers.people.into_iter().map(|seat| (Role::Teacher, seat));
        let mut met = std::collections::BTreeSet::new();
        for (role, (person, primary)) in students.chain(teachers) {
            if role == Role::Teacher && self.gone.contains(&hash(&person)) {
                continue;
            }
            let mut seat = Enrollment::from_parts(class.clone(), person, role);
            seat.org.clone_from(&org);
            seat.primary = primary;
            if !met.insert(seat.id.clone()) {
                continue;
            }
            if !self.scope.is_everything() {
                self.scope.enter_seat(&seat.class, &seat.person);
            }
            if self.request.wants(EntityKind::Enrollment) {
                self.upsert(seat.into_record(), roster_core::FieldSet::EMPTY, Some(place));
            }
        }
        if odd > 0 {
            let reason = format!("{place}: {odd} seats of a class could not be read");
            self.ends.doubt(&[Part::Of(EntityKind::Enrollment)], PartialCode::Unreadable, &reason);
        }
        let whole = has == [true, true] && odd == 0;
        if filtered
            && whole
            && self.request.wants(EntityKind::Enrollment)
            && self.ends.may_close(EntityKind::Enrollment)
        {
            let slice = Slice::Of(EntityKind::Class, class);
            let (kind, completeness) = (EntityKind::Enrollment, Completeness::Complete);
            self.out.push_back(PullEvent::End { kind, slice, completeness });
        }
    }

    fn learn_employee(&mut self, raw: &RawValue, place: &Place) {
        let Some(school) = self.school.clone() else { return };
        if let Ok(employee) = map::employee(raw, &school, &self.wants, place)
            && employee.current == Some(false)
        {
            self.gone.insert(hash(&employee.mapped.record.id));
        }
    }

    fn employee(&mut self, raw: &RawValue, place: &Place, filtered: bool) {
        let Some(school) = self.school.clone() else { return };
        let read = map::employee(raw, &school, &self.wants, place);
        let Some(employee) = self.read(Step::deliver(Resource::Employees), read, place) else { return };
        let mut mapped = employee.mapped;
        let id = mapped.record.id.clone();
        if employee.current == Some(false) {
            self.left_out += 1;
            // In a whole set the absence tells it.
            if filtered {
                self.delete(EntityKind::Person, id);
            }
            return;
        }
        if self.teachers.contains(&hash(&id)) {
            map::make_teacher(&mut mapped.record);
            mapped.record = map::normalized(mapped.record);
        } else if filtered && employee.teaches != Some(true) {
            // A class that did not change may name them: what they are is not told here.
            mapped.unseen = mapped.unseen.with(PersonField::Affiliations);
        }
        if self.scope.holds_person(hash(&id), &mapped.record.affiliations) {
            self.deliver(mapped, place);
        }
    }

    fn student(&mut self, raw: &RawValue, place: &Place) {
        let Some(school) = self.school.clone() else { return };
        let read = map::student(raw, &school, &self.wants, place);
        let Some(student) = self.read(Step::deliver(Resource::Students), read, place) else { return };
        let Mapped { record, .. } = &student.mapped;
        let (id, hashed) = (record.id.clone(), hash(&record.id));
        if !self.scope.is_everything() {
            self.scope.learn_person(hashed, &record.affiliations, &[]);
        }
        if !self.scope.holds_person(hashed, &record.affiliations) {
            return;
        }
        if let Some(upn) = student.upn {
            self.note_number(&id, upn, place);
        }
        self.deliver(student.mapped, place);
        if !self.has_contacts() || !self.used.contains("contacts") {
            return;
        }
        // A row without the key tells nothing of them, least of all that there are none.
        let Some((contacts, odd)) = student.contacts else { return };
        if odd > 0 {
            let reason = format!("{place}: {odd} contacts of a student could not be read");
            let parts = [Part::Contacts, Part::Of(contacts::KIND)];
            self.ends.doubt(&parts, PartialCode::Unreadable, &reason);
        }
        for nested in contacts {
            if nested.raw.get().starts_with('{') {
                self.nested_contact(nested.raw, place);
            } else {
                // An id alone: who that is, this row does not tell.
                let reason = format!("{place}: contacts of a student are named by their ids alone");
                self.ends.doubt(&[Part::Contacts], PartialCode::Unreadable, &reason);
            }
            self.ties.meet(Side::Student, &id, &nested.id, nested.tie);
        }
        if odd == 0 {
            self.related.push(id);
        }
    }

    /// A number that should be one pupil's alone.
    fn note_number(&mut self, id: &SourcedId, upn: u64, place: &Place) {
        if !self.upns.insert(upn) {
            let message = "another pupil has the same Unique Pupil Number; it tells neither apart until it is corrected";
            let problem = Problem::warning(codes::SHARED_UPN, message).of(EntityKind::Person);
            self.tell(problem.with_id(id.clone()).in_field("upn").at(place.clone()));
        }
    }

    fn nested_contact(&mut self, raw: &RawValue, place: &Place) {
        let is_new = map::head(raw)
            .is_some_and(|id| self.seen.entry(Resource::Contacts).or_default().insert(hash(&id)));
        if is_new {
            self.person_of_contact(raw, place);
        }
    }

    fn person_of_contact(&mut self, raw: &RawValue, place: &Place) {
        let Some(school) = self.school.clone() else { return };
        let read = map::contact(raw, &school, &self.wants, place);
        let Some(mapped) = self.read(Step::deliver(Resource::Contacts), read, place) else { return };
        let of_contacts = self.hidden_of_contacts();
        let hidden = std::mem::replace(&mut self.hidden, of_contacts);
        self.deliver::<Person>(mapped, place);
        self.hidden = hidden;
    }

    /// What can't be told of a contact, inside of a student or in its own list.
    fn hidden_of_contacts(&self) -> roster_core::FieldSet {
        if self.used.contains("contacts.contact_details")
            || (self.used.contains("students") && self.used.contains("contact_details"))
        {
            return roster_core::FieldSet::EMPTY;
        }
        super::plan::hidden(Resource::Contacts, "contact_details", false)
    }

    /// A contact of the contacts' own list. Those that were met inside of a student were told there.
    fn contact(&mut self, raw: &RawValue, place: &Place, filtered: bool) {
        if map::head(raw).is_some() {
            self.nested_contact(raw, place);
        } else {
            self.person_of_contact(raw, place);
        }
        self.ties_of(raw, filtered);
    }

    pub(super) fn ties_of(&mut self, raw: &RawValue, filtered: bool) {
        let Some(id) = map::head(raw) else { return };
        let (students, odd) = map::students_of(raw);
        if odd > 0 {
            let reason =
                format!("{}: {odd} students of a contact could not be read", Resource::Contacts.path());
            self.ends.doubt(&[Part::Of(contacts::KIND)], PartialCode::Unreadable, &reason);
        }
        for student in students {
            let known =
                self.seen.get(&Resource::Students).is_some_and(|seen| seen.contains(&hash(&student.id)));
            // A pupil who is not in the school's own list is none of its current ones.
            if filtered || known {
                self.ties.meet(Side::Contact, &student.id, &id, student.tie);
            }
        }
    }

    /// Tells one of the relationships, once both lists that tell of them were read. Returns whether there was one.
    pub(in super::super) fn relationship(&mut self) -> bool {
        if self.gone_of_ties.is_none() {
            self.gone_of_ties = Some(self.weigh_ties());
        }
        let Some(Related { relationship, unseen, differing }) = self.ties.next() else { return false };
        let record = relationship.into_record();
        let gone = self.gone_of_ties.iter().flatten();
        let unseen = gone.fold(unseen, |unseen, value| unseen.union(value.kept_by(&record)));
        if self.request.wants(contacts::KIND) && self.scope.enter(&record) {
            for key in differing {
                let message = "the student's row and the contact's say different things of what they are to each other; \
                               the student's was taken";
                let problem = Problem::warning(codes::RELATIONSHIP_DIFFERS, message).of(contacts::KIND);
                self.tell(problem.with_id(record.id().clone()).in_field(key));
            }
            self.upsert(record, unseen, None);
        }
        true
    }

    /// What is gone of all relationships.
    fn weigh_ties(&mut self) -> Vec<Value> {
        for Related { relationship, unseen, .. } in self.ties.all() {
            self.values.note(&relationship.into_record(), unseen);
        }
        self.weigh()
    }

    fn deletion(&mut self, raw: &RawValue) {
        match deletions::read(raw) {
            Gone::These(these) => these.into_iter().for_each(|(kind, id)| self.delete(kind, id)),
            Gone::Nothing => {}
            Gone::Unknown => self.unknown_deletions += 1,
            Gone::Nameless => {
                let reason = "a deletion could not be read, and what is gone can't be told";
                let kinds = [EntityKind::Person, EntityKind::Class, EntityKind::Course].map(Part::Of);
                self.ends.doubt(&kinds, PartialCode::NeedsFull, reason);
            }
        }
    }

    /// Something is gone, unless it was delivered in this very pull, or nothing may end.
    fn delete(&mut self, kind: EntityKind, id: SourcedId) {
        let is_alive = self.alive.contains(&alive(kind, &id));
        if self.request.wants(kind) && !self.is_frozen() && !is_alive {
            self.begin_kind(kind);
            self.out.push_back(deletions::event(kind, id));
        }
    }
}
