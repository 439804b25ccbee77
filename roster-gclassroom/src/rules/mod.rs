//! Rules: what a domain's org units, external ids and aliases mean. Google has no schools, grades or roles, and each district
//! has customs of its own: nothing of them is guessed.

mod apply;
mod path;
mod units;

use std::fmt;

use roster_core::{Error, ErrorKind, GradeTable, IdentifierScheme, Result, Role};
use serde::Deserialize;

use self::path::Pattern;
pub(crate) use self::{
    apply::{Chosen, Graduation, Placed, School, text},
    units::{Unit, Units},
};
use crate::PROVIDER;

/// What a domain's org units, external ids and aliases mean.
///
/// ```
/// use roster_gclassroom::GoogleRules;
///
/// let rules = GoogleRules::from_toml(
///     r#"
///     ## Which org units are schools. A school's id is its unit's: a unit that is renamed is the same school.
///     [[school]]
///     unit = "/Students/*"
///
///     ## What the people of a unit are; the first rule that fits counts.
///     [[people]]
///     unit = "/Students/{school}/{gradyear}/**"
///     role = "student"
///
///     [[people]]
///     unit = "/Staff/{school}/Teachers/**"
///     role = "teacher"
///
///     [[people]]
///     unit = "/Suspended/**"
///     leave_out = true
///
///     ## Makes grades of graduation years.
///     [graduation]
///     last_grade = 12
///     rolls_over = "07-01"
///
///     ## Which of a person's external ids is the school system's own; the first that is there counts.
///     [[external_id]]
///     type = "organization"
///     as = "student_number"
///     role = "student"
///
///     [[external_id]]
///     schema = "SIS"
///     field = "StudentNumber"
///
///     ## Which of a course's aliases is the school system's id of the class. Aliases cost a request for each course.
///     [alias]
///     prefix = "sis:"
///
///     [classes]
///     school = "owner"
///     "#,
/// )?;
/// # let _ = rules;
/// # Ok::<(), roster_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GoogleRules {
    /// Which org units are schools.
    #[serde(rename = "school")]
    pub schools: Vec<SchoolRule>,
    /// What the people of an org unit are. The first rule that fits counts.
    pub people: Vec<PeopleRule>,
    /// How grades are spelled: `ceds`, `us`, `england`, `england_as_us`, `scotland` or `australia`.
    pub grades: GradeTable,
    /// How a graduation year tells the grade; without it, it does not.
    pub graduation: Option<GraduationRule>,
    /// Which external ids of people are known to others. The first that a person has counts; without a rule none does.
    #[serde(rename = "external_id")]
    pub external_ids: Vec<ExternalIdRule>,
    /// Which alias of a course is the school system's id. With it, aliases are asked for: one request more for each course.
    pub alias: Option<AliasRule>,
    /// What courses tell of themselves.
    pub classes: ClassRules,
}

/// Which org units are schools.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SchoolRule {
    /// A path such as `/Students/*`, whose units are schools, or one unit's id, such as `id:03ph8a2z2`.
    pub unit: String,
    /// Further units of the same school, by path or id; for a rule that means one school. Units of the same name that a
    /// `{school}` stands for need not be named.
    #[serde(default)]
    pub also: Vec<String>,
    /// The school's name, if it is not the unit's; for a rule that means one school.
    #[serde(default)]
    pub name: Option<String>,
}

/// What the people of an org unit are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PeopleRule {
    /// A path. `{school}`, `{grade}` and `{gradyear}` stand for a segment that tells that, `*` for any segment, and `**` at
    /// the end for any further ones.
    pub unit: String,
    /// What they are, by one of the model's words, such as `student` or `teacher`.
    #[serde(default)]
    pub role: Option<String>,
    /// The school, by path or id, where the path has no `{school}`.
    #[serde(default)]
    pub school: Option<String>,
    /// The grade, where the path has no `{grade}`.
    #[serde(default)]
    pub grade: Option<String>,
    /// Leaves them out; they are counted.
    #[serde(default)]
    pub leave_out: bool,
}

