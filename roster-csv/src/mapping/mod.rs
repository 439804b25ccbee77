//! Mappings: which columns of a host's or a district's own files hold what, as TOML.

mod dialect;
mod propose;
mod words;

use std::collections::BTreeMap;

use roster_core::{Error, ErrorKind, GradeTable, Result};
use serde::Deserialize;

pub(crate) use self::propose::propose;
use crate::{dates::DateOrder, source::PROVIDER};

/// Which columns of files of no dialect hold what.
///
/// ```
/// use roster_csv::CsvMapping;
///
/// let mapping = CsvMapping::from_toml(
///     r#"
///     dates = "day_first"
///     grades = "england"
///
///     [[file]]
///     ignore = ["House"]
///     fixed = { "school.id" = "12", "school.name" = "Elm Primary" }
///
///     [file.columns]
///     "Admission No" = "student.id"
///     "Forename" = "student.given"
///     "Surname" = "student.family"
///     "Year" = "student.grades"
///     "Teaching Group" = "class.id"
///
///     [file.words."student.grades"]
///     "Rec" = "R"
///     "#,
/// )?;
/// # Ok::<(), roster_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CsvMapping {
    /// The files of a set.
    #[serde(rename = "file")]
    pub files: Vec<MappedFile>,
    /// In which order day and month stand.
    #[serde(default)]
    pub dates: DateOrder,
    /// Repair names that were read in a wrong encoding once, where that is exact.
    #[serde(default)]
    pub repair_mojibake: bool,
    /// How grades are spelled: `ceds`, `us`, `england`, `england_as_us`, `scotland` or `australia`.
    #[serde(default)]
    pub grades: GradeTable,
}

/// One file of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MappedFile {
    /// Its name without `.csv`. Of a set that is one file, whatever that is called, it may be left out.
    #[serde(default)]
    pub name: Option<String>,
    /// The field that each column holds, by the column's header: `student.given` and the like.
    pub columns: BTreeMap<String, String>,
    /// Fields that are the same in every row.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
    /// For fields whose values stand there in other words: what each says.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns that are not to be read.
    #[serde(default)]
    pub ignore: Vec<String>,
}

impl CsvMapping {
    /// Reads a mapping.
    ///
    /// # Errors
    ///
    /// `Config` if the text is no such TOML, with the place, or names a field that there is not.
    pub fn from_toml(text: &str) -> Result<Self> {
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text.get(..span.start).unwrap_or("").lines().count().max(1));
            let place = line.map_or_else(String::new, |line| format!(" (line {line})"));
            // The parser's own text may quote what stands there.
            wrong(&format!(
                "the mapping can't be read{place}: it wants `[[file]]` with `columns`, and beside it `name`, `fixed`, \
                 `words`, `ignore`, and `dates` and `grades` at the top"
            ))
        })?;
        mapping.dialect()?;
        Ok(mapping)
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the mapping", message)
}
