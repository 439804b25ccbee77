//! Dirt: what schools really send, made of clean files on purpose, with the truth of what a reader has to tell of it.
//!
//! Each [`Dirt`] is one thing that goes wrong, or looks wrong and is not. [`dirty`] puts it into a set at a place that the seed
//! chooses, and says which codes are due at which lines, and what must become of the records.
//!
//! ```
//! use roster_testkit::district::{Dirt, District, FileDialect, Outcome, SetShape, dirty, files_as};
//!
//! let clean = files_as(&District::seed(7), FileDialect::CleverSftp);
//! let damaged = dirty(&clean, &SetShape::of(FileDialect::CleverSftp), Dirt::ExtraCell, 1).unwrap();
//! assert_eq!((damaged.told[0].code, damaged.told[0].file.as_str()), ("column_count", "students.csv"));
//! assert_eq!(damaged.outcome, Outcome::RecordsMiss);
//! ```

mod forms;
mod kinds;
mod rows;
mod shape;
mod sheet;
mod values;

use std::collections::BTreeMap;

use self::{forms::Form, sheet::Cells};
pub use self::{kinds::Dirt, shape::SetShape};
use super::rng::Rng;

/// The files of a set by name.
pub type FileSet = BTreeMap<String, Vec<u8>>;

/// What a reader has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// The file.
    pub file: String,
    /// The physical line, from 1.
    pub line: u64,
    /// The code of the problem.
    pub code: &'static str,
}

/// What must become of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// They are those of the clean set.
    Same,
    /// The same records are there, and one says something else.
    ValuesDiffer,
    /// Some are missing, and nobody may be ended for it: either each is named by an error, or its kind is partial.
    RecordsMiss,
    /// All are there under other ids.
    OtherIds,
}

/// A set with dirt in it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DirtySet {
    /// The clean files to compare with. They may differ from those that were given, so that what is damaged is there at all.
    pub clean: FileSet,
    /// The files with the dirt.
    pub files: FileSet,
    /// What has to be told at least.
    pub told: Vec<Told>,
    /// What must become of the records.
    pub outcome: Outcome,
}

/// Puts dirt into a clean set. `None` if the set has nothing that can be damaged so, such as a file of seats in a one-file roster.
#[must_use]
pub fn dirty(clean: &FileSet, shape: &SetShape, dirt: Dirt, seed: u64) -> Option<DirtySet> {
    let mut work = Work {
        clean: clean.clone(),
        files: clean.clone(),
        shape: *shape,
        rng: Rng::of(seed, dirt.as_str(), 0),
        told: Vec::new(),
    };
    let outcome = match Form::of(dirt) {
        Some(form) => work.form(form)?,
        None => work.rows(dirt).or_else(|| work.values(dirt))?,
    };
    let Work { clean, files, told, .. } = work;
    Some(DirtySet { clean, files, told, outcome })
}

/// A set while dirt is put into it.
struct Work {
    clean: FileSet,
    files: FileSet,
    shape: SetShape,
    rng: Rng,
    told: Vec<Told>,
}

impl Work {
    fn read(&self, file: &str) -> Option<Cells> {
        self.files.get(file).map(|bytes| Cells::read(bytes))
    }

    fn write(&mut self, file: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(file.to_owned(), text.into());
    }

    /// Writes what is clean and what is not.
    fn write_both(&mut self, file: &str, text: &str) {
        self.clean.insert(file.to_owned(), text.as_bytes().to_vec());
        self.write(file, text);
    }

    /// Something is due at that line.
    fn tell(&mut self, file: &str, line: usize, code: &'static str) {
        let line = u64::try_from(line).unwrap_or(u64::MAX);
        self.told.push(Told { file: file.to_owned(), line, code });
    }

    /// A row of the pupils' file that is neither the first nor the last, and the rows of the same pupil.
    fn pupil(&mut self, cells: &Cells) -> Option<(usize, Vec<usize>)> {
        let key = cells.column(self.shape.key)?;
        let rows: Vec<usize> = (2..cells.rows())
            .filter(|row| !cells.cell(*row, key).is_empty() && is_pupil(cells, *row))
            .collect();
        let row = *self.rng.pick(&rows)?;
        Some((row, cells.rows_with(key, cells.cell(row, key))))
    }
}

/// Where roles stand in the row, whether it is a pupil's.
fn is_pupil(cells: &Cells, row: usize) -> bool {
    let role = cells.column("role").filter(|_| cells.column("username").is_some());
    role.is_none_or(|role| cells.cell(row, role).eq_ignore_ascii_case("student"))
}
