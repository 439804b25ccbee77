//! The collections that a roster is read from.

use roster_core::{EntityKind, Role};

/// A collection of the Data API. Relations of single records are not read: sections carry their seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Collection {
    Districts,
    Schools,
    Terms,
    Courses,
    Sections,
    Users,
}

impl Collection {
    pub(crate) const ALL: [Self; 6] =
        [Self::Districts, Self::Schools, Self::Terms, Self::Courses, Self::Sections, Self::Users];

    /// The last segment of its path, which is also what its events are called.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::Districts => "districts",
            Self::Schools => "schools",
            Self::Terms => "terms",
            Self::Courses => "courses",
            Self::Sections => "sections",
            Self::Users => "users",
        }
    }

    /// Its path, as people know it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Districts => "/districts",
            Self::Schools => "/schools",
            Self::Terms => "/terms",
            Self::Courses => "/courses",
            Self::Sections => "/sections",
            Self::Users => "/users",
        }
    }

    /// The kind of its records.
    pub(crate) const fn kind(self) -> EntityKind {
        match self {
            Self::Districts | Self::Schools => EntityKind::Org,
            Self::Terms => EntityKind::AcademicSession,
            Self::Courses => EntityKind::Course,
            Self::Sections => EntityKind::Class,
            Self::Users => EntityKind::Person,
        }
    }

    /// The scope without which it is not shared, where Clever has one of its own for it.
    pub(crate) const fn scope(self) -> Option<&'static str> {
        match self {
            Self::Districts => Some("read:districts"),
            Self::Schools => Some("read:schools"),
            Self::Sections => Some("read:sections"),
            Self::Terms | Self::Courses | Self::Users => None,
        }
    }

    /// Whether it has pages.
    pub(crate) const fn is_paged(self) -> bool {
        !matches!(self, Self::Districts)
    }
}

/// One walk over `/users`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Walk {
    Student,
    Teacher,
    Staff,
    DistrictAdmin,
    Contact,
}

impl Walk {
    pub(crate) const ALL: [Self; 5] =
        [Self::Student, Self::Teacher, Self::Staff, Self::DistrictAdmin, Self::Contact];

    /// The value of `role`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
            Self::Staff => "staff",
            Self::DistrictAdmin => "district_admin",
            Self::Contact => "contact",
        }
    }

    /// The path, as people know it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Student => "/users?role=student",
            Self::Teacher => "/users?role=teacher",
            Self::Staff => "/users?role=staff",
            Self::DistrictAdmin => "/users?role=district_admin",
            Self::Contact => "/users?role=contact",
        }
    }

    /// The scope without which nobody comes in it.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Student => "read:students",
            Self::Teacher => "read:teachers",
            Self::Staff => "read:school_admins",
            Self::DistrictAdmin => "read:district_admins",
            Self::Contact => "read:student_contacts",
        }
    }

    /// The role that all who come in it hold.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Student => Role::Student,
            Self::Teacher => Role::Teacher,
            Self::Staff => Role::Staff,
            Self::DistrictAdmin => Role::DistrictAdministrator,
            Self::Contact => Role::Contact,
        }
    }
}
