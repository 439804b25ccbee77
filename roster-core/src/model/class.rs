use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Extra, Identifier, Subject};
use crate::{ClassState, ClassType, GradeLevel, SourcedId};

/// A group of pupils with their teachers: a section, a homeroom, a registration group.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Class {
    /// The vendor's id.
    pub id: SourcedId,
    /// Its name, as shown to people.
    pub title: String,
    /// The school's code for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it is for.
    pub class_type: ClassType,
    /// Whether it is being held.
    pub state: ClassState,
    /// The school. A vendor may have classes without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
    /// The course that it is held for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<SourcedId>,
    /// The sessions that it is held in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SourcedId>,
    /// First day, where it has days of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Date>,
    /// Last day or the day after, as the vendor sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// The grades that it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<GradeLevel>,
    /// The subjects that are taught.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// The periods of the timetable, in the school's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<String>,
    /// The room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Further ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Class {
    /// A scheduled, active class with nothing but what each must have.
    pub fn new(id: impl Into<SourcedId>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            code: None,
            class_type: ClassType::Scheduled,
            state: ClassState::Active,
            org: None,
            course: None,
            sessions: Vec::new(),
            begin: None,
            end: None,
            grades: Vec::new(),
            subjects: Vec::new(),
            periods: Vec::new(),
            location: None,
            identifiers: Vec::new(),
            extra: Extra::new(),
        }
    }

    /// Whether it is being held on that day, as far as state and dates of its own tell; sessions are not looked up.
    ///
    /// The end day counts as inside; an open bound never excludes.
    pub fn is_active_on(&self, day: Date) -> bool {
        matches!(self.state, ClassState::Active | ClassState::Upcoming | ClassState::Other(_))
            && super::holds_on(self.begin, self.end, day)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({:?})", self.id)
    }
}
