//! What becomes of a row: events, in the frame of their kind.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use roster_core::{
    Completeness, Cursor, EntityKind, Error, FieldSet, InScope, Org, PartialCode, Person, Place, Problem,
    PullEvent, PullRequest, Record, Role, Severity, SourcedId, codes,
    hashed::{HashedSet, hash},
};

use super::{
    catalogue::Catalogue,
    ends::Ends,
    plan::{self, Step, kinds},
    recalled::Recalled,
    sharing::{Again, Shared, Sharing},
};
use crate::{
    collection::{Collection, Walk},
    map::{Row, Said, Section, Ties},
};

/// What is known while rows come.
pub(super) struct Intake {
    pub(super) request: PullRequest,
    pub(super) out: VecDeque<PullEvent>,
    pub(super) ends: Ends,
    pub(super) catalogue: Catalogue,
    /// What a feed told of seats and relationships so far; of a full pull nothing is recalled.
    pub(super) recalled: Option<Recalled>,
    /// A contact came.
    pub(super) saw_contact: bool,
    /// What of people is shared.
    pub(super) sharing: Sharing,
    pub(super) scope: InScope,
    begun: BTreeSet<EntityKind>,
    people: HashedSet,
    /// The district, until it is known whether it is in scope.
    district: Option<(Org, FieldSet, Place)>,
}

impl Intake {
    pub(super) fn new(request: &PullRequest, shared: Shared) -> Self {
        Self {
            request: request.clone(),
            out: VecDeque::new(),
            ends: Ends::default(),
            catalogue: Catalogue::default(),
            recalled: None,
            saw_contact: false,
            sharing: Sharing::new(&request.sensitive, shared),
            scope: InScope::new(request.scope.clone()),
            begun: BTreeSet::new(),
            people: HashedSet::default(),
            district: None,
        }
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        self.out.push_back(PullEvent::Problem(Box::new(problem)));
    }

    pub(super) fn checkpoint(&mut self, cursor: Cursor) {
        self.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
    }

    /// Reading of a collection's kinds starts.
    pub(super) fn begin(&mut self, collection: Collection) {
        for kind in kinds(collection) {
            if self.request.wants(*kind) && self.begun.insert(*kind) {
                let fields = plan::fields(&self.request, *kind);
                self.out.push_back(PullEvent::Begin { kind: *kind, expected: None, fields });
            }
        }
        if collection == Collection::Schools && self.scope.is_everything() {
            self.deliver_district();
        }
    }

    /// Keeps the district until orgs are delivered.
    pub(super) fn hold_district(&mut self, org: Org, unseen: FieldSet, place: Place) {
        if !self.scope.is_everything() {
            self.scope.learn_org(&org);
        }
        self.district = Some((org, unseen, place));
    }

    fn deliver_district(&mut self) {
        if let Some((org, unseen, place)) = self.district.take()
            && self.request.wants(EntityKind::Org)
        {
            self.upsert(org.into(), unseen, &place);
        }
    }

    pub(super) fn upsert(&mut self, mut record: Record, unseen: FieldSet, place: &Place) {
        record.normalize();
        self.out.push_back(PullEvent::Upsert { record, unseen, place: Some(Arc::new(place.clone())) });
    }

    /// Takes a row of a list, or the object of an event.
    pub(super) fn row(&mut self, step: Step, row: Row, place: &Place) {
        let Row { id, said, problems, unseen } = row;
        match said {
            Said::District(district) => {
                self.note(EntityKind::Org, problems);
                self.begin(Collection::Schools);
                if self.request.wants(EntityKind::Org) && self.scope.is_everything() {
                    self.upsert(district.org.into(), unseen, place);
                }
            }
            Said::Org(org) => self.school(*org, unseen, problems, place),
            Said::Catalogued(record) => {
                let id = id.unwrap_or_else(|| record.id().clone());
                self.catalogued(&id, record, unseen, problems, place);
            }
            Said::Section(section) => self.section(*section, unseen, problems, place),
            Said::Person(person, ties) => self.person(*person, ties, unseen, problems, place),
            Said::Unreadable(problem) => self.unreadable(step, *problem, id, place),
            Said::Nothing => {}
        }
    }

