//! Files whose rows are not records as they stand: a row that is several records, or one whose id has to be made.
//!
//! Such a file is read as if it were several files with one record a row. An [`Unfolding`] says how the cells of one of those are made
//! of the cells of the file.

use std::ops::Range;

use roster_core::table::{Column, Holds, Made, Need, Part, Rows, Table};

use super::{
    Dialect,
    header::{Header, Unusable, goes_by, missing, twice},
};

/// One reading of a file.
pub(crate) struct Unfolding {
    /// How each cell is made.
    pub(crate) cells: Vec<Source>,
    /// Which cell tells rows apart, if one does; else all of them do.
    pub(crate) key: Option<usize>,
    /// The file's own header.
    pub(crate) file: Header,
    /// What the row says in another table too.
    pub(crate) beside: Option<Beside>,
}

/// Cells of a person's row that say what a row of another table says of the same person, so that most of those rows need not be made.
pub(crate) struct Beside {
    pub(crate) table: &'static Table,
    /// Where they are among the cells of the person's row.
    pub(crate) cells: Range<usize>,
}

/// Where a cell comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A cell of the file.
    At(usize),
    /// The same in every row.
    Fixed(&'static str),
    /// A cell of the file, in other words.
    Words(usize, &'static [(&'static str, &'static str)]),
    /// An id made of these.
    Made(Vec<Piece>),
}

/// A part of an id, with its columns found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The cell, which must not be empty.
    At(usize),
    /// The cell, if the file has it.
    Maybe(Option<usize>),
    /// A hash of these cells.
    Hashed(Vec<usize>),
    /// The cell, else a hash of the others.
    AtOrHashed(Option<usize>, Vec<usize>),
    /// A word.
    Word(&'static str),
}

impl Piece {
    fn columns(&self) -> Vec<usize> {
        match self {
            Self::At(at) => vec![*at],
            Self::Maybe(at) => at.iter().copied().collect(),
            Self::Hashed(hashed) => hashed.clone(),
            Self::AtOrHashed(at, hashed) => at.iter().chain(hashed).copied().collect(),
            Self::Word(_) => Vec::new(),
        }
    }
}

impl Dialect {
    /// The tables that read a file of this name.
    pub(crate) fn readings(&self, name: &str) -> impl Iterator<Item = &'static Table> {
        self.tables.iter().filter(move |table| table.name == name)
    }

    /// Whether rows of the file are to be unfolded before they are read.
    pub(crate) fn is_folded(&self, table: &Table) -> bool {
        let has_id = table.columns.iter().any(|column| column.holds == Holds::Id && column.is_read());
        let is_whole = table.columns.iter().all(|column| matches!(column.made, Made::Read));
        let is_read = table.rows != Rows::Other && self.version.is_none();
        is_read && !(has_id && is_whole && self.readings(table.name).count() == 1)
    }
}

