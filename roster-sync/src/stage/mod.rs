//! What a pull delivered, compared with what the store has while it streams.

mod census;
mod entry;
mod quarantine;
mod targets;
mod undo;
mod window;

use std::collections::{BTreeSet, HashMap, HashSet};

use roster_core::{
    Completeness, Cursor, EntityKind, Field, FieldSet, OrgField, PersonField, Problem, PullEvent,
    PullRequest, Result, SensitiveField, Severity, Slice, SourcedId, Tally, codes,
};

pub(crate) use self::{
    census::Census,
    entry::{Entry, Verdict},
    quarantine::{Held, Quarantine},
};
use self::{entry::Entries, targets::Targets, undo::Undo, window::Window};
use crate::{
    Key,
    known::{Known, mark},
    record::Mask,
    spill::Spill,
};

/// How many problems that name a record are kept with the run.
const NAMED: usize = 20_000;

/// A pull, staged.
///
/// A record that is as it was leaves a mark and nothing else. One that is new or different is kept as JSON. What follows
/// from all that is decided by the plan, when the stream is over.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) known: Known,
    pub(crate) quarantine: Quarantine,
    pub(crate) entries: Entries,
    pub(crate) spill: Spill,
    /// Ids that an error names: nothing is done to them.
    pub(crate) rejected: HashMap<Key, EntityKind>,
    /// How the slices ended.
    pub(crate) slices: Vec<(EntityKind, Slice, Completeness)>,
    /// The kinds that the pull spoke of.
    pub(crate) begun: BTreeSet<EntityKind>,
    /// The groups of the records that have no uid yet, all entries counted.
    pub(crate) arrivals: Census,
    /// What new and changed records name beside what they hang on.
    pub(crate) targets: Targets,
    /// Records of which the pull said that they name what is not there.
    pub(crate) noted: HashSet<Key>,
    pub(crate) problems: Tally,
    /// Problems that name a record.
    pub(crate) named: Vec<Problem>,
    /// An error named no record, or a record in a pull of changes: only a full pull can tell.
    pub(crate) unclear: Option<String>,
    pub(crate) cursor: Option<Cursor>,
    masks: [Mask; EntityKind::ALL.len()],
    window: Window,
    buffer: Vec<u8>,
    undo: Option<Undo>,
}

impl Stage {
    /// Ready for a pull. With `in_steps` it can be taken back to the last checkpoint.
    pub(crate) fn new(quarantine: Quarantine, request: &PullRequest, in_steps: bool) -> Self {
        Self {
            known: Known::default(),
            quarantine,
            entries: Entries::default(),
            spill: Spill::default(),
            rejected: HashMap::new(),
            slices: Vec::new(),
            begun: BTreeSet::new(),
            arrivals: Census::default(),
            targets: Targets::default(),
            noted: HashSet::new(),
            problems: Tally::new(),
            named: Vec::new(),
            unclear: None,
            cursor: None,
            masks: EntityKind::ALL.map(|kind| {
                let erased = not_asked(kind, &request.sensitive, request.extra);
                Mask { seen: FieldSet::all(kind).minus(erased), erased }
            }),
            window: Window::default(),
            buffer: Vec::new(),
            undo: in_steps.then(Undo::default),
        }
    }

    /// Takes one event. The flag says that [`settle`](Self::settle) has to be called before the next.
    #[inline]
    pub(crate) fn take(&mut self, event: PullEvent) -> Taken {
        match event {
            PullEvent::Upsert { record, unseen, .. } => self.upsert(record, unseen),
            // These say nothing of a single record, and so may overtake those that wait.
            PullEvent::Begin { kind, fields, .. } => {
                self.begun.insert(kind);
                if let Some(mask) = self.masks.get_mut(kind as usize) {
                    mask.seen = fields.minus(mask.erased);
                }
                Taken::Done
            }
            PullEvent::End { kind, slice, completeness } => {
                self.slices.push((kind, slice, completeness));
                Taken::Done
            }
            PullEvent::Problem(problem) if problem.protects().is_none() => {
                self.problem(*problem);
                Taken::Done
            }
            PullEvent::Checkpoint(cursor) if self.window.is_empty() => {
                self.checkpoint(*cursor);
                Taken::Done
            }
            other => Taken::After(other),
        }
    }

    /// Whether no record, and nothing about one, was told: every kind ended as it was.
    pub(crate) fn knows_only_that_nothing_changed(&self) -> bool {
        self.known.len() == 0
            && self.window.is_empty()
            && self.entries.len() == 0
            && self.rejected.is_empty()
            && self.slices.iter().all(|(.., completeness)| *completeness == Completeness::Unchanged)
    }

    /// Does what could not be done at once.
    pub(crate) async fn settle(&mut self, event: Option<PullEvent>) -> Result<()> {
        self.flush().await?;
        match event {
            Some(PullEvent::Delete { kind, id }) => self.delete(kind, &id),
            Some(PullEvent::Problem(problem)) => self.problem(*problem),
            Some(PullEvent::Checkpoint(cursor)) => self.checkpoint(*cursor),
            _ => {}
        }
        self.spill.relax().await
    }

    pub(crate) fn mask(&self, kind: EntityKind) -> Mask {
        self.masks.get(kind as usize).copied().unwrap_or_default()
    }

