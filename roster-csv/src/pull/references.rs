//! Whether what a row names is there. A dangling reference is a warning here: the sync alone decides.

use std::sync::Arc;

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

/// The columns whose values are hashed where rows are found. Of records the id first, then those that name one other record,
/// then a person's e-mail address; of rows that add to people the person first, then the row's own id if it has one.
pub(crate) fn key_columns(header: &Header, rows: Rows) -> Vec<usize> {
    match rows {
        Rows::Records(_) => {
            let singles = single(header).map(|(position, _)| position);
            let email = header.position(Holds::PersonEmail);
            header.position(Holds::Id).into_iter().chain(singles).chain(email).collect()
        }
        _ => header.position(Holds::OfPerson).into_iter().chain(header.position(Holds::Id)).collect(),
    }
}

/// The keys that name one other record each, with the kinds of those.
pub(crate) fn named(header: &Header) -> Vec<(EntityKind, usize)> {
    single(header).enumerate().map(|(index, (_, kind))| (kind, index + 1)).collect()
}

/// Which of a row's keys is a person's e-mail address.
pub(crate) fn email_key(header: &Header) -> Option<usize> {
    header.position(Holds::PersonEmail).map(|_| single(header).count() + 1)
}

/// The columns that name one other record each.
fn single(header: &Header) -> impl Iterator<Item = (usize, EntityKind)> {
    header.known().filter_map(|(position, column)| {
        let is_single = !is_list(column.holds) && column.holds != Holds::OfPerson;
        column.refers.filter(|_| is_single).map(|kind| (position, kind))
    })
}

/// Whether records of the kind are named by others, so that their ids have to be known.
pub(crate) fn is_referred_to(kind: EntityKind) -> bool {
    kind != EntityKind::Enrollment
}

const fn is_list(holds: Holds) -> bool {
    matches!(holds, Holds::PersonOrgs | Holds::ClassSessions | Holds::PersonAgents)
}

/// The columns of a file that name other records, as far as those were read.
#[derive(Default)]
pub(crate) struct Referring {
    /// Position, kind, and which of the row's keys it is.
    single: Vec<(usize, EntityKind, usize)>,
    lists: Vec<(usize, EntityKind)>,
    /// Each column names one record: a row that is resolved need not be checked.
    is_plain: bool,
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
        let single = single(header).enumerate().map(|(index, (position, kind))| (position, kind, index + 1));
        // Who is related to whom is looked at when the people are over.
        let lists =
            header.known().filter(|(_, column)| is_list(column.holds) && column.holds != Holds::PersonAgents);
        let single: Vec<_> = single.filter(|(_, kind, _)| read(*kind)).collect();
        let lists: Vec<_> =
            lists.filter_map(|(at, column)| Some((at, column.refers.filter(|kind| read(*kind))?))).collect();
        Self { is_plain: lists.is_empty(), single, lists }
    }

    /// Whether all that a row names is known to be there.
    #[inline]
    pub(crate) const fn is_resolved(&self, mark: &RowMark) -> bool {
        mark.resolved && self.is_plain
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
        for &(position, kind, key) in &self.single {
            let target = keys.get(key).copied().unwrap_or(0);
            if !is_known(ids, kind, target) && !decode::trim(row.batch.cell(row.mark, position)).is_empty() {
                row.miss(position, kind, target, pending, problems);
            }
        }
        for &(position, kind) in &self.lists {
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
