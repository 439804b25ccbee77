//! The same district a day later.

mod changes;

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    Class, Course, Enrollment, EntityKind, Person, Relationship, Role, SourcedId, jiff::civil::Date,
};

use super::{District, DistrictSpec, build::YEAR_END, rng::Rng, truth::DayTruth};

/// One in how many pupils and classes each change concerns; at least one.
const RATE: usize = 200;

impl District {
    /// The district a day later, and exactly what changed.
    ///
    /// People are renamed and get other addresses, pupils come, leave and change classes, classes open, close and change
    /// their teacher, a course gets another title, and a contact matters in another way. Each happens at least once
    /// where the district has somebody for it, and to about one in 200. `seed` chooses to whom: the same seed gives the
    /// same day. Days can follow each other; ids that ended are never used again.
    ///
    /// Relationships keep their meaning in formats that can't tell it: compare what such a format says with
    /// [`DayTruth::between`].
    #[must_use]
    pub fn next_day(&self, seed: u64) -> (Self, DayTruth) {
        let mut day = Day::after(self, seed);
        day.close_classes();
        day.pupils_leave();
        day.pupils_move();
        day.teachers_swap();
        day.classes_open();
        day.pupils_come();
        day.people_are_renamed();
        day.addresses_change();
        day.course_is_retitled();
        day.contact_matters_otherwise();
        day.finish(self)
    }
}

/// A district that is being changed. Its records are found by id, and what was touched once is left alone after that,
/// so that nothing is both changed and ended.
struct Day {
    rng: Rng,
    spec: DistrictSpec,
    number: u32,
    date: Date,
    courses: BTreeMap<SourcedId, Course>,
    classes: BTreeMap<SourcedId, Class>,
    people: BTreeMap<SourcedId, Person>,
    enrollments: BTreeMap<SourcedId, Enrollment>,
    relationships: BTreeMap<SourcedId, Relationship>,
    /// As it was in the morning.
    seats_of_person: BTreeMap<SourcedId, Vec<SourcedId>>,
    /// As it was in the morning.
    seats_of_class: BTreeMap<SourcedId, Vec<SourcedId>>,
    /// As it was in the morning, for pupils and for contacts.
    relationships_of: BTreeMap<SourcedId, Vec<SourcedId>>,
    /// As they were in the morning: those who are pupils and nothing else.
    pupils: Vec<SourcedId>,
    /// The same, by school.
    pupils_of: BTreeMap<SourcedId, Vec<SourcedId>>,
    teachers_of: BTreeMap<SourcedId, Vec<SourcedId>>,
    touched: BTreeSet<SourcedId>,
    closed: BTreeSet<SourcedId>,
    made: usize,
    truth: DayTruth,
}

impl Day {
    fn after(district: &District, seed: u64) -> Self {
        let mut seats_of_person = BTreeMap::<_, Vec<_>>::new();
        let mut seats_of_class = BTreeMap::<_, Vec<_>>::new();
        for seat in &district.enrollments {
            seats_of_person.entry(seat.person.clone()).or_default().push(seat.id.clone());
            seats_of_class.entry(seat.class.clone()).or_default().push(seat.id.clone());
        }
        let mut relationships_of = BTreeMap::<_, Vec<_>>::new();
        for it in &district.relationships {
            for person in [&it.student, &it.contact] {
                relationships_of.entry(person.clone()).or_default().push(it.id.clone());
            }
        }
        let mut pupils = Vec::new();
        let mut pupils_of = BTreeMap::<_, Vec<_>>::new();
        let mut teachers_of = BTreeMap::<_, Vec<_>>::new();
        for person in &district.people {
            let mut roles = person.affiliations.iter().map(|affiliation| &affiliation.role);
            let is_pupil = person.has_role(&Role::Student) && roles.all(|role| *role == Role::Student);
            if is_pupil {
                pupils.push(person.id.clone());
            }
            for affiliation in &person.affiliations {
                let Some(school) = &affiliation.org else { continue };
                if is_pupil {
                    pupils_of.entry(school.clone()).or_default().push(person.id.clone());
                } else if affiliation.role == Role::Teacher {
                    teachers_of.entry(school.clone()).or_default().push(person.id.clone());
                }
            }
        }
        let number = district.day + 1;
        let of_day = usize::try_from(number).unwrap_or_default();
        Self {
            rng: Rng::of(district.spec.seed ^ seed.rotate_left(32), "day", of_day),
            spec: district.spec.clone(),
            number,
            date: district.date.tomorrow().unwrap_or(district.date),
            courses: by_id(&district.courses, |course| &course.id),
            classes: by_id(&district.classes, |class| &class.id),
            people: by_id(&district.people, |person| &person.id),
            enrollments: by_id(&district.enrollments, |enrollment| &enrollment.id),
            relationships: by_id(&district.relationships, |relationship| &relationship.id),
            seats_of_person,
            seats_of_class,
            relationships_of,
            pupils,
            pupils_of,
            teachers_of,
            touched: BTreeSet::new(),
            closed: BTreeSet::new(),
            made: 0,
            truth: DayTruth::default(),
        }
    }

