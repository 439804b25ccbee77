//! Whether what a row names is there. A dangling reference is a warning here: the sync alone decides.

use std::sync::Arc;

use roster_core::{EntityKind, Place, Problem, SourcedId, codes, decode, table::Holds};

use crate::{
    dialect::Header,
    keys::{Keys, hash},
    rows::{Batch, RowMark},
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

/// The columns of a file that name other records, with the kinds whose files were read before.
pub(crate) struct Referring {
    columns: Vec<(usize, EntityKind, bool)>,
}

impl Referring {
    /// `read` tells whether the records of a kind are known.
    pub(crate) fn of(header: &Header, read: impl Fn(EntityKind) -> bool) -> Self {
        let columns = header.known().filter_map(|(position, column)| {
            // Who is related to whom is looked at when the people are over.
            let kind = column.refers.filter(|_| column.holds != Holds::PersonAgents)?;
            let is_list = matches!(column.holds, Holds::PersonOrgs | Holds::ClassSessions);
            read(kind).then_some((position, kind, is_list))
        });
        Self { columns: columns.collect() }
    }

    /// Checks a row. `own` is the kind of its own file, whose records are still coming.
    #[expect(clippy::too_many_arguments, reason = "all of it is the row at hand")]
    pub(crate) fn check(
        &self,
        batch: &Batch,
        mark: &RowMark,
        own: EntityKind,
        id: &str,
        place: impl Fn() -> Place,
        header: &Header,
        keys: &[Keys],
        pending: &mut Pending,
        problems: &mut Vec<Problem>,
    ) {
        for &(position, kind, is_list) in &self.columns {
            let cell = decode::trim(batch.cell(mark, position));
            let mut check = |target: &str| {
                let target = hash(target);
                if keys.get(kind as usize).is_some_and(|keys| keys.contains(target)) {
                    return;
                }
                let field = header.name_at(position);
                if kind == own {
                    pending.0.push(Reference { id: id.into(), field, place: place(), target });
                } else {
                    problems.push(dangling(own, id.into(), field, place(), kind));
                }
            };
            if is_list {
                decode::list(cell).for_each(check);
            } else if !cell.is_empty() {
                check(cell);
            }
        }
    }
}

impl Pending {
    /// The file is over: what is still missing is missing.
    pub(crate) fn finish(&mut self, own: EntityKind, keys: &Keys) -> impl Iterator<Item = Problem> {
        let references = std::mem::take(&mut self.0);
        references.into_iter().filter(|reference| !keys.contains(reference.target)).map(
            move |Reference { id, field, place, .. }| dangling(own, id, field, place, own),
        )
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