/// How a graduation year tells the grade.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GraduationRule {
    /// The grade in whose year pupils graduate, such as 12.
    pub last_grade: u8,
    /// The day on which a school year ends and the next begins, as `MM-DD`.
    pub rolls_over: String,
}

/// Which external ids of people are known to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ExternalIdRule {
    /// The `type` of one of the user's `externalIds`, such as `organization` or `custom`.
    #[serde(rename = "type")]
    pub id_type: Option<String>,
    /// Its `customType`.
    pub custom_type: Option<String>,
    /// Instead: a custom schema.
    pub schema: Option<String>,
    /// And its field.
    pub field: Option<String>,
    /// What the id begins with; that is taken off.
    pub prefix: Option<String>,
    /// Takes ids of digits alone.
    pub digits: bool,
    /// What it is, such as `student_number` or `state_id`; `sis_id` if nothing is said.
    #[serde(rename = "as")]
    pub scheme: Option<String>,
    /// For people of this role alone.
    pub role: Option<String>,
}

/// Which alias of a course is the school system's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AliasRule {
    /// `d` for the domain's aliases, which is the default, or `p` for those of the project.
    pub scope: Option<String>,
    /// What the alias begins with, after its scope; that is taken off.
    pub prefix: Option<String>,
    /// What it is; `sis_id` if nothing is said.
    #[serde(rename = "as")]
    pub scheme: Option<String>,
}

/// What courses tell of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClassRules {
    /// Whose school is the class's: `owner` for its owner's. Without it, classes have no school.
    pub school: Option<ClassSchool>,
    /// Reads a course's `levels`, which is free text, as grades.
    pub levels: bool,
}

/// Whose school is the class's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassSchool {
    /// That of the course's owner.
    Owner,
}

impl GoogleRules {
    /// Reads rules, and checks them.
    ///
    /// # Errors
    ///
    /// `Config` if they are no TOML, or one of them makes no sense; which one is named.
    pub fn from_toml(text: &str) -> Result<Self> {
        // The parser's own message quotes the line.
        let rules: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            wrong(format!("line {line}: not a rule as the documentation has it"))
        })?;
        rules.compile()?;
        Ok(rules)
    }

    /// Makes them ready for use.
    pub(crate) fn compile(&self) -> Result<Rules> {
        let people = self.people.iter().enumerate().map(|(at, rule)| people(at + 1, rule, self.grades));
        let ids = self.external_ids.iter().enumerate().map(|(at, rule)| external_id(at + 1, rule));
        Ok(Rules {
            schools: self
                .schools
                .iter()
                .enumerate()
                .map(|(at, rule)| school(at + 1, rule))
                .collect::<Result<_>>()?,
            people: people.collect::<Result<_>>()?,
            grades: self.grades,
            graduation: self.graduation.as_ref().map(Graduation::read).transpose()?,
            external_ids: ids.collect::<Result<_>>()?,
            alias: self.alias.as_ref().map(alias).transpose()?,
            school_of_owner: self.classes.school == Some(ClassSchool::Owner),
            levels: self.classes.levels,
        })
    }
}

/// Rules, ready for use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    schools: Vec<Schools>,
    people: Vec<People>,
    pub(crate) grades: GradeTable,
    graduation: Option<Graduation>,
    external_ids: Vec<ExternalId>,
    pub(crate) alias: Option<Alias>,
    pub(crate) school_of_owner: bool,
    pub(crate) levels: bool,
}

#[derive(Clone, Debug)]
struct Schools {
    unit: Place,
    also: Vec<Place>,
    name: Option<String>,
}

/// A unit or several: by id, or by path.
#[derive(Clone, Debug)]
enum Place {
    Id(String),
    Path(Pattern),
}

#[derive(Clone, Debug)]
struct People {
    unit: Pattern,
    role: Option<Role>,
    school: Option<Place>,
    grade: Option<String>,
    leave_out: bool,
}

#[derive(Clone, Debug)]
struct ExternalId {
    from: IdFrom,
    prefix: String,
    digits: bool,
    scheme: IdentifierScheme,
    role: Option<Role>,
}

