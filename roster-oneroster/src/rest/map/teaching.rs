use roster_core::{Class, ClassField, ClassState, ClassType, Course, CourseField, Problem};

use super::{
    Head, Inactive, Reading, Said, Wire,
    reading::{id as id_of, ids, items, subjects},
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
        course.org = id_of(&self.org).or_else(|| self.orgs.0.iter().find_map(id_of));
        course.session = reading.reference("schoolYear", &self.session, CourseField::Session);
        course.grades = reading.grades(&self.grades);
        course.subjects = subjects(&self.subjects, &self.subject_codes);
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
        class.org = reading.reference("school", &self.school, ClassField::Org);
        class.course = reading.reference("course", &self.course, ClassField::Course);
        class.sessions = ids(&self.terms);
        class.grades = reading.grades(&self.grades);
        class.subjects = subjects(&self.subjects, &self.subject_codes);
        class.periods = items(&self.periods).map(str::to_owned).collect();
        class.location = reading.text("location", &self.location, ClassField::Location);
        Ok(Said::record(class))
    }
}
