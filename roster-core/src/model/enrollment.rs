use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Extra, holds_on};
use crate::{Role, SourcedId};

/// A person's seat in a class.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Enrollment {
    /// The vendor's id, or one built from class, person and role.
    pub id: SourcedId,
    /// The class.
    pub class: SourcedId,
    /// The person.
    pub person: SourcedId,
    /// What the person is to the class.
    pub role: Role,
    /// Whether a teacher is the teacher of record; `None` if the vendor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
    /// The school, where the vendor sends it with the enrollment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Date>,
    /// Last day or the day after, as the vendor sent it; see [`is_active_on`](Self::is_active_on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Enrollment {
    /// A seat under the vendor's own id.
    #[inline]
    pub fn new(
        id: impl Into<SourcedId>,
        class: impl Into<SourcedId>,
        person: impl Into<SourcedId>,
        role: Role,
    ) -> Self {
        Self {
            id: id.into(),
            class: class.into(),
            person: person.into(),
            role,
            primary: None,
            org: None,
            begin: None,
            end: None,
            extra: Extra::new(),
        }
    }

    /// A seat of a vendor that gives seats no ids: the id is made from class, person and role.
    pub fn from_parts(class: SourcedId, person: SourcedId, role: Role) -> Self {
        let id = SourcedId::from_parts([class.as_str(), person.as_str(), role.as_str()]);
        Self::new(id, class, person, role)
    }

    /// Whether it holds on that day. The end day counts as inside; an open bound never excludes.
    pub fn is_active_on(&self, day: Date) -> bool {
        holds_on(self.begin, self.end, day)
    }
}

impl fmt::Debug for Enrollment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enrollment({:?})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn nobody_is_locked_out_a_day_early() {
        let mut seat = Enrollment::from_parts("c".into(), "p".into(), Role::Student);
        seat.begin = Some(date(2026, 8, 1));
        seat.end = Some(date(2027, 6, 30));
        assert!(seat.is_active_on(date(2026, 8, 1)) && seat.is_active_on(date(2027, 6, 30)));
        assert!(!seat.is_active_on(date(2026, 7, 31)) && !seat.is_active_on(date(2027, 7, 1)));
    }
}
