//! Whether what a row names is there. A dangling reference is a warning here: the sync alone decides.

use std::{ops::Range, sync::Arc};

use roster_core::{
    EntityKind, Place, Problem, SourcedId, codes, decode,
    table::{Holds, Rows},
};

use crate::{
    dialect::Header,
    keys::{Ids, hash},
    rows::{Batch, RowMark},
    survey::SurveyedFile,
};

/// References to records of the same file that had not come yet.
#[derive(Default)]
pub(crate) struct Pending(Vec<Reference>);

struct Reference {
    id: SourcedId,
    field: String,
    place: Place,
    target: u64,
}

/// The columns whose values are hashed where rows are found. Of records the id first, then those that name other records, then
/// a person's e-mail address; of rows that add to people the person first, then the row's own id if it has one.
pub(crate) fn key_columns(header: &Header, rows: Rows) -> Vec<usize> {
    match rows {
        Rows::Records(_) => {
            let named = naming(header).map(|column| column.position);
            let email = header.position(Holds::PersonEmail);
            header.position(Holds::Id).into_iter().chain(named).chain(email).collect()
        }
        _ => header.position(Holds::OfPerson).into_iter().chain(header.position(Holds::Id)).collect(),
    }
}

/// Which of a person's keys is the e-mail address.
pub(crate) fn email_key(header: &Header) -> Option<usize> {
    header.position(Holds::PersonEmail).map(|_| naming(header).count() + 1)
}

/// A column that names other records.
#[derive(Clone, Copy)]
struct Names {
    position: usize,
    kind: EntityKind,
    /// Which of a row's keys it is.
    key: usize,
    /// It may name several. The key is that of the whole cell, so that it tells of an id only if there is no comma.
    is_list: bool,
}

/// The columns that name other records. Who is related to whom is looked at when the people are over, and nobody looks at where
/// somebody has a role: most of those stand in files of their own.
fn naming(header: &Header) -> impl Iterator<Item = Names> {
    let columns = header.known().filter_map(|(position, column)| {
        let is_looked_up =
            !matches!(column.holds, Holds::OfPerson | Holds::PersonAgents | Holds::AffiliationOrg);
        let is_list = matches!(column.holds, Holds::PersonOrgs | Holds::ClassSessions);
        column.refers.filter(|_| is_looked_up).map(|kind| (position, kind, is_list))
    });
    columns.enumerate().map(|(index, (position, kind, is_list))| Names {
        position,
        kind,
        key: index + 1,
        is_list,
    })
}

/// Whether records of the kind are named by others, so that their ids have to be known.
pub(crate) fn is_referred_to(kind: EntityKind) -> bool {
    kind != EntityKind::Enrollment
}

/// The columns of a file that name other records, as far as those were read.
#[derive(Default)]
pub(crate) struct Referring {
    single: Vec<Names>,
    lists: Vec<Names>,
}

/// The row that names others.
pub(crate) struct Naming<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) mark: &'a RowMark,
    pub(crate) index: usize,
    pub(crate) kind: EntityKind,
    pub(crate) id: &'a str,
    pub(crate) file: &'a SurveyedFile,
    pub(crate) record: u64,
}

impl Referring {
    /// `read` tells whether the records of a kind are known, or will be when the file is over.
    pub(crate) fn of(header: &Header, read: impl Fn(EntityKind) -> bool) -> Self {
        let (lists, single) =
            naming(header).filter(|names| read(names.kind)).partition(|names| names.is_list);
        Self { single, lists }
    }

    /// Whether no column names anything that was read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.single.is_empty() && self.lists.is_empty()
    }

    /// Looks up at once what up to 64 rows name. Returns a bit for each row that names something that is not known.
    pub(crate) fn look_up(&self, batch: &Batch, rows: &Range<usize>, ids: &[Ids]) -> u64 {
        self.single.iter().chain(&self.lists).fold(0, |missing, names| {
            let keys = batch.keys_of(rows, names.key);
            missing | ids.get(names.kind as usize).map_or(u64::MAX, |ids| ids.missing(keys))
        })
    }

    /// Whether the row may name several records in one cell, so that it has to be checked. Those would stand in quotes.
    #[inline]
    pub(crate) const fn may_be_several(&self, mark: &RowMark) -> bool {
        mark.has_quote && !self.lists.is_empty()
    }

    /// Checks a row. What it names in its own file may still come.
    pub(crate) fn check(
        &self,
        row: &Naming<'_>,
        ids: &[Ids],
        pending: &mut Pending,
        problems: &mut Vec<Problem>,
    ) {
        let keys = row.batch.keys(row.index);
        for &Names { position, kind, key, .. } in &self.single {
            let target = keys.get(key).copied().unwrap_or(0);
            if !is_known(ids, kind, target) && !decode::trim(row.batch.cell(row.mark, position)).is_empty() {
                row.miss(position, kind, target, pending, problems);
            }
        }
        for &Names { position, kind, .. } in &self.lists {
            for target in decode::list(row.batch.cell(row.mark, position)).map(hash) {
                if !is_known(ids, kind, target) {
                    row.miss(position, kind, target, pending, problems);
                    // One is enough: a cell may hold half a million.
                    break;
                }
            }
        }
    }
}

fn is_known(ids: &[Ids], kind: EntityKind, target: u64) -> bool {
    ids.get(kind as usize).is_some_and(|ids| ids.contains(target))
}

impl Naming<'_> {
    fn miss(
        &self,
        position: usize,
        kind: EntityKind,
        target: u64,
        pending: &mut Pending,
        problems: &mut Vec<Problem>,
    ) {
        let field = self.file.header.name_at(position);
        let place = place(&self.file.name, self.mark.line, self.record);
        if kind == self.kind {
            pending.0.push(Reference { id: self.id.into(), field, place, target });
        } else {
            problems.push(dangling(self.kind, self.id.into(), field, place, kind));
        }
    }
}

impl Pending {
    /// The file is over: what is still missing is missing.
    pub(crate) fn finish(&mut self, own: EntityKind, ids: &Ids) -> impl Iterator<Item = Problem> {
        let references = std::mem::take(&mut self.0);
        references
            .into_iter()
            .filter(|reference| !ids.contains(reference.target))
            .map(move |Reference { id, field, place, .. }| dangling(own, id, field, place, own))
    }
}

fn dangling(own: EntityKind, id: SourcedId, field: String, place: Place, kind: EntityKind) -> Problem {
    let message = format!("it names {} that is not in the files", with_article(kind));
    Problem::warning(codes::DANGLING_REFERENCE, message).of(own).with_id(id).in_field(field).at(place)
}

fn with_article(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Org => "an org",
        EntityKind::AcademicSession => "an academic session",
        EntityKind::Course => "a course",
        EntityKind::Class => "a class",
        EntityKind::Person => "a person",
        _ => "a record",
    }
}

/// A person that a row of another file adds to, and that did not come.
pub(crate) fn nobody(id: &str, field: String, place: Place) -> Problem {
    let message = "it adds to a person who is not in the files; it was left out";
    let problem = Problem::warning(codes::DANGLING_REFERENCE, message).of(EntityKind::Person);
    problem.with_id(id).in_field(field).at(place)
}

/// The place of a row.
pub(crate) fn place(file: &Arc<str>, line: u64, record: u64) -> Place {
    Place::File { file: Arc::clone(file), line, record }
}
