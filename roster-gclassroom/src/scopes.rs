//! What the source asks leave for.

/// What all scopes begin with.
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// A leave to read something, by the name that Google gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GoogleScope {
    /// Courses and their aliases.
    Courses,
    /// Who is in a course.
    Rosters,
    /// E-mail addresses of people in a course.
    Emails,
    /// Guardians.
    Guardians,
    /// Users of the domain.
    Users,
    /// Org units of the domain.
    OrgUnits,
    /// Registering for notifications.
    Push,
}

impl GoogleScope {
    /// What a district's pull needs: courses, rosters, e-mail addresses, guardians, users, org units.
    pub const DISTRICT: &'static [Self] =
        &[Self::Courses, Self::Rosters, Self::Emails, Self::Guardians, Self::Users, Self::OrgUnits];

    /// What a teacher's pull needs: courses, rosters, e-mail addresses.
    pub const TEACHER: &'static [Self] = &[Self::Courses, Self::Rosters, Self::Emails];

    /// The name without what all begin with.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Courses => "classroom.courses.readonly",
            Self::Rosters => "classroom.rosters.readonly",
            Self::Emails => "classroom.profile.emails",
            Self::Guardians => "classroom.guardianlinks.students.readonly",
            Self::Users => "admin.directory.user.readonly",
            Self::OrgUnits => "admin.directory.orgunit.readonly",
            Self::Push => "classroom.push-notifications",
        }
    }

    /// The whole name, as it is asked for.
    pub fn name(self) -> String {
        format!("{PREFIX}{}", self.short())
    }

    /// Whether it is among those that were granted, or one that holds it.
    pub(crate) fn is_in(self, granted: &[String]) -> bool {
        let holds = |name: &String| {
            let short = name.strip_prefix(PREFIX).unwrap_or(name);
            short == self.short() || self.short().strip_suffix(".readonly") == Some(short)
        };
        granted.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_that_may_write_may_read() {
        let granted = ["https://www.googleapis.com/auth/classroom.rosters".to_owned(), "openid".to_owned()];
        assert!(GoogleScope::Rosters.is_in(&granted) && !GoogleScope::Courses.is_in(&granted));
        assert_eq!(GoogleScope::Emails.name(), "https://www.googleapis.com/auth/classroom.profile.emails");
    }
}
