use roster_core::{Class, ClassField, ClassState, ClassType, Course, CourseField, Problem};

use super::{
    Head, Inactive, Reading, Said, Wire,
    reading::{has_odd, ids},
};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Course<'a> {
    const KEYS: &'static [&'static str] = wire::Course::KEYS;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, id: &str, _: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let title = reading.required("title", &self.title)?;
        let mut course = Course::new(id, title);
        course.code = reading.text("courseCode", &self.code, CourseField::Code);
        course.org = reading.owner("org", &self.org, CourseField::Org);
        if course.org.is_none() {
            course.org = ids(&self.orgs).next();
            reading.lost.owner |= has_odd(&self.orgs);
            reading.drop_odd("orgs", has_odd(&self.orgs), CourseField::Org);
        }
        course.session = reading.reference("schoolYear", &self.session, CourseField::Session);
        course.grades = reading.grades(&self.grades, CourseField::Grades);
        course.subjects = reading.subjects(&self.subjects, &self.subject_codes, CourseField::Subjects);
        Ok(Said::record(course))
    }
}

impl<'a> Wire<'a> for wire::Class<'a> {
    const KEYS: &'static [&'static str] = wire::Class::KEYS;
    const INACTIVE: Inactive = Inactive::State;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, id: &str, status: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let title = reading.required("title", &self.title)?;
        let mut class = Class::new(id, title);
        class.code = reading.text("classCode", &self.code, ClassField::Code);
        let class_type = reading.word(
            "classType",
            &self.of_type,
            ClassField::ClassType,
            ClassType::read,
            ClassType::is_known,
        );
        class.class_type = class_type.unwrap_or_else(|| ClassType::Other(String::new()));
        if status == Status::Inactive {
            class.state = ClassState::Inactive;
        }
        class.org = reading.owner("school", &self.school, ClassField::Org);
        class.course = reading.reference("course", &self.course, ClassField::Course);
        class.sessions = reading.references("terms", &self.terms, ClassField::Sessions);
        class.grades = reading.grades(&self.grades, ClassField::Grades);
        class.subjects = reading.subjects(&self.subjects, &self.subject_codes, ClassField::Subjects);
        class.periods = reading.texts("periods", &self.periods, ClassField::Periods);
        class.location = reading.text("location", &self.location, ClassField::Location);
        Ok(Said::record(class))
    }
}
