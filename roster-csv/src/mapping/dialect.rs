//! A mapping as a dialect: the tables that its files are read by.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use roster_core::{
    EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person},
    Result,
    table::{Column, Holds, Made, Need, Part, Rows, Table},
};

use super::{CsvMapping, MappedFile, words, wrong};
use crate::dialect::Dialect;

/// Descriptions of tables live as long as the program. Those of equal mappings are one, so that what is held does not grow with
/// each source that is opened.
static KNOWN: Mutex<BTreeMap<String, &'static Dialect>> = Mutex::new(BTreeMap::new());

/// How long the description of a mapping may be.
const LONGEST: usize = 256 << 10;

impl CsvMapping {
    /// The mapping as a dialect.
    pub(crate) fn dialect(&self) -> Result<&'static Dialect> {
        let description = format!("{self:?}");
        if description.len() > LONGEST {
            return Err(wrong("the mapping is larger than a mapping can be"));
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dialect) = known.get(&description) {
            return Ok(dialect);
        }
        let dialect: &'static Dialect = Box::leak(Box::new(self.made()?));
        known.insert(description, dialect);
        Ok(dialect)
    }

    fn made(&self) -> Result<Dialect> {
        let mut tables = Vec::new();
        for file in &self.files {
            let name = match &file.name {
                Some(name) => name.as_str(),
                None if self.files.len() == 1 => "roster",
                None => return Err(wrong("each `[[file]]` of several needs a `name`")),
            };
            MadeFile::of(file)?.tables(forever(name), &mut tables);
        }
        if tables.is_empty() {
            return Err(wrong("it maps nothing: at least one `[[file]]` with `columns` is needed"));
        }
        tables.sort_by_key(|table| order(table.rows));
        Ok(Dialect {
            name: "mapping",
            title: "the mapping",
            tables: Box::leak(tables.into_boxed_slice()),
            version: None,
            never: &[],
            dates: self.dates,
            grades: self.grades,
        })
    }
}

/// Parents before children, and what adds to people before people.
const fn order(rows: Rows) -> u8 {
    match rows {
        Rows::Records(Org) => 0,
        Rows::Records(AcademicSession) => 1,
        Rows::Records(Course) => 2,
        Rows::Records(Class) => 3,
        Rows::Affiliations => 4,
        Rows::Records(Person) => 5,
        _ => 6,
    }
}