/// Binds a file's header to one of the tables that read it. `None` if the file lacks what the table needs, and may.
pub(crate) fn unfold(
    names: &[String],
    table: &'static Table,
    dialect: &Dialect,
) -> Result<Option<(Header, Unfolding)>, Unusable> {
    match bind(names, table) {
        Ok((header, cells)) => {
            let key = key_of(&header, table);
            let file = whole(names, dialect.readings(table.name))?;
            Ok(Some((header, Unfolding { cells, key, file, beside: None })))
        }
        Err(_) if table.optional => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn bind(names: &[String], table: &'static Table) -> Result<(Header, Vec<Source>), Unusable> {
    let (mut header, mut cells) = (Header::empty(), Vec::new());
    for column in table.columns {
        if matches!(column.holds, Holds::Nothing | Holds::Secret) {
            continue;
        }
        let (name, source) = match column.made {
            Made::Fixed(value) => (column.name.to_owned(), Some(Source::Fixed(value))),
            Made::Parts(parts) => {
                let source = parts.iter().map(|part| piece(names, *part, table)).collect::<Option<_>>();
                (first_name(names, parts), source.map(Source::Made))
            }
            _ => {
                let position = position(names, column)?;
                let name = position.and_then(|position| names.get(position)).cloned().unwrap_or_default();
                let source = position.map(|position| match column.made {
                    Made::Words(words) => Source::Words(position, words),
                    _ => Source::At(position),
                });
                (name, source)
            }
        };
        match source {
            Some(source) => {
                header.add(name, column);
                cells.push(source);
            }
            None if column.need == Need::Required => {
                return Err(missing(table, needed_name(column)).into());
            }
            None if column.need == Need::Expected => {
                let mut problem = missing(table, needed_name(column));
                problem.severity = roster_core::Severity::Warning;
                header.problems.push(problem);
            }
            None => {}
        }
    }
    Ok((header, cells))
}

/// What a column that is missing is called in the file.
fn needed_name(column: &Column) -> &'static str {
    match column.made {
        Made::Parts(parts) => parts.iter().find_map(|part| columns_of(*part).next()).unwrap_or(""),
        _ => column.name,
    }
}

/// The columns of the file that a part is made of.
fn columns_of(part: Part) -> impl Iterator<Item = &'static str> {
    let (first, others) = match part {
        Part::Column(name) | Part::Maybe(name) => (Some(name), &[][..]),
        Part::Hashed(others) => (None, others),
        Part::ColumnOrHashed(name, others) | Part::MaybeOrHashed(name, others) => (Some(name), others),
        _ => (None, &[][..]),
    };
    first.into_iter().chain(others.iter().copied())
}

/// The file's own name of the first column that an id is made of.
fn first_name(names: &[String], parts: &[Part]) -> String {
    let column = parts.iter().find_map(|part| columns_of(*part).next());
    let position = column.and_then(|column| at(names, column, &[]));
    position.and_then(|position| names.get(position)).cloned().unwrap_or_default()
}

fn piece(names: &[String], part: Part, table: &'static Table) -> Option<Piece> {
    // A part goes by the names of the column that has the value too.
    let at = |name: &'static str| {
        let aliases = table.columns.iter().find(|column| column.name == name).map_or(&[][..], |c| c.aliases);
        at(names, name, aliases)
    };
    let all = |columns: &[&'static str]| columns.iter().filter_map(|name| at(name)).collect::<Vec<_>>();
    Some(match part {
        Part::Column(name) => Piece::At(at(name)?),
        Part::Maybe(name) => Piece::Maybe(at(name)),
        Part::Word(word) => Piece::Word(word),
        Part::Hashed(columns) => Some(all(columns)).filter(|at| !at.is_empty()).map(Piece::Hashed)?,
        Part::ColumnOrHashed(name, columns) => Piece::AtOrHashed(Some(at(name)?), all(columns)),
        Part::MaybeOrHashed(name, columns) => {
            let (first, others) = (at(name), all(columns));
            (first.is_some() || !others.is_empty()).then_some(Piece::AtOrHashed(first, others))?
        }
        _ => return None,
    })
}

