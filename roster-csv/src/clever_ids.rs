//! Files that carry Clever's ids of people whom a host knows already: one column of teachers' ids, one of pupils', as hosts asked
//! for them before they were connected to Clever.
//!
//! An id may be a new one, or a legacy one from before Clever's version 3, which teachers still have in old files.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
};

use roster_core::{
    Error, ErrorKind, IdentifierScheme, Person, Place, Problem, Result, RowCounts, SourcedId, codes, decode,
};

use crate::{
    excel,
    files::FileSet,
    limits::Limits,
    rows::{Batch, Scanner},
    source::PROVIDER,
    text::{Transcoder, sniff},
};

/// The ids of a Clever roster: new ones, and the legacy ones among people's identifiers.
#[derive(Clone, Debug, Default)]
pub struct CleverIds {
    ids: BTreeSet<SourcedId>,
    legacy: BTreeMap<String, SourcedId>,
}

/// By which id a person was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// By today's id.
    Id(SourcedId),
    /// By a legacy id; this is today's.
    Legacy(SourcedId),
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fate {
    /// Teacher and pupil that it names, as far as it names them.
    Used {
        /// The teacher.
        teacher: Option<Found>,
        /// The pupil.
        student: Option<Found>,
    },
    /// It names nobody.
    Skipped,
    /// It names whom an earlier row named.
    Duplicate,
    /// An id can't be used.
    Rejected(Problem),
}

/// A row and what became of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CleverIdRow {
    /// Its physical line, from 1.
    pub line: u64,
    /// What became of it.
    pub fate: Fate,
}

const TEACHER: &str = "teacher_clever_id";
const STUDENT: &str = "student_clever_id";

/// Whether a text has the form of Clever's ids.
pub(crate) fn is_clever_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl CleverIds {
    /// The ids of people pulled from Clever.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Person>) -> Self {
        let mut known = Self::default();
        for person in people {
            known.ids.insert(person.id.clone());
            let legacy = person.identifiers.iter().filter(|id| id.scheme == IdentifierScheme::CleverLegacy);
            known.legacy.extend(legacy.map(|id| (id.value.to_lowercase(), person.id.clone())));
        }
        known
    }

    /// Finds a person: by today's id first, then by a legacy one. Case does not matter.
    pub fn find(&self, id: &str) -> Option<Found> {
        let id = id.to_lowercase();
        let today = self.ids.get(id.as_str()).cloned().map(Found::Id);
        today.or_else(|| self.legacy.get(&id).cloned().map(Found::Legacy))
    }

    /// Looks up what each row of a file names; its header has `teacher_clever_id`, `student_clever_id`, or both. Each row ends in one
    /// count, and in the list with its reason.
    ///
    /// # Errors
    ///
    /// `Config` if the file can't be opened or has neither column, and `TooLarge` if it is larger than 64 MiB.
    pub fn look_up(&self, path: impl AsRef<Path>) -> Result<(RowCounts, Vec<CleverIdRow>)> {
        let limits = Limits { file_bytes: 64 << 20, ..Limits::default() };
        let mut files = FileSet::open(path.as_ref(), limits)?;
        let Some(name) = files.names().first().cloned() else {
            return Err(wrong("there is no file to read"));
        };
        let mut bytes = Vec::new();
        files.read(&name, |piece| {
            bytes.extend_from_slice(piece);
            true
        })?;
        self.look_at(&name, &bytes, &limits)
    }

    fn look_at(&self, name: &str, bytes: &[u8], limits: &Limits) -> Result<(RowCounts, Vec<CleverIdRow>)> {
        let form = sniff(bytes, limits.row_bytes).form;
        let mut text = Vec::new();
        Transcoder::new(&form).push(bytes, true, &mut text);
        let mut scanner = Scanner::new(limits.row_bytes);
        scanner.split_at(form.delimiter);
        scanner.begin_on(form.first_line());
        let (mut batch, mut columns) = (Batch::default(), None);
        let (mut counts, mut rows, mut seen) = (RowCounts::default(), Vec::new(), HashSet::new());
        let (mut piece, mut more) = (text.as_slice(), true);
        while more {
            more = scanner.scan(piece, true, 4096, &mut batch);
            piece = &[];
            for mark in (0..batch.len()).filter_map(|index| batch.row(index)) {
                let Some((teacher, student)) = columns else {
                    columns = Some(columns_of(batch.cells(mark))?);
                    continue;
                };
                let cell = |at: Option<usize>| at.map_or("", |at| decode::trim(batch.cell(mark, at)));
                let place = Place::File { file: name.into(), line: mark.line, record: counts.rows + 1 };
                let fate = if mark.fault.is_some() {
                    let message = "the row can't be read";
                    Fate::Rejected(Problem::error(codes::COLUMN_COUNT, message).at(place))
                } else {
                    self.fate(cell(teacher), cell(student), &mut seen, place)
                };
                count(&mut counts, &fate);
                rows.push(CleverIdRow { line: mark.line, fate });
            }
        }
        if columns.is_none() {
            return Err(wrong("the file is empty"));
        }
        Ok((counts, rows))
    }

    fn fate(&self, teacher: &str, student: &str, seen: &mut HashSet<String>, place: Place) -> Fate {
        if teacher.is_empty() && student.is_empty() {
            return Fate::Skipped;
        }
        let found = self.one(teacher, TEACHER).and_then(|teacher| Ok((teacher, self.one(student, STUDENT)?)));
        match found {
            Err(problem) => Fate::Rejected(problem.at(place)),
            Ok(_) if !seen.insert(format!("{teacher}\n{student}").to_lowercase()) => Fate::Duplicate,
            Ok((teacher, student)) => Fate::Used { teacher, student },
        }
    }

    fn one(&self, id: &str, field: &'static str) -> std::result::Result<Option<Found>, Box<Problem>> {
        if id.is_empty() {
            return Ok(None);
        }
        let problem = match excel::damage(id) {
            Some(problem) => problem,
            None if !is_clever_id(id) => {
                let message =
                    "the value does not look as Clever's ids do; often it is the school system's own id";
                Problem::error(codes::LOOKS_LIKE_SIS_ID_NOT_CLEVER_ID, message)
            }
            None => match self.find(id) {
                Some(found) => return Ok(Some(found)),
                None => Problem::error(codes::UNKNOWN_CLEVER_ID, "nobody that Clever shares has this id"),
            },
        };
        Err(problem.in_field(field).with_id(id).into())
    }
}