fn forever(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn all_forever<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

/// The columns of one file, by what they are fields of.
struct MadeFile {
    columns: BTreeMap<&'static str, Vec<Column>>,
    ignored: Vec<Column>,
}

impl MadeFile {
    fn of(file: &MappedFile) -> Result<Self> {
        let mut made = Self { columns: BTreeMap::new(), ignored: Vec::new() };
        for (header, field) in &file.columns {
            let mut column = Column::new(forever(header), Holds::Nothing);
            if let Some(words) = file.words.get(field) {
                let words = words.iter().map(|(word, says)| (forever(word), forever(says)));
                column = column.in_words(all_forever(words.collect()));
            }
            made.add(field, column)?;
        }
        for (field, value) in &file.fixed {
            made.add(field, Column::new("", Holds::Nothing).fixed(forever(value)))?;
        }
        let is_held = |field: &&String| file.columns.values().any(|other| other == *field);
        if let Some(field) = file.words.keys().find(|field| !is_held(field)) {
            return Err(wrong(&format!("`words` names `{field}`, and no column holds it")));
        }
        made.ignored = file.ignore.iter().map(|name| Column::new(forever(name), Holds::Nothing)).collect();
        Ok(made)
    }

    fn add(&mut self, name: &str, mut column: Column) -> Result<()> {
        let Some(field) = words::named(name) else {
            let known: Vec<_> =
                words::FIELDS.iter().map(|field| format!("{}.{}", field.of, field.name)).collect();
            return Err(wrong(&format!("there is no field `{name}`; there are: {}", known.join(", "))));
        };
        column.holds = field.holds;
        let columns = self.columns.entry(field.of).or_default();
        if columns.iter().any(|other| other.holds == field.holds) {
            return Err(wrong(&format!("two columns hold `{name}`; name one of them")));
        }
        columns.push(column);
        Ok(())
    }

    fn column(&self, of: &str, holds: Holds) -> Option<Column> {
        self.columns.get(of)?.iter().find(|column| column.holds == holds).copied()
    }

    /// The id of something under another meaning: as the column that names it.
    fn naming(&self, of: &str, holds: Holds) -> Option<Column> {
        self.column(of, Holds::Id).map(|column| Column { holds, ..column })
    }

    /// The parts of a person's id: the id itself, else a hash of the address.
    fn key(&self, of: &'static str) -> Option<Vec<Part>> {
        let id = self.column(of, Holds::Id).map(|column| vec![Part::Column(column.name)]);
        id.or_else(|| {
            let email = self.column(of, Holds::PersonEmail)?;
            let word = if of == "teacher" { "t" } else { "s" };
            Some(vec![Part::Word(word), Part::Hashed(all_forever(vec![email.name]))])
        })
    }

    fn tables(&self, name: &'static str, tables: &mut Vec<Table>) {
        let mut ignored = Some(self.ignored.clone());
        let mut add = |rows: Rows, mut columns: Vec<Column>| {
            columns.extend(ignored.take().into_iter().flatten());
            tables.push(Table { name, rows, optional: false, columns: all_forever(columns) });
        };
        for (of, kind) in [("school", Org), ("term", AcademicSession), ("course", Course), ("class", Class)] {
            if let Some(columns) = self.described(of) {
                add(Rows::Records(kind), columns);
            }
        }
        for (of, role) in [("teacher", "teacher"), ("student", "student")] {
            let Some(key) = self.key(of) else { continue };
            let key: &'static [Part] = all_forever(key);
            let of_person = Column::new("", Holds::OfPerson).of_parts(key).required().refers(Person);
            let role_column = |holds| Column::new("", holds).fixed(role);
            let school = self.naming("school", Holds::AffiliationOrg).map(|column| column.refers(Org));
            let affiliation = [of_person, role_column(Holds::AffiliationRole)].into_iter().chain(school);
            add(Rows::Affiliations, affiliation.collect());
            let own = self.columns.get(of).into_iter().flatten().filter(|column| column.holds != Holds::Id);
            let id = Column::new("", Holds::Id).of_parts(key).required();
            add(Rows::Records(Person), std::iter::once(id).chain(own.copied()).collect());
            let Some(class) = self.column("class", Holds::Id).filter(Column::is_read) else { continue };
            let mut parts = vec![Part::Column(class.name)];
            parts.extend(key);
            parts.push(Part::Word(role));
            let school = self.naming("school", Holds::EnrollmentOrg).map(|column| column.refers(Org));
            let seat = [
                Column::new("", Holds::Id).of_parts(all_forever(parts)).required(),
                Column { holds: Holds::EnrollmentClass, ..class }.refers(Class),
                Column::new("", Holds::EnrollmentPerson).of_parts(key).refers(Person),
                role_column(Holds::EnrollmentRole),
            ];
            add(Rows::Records(Enrollment), seat.into_iter().chain(school).collect());
        }
    }

    /// The columns of what is told apart by an id of its own.
    fn described(&self, of: &str) -> Option<Vec<Column>> {
        let id = self.column(of, Holds::Id)?.required();
        let own = self.columns.get(of)?.iter().filter(|column| column.holds != Holds::Id);
        let mut columns: Vec<_> = std::iter::once(id).chain(own.copied()).collect();
        let named: &[(&str, Holds, roster_core::EntityKind)] = match of {
            "class" => &[
                ("school", Holds::ClassOrg, Org),
                ("course", Holds::ClassCourse, Course),
                ("term", Holds::ClassSession, AcademicSession),
            ],
            _ => &[],
        };
        columns.extend(
            named.iter().filter_map(|(of, holds, kind)| Some(self.naming(of, *holds)?.refers(*kind))),
        );
        if of == "school" {
            columns.push(Column::new("", Holds::OrgType).fixed("school"));
        }
        for column in columns.iter_mut().skip(1).filter(|column| matches!(column.made, Made::Read)) {
            // That a column is gone is to be told.
            if matches!(column.holds, Holds::OrgName | Holds::ClassTitle) {
                column.need = Need::Expected;
            }
        }
        Some(columns)
    }
}