fn at(names: &[String], name: &'static str, aliases: &'static [&'static str]) -> Option<usize> {
    let column = Column::new(name, Holds::Nothing).or(aliases);
    names
        .iter()
        .position(|other| other == name)
        .or_else(|| names.iter().position(|other| goes_by(&column, other)))
}

/// Where a column of the file is.
fn position(names: &[String], column: &'static Column) -> Result<Option<usize>, Unusable> {
    let exact = |name: &String| *name == column.name || column.aliases.contains(&name.as_str());
    let mut exactly = names.iter().enumerate().filter(|(_, name)| exact(name)).map(|(at, _)| at);
    let mut loosely = names.iter().enumerate().filter(|(_, name)| goes_by(column, name)).map(|(at, _)| at);
    match (exactly.next(), exactly.next(), loosely.next(), loosely.next()) {
        (_, Some(_), ..) | (None, _, _, Some(_)) => Err(twice(column)),
        (Some(at), ..) | (None, _, Some(at), _) => Ok(Some(at)),
        (None, _, None, _) => Ok(None),
    }
}

/// What tells rows apart: an id, or the person that a row adds to; where a person may have several rows, all of the row.
fn key_of(header: &Header, table: &Table) -> Option<usize> {
    let has_flags = table.columns.iter().any(|column| column.holds == Holds::DemographicFlag);
    match table.rows {
        Rows::Records(_) => header.position(Holds::Id),
        Rows::Affiliations => None,
        _ if has_flags => None,
        _ => header.position(Holds::OfPerson),
    }
}

/// The file's own header, with the columns that any of the tables knows.
fn whole(names: &[String], tables: impl Iterator<Item = &'static Table>) -> Result<Header, Unusable> {
    let mut header = Header::of_names(names.to_vec());
    for table in tables {
        for column in table.columns {
            match column.made {
                Made::Parts(parts) => {
                    let used = parts.iter().flat_map(|part| columns_of(*part));
                    used.filter_map(|name| at(names, name, &[])).for_each(|at| header.know(at, column));
                }
                Made::Fixed(_) => {}
                _ => {
                    if let Some(at) = position(names, column)? {
                        header.know(at, column);
                    }
                }
            }
        }
    }
    for (at, name) in names.iter().enumerate() {
        if !header.known().any(|(position, _)| position == at) {
            header.stranger(u16::try_from(at).unwrap_or(u16::MAX), name.clone());
        }
    }
    Ok(header)
}

impl Unfolding {
    /// The columns of the file that stand in made ids as they are.
    pub(crate) fn columns_of_ids(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces().filter_map(|piece| match piece {
            Piece::At(at) => Some(*at),
            Piece::AtOrHashed(at, _) => *at,
            _ => None,
        })
    }

    /// The file's columns that are looked at.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<_> =
            (0..self.cells.len()).flat_map(|position| self.columns_of(position)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The file's columns that one cell is made of.
    pub(crate) fn columns_of(&self, position: usize) -> Vec<usize> {
        match self.cells.get(position) {
            Some(Source::At(at) | Source::Words(at, _)) => vec![*at],
            Some(Source::Made(pieces)) => pieces.iter().flat_map(Piece::columns).collect(),
            Some(Source::Fixed(_)) | None => Vec::new(),
        }
    }

    /// The file's columns in which case does not matter: addresses, and what ids are hashed of.
    pub(crate) fn case_free(&self, header: &Header) -> Vec<usize> {
        let mut columns = Vec::new();
        let email = header.position(Holds::PersonEmail).and_then(|position| self.cells.get(position));
        if let Some(Source::At(at)) = email {
            columns.push(*at);
        }
        columns.extend(self.hashed());
        columns
    }

    /// The file's columns that ids hold a hash of. How wide the blanks in them are does not matter: an address has none.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces()
            .filter_map(|piece| match piece {
                Piece::Hashed(columns) | Piece::AtOrHashed(_, columns) => Some(columns),
                _ => None,
            })
            .flatten()
            .copied()
    }

    /// What made ids are made of.
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let made = self.cells.iter().filter_map(|source| match source {
            Source::Made(pieces) => Some(pieces),
            _ => None,
        });
        made.flatten()
    }

    /// Adds the columns of the file that no table knows.
    pub(crate) fn keep_extra(&mut self, header: &mut Header) {
        for (position, name) in self.file.extra() {
            header.add_extra(name.to_owned());
            self.cells.push(Source::At(position));
        }
    }

    /// Says in each row what the `other` table says of the same subject; `header` gets its columns.
    pub(crate) fn say_beside(
        &mut self,
        header: &mut Header,
        table: &'static Table,
        other: Vec<(String, &'static Column, Source)>,
    ) {
        let from = self.cells.len();
        for (name, column, source) in other {
            header.add(name, column);
            self.cells.push(source);
        }
        self.beside = Some(Beside { table, cells: from..self.cells.len() });
    }

    /// Whether a cell is the record's own.
    pub(crate) fn is_own(&self, position: usize) -> bool {
        !self.beside.as_ref().is_some_and(|beside| beside.cells.contains(&position))
    }

    /// How many columns of the file are known.
    pub(crate) fn known_columns(&self) -> usize {
        self.file.known().map(|(position, _)| position).collect::<std::collections::BTreeSet<_>>().len()
    }
}
