//! The org units of a domain, and which of them are schools.

use std::collections::HashMap;

use roster_core::{Org, OrgType, SourcedId};

use super::{
    Place, Rules,
    path::{Pattern, segments},
};

/// An org unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) id: SourcedId,
    pub(crate) name: String,
    pub(crate) path: String,
    /// The unit above it, where it is the root.
    pub(crate) root: Option<SourcedId>,
}

/// The org units of a domain, and which of them are schools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    schools: Vec<(SourcedId, String)>,
    root: Option<SourcedId>,
    /// A unit's path or id to the number of its school.
    by_unit: HashMap<String, usize>,
    /// A school's name, without case, to its number; `None` if several have it.
    by_name: HashMap<String, Option<usize>>,
}

impl Units {
    /// Finds the schools among units.
    pub(crate) fn new(units: &[Unit], rules: &Rules) -> Self {
        let mut found = Self::default();
        let root = units.iter().find(|unit| unit.path == "/").map(|unit| &unit.id);
        found.root = root.or_else(|| units.iter().find_map(|unit| unit.root.as_ref())).cloned();
        for rule in &rules.schools {
            for unit in units.iter().filter(|unit| rule.unit.means(unit)) {
                if found.by_unit.contains_key(unit.id.as_str()) || found.root.as_ref() == Some(&unit.id) {
                    continue;
                }
                let number = found.schools.len();
                found.schools.push((unit.id.clone(), rule.name.clone().unwrap_or_else(|| unit.name.clone())));
                let last = segments(&unit.path).last().map_or(unit.name.as_str(), |(_, name)| name);
                found.name(last, number);
                found.means(unit, number);
                for other in units.iter().filter(|other| rule.also.iter().any(|also| also.means(other))) {
                    found.means(other, number);
                }
            }
        }
        found
    }

    fn means(&mut self, unit: &Unit, number: usize) {
        self.by_unit.entry(unit.path.clone()).or_insert(number);
        self.by_unit.entry(unit.id.to_string()).or_insert(number);
    }

    fn name(&mut self, name: &str, number: usize) {
        let name = name.to_lowercase();
        self.by_name.entry(name).and_modify(|other| *other = None).or_insert(Some(number));
    }

    /// The district, named `name`, and its schools, as records.
    pub(crate) fn orgs(&self, name: &str) -> Vec<Org> {
        let mut orgs = Vec::with_capacity(self.schools.len() + 1);
        orgs.extend(self.root.as_ref().map(|root| derived(root, OrgType::District, name)));
        for (id, name) in &self.schools {
            let mut org = derived(id, OrgType::School, name);
            org.parent.clone_from(&self.root);
            orgs.push(org);
        }
        orgs
    }

    /// The school of a unit, by its path or id.
    pub(super) fn by_unit(&self, unit: &str) -> Option<&SourcedId> {
        self.school(*self.by_unit.get(unit)?)
    }

    /// The one school of the units whose path fits.
    pub(super) fn by_pattern(&self, pattern: &Pattern) -> Option<&SourcedId> {
        let fitting = self.by_unit.iter().filter(|(unit, _)| pattern.fits(unit).is_some());
        let mut numbers: Vec<_> = fitting.map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if let [number] = *numbers { self.school(number) } else { None }
    }

    /// The one school whose unit has that name.
    pub(super) fn by_name(&self, name: &str) -> Option<&SourcedId> {
        self.school((*self.by_name.get(&name.to_lowercase())?)?)
    }

    /// The school of that number.
    pub(crate) fn school(&self, number: usize) -> Option<&SourcedId> {
        self.schools.get(number).map(|(id, _)| id)
    }

    /// The number of a school.
    pub(crate) fn number(&self, school: &SourcedId) -> Option<usize> {
        self.by_unit.get(school.as_str()).copied()
    }
}

fn derived(id: &SourcedId, org_type: OrgType, name: &str) -> Org {
    let mut org = Org::new(id.clone(), org_type, name);
    org.derived = true;
    org
}

impl Place {
    fn means(&self, unit: &Unit) -> bool {
        match self {
            Self::Id(id) => unit.id.as_str() == id,
            Self::Path(pattern) => pattern.fits(&unit.path).is_some(),
        }
    }
}
