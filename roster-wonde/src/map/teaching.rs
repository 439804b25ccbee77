//! Subjects, classes and groups.

use roster_core::{
    Class, ClassField as Field, ClassType, Course, CourseField, EntityKind, Identifier, IdentifierScheme,
    Place, SourcedId,
};
use serde_json::value::RawValue;

use super::{
    Mapped, Read, Reading, Wants, extra_of, normalized, row,
    school::{School, SchoolYear},
};
use crate::wire::{self, Part, flag, items, one};

/// Class types of timetabling systems that are no teaching.
const NOT_TEACHING: [&str; 4] = ["duty", "on call", "rostered time off", "staff meeting"];

/// A class, with those who have a seat in it.
pub(crate) struct Taught {
    pub(crate) mapped: Mapped<Class>,
    /// The school year that it names, if it is not the current one's matter.
    pub(crate) year: SchoolYear,
    /// `None` if they were not included.
    pub(crate) students: Option<Seats>,
    pub(crate) teachers: Option<Seats>,
    /// A duty or the like.
    pub(crate) is_teaching: bool,
}

/// Who has a seat.
#[derive(Default)]
pub(crate) struct Seats {
    pub(crate) people: Vec<(SourcedId, Option<bool>)>,
    /// Items without an id.
    pub(crate) odd: usize,
}

/// A group of any type.
pub(crate) struct Grouped<'a> {
    pub(crate) id: SourcedId,
    pub(crate) wire: wire::Group<'a>,
}

pub(crate) fn subject(raw: &RawValue, school: &School, wants: &Wants, place: &Place) -> Read<Mapped<Course>> {
    let (wire, id) = row::<wire::Subject<'_>>(EntityKind::Course, raw, place, |wire| &wire.id)?;
    let mut reading = Reading::new(EntityKind::Course, &id, wants, place);
    let code = reading.text("code", &wire.code, CourseField::Code);
    let title = reading.text("name", &wire.name, CourseField::Title);
    let title = title.or_else(|| code.clone()).unwrap_or_else(|| id.to_string());
    let mut course = Course::new(id, title);
    course.code = code;
    course.org = Some(school.id.clone());
    if let Some(mis_id) = wire.mis_id.owned() {
        course.identifiers.push(Identifier::new(IdentifierScheme::MisId, mis_id));
    }
    if wants.extra {
        course.extra = extra_of(raw, wire::Subject::KEYS);
    }
    Ok(Mapped::new(normalized(course), reading))
}

pub(crate) fn class(
    raw: &RawValue,
    school: &School,
    current: SchoolYear,
    wants: &Wants,
    place: &Place,
) -> Read<Taught> {
    let (wire, id) = row::<wire::Class<'_>>(EntityKind::Class, raw, place, |wire| &wire.id)?;
    let mut reading = Reading::new(EntityKind::Class, &id, wants, place);
    let code = reading.text("code", &wire.code, Field::Code);
    let name = reading.text("name", &wire.name, Field::Title);
    let title =
        name.or_else(|| wire.description.owned()).or_else(|| code.clone()).unwrap_or_else(|| id.to_string());
    let mut class = Class::new(id, title);
    class.code = code;
    let kind = wire.kind.get().unwrap_or_default().to_ascii_lowercase().replace(['_', '-'], " ");
    class.class_type = if kind == "roll class" { ClassType::Homeroom } else { ClassType::Scheduled };
    class.org = Some(school.id.clone());
    // A bare id, or an object. Its name is the course's: a class would not tell that it changed.
    class.course = wire::id_of(wire.subject).map(SourcedId::from);
    if let Some(year) = wire.year_group.get() {
        class.grades.push(reading.grade("year_group", year, school.country));
    }
    let year = wire.academic_year.get().and_then(|text| school.year_named(text)).unwrap_or(current);
    class.sessions.push(school.session_id(year));
    if let Some(mis_id) = wire.mis_id.owned() {
        class.identifiers.push(Identifier::new(IdentifierScheme::MisId, mis_id));
    }
    if wants.extra {
        class.extra = extra_of(raw, wire::Class::KEYS);
    }
    Ok(Taught {
        mapped: Mapped::new(normalized(class), reading),
        year,
        students: Some(seats(wire.students)),
        teachers: Some(seats(wire.employees)),
        is_teaching: !NOT_TEACHING.contains(&kind.as_str()),
    })
}

/// A group of any type; the caller knows which types it wants.
pub(crate) fn group<'a>(kind: EntityKind, raw: &'a RawValue, place: &Place) -> Read<Grouped<'a>> {
    let (wire, id) = row::<wire::Group<'a>>(kind, raw, place, |wire| &wire.id)?;
    Ok(Grouped { id, wire })
}

impl Grouped<'_> {
    /// Whether it is of the type; a row that does not say is of the type that was asked for.
    pub(crate) fn is(&self, group_type: &str) -> bool {
        self.wire.kind.get().is_none_or(|said| said.eq_ignore_ascii_case(group_type))
    }

    /// A registration group as a class.
    pub(crate) fn class(
        &self,
        raw: &RawValue,
        school: &School,
        current: SchoolYear,
        wants: &Wants,
        place: &Place,
    ) -> Taught {
        let Self { id, wire } = self;
        let mut reading = Reading::new(EntityKind::Class, id, wants, place);
        let code = reading.text("code", &wire.code, Field::Code);
        let name = reading.text("name", &wire.name, Field::Title);
        let title = name
            .or_else(|| wire.description.owned())
            .or_else(|| code.clone())
            .unwrap_or_else(|| id.to_string());
        let mut class = Class::new(id.clone(), title);
        class.code = code;
        class.class_type = ClassType::Registration;
        class.org = Some(school.id.clone());
        class.sessions.push(school.session_id(current));
        if let Some(mis_id) = wire.mis_id.owned() {
            class.identifiers.push(Identifier::new(IdentifierScheme::MisId, mis_id));
        }
        if wants.extra {
            class.extra = extra_of(raw, wire::Group::KEYS);
        }
        Taught {
            mapped: Mapped::new(normalized(class), reading),
            year: current,
            students: Some(seats(wire.students)),
            teachers: Some(seats(wire.employees)),
            is_teaching: true,
        }
    }
}

fn seats(part: Part<'_>) -> Seats {
    let mut seats = Seats::default();
    for item in items(part) {
        let Some(id) = wire::id_of(Some(item)) else {
            seats.odd += 1;
            continue;
        };
        let primary =
            serde_json::from_str::<wire::Employee<'_>>(item.get()).ok().and_then(|wire| main(wire.meta));
        seats.people.push((id.into(), primary));
    }
    seats
}

/// Whether somebody is a class's main teacher, where the row's `meta` says so in any of the spellings that were told of.
fn main(part: Part<'_>) -> Option<bool> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Main<'a> {
        #[serde(borrow, alias = "main_teacher", alias = "main")]
        is_main_teacher: roster_http::json::Text<'a>,
    }
    one::<Main<'_>>(part).and_then(|main| flag(&main.is_main_teacher))
}
