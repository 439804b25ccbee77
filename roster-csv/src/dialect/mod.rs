//! The dialects: which files a set may have and what their columns hold, as data.

mod clever;
mod header;
mod mcgraw;
mod one_file;
mod recognize;
mod sds;
mod unfolding;

use roster_core::{
    EntityKind, GradeTable,
    table::{Holds, Rows, Table},
};
use roster_oneroster::{Version, csv};

pub(crate) use self::{
    header::{Header, Unusable},
    recognize::{Candidate, readings_for, recognize},
    unfolding::{Piece, Source, Unfolding, unfold},
};
use crate::dates::DateOrder;

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
    /// Columns that its files never have: who has them is of another dialect.
    pub(crate) never: &'static [&'static str],
    /// How dates are written beside YYYY-MM-DD.
    pub(crate) dates: DateOrder,
    /// How grades are spelled.
    pub(crate) grades: GradeTable,
}

const fn dialect(name: &'static str, title: &'static str, tables: &'static [Table]) -> Dialect {
    let (dates, grades) = (DateOrder::MonthFirst, GradeTable::Ceds);
    // OneRoster's files and those of School Data Sync go by the same names.
    Dialect { name, title, tables, version: None, never: &["dateLastModified"], dates, grades }
}

const fn oneroster(name: &'static str, title: &'static str, version: Version) -> Dialect {
    let plain = dialect(name, title, csv::tables(version));
    Dialect { version: Some(version), never: &[], dates: DateOrder::Standard, ..plain }
}

/// The dialects that can be read.
pub const DIALECTS: &[Dialect] = &[
    oneroster("oneroster_1_1", "OneRoster 1.1", Version::V1_1),
    oneroster("oneroster_1_2", "OneRoster 1.2", Version::V1_2),
    dialect("one_file", "a roster in one file", one_file::PLAIN),
    dialect("one_file_clever", "a roster in one file with Clever ids", one_file::WITH_CLEVER_IDS),
    dialect("clever_sftp", "Clever's SFTP set", clever::TABLES),
    dialect("sds_v1", "School Data Sync, first version", sds::V1),
    dialect("sds_v2", "School Data Sync, version 2", sds::V2),
    dialect("sds_v2_1", "School Data Sync, version 2.1", sds::V2_1),
    dialect("mcgraw_students", "McGraw Hill's list of students", mcgraw::STUDENTS),
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

    /// Whether records of the kind can be written in it.
    pub(crate) fn has(&self, kind: EntityKind) -> bool {
        self.table_of(Rows::Records(kind)).is_some() || kind == EntityKind::Relationship && self.has_agents()
    }

    /// Whether people's own rows say whom they are related to.
    pub(crate) fn has_agents(&self) -> bool {
        self.tables.iter().flat_map(|table| table.columns).any(|column| column.holds == Holds::PersonAgents)
    }

    /// Whether all of it stands in one file, whatever that is called.
    pub(crate) fn is_one_file(&self) -> bool {
        self.tables.windows(2).all(|pair| pair.first().map(|t| t.name) == pair.last().map(|t| t.name))
    }
}