    fn finish(self, district: &District) -> (District, DayTruth) {
        let tomorrow = District {
            orgs: district.orgs.clone(),
            sessions: district.sessions.clone(),
            courses: self.courses.into_values().collect(),
            classes: self.classes.into_values().collect(),
            people: self.people.into_values().collect(),
            enrollments: self.enrollments.into_values().collect(),
            relationships: self.relationships.into_values().collect(),
            date: self.date,
            day: self.number,
            spec: self.spec,
        };
        (tomorrow.normalized(), self.truth)
    }

    /// How often something happens among so many.
    fn times(among: usize) -> usize {
        (among / RATE).max(1)
    }

    /// Some of the people listed that nothing has happened to today; from now on something has.
    fn take(&mut self, people: &[SourcedId], count: usize) -> Vec<SourcedId> {
        let free: Vec<_> = people.iter().filter(|id| !self.touched.contains(*id)).cloned().collect();
        let taken = self.rng.sample(&free, count);
        self.touched.extend(taken.iter().cloned());
        taken
    }

    /// A number that nothing else made today has.
    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    /// The day in ids: they are never those of another day.
    fn mark(&self) -> String {
        format!("{}d{:03}", self.spec.prefix(), self.number)
    }

    fn enroll(&mut self, class: &SourcedId, person: &SourcedId, role: Role) {
        let id = SourcedId::from(format!("e{}{:05}", self.mark(), self.number()));
        let mut seat = Enrollment::new(id.clone(), class.clone(), person.clone(), role);
        seat.primary = (seat.role == Role::Teacher).then_some(true);
        seat.org = self.classes.get(class).and_then(|class| class.org.clone());
        seat.begin = Some(self.date);
        seat.end = Some(YEAR_END);
        self.enrollments.insert(id.clone(), seat);
        self.truth.create(EntityKind::Enrollment, id);
    }

    fn drop_seat(&mut self, id: &SourcedId) {
        if self.enrollments.remove(id).is_some() {
            self.truth.end(EntityKind::Enrollment, id.clone());
        }
    }

    /// The seats of a person that are left.
    fn seats(&self, person: &SourcedId) -> Vec<SourcedId> {
        let morning = self.seats_of_person.get(person).into_iter().flatten();
        morning.filter(|id| self.enrollments.contains_key(*id)).cloned().collect()
    }

    /// The classes that may change today: neither closed nor a homeroom; in the order of ids.
    fn open_classes(&self) -> Vec<SourcedId> {
        let scheduled = |class: &&Class| class.class_type == roster_core::ClassType::Scheduled;
        let open = self.classes.values().filter(scheduled);
        open.filter(|class| !self.closed.contains(&class.id)).map(|class| class.id.clone()).collect()
    }
}

fn by_id<T: Clone>(records: &[T], id: impl Fn(&T) -> &SourcedId) -> BTreeMap<SourcedId, T> {
    records.iter().map(|record| (id(record).clone(), record.clone())).collect()
}
