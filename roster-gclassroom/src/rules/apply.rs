//! Rules applied: a person's unit to role, school and grade; ids and aliases to the one that counts. Pure.

use roster_core::{GradeLevel, Identifier, Result, Role, SourcedId, Spelling, decode, jiff::civil::Date};
use serde_json::{Map, Value};

use super::{Alias, GraduationRule, IdFrom, Place, Rules, Units, wrong};

/// What the rules say of the people of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) role: Option<Role>,
    pub(crate) school: School,
    pub(crate) grade: Option<GradeLevel>,
    /// The grade is none that the table knows.
    pub(crate) odd_grade: bool,
    pub(crate) graduation_year: Option<i16>,
    pub(crate) leave_out: bool,
}

/// Which school a unit is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum School {
    /// The rule says nothing of one.
    #[default]
    Unsaid,
    Found(SourcedId),
    /// The rule names one, and no unit that is a school is it.
    NotFound,
}

/// The one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    One(String),
    None,
    /// Several fit: which one is meant can't be told.
    Several,
}

/// How a graduation year tells the grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Graduation {
    last_grade: u8,
    month: i8,
    day: i8,
}

impl Graduation {
    pub(super) fn read(rule: &GraduationRule) -> Result<Self> {
        let date = decode::date(&format!("2024-{}", rule.rolls_over.trim())).map(|read| read.value);
        let Some(date) = date else {
            return Err(wrong("[graduation]: `rolls_over` is a day such as 07-01"));
        };
        if !(1..=13).contains(&rule.last_grade) {
            return Err(wrong("[graduation]: `last_grade` is a number from 1 to 13"));
        }
        Ok(Self { last_grade: rule.last_grade, month: date.month(), day: date.day() })
    }

    /// The grade, as a number: 0 is kindergarten.
    fn grade(self, graduates: i16, today: Date) -> Option<i16> {
        let is_over = (today.month(), today.day()) >= (self.month, self.day);
        let school_year_ends = today.year() + i16::from(is_over);
        let grade = i16::from(self.last_grade) - (graduates - school_year_ends);
        (0..=i16::from(self.last_grade)).contains(&grade).then_some(grade)
    }
}

impl Rules {
    /// Whether the rules say anything of people.
    pub(crate) fn has_people(&self) -> bool {
        !self.people.is_empty()
    }

    /// Whether the rules leave people out.
    pub(crate) fn leaves_out(&self) -> bool {
        self.people.iter().any(|rule| rule.leave_out)
    }

    /// Whether the rules name schools.
    pub(crate) fn has_schools(&self) -> bool {
        !self.schools.is_empty()
    }

    /// Which custom schemas the rules look at.
    pub(crate) fn custom_schemas(&self) -> Vec<&str> {
        let schemas = self.external_ids.iter().filter_map(|rule| match &rule.from {
            IdFrom::Schema(schema, _) => Some(schema.as_str()),
            IdFrom::Type(..) => None,
        });
        let mut schemas: Vec<_> = schemas.collect();
        schemas.sort_unstable();
        schemas.dedup();
        schemas
    }

    /// What the first rule that fits says of a unit's people; `None` if none fits.
    pub(crate) fn place(&self, path: &str, units: &Units, today: Date) -> Option<Placed> {
        let (rule, told) = self.people.iter().find_map(|rule| Some((rule, rule.unit.fits(path)?)))?;
        let mut placed = Placed { role: rule.role.clone(), leave_out: rule.leave_out, ..Placed::default() };
        placed.school = match (&told.school, &rule.school) {
            (Some((above, name)), _) => found(units.by_unit(above).or_else(|| units.by_name(name))),
            (None, Some(Place::Id(id))) => found(units.by_unit(id)),
            (None, Some(Place::Path(_))) => {
                let units = rule.school.as_ref().and_then(|place| units.of_place(place));
                found(units)
            }
            (None, None) => School::Unsaid,
        };
        placed.graduation_year = told.graduation_year.and_then(decode::year);
        let by_year = || self.graduation?.grade(placed.graduation_year?, today).map(spelled);
        if let Some(raw) = told.grade.map(str::to_owned).or_else(|| rule.grade.clone()).or_else(by_year) {
            let (grade, spelling) = self.grades.read(&raw);
            placed.odd_grade = spelling == Spelling::Unknown;
            placed.grade = Some(grade);
        }
        Some(placed)
    }

    /// The external id that counts, and how it is known; the others are kept as what Google calls them.
    pub(crate) fn external_ids(
        &self,
        ids: &[&Map<String, Value>],
        schemas: &Value,
        role: Option<&Role>,
    ) -> Vec<Identifier> {
        let mut identifiers = Vec::new();
        let due = |rule: &&super::ExternalId| rule.role.is_none() || rule.role.as_ref() == role;
        let mut counted = Vec::new();
        for rule in self.external_ids.iter().filter(due) {
            if counted.contains(&&rule.scheme) {
                continue;
            }
            let found = match &rule.from {
                IdFrom::Type(of, custom) => ids
                    .iter()
                    .filter(|id| {
                        is(id, "type", of) && custom.as_ref().is_none_or(|it| is(id, "customType", it))
                    })
                    .find_map(|id| rule.value(id.get("value")?)),
                IdFrom::Schema(schema, field) => {
                    let value = schemas.get(schema).and_then(|schema| schema.get(field));
                    value.and_then(|value| values(value).into_iter().find_map(|value| rule.value(value)))
                }
            };
            if let Some(value) = found {
                counted.push(&rule.scheme);
                identifiers.push(Identifier::new(rule.scheme.clone(), value));
            }
        }
        identifiers
    }
}

impl super::ExternalId {
    fn value(&self, value: &Value) -> Option<String> {
        let text = text(value)?;
        let rest = text.strip_prefix(self.prefix.as_str())?;
        let fits = !rest.is_empty() && (!self.digits || rest.bytes().all(|byte| byte.is_ascii_digit()));
        fits.then(|| rest.to_owned())
    }
}

impl Units {
    fn of_place(&self, place: &Place) -> Option<&SourcedId> {
        match place {
            Place::Id(id) => self.by_unit(id),
            Place::Path(pattern) => self.by_pattern(pattern),
        }
    }
}

fn found(school: Option<&SourcedId>) -> School {
    school.map_or(School::NotFound, |id| School::Found(id.clone()))
}

fn spelled(grade: i16) -> String {
    if grade == 0 { "KG".to_owned() } else { format!("{grade:02}") }
}

fn is(id: &Map<String, Value>, key: &str, wanted: &str) -> bool {
    id.get(key).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
}

/// The values of a custom field: one, or a list of objects with a `value` each.
fn values(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.get("value").unwrap_or(item)).collect(),
        one => vec![one],
    }
}

/// A text or number as text, if it is not empty.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => decode::trim(text).to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

impl Alias {
    /// The alias that counts. The scope ends at the first colon; what follows may hold more of them.
    pub(crate) fn choose<'a>(&self, aliases: impl IntoIterator<Item = &'a str>) -> Chosen {
        let mut fitting: Vec<_> = aliases
            .into_iter()
            .filter_map(|alias| alias.split_once(':'))
            .filter(|(scope, _)| *scope == self.scope)
            .filter_map(|(_, name)| name.strip_prefix(self.prefix.as_str()))
            .filter(|name| !name.is_empty())
            .collect();
        fitting.sort_unstable();
        fitting.dedup();
        match *fitting {
            [] => Chosen::None,
            [name] => Chosen::One(name.to_owned()),
            _ => Chosen::Several,
        }
    }
}