#[derive(Clone, Debug)]
enum IdFrom {
    Type(String, Option<String>),
    Schema(String, String),
}

/// Which alias counts.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    scope: String,
    prefix: String,
    pub(crate) scheme: IdentifierScheme,
}

fn place(what: &str, text: &str) -> Result<Place> {
    let text = text.trim();
    if text.starts_with("id:") {
        return Ok(Place::Id(text.to_owned()));
    }
    Pattern::read(text).map(Place::Path).map_err(|why| wrong(format!("{what}: {why}")))
}

fn school(number: usize, rule: &SchoolRule) -> Result<Schools> {
    let what = format!("[[school]] number {number}");
    let unit = place(&what, &rule.unit)?;
    let means_several = matches!(&unit, Place::Path(pattern) if !pattern.is_plain());
    if means_several && (rule.name.is_some() || !rule.also.is_empty()) {
        return Err(wrong(format!("{what}: `name` and `also` are for a rule that means one school")));
    }
    let also = rule.also.iter().map(|unit| place(&what, unit)).collect::<Result<_>>()?;
    Ok(Schools { unit, also, name: rule.name.clone() })
}

fn people(number: usize, rule: &PeopleRule, grades: GradeTable) -> Result<People> {
    let what = format!("[[people]] number {number}");
    let Place::Path(unit) = place(&what, &rule.unit)? else {
        return Err(wrong(format!("{what}: `unit` has to be a path, since users have no more")));
    };
    if rule.role.is_none() && !rule.leave_out && !unit.tells_something() && rule.school.is_none() {
        return Err(wrong(format!("{what}: says nothing; give it a `role`, or `leave_out = true`")));
    }
    let school = rule.school.as_deref().map(|school| place(&what, school)).transpose()?;
    if let Some(grade) = &rule.grade
        && grades.read(grade).0.level.is_none()
    {
        return Err(wrong(format!("{what}: `grade` is none that the table of `grades` knows")));
    }
    let held = rule.role.as_deref().map(|word| role(&what, word)).transpose()?;
    Ok(People { unit, role: held, school, grade: rule.grade.clone(), leave_out: rule.leave_out })
}

fn role(what: &str, word: &str) -> Result<Role> {
    let role = Role::read(word);
    if role.is_known() {
        return Ok(role);
    }
    let known: Vec<_> = Role::KNOWN.iter().map(Role::as_str).collect();
    Err(wrong(format!("{what}: `role` is none of {}", known.join(", "))))
}

fn external_id(number: usize, rule: &ExternalIdRule) -> Result<ExternalId> {
    let what = format!("[[external_id]] number {number}");
    let from = match (&rule.id_type, &rule.schema, &rule.field) {
        (Some(of), None, None) => IdFrom::Type(of.clone(), rule.custom_type.clone()),
        (None, Some(schema), Some(field)) => IdFrom::Schema(schema.clone(), field.clone()),
        _ => return Err(wrong(format!("{what}: wants `type`, or `schema` and `field`"))),
    };
    Ok(ExternalId {
        from,
        prefix: rule.prefix.clone().unwrap_or_default(),
        digits: rule.digits,
        scheme: scheme(rule.scheme.as_deref()),
        role: rule.role.as_deref().map(|word| role(&what, word)).transpose()?,
    })
}

fn alias(rule: &AliasRule) -> Result<Alias> {
    let scope = rule.scope.as_deref().unwrap_or("d").trim_end_matches(':');
    if !matches!(scope, "d" | "p") {
        return Err(wrong("[alias]: `scope` is `d` or `p`".to_owned()));
    }
    let prefix = rule.prefix.clone().unwrap_or_default();
    Ok(Alias { scope: scope.to_owned(), prefix, scheme: scheme(rule.scheme.as_deref()) })
}

fn scheme(word: Option<&str>) -> IdentifierScheme {
    word.map_or(IdentifierScheme::SisId, IdentifierScheme::read)
}

fn wrong(why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the rules", format!("`rules`: {why}"))
}

#[cfg(test)]
mod tests;
