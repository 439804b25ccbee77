//! What is taught at a school: courses, classes, and who sits in them.

use roster_core::{Class, ClassType, Course, Enrollment, Role, SourcedId, Subject};

use super::{District, Level, School, Seated, YEAR_BEGIN, YEAR_END, calendar, grades};
use crate::district::rng::Rng;

/// Title, code, and the subjects with their codes of SCED.
type Entry = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const HOMEROOM: Entry = ("Homeroom", "HR", &[("Homeroom", "22106")]);
const BAND: Entry = ("Band", "BND", &[("Music", "05101"), ("Performing Arts", "05149")]);

const ELEMENTARY: &[Entry] = &[
    ("Reading", "RDG", &[("English Language Arts", "51028")]),
    ("Mathematics", "MAT", &[("Mathematics", "52030")]),
    ("Science", "SCI", &[("Science", "53230")]),
    ("Social Studies", "SOC", &[("Social Studies", "54430")]),
    ("Art", "ART", &[("Visual Arts", "55180")]),
    ("Physical Education", "PE", &[("Physical Education", "58030")]),
    ("Spanish", "SPA", &[("World Languages", "56100")]),
    ("Library", "LIB", &[("Information Literacy", "51150")]),
];

const SECONDARY: &[Entry] = &[
    ("English", "ENG", &[("English Language Arts", "01001")]),
    ("Algebra", "ALG", &[("Mathematics", "02052")]),
    ("Biology", "BIO", &[("Science", "03051")]),
    ("History, Modern", "HIS", &[("Social Studies", "04101")]),
    ("Spanish I", "SPA", &[("World Languages", "06101")]),
    ("Robotics", "ROB", &[("Engineering", "21009"), ("Computer Science", "10152")]),
    ("Studio Art", "ART", &[("Visual Arts", "05154")]),
    ("Fitness", "PE", &[("Physical Education", "08005")]),
];

/// One in how many classes has a second teacher.
const CO_TAUGHT: usize = 6;

/// The one course that all schools have in common: it is the district's.
pub(super) fn common_course(district: &mut District) -> Course {
    let prefix = district.spec.prefix();
    let district_id = district.orgs.first().map(|org| org.id.clone());
    let mut course = new_course(format!("{prefix}0000000"), BAND, "000");
    course.org = district_id;
    course.session = Some(calendar::year(&prefix));
    course.grades = grades((0..3).flat_map(|level| Level::of(level).grades().iter().copied()));
    district.courses.push(course.clone());
    course
}

/// The classes of a school, and of its courses; `band` is the district's.
pub(super) fn teaching(district: &mut District, school: &School, band: &Course) {
    let catalogue = match school.level {
        Level::Elementary => ELEMENTARY,
        Level::Middle | Level::High => SECONDARY,
    };
    let mut plan = Plan { prefix: district.spec.prefix(), school, classes: 0, seats: 0, district };
    let homeroom = plan.course(0, HOMEROOM);
    let courses: Vec<_> = (1..).zip(catalogue).map(|(number, entry)| plan.course(number, *entry)).collect();

    let mut pupils: Vec<&Seated> = school.pupils.iter().collect();
    pupils.sort_by_key(|pupil| (pupil.grade != "KG", pupil.grade));
    let cohorts = pupils.len().div_ceil(plan.district.spec.class_size).max(1);
    let cohorts: Vec<&[&Seated]> = pupils.chunks(pupils.len().div_ceil(cohorts).max(1)).collect();
    let lessons = plan.district.spec.classes_per_student.min(courses.len());

    // Which class of a cohort, and of which course: some pupils visit that of the next cohort.
    let mut classes: Vec<Vec<(usize, SourcedId)>> = Vec::with_capacity(cohorts.len());
    for (number, cohort) in cohorts.iter().enumerate() {
        let homeroom = plan.class(&homeroom, number, cohort, 0);
        for pupil in *cohort {
            plan.seat(&homeroom, pupil);
        }
        let mut taught = Vec::with_capacity(lessons);
        for period in 1..=lessons {
            let subject = (number + period) % courses.len().max(1);
            if let Some(course) = courses.get(subject) {
                taught.push((subject, plan.class(course, number, cohort, period)));
            }
        }
        classes.push(taught);
    }
    for (number, cohort) in cohorts.iter().enumerate() {
        let own = classes.get(number).map(Vec::as_slice).unwrap_or_default();
        let next = classes.get(number + 1).map(Vec::as_slice).unwrap_or_default();
        for pupil in *cohort {
            let mut rng = Rng::of(plan.district.spec.seed, &pupil.id, 0);
            for (subject, class) in own {
                let visited = next.iter().find(|(other, _)| other == subject);
                match visited.filter(|_| rng.chance(12)) {
                    Some((_, class)) => plan.seat(class, pupil),
                    None => plan.seat(class, pupil),
                }
            }
        }
    }
    let players: Vec<&Seated> = pupils.iter().copied().skip(1).step_by(3).collect();
    if !players.is_empty() {
        let band = plan.class(band, 0, &players, lessons + 1);
        for pupil in players {
            plan.seat(&band, pupil);
        }
    }
}

