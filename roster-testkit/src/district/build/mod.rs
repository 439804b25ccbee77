//! How a district is made: orgs and sessions, then staff, families and at last what is taught.

mod calendar;
mod families;
mod schools;
mod staff;
mod students;
mod teaching;

use std::collections::BTreeSet;

use roster_core::{GradeLevel, GradeTable, SourcedId};

pub(super) use self::calendar::{FIRST_DAY, YEAR_BEGIN, YEAR_END};
pub(super) use self::families::parent_address;
pub(super) use self::students::Pupil;
use super::{District, DistrictSpec};

/// A school while its district is being made.
struct School {
    number: usize,
    id: SourcedId,
    level: Level,
    teachers: Vec<SourcedId>,
    pupils: Vec<Seated>,
}

/// A pupil's place in a school.
struct Seated {
    id: SourcedId,
    grade: &'static str,
}

#[derive(Clone, Copy)]
enum Level {
    Elementary,
    Middle,
    High,
}

impl Level {
    const fn of(school: usize) -> Self {
        match school % 3 {
            0 => Self::Elementary,
            1 => Self::Middle,
            _ => Self::High,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Elementary => "Elementary",
            Self::Middle => "Middle",
            Self::High => "High",
        }
    }

    const fn grades(self) -> &'static [&'static str] {
        match self {
            Self::Elementary => &["KG", "01", "02", "03", "04", "05"],
            Self::Middle => &["06", "07", "08"],
            Self::High => &["09", "10", "11", "12"],
        }
    }
}

pub(super) fn district(spec: DistrictSpec) -> District {
    let mut district = District::empty(spec);
    let mut schools = schools::schools(&mut district);
    calendar::sessions(&mut district);
    staff::staff(&mut district, &mut schools);
    families::families(&mut district, &mut schools);
    let band = teaching::common_course(&mut district);
    for school in &schools {
        teaching::teaching(&mut district, school, &band);
    }
    district.normalized()
}

/// The school of a pupil: dealt out in pairs, so that some siblings are at one school and others are not.
const fn school_of(student: usize, schools: usize) -> usize {
    student / 2 % schools
}

fn grades(codes: impl IntoIterator<Item = &'static str>) -> Vec<GradeLevel> {
    let codes: BTreeSet<_> = codes.into_iter().collect();
    codes.into_iter().map(|code| GradeTable::Ceds.read(code).0).collect()
}
