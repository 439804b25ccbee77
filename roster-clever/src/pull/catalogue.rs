//! Terms and courses by Clever's ids, which are not stable, and by what they say, which is what records are known by.

use roster_core::{
    ClassField, EntityKind, FieldSet, Problem, Record, SourcedId, codes,
    hashed::{HashedMap, HashedSet, hash},
};

use crate::map::Section;

/// Terms and courses. A side table: sections name them by Clever's ids.
#[derive(Default)]
pub(super) struct Catalogue {
    terms: HashedMap<SourcedId>,
    courses: HashedMap<SourcedId>,
    delivered: HashedSet,
    /// Clever's ids of those that came in the lists.
    read: HashedSet,
    /// All of them were read.
    pub(super) knows_terms: bool,
    pub(super) knows_courses: bool,
}

impl Catalogue {
    /// Learns of a term or course under Clever's id. Returns whether nothing said the same before: then it is to be delivered.
    pub(super) fn learn(&mut self, id: &str, record: &Record) -> bool {
        let (table, mark) = match record {
            Record::AcademicSession(_) => (&mut self.terms, "t"),
            _ => (&mut self.courses, "c"),
        };
        table.insert(hash(id), record.id().clone());
        self.delivered.insert(hash(&format!("{mark}{}", record.id())))
    }

    /// Forgets what was told: all of it is read.
    pub(super) fn read_anew(&mut self) {
        self.delivered.clear();
    }

    /// It came in a list.
    pub(super) fn came(&mut self, id: &str) {
        self.read.insert(hash(id));
    }

    /// Whether it came in a list, by the hash of Clever's id.
    pub(super) fn has_read(&self, id: u64) -> bool {
        self.read.contains(&id)
    }

    /// Names what a section refers to. What can't be found is unknown; that it is not there is told only where all were read.
    pub(super) fn resolve(&self, section: &mut Section, unseen: &mut FieldSet) -> Vec<Problem> {
        let mut problems = Vec::new();
        let missing = |key: &'static str| {
            let message = "the section names one that is not there; the reference was left out";
            Problem::warning(codes::DANGLING_REFERENCE, message)
                .of(EntityKind::Class)
                .with_id(section.class.id.clone())
                .in_field(key)
        };
        if let Some(id) = &section.course {
            section.class.course = self.courses.get(&hash(id)).cloned();
            if section.class.course.is_none() {
                *unseen = unseen.with(ClassField::Course);
                problems.extend(self.knows_courses.then(|| missing("course")));
            }
        }
        if let Some(id) = &section.term {
            section.class.sessions = self.terms.get(&hash(id)).cloned().into_iter().collect();
            if section.class.sessions.is_empty() {
                *unseen = unseen.with(ClassField::Sessions);
                problems.extend(self.knows_terms.then(|| missing("term_id")));
            }
        }
        problems
    }
}
