//! The district and its schools.

use roster_core::{Identifier, IdentifierScheme, Org, OrgType, SourcedId};

use super::{District, Level, School, grades};
use crate::district::names::SCHOOLS;

/// Agencies that report to the NCES have numbers that begin with the state's; no state has 99.
const AGENCY: u64 = 9_900_000;

pub(super) fn schools(district: &mut District) -> Vec<School> {
    let spec = &district.spec;
    let prefix = spec.prefix();
    let agency = AGENCY + spec.seed % 1000;
    let id = SourcedId::from(format!("{prefix}-district"));

    let mut org = Org::new(id.clone(), OrgType::District, format!("{} Unified School District", spec.name));
    org.identifiers = vec![Identifier::new(IdentifierScheme::Nces, agency.to_string())];
    org.time_zone = Some("America/Chicago".to_owned());
    org.grades = grades((0..3).flat_map(|level| Level::of(level).grades().iter().copied()));

    let mut orgs = vec![org];
    let mut schools = Vec::with_capacity(spec.schools);
    for number in 0..spec.schools {
        let level = Level::of(number);
        let school_id = SourcedId::from(format!("{prefix}-school-{:03}", number + 1));
        let mut org = Org::new(school_id.clone(), OrgType::School, name(number, level));
        org.parent = Some(id.clone());
        org.identifiers = vec![Identifier::new(IdentifierScheme::Nces, format!("{agency}{:05}", number + 1))];
        org.time_zone = Some("America/Chicago".to_owned());
        org.grades = grades(level.grades().iter().copied());
        orgs.push(org);
        schools.push(School { number, id: school_id, level, teachers: Vec::new(), pupils: Vec::new() });
    }
    district.orgs = orgs;
    schools
}

/// Names repeat with another level, and after that with a number, as they do in large districts.
fn name(number: usize, level: Level) -> String {
    let name = SCHOOLS.get(number % SCHOOLS.len()).copied().unwrap_or_default();
    let level = level.word();
    match number / (SCHOOLS.len() * 3) {
        0 => format!("{name} {level} School"),
        again => format!("{name} {level} School No. {}", again + 1),
    }
}
