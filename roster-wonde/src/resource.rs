//! The lists of a school that a roster needs, and what is included with their rows.

use roster_core::EntityKind;

/// A list of one school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Campuses,
    Subjects,
    Employees,
    Classes,
    Registrations,
    Students,
    Contacts,
    Deletions,
}

impl Resource {
    /// Its path, as people know it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Campuses => "/schools/{id}/groups?type=CAMPUS",
            Self::Registrations => "/schools/{id}/groups?type=REGISTRATION",
            Self::Subjects => "/schools/{id}/subjects",
            Self::Employees => "/schools/{id}/employees",
            Self::Classes => "/schools/{id}/classes",
            Self::Students => "/schools/{id}/students",
            Self::Contacts => "/schools/{id}/contacts",
            Self::Deletions => "/schools/{id}/deletions",
        }
    }

    /// The word for it in permissions and URLs.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Campuses | Self::Registrations => "groups",
            Self::Subjects => "subjects",
            Self::Employees => "employees",
            Self::Classes => "classes",
            Self::Students => "students",
            Self::Contacts => "contacts",
            Self::Deletions => "deletions",
        }
    }

    pub(crate) const fn segments(self, school: &str) -> [&str; 3] {
        ["schools", school, self.word()]
    }

    pub(crate) const fn group_type(self) -> Option<&'static str> {
        match self {
            Self::Campuses => Some("CAMPUS"),
            Self::Registrations => Some("REGISTRATION"),
            _ => None,
        }
    }

    /// Whether the documentation lists `cursor` for it. Pages by number shift when a record comes or goes meanwhile.
    pub(crate) const fn has_cursor(self) -> bool {
        !matches!(self, Self::Contacts | Self::Deletions)
    }

    /// Whether a page size is asked for: of deletions nobody does.
    pub(crate) const fn has_size(self) -> bool {
        !matches!(self, Self::Deletions)
    }

    /// The kind of its records.
    pub(crate) const fn kind(self) -> EntityKind {
        match self {
            Self::Campuses => EntityKind::Org,
            Self::Subjects => EntityKind::Course,
            Self::Classes | Self::Registrations => EntityKind::Class,
            Self::Employees | Self::Students | Self::Contacts | Self::Deletions => EntityKind::Person,
        }
    }
}

/// Includes in an order in which none comes before the one that it lies in.
pub(crate) fn parents_first(includes: &[&'static str]) -> Vec<&'static str> {
    let mut sorted = includes.to_vec();
    sorted.sort_by_key(|include| include.matches('.').count());
    sorted
}