    fn note(&mut self, kind: EntityKind, problems: Vec<Problem>) {
        if self.request.wants(kind) {
            for problem in problems {
                self.tell(problem);
            }
        }
    }

    fn school(&mut self, org: Org, unseen: FieldSet, problems: Vec<Problem>, place: &Place) {
        if !self.scope.is_everything() {
            self.scope.learn_org(&org);
            // Schools lie below the district and nowhere else, so that a name decides at once.
            if !self.request.scope.names_org(&org.id) {
                return;
            }
        }
        if self.request.wants(EntityKind::Org) {
            self.note(EntityKind::Org, problems);
            self.upsert(org.into(), unseen, place);
        }
    }

    fn catalogued(
        &mut self,
        id: &SourcedId,
        record: Record,
        unseen: FieldSet,
        problems: Vec<Problem>,
        place: &Place,
    ) {
        let kind = record.kind();
        self.catalogue.came(id);
        if !self.catalogue.learn(id, &record) || !self.request.wants(kind) || !self.scope.enter(&record) {
            return;
        }
        self.note(kind, problems);
        self.upsert(record, unseen, place);
    }

    fn section(&mut self, mut section: Section, mut unseen: FieldSet, problems: Vec<Problem>, place: &Place) {
        let class = &section.class;
        if !self.scope.is_everything() && !self.scope.enter_class(&class.id, class.org.as_ref()) {
            return;
        }
        let id = class.id.clone();
        for seat in &section.seats {
            if !self.scope.is_everything() {
                self.scope.enter_seat(&id, &seat.person);
            }
        }
        let dangling = self.catalogue.resolve(&mut section, &mut unseen);
        self.note(EntityKind::Class, problems);
        self.note(EntityKind::Class, dangling.into_iter().map(|problem| problem.at(place.clone())).collect());
        if self.request.wants(EntityKind::Class) {
            self.upsert(section.class.clone().into(), unseen, place);
        }
        if self.request.wants(EntityKind::Enrollment) {
            self.seats(&section, place);
        }
    }

    fn person(
        &mut self,
        person: Person,
        ties: Ties,
        unseen: FieldSet,
        problems: Vec<Problem>,
        place: &Place,
    ) {
        let is_contact = person.has_role(&Role::Contact);
        self.saw_contact |= is_contact;
        if self.recalled.is_some() {
            self.sharing.learn(&person);
        }
        // In each of the walks a person comes with all roles.
        if self.recalled.is_none() && !self.people.insert(hash(&person.id)) {
            return;
        }
        let in_scope = self.person_in_scope(&person, &ties);
        if !in_scope {
            return;
        }
        let id = person.id.clone();
        if self.request.wants(EntityKind::Person) {
            self.note(EntityKind::Person, problems);
            self.upsert(person.into(), unseen, place);
        }
        if is_contact && self.request.wants(EntityKind::Relationship) {
            self.ties(&id, ties, place);
        }
    }

    fn person_in_scope(&mut self, person: &Person, ties: &Ties) -> bool {
        if self.scope.is_everything() {
            return true;
        }
        self.scope.learn_person(hash(&person.id), &person.affiliations, &[]);
        let has_pupil = ties.relationships.iter().any(|tie| self.scope.holds_pupil(hash(&tie.student)));
        has_pupil || self.scope.holds_person(hash(&person.id), &person.affiliations)
    }

    /// A row that could not be read: what hangs on it is unknown too.
    fn unreadable(&mut self, step: Step, mut problem: Problem, id: Option<SourcedId>, place: &Place) {
        let kind = step.collection.kind();
        let reason = format!("{place}: a row could not be read");
        let unreadable = || Completeness::Partial { code: PartialCode::Unreadable, reason: reason.clone() };
        match (step.collection, id) {
            (Collection::Sections, Some(id)) => {
                self.end_part(EntityKind::Enrollment, EntityKind::Class, &id, unreadable());
            }
            (Collection::Users, Some(id)) => {
                if step.walk.is_none_or(|walk| walk == Walk::Contact) {
                    self.end_part(EntityKind::Relationship, EntityKind::Person, &id, unreadable());
                }
                self.people.insert(hash(&id));
            }
            (Collection::Schools | Collection::Districts, Some(_)) => {}
            (Collection::Users, None) => match step.walk {
                Some(walk) => self.ends.doubt_walk(walk, PartialCode::Unreadable, &reason),
                None => self.ends.doubt(kinds(step.collection), PartialCode::Unreadable, &reason),
            },
            (Collection::Terms | Collection::Courses, _) => {
                // Its record is known by what it says, which could not be read.
                problem.id = None;
                self.ends.doubt(kinds(step.collection), PartialCode::Unreadable, &reason);
            }
            (_, None) => self.ends.doubt(kinds(step.collection), PartialCode::Unreadable, &reason),
        }
        if !kinds(step.collection).iter().any(|kind| self.request.wants(*kind)) {
            return;
        }
        if !self.request.wants(kind) {
            // It is told all the same, since seats or relationships hang on it; it concerns no record that the host has.
            (problem.kind, problem.id, problem.severity) = (None, None, Severity::Warning);
        }
        self.tell(problem);
    }

