//! The seven bulk collections that a whole roster needs.

use roster_core::EntityKind;
use serde::{Deserialize, Serialize};

/// A bulk collection. Per-class endpoints are not read, and per-school ones only where the host wants it: servers throttle them, and
/// may not grant them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Collection {
    Orgs,
    AcademicSessions,
    Courses,
    Classes,
    Enrollments,
    Demographics,
    Users,
}

impl Collection {
    /// The last segment of its path.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::Orgs => "orgs",
            Self::AcademicSessions => "academicSessions",
            Self::Courses => "courses",
            Self::Classes => "classes",
            Self::Enrollments => "enrollments",
            Self::Demographics => "demographics",
            Self::Users => "users",
        }
    }

    /// The key of its rows: that of the entity, which for these seven is spelt as the segment.
    pub(crate) const fn key(self) -> &'static str {
        self.segment()
    }

    /// Its path, as people know it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Orgs => "/orgs",
            Self::AcademicSessions => "/academicSessions",
            Self::Courses => "/courses",
            Self::Classes => "/classes",
            Self::Enrollments => "/enrollments",
            Self::Demographics => "/demographics",
            Self::Users => "/users",
        }
    }

    /// The kind of its records; demographics add to people.
    pub(crate) const fn kind(self) -> EntityKind {
        match self {
            Self::Orgs => EntityKind::Org,
            Self::AcademicSessions => EntityKind::AcademicSession,
            Self::Courses => EntityKind::Course,
            Self::Classes => EntityKind::Class,
            Self::Enrollments => EntityKind::Enrollment,
            Self::Demographics | Self::Users => EntityKind::Person,
        }
    }

    /// The kinds that its rows are delivered as.
    pub(crate) const fn kinds(self) -> &'static [EntityKind] {
        match self {
            Self::Orgs => &[EntityKind::Org],
            Self::AcademicSessions => &[EntityKind::AcademicSession],
            Self::Courses => &[EntityKind::Course],
            Self::Classes => &[EntityKind::Class],
            Self::Enrollments => &[EntityKind::Enrollment],
            Self::Users => &[EntityKind::Person, EntityKind::Relationship],
            Self::Demographics => &[],
        }
    }
}
