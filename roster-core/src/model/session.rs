use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Extra, Identifier, holds_on};
use crate::{SessionType, SourcedId};

/// A stretch of time that classes are held in: a school year, a semester, a term or a grading period.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcademicSession {
    /// The vendor's id, or, where a vendor's ids are not stable, one made from name and dates.
    pub id: SourcedId,
    /// What it is.
    pub session_type: SessionType,
    /// Its name, as shown to people.
    pub title: String,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Date>,
    /// Last day or the day after, as the vendor sent it; see [`is_active_on`](Self::is_active_on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// The year in which its school year *ends*, as OneRoster counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school_year: Option<i16>,
    /// The session that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SourcedId>,
    /// The org that it holds for, if not for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
    /// Further ids, such as the vendor's own where it is not stable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Made up by the source (a vendor without sessions) rather than delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub derived: bool,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl AcademicSession {
    /// A session with nothing but what each must have.
    pub fn new(id: impl Into<SourcedId>, session_type: SessionType, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            session_type,
            title: title.into(),
            begin: None,
            end: None,
            school_year: None,
            parent: None,
            org: None,
            identifiers: Vec::new(),
            derived: false,
            extra: Extra::new(),
        }
    }

    /// Whether the day lies in the session. The end day counts as inside; an open bound never excludes.
    pub fn is_active_on(&self, day: Date) -> bool {
        holds_on(self.begin, self.end, day)
    }
}

impl fmt::Debug for AcademicSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcademicSession({:?})", self.id)
    }
}