fn count(counts: &mut RowCounts, fate: &Fate) {
    counts.rows += 1;
    *match fate {
        Fate::Used { .. } => &mut counts.used,
        Fate::Skipped => &mut counts.skipped,
        Fate::Duplicate => &mut counts.duplicate,
        Fate::Rejected(_) => &mut counts.rejected,
    } += 1;
}

type Columns = (Option<usize>, Option<usize>);

fn columns_of<'a>(header: impl Iterator<Item = &'a str>) -> Result<Columns> {
    let folded = |name: &str| decode::trim(name).to_lowercase().replace([' ', '-'], "_");
    let names: Vec<_> = header.map(folded).collect();
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    match (at(TEACHER), at(STUDENT)) {
        (None, None) => Err(wrong("the header has neither `teacher_clever_id` nor `student_clever_id`")),
        columns => Ok(columns),
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading Clever's ids", message)
}

#[cfg(test)]
mod tests {
    use roster_core::Identifier;

    use super::*;

    const ANN: &str = "5787451bd72145af0700228b";
    const ZOE: &str = "6787451bd72145af0700228c";
    const OLD: &str = "4787451bd72145af0700228d";

    fn known() -> CleverIds {
        let mut ann = Person::new(ANN);
        ann.identifiers.push(Identifier::new(IdentifierScheme::CleverLegacy, OLD));
        CleverIds::of(&[ann, Person::new(ZOE)])
    }

    #[test]
    fn each_row_ends_in_one_count_with_its_reason() {
        let upper = ZOE.to_uppercase();
        let unknown = "1111111111111111111111aa";
        let file = format!(
            "Teacher Clever ID;student_clever_id\n{ANN};{ZOE}\n{OLD};{upper}\n ;\n{ANN}; {ZOE} \n;{unknown}\n12345;\n;5.78745E+23\n;{ZOE}\n"
        );
        let (counts, rows) = known().look_at("ids.csv", file.as_bytes(), &Limits::default()).unwrap();
        assert!(counts.add_up());
        assert_eq!(
            (counts.rows, counts.used, counts.rejected, counts.skipped, counts.duplicate),
            (8, 3, 3, 1, 1)
        );
        let ann = || Some(Found::Id(ANN.into()));
        let zoe = || Some(Found::Id(ZOE.into()));
        assert_eq!(rows[0].fate, Fate::Used { teacher: ann(), student: zoe() });
        assert_eq!(rows[1].fate, Fate::Used { teacher: Some(Found::Legacy(ANN.into())), student: zoe() });
        assert_eq!((&rows[2].fate, &rows[3].fate), (&Fate::Skipped, &Fate::Duplicate));
        assert_eq!(rows[7].fate, Fate::Used { teacher: None, student: zoe() });
        let codes: Vec<_> = rows
            .iter()
            .filter_map(|row| match &row.fate {
                Fate::Rejected(problem) => Some((row.line, &*problem.code)),
                _ => None,
            })
            .collect();
        assert_eq!(
            codes,
            [
                (6, codes::UNKNOWN_CLEVER_ID),
                (7, codes::LOOKS_LIKE_SIS_ID_NOT_CLEVER_ID),
                (8, codes::ID_SHORTENED)
            ]
        );
    }

    #[test]
    fn a_file_without_the_columns_is_refused() {
        let refused = known().look_at("ids.csv", b"id,name\n1,Ann\n", &Limits::default());
        assert!(refused.unwrap_err().message().contains("teacher_clever_id"));
        assert!(known().look_at("ids.csv", b"", &Limits::default()).is_err());
    }
}
