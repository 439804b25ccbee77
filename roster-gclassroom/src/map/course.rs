use roster_core::{Class, ClassState, FieldSet, Problem, SourcedId, Subject, codes};
use serde_json::Value;

use super::{Reading, Row, Spot, Wants, without_id};
use crate::{config::CourseState, rules::Rules, wire};

/// A course, mapped.
pub(crate) struct Course {
    pub(crate) id: SourcedId,
    /// Without school and aliases, which are not the course's own to tell; or why there is none.
    pub(crate) class: Result<Class, Box<Problem>>,
    pub(crate) owner: Option<SourcedId>,
    pub(crate) state: CourseState,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
    pub(crate) spot: Spot,
}

/// A row of `courses`.
pub(crate) fn course(wire: &wire::Course<'_>, rules: &Rules, wants: &Wants, spot: &Spot) -> Row<Course> {
    let Some(id) = wire.id.get() else { return without_id(spot, "id") };
    let mut reading = Reading::new(id, spot);
    let state = CourseState::read(wire.course_state.get());
    let class = class(wire, id, &state, rules, wants, &mut reading);
    let Reading { problems, unseen, .. } = reading;
    let owner = wire.owner_id.get().map(SourcedId::from);
    Row::Read(Course { id: id.into(), class, owner, state, problems, unseen, spot: spot.clone() })
}

fn class(
    wire: &wire::Course<'_>,
    id: &str,
    state: &CourseState,
    rules: &Rules,
    wants: &Wants,
    reading: &mut Reading<'_>,
) -> Result<Class, Box<Problem>> {
    let Some(name) = wire.name.get() else {
        let message = "a course has no name; the record was left out";
        return Err(reading.error("name", codes::MISSING_REQUIRED, message));
    };
    let mut class = Class::new(id, name);
    class.state = match state {
        CourseState::Active => ClassState::Active,
        CourseState::Archived => ClassState::Archived,
        CourseState::Provisioned => ClassState::Upcoming,
        CourseState::Declined | CourseState::Suspended => ClassState::Inactive,
        CourseState::Other(word) => {
            let message = "the state is none that the documentation has; it was kept as it is";
            reading.warn("courseState", codes::UNKNOWN_VALUE, message);
            ClassState::Other(word.clone())
        }
    };
    class.periods.extend(reading.text("section", &wire.section));
    class.location = reading.text("room", &wire.room);
    if let Some(name) = reading.text("subject", &wire.subject) {
        class.subjects.push(Subject { name: Some(name), code: None });
    }
    if rules.levels
        && let Some(levels) = reading.text("levels", &wire.levels)
    {
        class.grades = levels
            .split([',', ';'])
            .filter(|item| !item.trim().is_empty())
            .map(|item| rules.grades.read(item).0)
            .collect();
        if class.grades.iter().any(|grade| grade.level.is_none()) {
            let message = "the levels hold a grade that is not known; its spelling was kept";
            reading.warn("levels", codes::UNKNOWN_GRADE, message);
        }
    }
    if wants.extra {
        let further = [
            ("descriptionHeading", &wire.description_heading),
            ("alternateLink", &wire.alternate_link),
            ("creationTime", &wire.creation_time),
            ("guardiansEnabled", &wire.guardians_enabled),
            ("calendarId", &wire.calendar_id),
            ("levels", &wire.levels),
        ];
        let said =
            further.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Value::from(text.get()?))));
        class.extra.extend(said);
    }
    Ok(class)
}
