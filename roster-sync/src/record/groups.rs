//! In which groups an active record counts, for the guards that look at each school.

use std::fmt;

use roster_core::{AccountState, Person, Record, Role, SourcedId};

/// A group of records of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// Those of a school.
    Org(SourcedId),
    /// The enrollments of a class that do not name their school: their school is the class's.
    Class(SourcedId),
    /// The teachers of a school.
    Teachers(SourcedId),
    /// The students of a school.
    Students(SourcedId),
    /// The students who need a seat, each once whatever schools they go to.
    Seats,
}

impl Group {
    /// The same group of another school or class.
    pub(crate) fn of(&self, id: SourcedId) -> Self {
        match self {
            Self::Org(_) => Self::Org(id),
            Self::Class(_) => Self::Class(id),
            Self::Teachers(_) => Self::Teachers(id),
            Self::Students(_) => Self::Students(id),
            Self::Seats => Self::Seats,
        }
    }

    /// As it was stored; `None` for a word of another version.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (word, id) = text.split_once(':')?;
        Some(match word {
            "org" => Self::Org(id.into()),
            "class" => Self::Class(id.into()),
            "teachers" => Self::Teachers(id.into()),
            "students" => Self::Students(id.into()),
            "seats" => Self::Seats,
            _ => return None,
        })
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, id) = match self {
            Self::Org(id) => ("org", id),
            Self::Class(id) => ("class", id),
            Self::Teachers(id) => ("teachers", id),
            Self::Students(id) => ("students", id),
            Self::Seats => return write!(f, "seats:"),
        };
        write!(f, "{word}:{id}")
    }
}

/// Visits the groups that the record counts in.
pub(crate) fn groups(record: &Record, mut visit: impl FnMut(Group)) {
    let org = |id: &Option<SourcedId>| id.clone().map(Group::Org);
    match record {
        Record::AcademicSession(session) => org(&session.org).into_iter().for_each(visit),
        Record::Course(course) => org(&course.org).into_iter().for_each(visit),
        Record::Class(class) => org(&class.org).into_iter().for_each(visit),
        Record::Enrollment(seat) => visit(org(&seat.org).unwrap_or_else(|| Group::Class(seat.class.clone()))),
        Record::Person(person) => {
            let mut found = Vec::with_capacity(2);
            for held in &person.affiliations {
                let Some(org) = &held.org else { continue };
                found.push(Group::Org(org.clone()));
                match held.role {
                    Role::Teacher => found.push(Group::Teachers(org.clone())),
                    Role::Student => found.push(Group::Students(org.clone())),
                    _ => {}
                }
            }
            if needs_seat(person) {
                found.push(Group::Seats);
            }
            found.sort_unstable();
            found.dedup();
            found.into_iter().for_each(visit);
        }
        _ => {}
    }
}

/// Whether the person is a student whose account may be used.
fn needs_seat(person: &Person) -> bool {
    person.has_role(&Role::Student)
        && !matches!(person.account, AccountState::Suspended | AccountState::Archived)
}
