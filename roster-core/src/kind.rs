//! The seven kinds of record.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A kind of record; [the crate's first page](crate) says what each vendor calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntityKind {
    /// A district, school, campus or department.
    Org,
    /// A school year, semester, term or grading period.
    AcademicSession,
    /// What is taught: a course of the catalogue.
    Course,
    /// A group of pupils with their teachers.
    Class,
    /// A pupil, a member of staff, or a contact.
    Person,
    /// A person's seat in a class.
    Enrollment,
    /// Who a contact is to a pupil.
    Relationship,
}

impl EntityKind {
    /// All kinds, parents before children.
    pub const ALL: [Self; 7] = [
        Self::Org,
        Self::AcademicSession,
        Self::Course,
        Self::Class,
        Self::Person,
        Self::Enrollment,
        Self::Relationship,
    ];

    /// The name in `snake_case`, as in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::AcademicSession => "academic_session",
            Self::Course => "course",
            Self::Class => "class",
            Self::Person => "person",
            Self::Enrollment => "enrollment",
            Self::Relationship => "relationship",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// No kind has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such kind; there are: org, academic_session, course, class, person, enrollment, relationship")]
pub struct UnknownKind;

impl FromStr for EntityKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or(UnknownKind)
    }
}
