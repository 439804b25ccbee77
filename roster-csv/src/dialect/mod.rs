//! The dialects: which files a set may have and what their columns hold, as data.

mod header;
mod recognize;

use roster_core::table::{Rows, Table};
use roster_oneroster::{Version, csv};

pub(crate) use self::{
    header::{Header, Unusable},
    recognize::{Candidate, recognize, table_for},
};

/// A way to write rosters into files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// Its name in settings and reports.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// Its files, parents before children.
    pub tables: &'static [Table],
    /// The OneRoster version that a manifest names it by.
    pub(crate) version: Option<Version>,
}

/// The dialects that can be read.
pub const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "oneroster_1_1",
        title: "OneRoster 1.1",
        tables: csv::tables(Version::V1_1),
        version: Some(Version::V1_1),
    },
    Dialect {
        name: "oneroster_1_2",
        title: "OneRoster 1.2",
        tables: csv::tables(Version::V1_2),
        version: Some(Version::V1_2),
    },
];

impl Dialect {
    /// The dialect of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        DIALECTS.iter().find(|dialect| dialect.name == name)
    }

    /// The table of a file by its name, with or without `.csv`; case does not matter.
    pub(crate) fn table_named(&self, file: &str) -> Option<&'static Table> {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(stem))
    }

    /// The table whose rows are these.
    pub(crate) fn table_of(&self, rows: Rows) -> Option<&'static Table> {
        self.tables.iter().find(|table| table.rows == rows)
    }
}