fn new_course(id: String, (title, code, subjects): Entry, school: &str) -> Course {
    let mut course = Course::new(id, title);
    course.code = Some(format!("{code}-{school}"));
    let subject = |(name, code): &(&str, &str)| Subject {
        name: Some((*name).to_owned()),
        code: Some((*code).to_owned()),
    };
    course.subjects = subjects.iter().map(subject).collect();
    course
}

struct Plan<'a> {
    prefix: String,
    school: &'a School,
    classes: usize,
    seats: usize,
    district: &'a mut District,
}

impl Plan<'_> {
    /// What the ids of this school's records begin with.
    fn id(&self, number: usize) -> String {
        format!("{}{:03}{number:04}", self.prefix, self.school.number + 1)
    }

    fn course(&mut self, number: usize, entry: Entry) -> Course {
        let mut course = new_course(self.id(number), entry, &format!("{:03}", self.school.number + 1));
        course.org = Some(self.school.id.clone());
        course.session = Some(calendar::year(&self.prefix));
        course.grades = grades(self.school.level.grades().iter().copied());
        self.district.courses.push(course.clone());
        course
    }

    /// A class of the course, with its teachers. Its id may be a course's id too: ids are unique within a kind only.
    fn class(&mut self, course: &Course, section: usize, pupils: &[&Seated], period: usize) -> SourcedId {
        let id = SourcedId::from(self.id(self.classes));
        let mut class = Class::new(id.clone(), format!("{} - Section {}", course.title, section + 1));
        let code = course.code.as_deref().unwrap_or_default();
        class.code = Some(format!("{code}-{:02}", section + 1));
        class.org = Some(self.school.id.clone());
        class.course = Some(course.id.clone());
        let [first, second] = calendar::semesters(&self.prefix);
        class.sessions = match self.classes % 10 {
            8 => vec![first],
            9 => vec![second],
            _ => vec![first, second],
        };
        class.grades = grades(pupils.iter().map(|pupil| pupil.grade));
        class.subjects.clone_from(&course.subjects);
        if period == 0 {
            class.class_type = ClassType::Homeroom;
            class.periods = vec!["HR".to_owned()];
        } else {
            class.periods = vec![period.to_string()];
        }
        // A double lesson.
        if self.classes % 7 == 6 {
            class.periods.push((period + 1).to_string());
        }
        class.location = Some(format!("Room {}", 100 + self.classes));
        self.district.classes.push(class);

        let teachers =
            self.school.teachers.iter().cycle().skip(self.classes % self.school.teachers.len().max(1));
        let count = if self.classes % CO_TAUGHT == 2 { 2 } else { 1 };
        for (index, teacher) in teachers.take(count).enumerate() {
            self.enroll(&id, teacher, Role::Teacher, Some(index == 0));
        }
        self.classes += 1;
        id
    }

    fn seat(&mut self, class: &SourcedId, pupil: &Seated) {
        self.enroll(class, &pupil.id, Role::Student, None);
    }

    fn enroll(&mut self, class: &SourcedId, person: &SourcedId, role: Role, primary: Option<bool>) {
        self.seats += 1;
        let id = format!("e{}{:03}{:06}", self.prefix, self.school.number + 1, self.seats);
        let mut enrollment = Enrollment::new(id, class.clone(), person.clone(), role);
        enrollment.primary = primary;
        enrollment.org = Some(self.school.id.clone());
        enrollment.begin = Some(YEAR_BEGIN);
        enrollment.end = Some(YEAR_END);
        self.district.enrollments.push(enrollment);
    }
}
