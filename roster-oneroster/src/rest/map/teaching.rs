use roster_core::{Class, ClassState, ClassType, Course};
use roster_http::json::Text;

use super::{
    Reading, Said, Wire,
    reading::{id as id_of, ids, items, subjects},
};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Course<'a> {
    const KEYS: &'static [&'static str] = wire::Course::KEYS;

    fn head(&self) -> (&Text<'a>, &Text<'a>) {
        (&self.id, &self.modified)
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Said {
        let status = reading.status(&self.status);
        if status == Status::ToBeDeleted {
            return Said::Gone;
        }
        let title = match reading.required("title", &self.title) {
            Ok(title) => title,
            Err(problem) => return Said::Unreadable(problem),
        };
        reading.note_inactive(status);
        let mut course = Course::new(id, title);
        course.code = reading.text("courseCode", &self.code);
        course.org = id_of(&self.org).or_else(|| self.orgs.0.iter().find_map(id_of));
        course.session = id_of(&self.session);
        course.grades = reading.grades(&self.grades);
        course.subjects = subjects(&self.subjects, &self.subject_codes);
        Said::record(course)
    }
}

impl<'a> Wire<'a> for wire::Class<'a> {
    const KEYS: &'static [&'static str] = wire::Class::KEYS;

    fn head(&self) -> (&Text<'a>, &Text<'a>) {
        (&self.id, &self.modified)
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Said {
        let status = reading.status(&self.status);
        if status == Status::ToBeDeleted {
            return Said::Gone;
        }
        let title = match reading.required("title", &self.title) {
            Ok(title) => title,
            Err(problem) => return Said::Unreadable(problem),
        };
        let mut class = Class::new(id, title);
        class.code = reading.text("classCode", &self.code);
        let class_type = reading.word("classType", &self.of_type, ClassType::read, ClassType::is_known);
        class.class_type = class_type.unwrap_or_else(|| ClassType::Other(String::new()));
        if status == Status::Inactive {
            class.state = ClassState::Inactive;
        }
        class.org = id_of(&self.school);
        class.course = id_of(&self.course);
        class.sessions = ids(&self.terms);
        class.grades = reading.grades(&self.grades);
        class.subjects = subjects(&self.subjects, &self.subject_codes);
        class.periods = items(&self.periods).map(str::to_owned).collect();
        class.location = reading.text("location", &self.location);
        Said::record(class)
    }
}
