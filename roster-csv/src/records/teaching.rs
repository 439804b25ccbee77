use roster_core::{Class, ClassState, ClassType, Course, Subject, decode, table::Holds};
use roster_oneroster::csv::Status;

use super::{Mapped, extra, note_inactive, status};
use crate::row::Row;

/// A row of `courses.csv`.
pub(crate) fn course(row: &mut Row<'_>, with_extra: bool) -> Mapped {
    let status = status(row);
    if status == Status::ToBeDeleted {
        return Mapped::Delete;
    }
    note_inactive(row, status);
    let title = row.required_text(Holds::CourseTitle);
    let mut course = Course::new(row.id, title);
    course.code = row.text(Holds::CourseCode);
    course.org = row.id(Holds::CourseOrg);
    course.session = row.id(Holds::CourseSession);
    course.grades = row.grades(Holds::CourseGrades);
    course.subjects = subjects(row, Holds::CourseSubjects, Holds::CourseSubjectCodes);
    course.extra = extra(row, with_extra);
    course.into()
}

/// A row of `classes.csv`.
pub(crate) fn class(row: &mut Row<'_>, with_extra: bool) -> Mapped {
    let status = status(row);
    if status == Status::ToBeDeleted {
        return Mapped::Delete;
    }
    let title = row.required_text(Holds::ClassTitle);
    let mut class = Class::new(row.id, title);
    class.code = row.text(Holds::ClassCode);
    let class_type = row.word(Holds::ClassType, ClassType::read, ClassType::is_known);
    class.class_type = class_type.unwrap_or_else(|| ClassType::Other(String::new()));
    if status == Status::Inactive {
        class.state = ClassState::Inactive;
    }
    class.org = row.id(Holds::ClassOrg);
    class.course = row.id(Holds::ClassCourse);
    class.sessions = row.ids(Holds::ClassSessions);
    class.sessions.extend(row.id(Holds::ClassSession));
    class.begin = row.date(Holds::ClassBegin);
    class.end = row.date(Holds::ClassEnd);
    class.grades = row.grades(Holds::ClassGrades);
    class.subjects = subjects(row, Holds::ClassSubjects, Holds::ClassSubjectCodes);
    class.periods = row.texts(Holds::ClassPeriods);
    class.location = row.text(Holds::ClassLocation);
    class.extra = extra(row, with_extra);
    class.into()
}

/// Two lists that belong together item by item, so that an empty item in one of them counts.
fn subjects(row: &mut Row<'_>, names: Holds, codes: Holds) -> Vec<Subject> {
    let mut codes = row.value(codes).split(',').map(decode::trim);
    let mut names = row.value(names).split(',').map(decode::trim);
    let mut subjects = Vec::new();
    loop {
        let (name, code) = (names.next(), codes.next());
        if name.is_none() && code.is_none() {
            return subjects;
        }
        let filled = |item: Option<&str>| item.filter(|item| !item.is_empty()).map(str::to_owned);
        let subject = Subject { name: filled(name), code: filled(code) };
        if subject != Subject::default() {
            subjects.push(subject);
        }
    }
}
