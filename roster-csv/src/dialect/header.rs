//! The header of a file, bound to its table: which column holds what.

use roster_core::{
    DemographicField, FieldSet, Problem, codes, decode,
    table::{Column, Holds, Made, Need, Part, Table},
};

use crate::rows::RowCells;

const NONE: u16 = u16::MAX;

/// The header of a file, bound to its table.
pub(crate) struct Header {
    names: Vec<String>,
    /// The position of the column that holds each thing, or `NONE`.
    positions: [u16; Holds::ALL.len()],
    /// Position and column, for those that the table knows.
    known: Vec<(u16, &'static Column)>,
    /// Position and column, for those that should not be empty.
    needed: Vec<(usize, &'static Column)>,
    /// Columns of facts for statistics.
    demographics: Vec<(u16, DemographicField)>,
    /// Columns that the table does not know, by the name that they get in `extra`.
    extra: Vec<(u16, String)>,
    /// What this file can say of a record.
    pub(crate) fields: FieldSet,
    /// What is to be said of the header.
    pub(crate) problems: Vec<Problem>,
}

/// Why a file can't be read by its header.
pub(crate) type Unusable = Box<Problem>;

impl Header {
    /// A header without columns.
    pub(crate) fn empty() -> Self {
        Self {
            names: Vec::new(),
            positions: [NONE; Holds::ALL.len()],
            known: Vec::new(),
            needed: Vec::new(),
            demographics: Vec::new(),
            extra: Vec::new(),
            fields: FieldSet::EMPTY,
            problems: Vec::new(),
        }
    }

    /// Binds the cells of a header to a table.
    pub(crate) fn bind<'a>(
        cells: impl Iterator<Item = &'a str>,
        table: &'static Table,
    ) -> Result<Self, Unusable> {
        let names = cells.map(|cell| decode::trim(cell).to_owned()).collect();
        let mut header = Self { names, ..Self::empty() };
        for position in 0..header.names.len() {
            header.place(position, table)?;
        }
        for column in table.columns {
            if header.has(column) {
                continue;
            }
            let message = format!("{} has no column `{}`", table.name, column.name);
            match column.need {
                Need::Required => {
                    return Err(Problem::error(codes::MISSING_COLUMN, message).in_field(column.name).into());
                }
                Need::Expected => {
                    header
                        .problems
                        .push(Problem::warning(codes::MISSING_COLUMN, message).in_field(column.name));
                }
                Need::Optional => {}
            }
        }
        Ok(header)
    }

    fn place(&mut self, position: usize, table: &'static Table) -> Result<(), Unusable> {
        let name = self.names.get(position).cloned().unwrap_or_default();
        let at = u16::try_from(position).unwrap_or(NONE);
        let Some(column) = find(table, &name) else {
            self.stranger(at, name);
            return Ok(());
        };
        if self.has(column) {
            return Err(twice(column));
        }
        self.enter(position, column);
        Ok(())
    }

    /// Adds a column under the file's own name for it, whose cells are made of a row of the file.
    pub(super) fn add(&mut self, name: String, column: &'static Column) {
        self.names.push(name);
        self.enter(self.names.len() - 1, column);
    }

    /// Adds a column that no table knows.
    pub(super) fn add_extra(&mut self, name: String) {
        self.extra.push((u16::try_from(self.names.len()).unwrap_or(NONE), name.clone()));
        self.names.push(name);
    }

    /// Notes that a column of the file is known, whatever it is read as.
    pub(super) fn know(&mut self, position: usize, column: &'static Column) {
        self.known.push((u16::try_from(position).unwrap_or(NONE), column));
    }

    /// A header of these names, of which nothing is known yet.
    pub(super) fn of_names(names: Vec<String>) -> Self {
        Self { names, ..Self::empty() }
    }

    fn enter(&mut self, position: usize, column: &'static Column) {
        let at = u16::try_from(position).unwrap_or(NONE);
        self.known.push((at, column));
        if column.need != Need::Optional {
            self.needed.push((position, column));
        }
        self.fields = self.fields.union(column.holds.fields());
        if column.holds == Holds::Demographic {
            self.demographics.push((at, DemographicField::read(column.name)));
        } else if let Some(place) = self.positions.get_mut(column.holds as usize) {
            *place = at;
        }
    }

    /// A column that the table does not know. `metadata.x` is OneRoster's way to extend a file, and no surprise.
    pub(super) fn stranger(&mut self, at: u16, name: String) {
        if name.is_empty() {
            return;
        }
        if let Some(metadata) = name.strip_prefix("metadata.") {
            self.extra.push((at, metadata.to_owned()));
            return;
        }
        let message = "a column of the header is not known; it was not read".to_owned();
        self.problems.push(Problem::warning(codes::UNKNOWN_COLUMN, message).in_field(name.clone()));
        self.extra.push((at, name));
    }

    fn has(&self, column: &Column) -> bool {
        self.known.iter().any(|(_, known)| known.name == column.name)
    }

    /// How many cells a row should have.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }

    /// How many columns the table knows.
    pub(crate) fn known_columns(&self) -> usize {
        self.known.len()
    }

    /// The position of the column that holds it.
    #[inline]
    pub(crate) fn position(&self, holds: Holds) -> Option<usize> {
        match self.positions.get(holds as usize) {
            Some(&position) if position != NONE => Some(usize::from(position)),
            _ => None,
        }
    }

    /// The file's own name of the column that holds it.
    pub(crate) fn name_of(&self, holds: Holds) -> String {
        self.position(holds).map_or_else(String::new, |position| self.name_at(position))
    }

    /// The file's own name of a column.
    pub(crate) fn name_at(&self, position: usize) -> String {
        self.names.get(position).cloned().unwrap_or_default()
    }

    /// The columns that the table knows, with their positions.
    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        self.known.iter().map(|(position, column)| (usize::from(*position), *column))
    }