    /// All people of a walk came. Gives those who have to be told again, now that it is known what is shared.
    pub(super) fn judge_sharing(&mut self, walk: Walk) -> Option<Again> {
        let lost = self.sharing.lost(walk);
        if !lost.is_empty() {
            let message = format!(
                "{}: shared before, and told of nobody any more: the district may share them no longer; those that are known \
                 are frozen as they are",
                lost.join(", ")
            );
            self.tell(Problem::warning(codes::NOT_SHARED, message));
        }
        let again = self.sharing.again(walk)?;
        again.people.iter().for_each(|person| {
            self.people.remove(person);
        });
        Some(again)
    }

    /// A collection was refused.
    pub(super) fn refuse(&mut self, step: Step, error: &Error, code: PartialCode) {
        let message = format!("{}; nothing can be said of it", error.message());
        // A whole kind's matter, and no record's.
        self.tell(Problem::warning(codes::REFUSED_COLLECTION, message));
        self.begin(step.collection);
        self.withhold(step, code, error.message());
    }

    /// Of a collection it can't be said what there is.
    pub(super) fn withhold(&mut self, step: Step, code: PartialCode, reason: &str) {
        match step.walk {
            Some(walk) => self.ends.doubt_walk(walk, code, reason),
            None => {
                let scoped = !self.scope.is_everything();
                self.ends.doubt(touched(step.collection, scoped), code, reason);
            }
        }
    }

    /// A collection is over.
    pub(super) fn close(&mut self, step: Step, is_last_walk: bool, was_refused: bool) {
        match step.collection {
            Collection::Schools => {
                let missing = self.scope.close_orgs();
                self.unknown(EntityKind::Org, missing);
                let holds =
                    self.district.as_ref().is_some_and(|(org, ..)| self.scope.holds_org(Some(&org.id)));
                if holds {
                    self.deliver_district();
                }
            }
            Collection::Terms => self.catalogue.knows_terms = !was_refused,
            Collection::Courses => self.catalogue.knows_courses = !was_refused,
            Collection::Sections => {
                let missing = self.scope.close_classes();
                self.unknown(EntityKind::Class, missing);
            }
            Collection::Users => {
                if let Some(walk) = step.walk {
                    self.ends.walked(walk);
                }
                if !is_last_walk {
                    return;
                }
            }
            Collection::Districts => {}
        }
        self.end(step.collection, &Completeness::Complete);
    }

    /// The kinds of a collection end.
    pub(super) fn end(&mut self, collection: Collection, completeness: &Completeness) {
        for kind in kinds(collection) {
            if self.request.wants(*kind) {
                self.out.extend(self.ends.of(*kind, completeness));
            }
        }
    }

    fn unknown(&mut self, kind: EntityKind, ids: Vec<SourcedId>) {
        for id in ids {
            let message = format!(
                "the pull is limited to this {kind}, and Clever does not have it, or does not share it"
            );
            self.tell(Problem::warning(codes::UNKNOWN_SCOPE, message).of(kind).with_id(id));
        }
    }
}

/// The kinds that a collection's wholeness decides about.
fn touched(collection: Collection, scoped: bool) -> &'static [EntityKind] {
    use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
    match collection {
        Collection::Schools if scoped => &[Org, Course],
        Collection::Sections if scoped => &[Class, Enrollment, Person, Relationship],
        other => kinds(other),
    }
}
