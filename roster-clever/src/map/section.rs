use std::collections::HashSet;

use roster_core::{
    Class, ClassField as Field, ClassType, Enrollment, EnrollmentField, FieldSet, Identifier,
    IdentifierScheme, Problem, Role, SourcedId, Subject, codes, hashed::hash,
};
use roster_http::json::Text;

use super::{Reading, Said, Wire};
use crate::wire;

const SUBJECTS: &[&str] = &[
    "english/language arts",
    "math",
    "science",
    "social studies",
    "language",
    "homeroom/advisory",
    "interventions/online learning",
    "technology and engineering",
    "PE and health",
    "arts and music",
    "other",
];

/// What every section has. An object that has these is whole, so that one without a list of teachers has none.
const GUARANTEED: &[&str] = &["school", "name", "sis_id", "subject"];

/// A section: a class, what it names by ids that are not stable, and who sits in it.
pub(crate) struct Section {
    pub(crate) class: Class,
    pub(crate) course: Option<SourcedId>,
    pub(crate) term: Option<SourcedId>,
    pub(crate) seats: Vec<Seat>,
    /// Whether these are all its seats.
    pub(crate) seats_are_whole: bool,
    /// What of the school is not told, and so of each seat too.
    unseen: FieldSet,
    /// Whether it is told who the teacher of record is, if anybody.
    tells_primary: bool,
}

impl Section {
    /// What the section does not tell of a seat.
    pub(crate) fn unseen_of(&self, seat: &Seat) -> FieldSet {
        if seat.is_teacher && !self.tells_primary {
            return self.unseen.with(EnrollmentField::Primary);
        }
        self.unseen
    }
}

/// A seat, without what the class tells.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) person: SourcedId,
    pub(crate) is_teacher: bool,
    pub(crate) primary: Option<bool>,
}

impl Seat {
    /// The seat as a record: it has no id of its own, and its id is built from class, person and role.
    pub(crate) fn in_class(&self, class: &Class) -> Enrollment {
        let mut seat = Enrollment::from_parts(class.id.clone(), self.person.clone(), self.role());
        seat.primary = self.primary;
        seat.org.clone_from(&class.org);
        seat
    }

    pub(crate) const fn role(&self) -> Role {
        if self.is_teacher { Role::Teacher } else { Role::Student }
    }
}

impl<'a> Wire<'a> for wire::Section<'a> {
    const KEYS: &'static [&'static str] = wire::Section::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let mut class = Class::new(id, self.title(id, reading));
        class.code = reading.field("section_number", &self.number, Field::Code);
        class.org = reading.field("school", &self.school, Field::Org).map(SourcedId::from);
        if !reading.tells("grade") {
            reading.unseen(Field::Grades);
        }
        class.grades = reading.grade("grade", &self.grade, Field::Grades).into_iter().collect();
        self.subject(&mut class, reading);
        class.periods = reading.field("period", &self.period, Field::Periods).into_iter().collect();
        let sis = reading.field("sis_id", &self.sis_id, Field::Identifiers);
        class.identifiers = sis.map(|id| Identifier::new(IdentifierScheme::SisId, id)).into_iter().collect();
        let course = reading.field("course", &self.course, Field::Course).map(SourcedId::from);
        let term = reading.field("term_id", &self.term, Field::Sessions).map(SourcedId::from);
        let is_odd = self.students().iter().chain(&self.teachers.0).chain([&self.teacher]).any(Text::is_odd);
        let is_whole = GUARANTEED.iter().all(|key| reading.tells(key));
        let has_teachers = reading.tells("teachers") || is_whole;
        let tells_primary = !self.teacher.is_odd() && (reading.tells("teacher") || is_whole);
        // Every section has a list of pupils, empty or not: without one, who sits there is not told.
        let seats_are_whole = !is_odd && self.students.is_some() && has_teachers;
        let seats = self.seats(reading);
        // The seats have their school from the section.
        let unseen = if reading.unseen.contains(Field::Org) {
            FieldSet::of([EnrollmentField::Org])
        } else {
            FieldSet::EMPTY
        };
        Ok(Said::Section(Box::new(Section {
            class,
            course,
            term,
            seats,
            seats_are_whole,
            unseen,
            tells_primary,
        })))
    }
}

impl<'a> wire::Section<'a> {
    fn students(&self) -> &[Text<'a>] {
        self.students.as_ref().map_or(&[], |students| &students.0)
    }

    /// What Clever makes up as a name is not unique, and is what people see there.
    fn title(&self, id: &str, reading: &mut Reading<'_>) -> String {
        let name = reading.field("name", &self.name, Field::Title);
        name.or_else(|| self.sis_id.owned()).unwrap_or_else(|| {
            if reading.told.is_none() {
                let message = "name and SIS id are empty; the id stands in the name's place";
                reading.warn("name", codes::MISSING_REQUIRED, message);
            }
            id.to_owned()
        })
    }

    fn subject(&self, class: &mut Class, reading: &mut Reading<'_>) {
        if self.subject.is_odd() || !reading.tells("subject") {
            reading.unseen(Field::Subjects);
            reading.unseen(Field::ClassType);
        }
        let Some(subject) = reading.word("subject", &self.subject, SUBJECTS) else { return };
        if subject.eq_ignore_ascii_case("homeroom/advisory") {
            class.class_type = ClassType::Homeroom;
        }
        class.subjects = vec![Subject { name: Some(subject.to_owned()), code: None }];
    }

    /// Teachers and pupils, each once. Who is the teacher of record is a teacher even where the list lacks it.
    fn seats(&self, reading: &mut Reading<'_>) -> Vec<Seat> {
        let of_record = self.teacher.get();
        let mut seats = Vec::with_capacity(self.students().len() + self.teachers.0.len());
        let mut seated = HashSet::new();
        let mut add = |id: &str, is_teacher: bool, primary: Option<bool>| {
            if seated.insert((hash(id), is_teacher)) {
                seats.push(Seat { person: id.into(), is_teacher, primary });
            }
        };
        for teacher in of_record.into_iter().chain(ids(&self.teachers.0)) {
            add(teacher, true, of_record.map(|of_record| of_record == teacher));
        }
        for student in ids(self.students()) {
            add(student, false, None);
        }
        reading.note_odd("teacher", self.teacher.is_odd());
        for (key, list) in [("students", self.students()), ("teachers", self.teachers.0.as_slice())] {
            reading.note_odd(key, list.iter().any(Text::is_odd));
        }
        seats
    }
}

fn ids<'t>(list: &'t [Text<'_>]) -> impl Iterator<Item = &'t str> {
    list.iter().filter_map(Text::get)
}