    fn delete(&mut self, kind: EntityKind, id: &SourcedId) {
        let key = Key::of(kind, id);
        if self.rejected.contains_key(&key) {
            return;
        }
        if let Some(place) = self.known.find(key) {
            let marks = self.known.marks(place) & !(mark::SEEN | mark::STAGED) | mark::DELETED;
            self.set_marks(place, marks);
        }
        self.drop_entry(key);
        self.change_held(key, |held| (held.seen, held.deleted) = (false, true));
    }

    fn problem(&mut self, problem: Problem) {
        if let (codes::DANGLING_REFERENCE, Some(kind), Some(id)) = (&*problem.code, problem.kind, &problem.id)
        {
            self.noted.insert(Key::of(kind, id));
        }
        if let Some((kind, id)) = problem.protects() {
            let key = Key::of(kind, id);
            self.protect(key, kind);
            if self.undo.is_some() {
                self.unclear = Some(format!("an error concerned the {kind} {id}"));
            }
        } else if let (Severity::Error, Some(kind)) = (problem.severity, problem.kind) {
            self.unclear =
                Some(format!("an error concerned a record of the kind {kind} that could not be named"));
        }
        self.report(problem);
    }

    /// Takes a problem into the report, and does nothing about it.
    pub(crate) fn report(&mut self, problem: Problem) {
        let event = PullEvent::Problem(Box::new(problem));
        self.problems.count(&event);
        if let PullEvent::Problem(problem) = event
            && problem.id.is_some()
            && self.named.len() < NAMED
        {
            self.named.push(*problem);
        }
    }

    /// Keeps an id as it is, whatever else the pull says of it.
    fn protect(&mut self, key: Key, kind: EntityKind) {
        if self.rejected.insert(key, kind).is_none()
            && let Some(undo) = &mut self.undo
        {
            undo.rejected(key);
        }
        if let Some(place) = self.known.find(key) {
            let marks =
                self.known.marks(place) & !(mark::SEEN | mark::STAGED | mark::DELETED) | mark::PROTECTED;
            self.set_marks(place, marks);
        }
        self.drop_entry(key);
        self.change_held(key, |held| held.protected = true);
    }

    fn drop_entry(&mut self, key: Key) {
        if let Some(place) = self.entries.find(key) {
            self.set_verdict(place, Verdict::Withdrawn);
        }
    }

    fn set_marks(&mut self, place: u32, marks: u8) {
        if let Some(undo) = &mut self.undo {
            undo.marks(place, self.known.marks(place));
        }
        self.known.set_marks(place, marks);
    }

    fn set_verdict(&mut self, place: u32, verdict: Verdict) {
        let before = self.entries.set_verdict(place, verdict);
        if let Some(undo) = &mut self.undo {
            undo.verdict(place, before);
        }
    }

    fn change_held(&mut self, key: Key, change: impl FnOnce(&mut Held)) {
        if let Some(held) = self.quarantine.get_mut(key) {
            if let Some(undo) = &mut self.undo {
                undo.held(key, held);
            }
            change(held);
        }
    }

    /// All before this may be applied, whatever comes.
    fn checkpoint(&mut self, cursor: Cursor) {
        self.cursor = Some(cursor);
        if let Some(undo) = &mut self.undo {
            undo.forget(self.entries.len(), self.slices.len());
        }
    }

    /// Takes back all that came after the last checkpoint.
    pub(crate) fn back_to_checkpoint(&mut self) {
        self.window.clear();
        let Some(undo) = self.undo.take() else { return };
        undo.apply(self);
    }
}

/// What became of an event.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It is done with.
    Done,
    /// It is kept until the window is flushed, which is due now.
    Full,
    /// It is to be given to [`settle`](Stage::settle).
    After(PullEvent),
}

/// The fields that are not asked for by a request for these.
pub(crate) fn not_asked(kind: EntityKind, sensitive: &BTreeSet<SensitiveField>, extra: bool) -> FieldSet {
    let mut fields = FieldSet::EMPTY;
    if !extra {
        // `Extra` is the one field that all kinds have; each has a number of its own for it.
        fields = fields.union(extra_of(kind));
    }
    if kind == EntityKind::Person {
        for (asked, field) in [
            (SensitiveField::BirthDate, PersonField::BirthDate),
            (SensitiveField::Gender, PersonField::Gender),
            (SensitiveField::LegalName, PersonField::LegalName),
            (SensitiveField::Phones, PersonField::Phones),
            (SensitiveField::Emails, PersonField::Emails),
            (SensitiveField::Addresses, PersonField::Addresses),
            (SensitiveField::Demographics, PersonField::Demographics),
        ] {
            if !sensitive.contains(&asked) {
                fields = fields.with(field);
            }
        }
    }
    fields
}

fn extra_of(kind: EntityKind) -> FieldSet {
    use roster_core::{AcademicSessionField, ClassField, CourseField, EnrollmentField, RelationshipField};

    fn one(field: impl Field) -> FieldSet {
        FieldSet::of([field])
    }
    match kind {
        EntityKind::Org => one(OrgField::Extra),
        EntityKind::AcademicSession => one(AcademicSessionField::Extra),
        EntityKind::Course => one(CourseField::Extra),
        EntityKind::Class => one(ClassField::Extra),
        EntityKind::Person => one(PersonField::Extra),
        EntityKind::Enrollment => one(EnrollmentField::Extra),
        EntityKind::Relationship => one(RelationshipField::Extra),
        _ => FieldSet::EMPTY,
    }
}