    /// The columns that should not be empty, with their positions.
    pub(crate) fn needed(&self) -> &[(usize, &'static Column)] {
        &self.needed
    }

    /// The columns of facts for statistics.
    pub(crate) fn demographics(&self) -> impl Iterator<Item = (usize, &DemographicField)> {
        self.demographics.iter().map(|(position, field)| (usize::from(*position), field))
    }

    /// Whether ids are made of addresses alone.
    pub(crate) fn is_by_address(&self) -> bool {
        let is_hashed = |part: &Part| matches!(part, Part::Hashed(_));
        self.known().any(|(_, column)| match column.made {
            Made::Parts(parts) => column.holds == Holds::Id && parts.iter().any(is_hashed),
            _ => false,
        })
    }

    /// The columns for `extra`.
    pub(crate) fn extra(&self) -> impl Iterator<Item = (usize, &str)> {
        self.extra.iter().map(|(position, name)| (usize::from(*position), name.as_str()))
    }

    /// Whether a row says the header again.
    #[inline]
    pub(crate) fn is_repeated_by(&self, cells: RowCells<'_>) -> bool {
        cells.len() == self.names.len()
            && self.names.iter().enumerate().all(|(index, name)| name == decode::trim(cells.cell(index)))
    }
}

pub(super) fn twice(column: &Column) -> Unusable {
    let message = format!("the column `{}` stands there twice; which one counts can't be told", column.name);
    Problem::error(codes::DUPLICATE_COLUMN, message).in_field(column.name).into()
}

pub(super) fn missing(table: &Table, column: &str) -> Problem {
    let message = format!("{} has no column `{column}`", table.name);
    Problem::error(codes::MISSING_COLUMN, message).in_field(column.to_owned())
}

/// Finds the column of that name: first exactly, then without case and separators.
fn find(table: &'static Table, name: &str) -> Option<&'static Column> {
    let columns = || table.columns.iter().filter(|column| column.is_read());
    let exact = columns().find(|column| column.name == name || column.aliases.contains(&name));
    exact.or_else(|| columns().find(|column| goes_by(column, name)))
}

/// Whether a header names the column, case and separators aside.
pub(super) fn goes_by(column: &Column, name: &str) -> bool {
    let folded = fold(name);
    fold(column.name) == folded || column.aliases.iter().any(|alias| fold(alias) == folded)
}

pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use roster_oneroster::{Version, csv};

    use super::*;
    use crate::rows::{Batch, Scanner};

    fn bind(name: &str, header: &str) -> Result<Header, Unusable> {
        let table = csv::tables(Version::V1_1).iter().find(|table| table.name == name).unwrap();
        Header::bind(header.split(','), table)
    }

    #[test]
    fn order_case_and_separators_do_not_matter() {
        let header = bind("orgs", "NAME,sourced_id,\u{feff}Type,parentSourcedId,identifier").unwrap();
        assert_eq!(header.position(Holds::OrgName), Some(0));
        assert_eq!(header.position(Holds::Id), Some(1));
        assert_eq!(header.position(Holds::OrgType), Some(2));
        assert_eq!(header.position(Holds::Status), None);
        assert!(header.problems.is_empty());
    }

    #[test]
    fn without_its_id_a_file_is_unusable_and_other_columns_may_miss() {
        assert_eq!(bind("orgs", "name,type").err().unwrap().code, codes::MISSING_COLUMN);
        assert_eq!(bind("orgs", "sourcedId,name").unwrap().problems[0].code, codes::MISSING_COLUMN);
        assert_eq!(bind("orgs", "sourcedId,name,type,Name").err().unwrap().code, codes::DUPLICATE_COLUMN);
    }

    #[test]
    fn metadata_is_no_surprise_and_other_columns_are() {
        let header = bind("orgs", "sourcedId,name,type,metadata.city,mascot").unwrap();
        assert_eq!(header.problems.iter().map(|p| &*p.code).collect::<Vec<_>>(), [codes::UNKNOWN_COLUMN]);
        assert_eq!(header.extra().map(|(_, name)| name).collect::<Vec<_>>(), ["city", "mascot"]);
    }

    #[test]
    fn a_repeated_header_is_known_again() {
        let header = bind("orgs", "sourcedId,name,type").unwrap();
        let says = |row: &str| {
            let mut batch = Batch::default();
            Scanner::new(1 << 20).scan(row.as_bytes(), true, 1, &mut batch);
            header.is_repeated_by(batch.row_cells(batch.row(0).unwrap()))
        };
        assert!(says("sourcedId, name,\"type\""));
        assert!(!says("sourcedId,name") && !says("sourcedId,name,type,x") && !says("sourcedId,name,1"));
    }
}
