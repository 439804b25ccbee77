//! What becomes of a row: events, in the frame of their kind.

mod lost;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use roster_core::{
    Completeness, Cursor, Entity, EntityKind, Error, FieldSet, InScope, PartialCode, Person, Place, Problem,
    PullEvent, PullRequest, Record, Severity, Slice, SourcedId, codes,
};
use roster_http::paging::Finish;

use super::{
    delivered::Delivered,
    ends::Ends,
    plan::{self, Purpose, Step, demographic_fields, touched},
    told::Told,
};
use crate::{
    Related, Relations,
    rest::{
        collection::Collection,
        map::{self, Row, Said},
    },
};

/// What is known while rows come.
pub(super) struct Intake {
    request: PullRequest,
    out: VecDeque<PullEvent>,
    ends: Ends,
    scope: InScope,
    relations: Relations<()>,
    begun: BTreeSet<EntityKind>,
    /// For servers whose data may be replaced while they are read: what was told, and ends that are told once it is sure that
    /// they were not.
    turning: Option<Turning>,
    /// A record could not be read, or a kind that is shared not whole.
    unsound: bool,
    /// Kinds that are not shared.
    withheld: BTreeSet<EntityKind>,
    /// What `/demographics` says.
    told: Told,
}

/// What is kept for servers whose data may be replaced while they are read.
#[derive(Default)]
struct Turning {
    delivered: Delivered,
    ends: Vec<EntityKind>,
    started_over: bool,
}

impl Intake {
    /// `turning`: the data may be replaced while they are read, and the server tells.
    pub(super) fn new(request: &PullRequest, turning: bool) -> Self {
        Self {
            turning: turning.then(Turning::default),
            unsound: false,
            withheld: BTreeSet::new(),
            request: request.clone(),
            out: VecDeque::new(),
            ends: Ends::default(),
            scope: InScope::new(request.scope.clone()),
            relations: Relations::default(),
            begun: BTreeSet::new(),
            told: Told::default(),
        }
    }

    pub(super) fn pop(&mut self) -> Option<PullEvent> {
        self.out.pop_front()
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        if problem.severity == Severity::Error {
            self.unsound = true;
            if let (Some(turning), Some((kind, id))) = (&mut self.turning, problem.protects()) {
                turning.delivered.add(kind, id);
            }
        }
        self.out.push_back(PullEvent::Problem(Box::new(problem)));
    }

    fn tell_all(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.tell(problem);
        }
    }

    fn upsert(&mut self, record: Record, unseen: FieldSet, place: Option<Arc<Place>>) {
        if let Some(turning) = &mut self.turning {
            turning.delivered.add(record.kind(), record.id());
        }
        self.out.push_back(PullEvent::Upsert { record, unseen, place });
    }

    /// All data were replaced while they were read: what was learnt of them is forgotten, and they are read again.
    pub(super) fn start_over(&mut self) {
        self.scope = InScope::new(self.request.scope.clone());
        self.relations = Relations::default();
        self.ends = Ends::default();
        self.told.start_over();
        if let Some(turning) = &mut self.turning {
            turning.delivered.start_over();
            turning.ends.clear();
            turning.started_over = true;
        }
    }

    /// All was read, of one revision: tells what could not be told before.
    pub(super) fn settle(&mut self) {
        let Some(turning) = &mut self.turning else { return };
        // What was not told again is gone only where all was seen this time.
        let is_whole =
            |kind| turning.ends.contains(&kind) && matches!(self.ends.of(kind), Completeness::Complete);
        let left = turning.delivered.left_over().into_iter().filter(|(kind, _)| is_whole(*kind));
        self.out.extend(left.map(|(kind, id)| PullEvent::Delete { kind, id }));
        for kind in std::mem::take(&mut turning.ends) {
            let completeness = self.ends.of(kind);
            match &completeness {
                Completeness::Partial { code: PartialCode::Withheld, .. } => {
                    self.withheld.insert(kind);
                }
                other => self.unsound |= other.is_partial(),
            }
            self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
        }
    }

    /// The kinds that are not shared.
    pub(super) fn withheld(&self) -> BTreeSet<EntityKind> {
        self.withheld.clone()
    }

    /// Whether the host now has all that the server shares.
    pub(super) fn is_sound(&self) -> bool {
        !self.unsound && self.ends.is_unfiltered()
    }

    /// Nothing changed since the host had all that was shared.
    pub(super) fn unchanged(&mut self, withheld: &BTreeSet<EntityKind>) {
        self.withheld.clone_from(withheld);
        let wanted: Vec<_> = self.request.wanted().collect();
        for kind in wanted {
            let fields = plan::fields(&self.request, kind);
            self.out.push_back(PullEvent::Begin { kind, expected: None, fields });
            let completeness = if withheld.contains(&kind) {
                let reason = "it was not shared when the data were last read, and they have not changed";
                self.tell(Problem::warning(codes::REFUSED_COLLECTION, format!("{kind}: {reason}")));
                Completeness::Partial { code: PartialCode::Withheld, reason: reason.to_owned() }
            } else {
                Completeness::Unchanged
            };
            self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
        }
    }

    /// A page has another number of rows than it says, also when it was asked for again.
    pub(super) fn miscounted(&mut self, step: Step, place: &Place, said: u64, came: usize) {
        if step.purpose == Purpose::Side {
            self.told.obscure(None);
        }
        let touched = self.touched(step);
        self.ends.miscounted(&place.to_string(), said, came, &touched);
    }

    pub(super) fn checkpoint(&mut self, cursor: Cursor) {
        self.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
    }

    pub(super) fn all_refused(&mut self) -> Option<Error> {
        self.ends.all_refused()
    }

    /// The first page of a collection is there, or will never be.
    pub(super) fn begin(&mut self, step: Step, total: Option<u64>, filtered: bool) {
        if step.purpose != Purpose::Deliver {
            return;
        }
        for kind in step.collection.kinds() {
            if !self.request.wants(*kind) || !self.begun.insert(*kind) {
                continue;
            }
            if filtered {
                self.ends.filtered(&[*kind]);
            }
            let mut fields = plan::fields(&self.request, *kind);
            if *kind == EntityKind::Person && self.told.is_refused() {
                fields = fields.minus(demographic_fields());
            }
            let is_whole = !filtered && self.scope.is_everything() && *kind != EntityKind::Relationship;
            let expected = total.filter(|_| is_whole);
            self.out.push_back(PullEvent::Begin { kind: *kind, expected, fields });
        }
    }

    pub(super) fn row(&mut self, step: Step, row: Row, place: &Arc<Place>, filtered: bool) {
        if step.purpose == Purpose::Learn {
            return self.learn(step, &row, place);
        }
        let Row { id, said, problems, unseen, lost, .. } = row;
        match (said, id) {
            (Said::Record(record, agents), _) => {
                if self.enters(&record, lost, place) {
                    self.record(record, agents, problems, unseen, place, filtered);
                }
            }
            (Said::Gone, Some(id)) => {
                let kind = step.collection.kind();
                if self.request.wants(kind) {
                    self.out.push_back(PullEvent::Delete { kind, id });
                }
            }
            (Said::Facts(facts), Some(id)) => {
                self.tell_all(problems);
                self.told.take(id, facts);
            }
            (Said::Unreadable(problem), id) => self.unreadable(step, *problem, id, place),
            (Said::Nothing | Said::Gone | Said::Facts(_), _) => {}
        }
    }

    fn record(
        &mut self,
        mut record: Record,
        agents: Vec<SourcedId>,
        problems: Vec<Problem>,
        mut unseen: FieldSet,
        place: &Arc<Place>,
        filtered: bool,
    ) {
        if let Record::Person(person) = &mut record {
            if self.request.wants(EntityKind::Relationship) {
                self.relations.add(&person.id, &person.affiliations, agents, &());
            }
            unseen = unseen.union(self.add_facts(person, filtered));
        }
        if !self.request.wants(record.kind()) {
            return;
        }
        self.tell_all(problems);
        self.upsert(record, unseen, Some(Arc::clone(place)));
    }

    /// Adds what `/demographics` says. Of a person that changed it may not have come along, and is unknown then.
    fn add_facts(&mut self, person: &mut Person, filtered: bool) -> FieldSet {
        if self.told.is_refused() {
            // Where they could be read before the pull started over, `Begin` said that they would be told.
            let began_with = self.turning.as_ref().is_some_and(|turning| turning.started_over);
            let asked = plan::needs_demographics(&self.request);
            return if began_with && asked { demographic_fields() } else { FieldSet::EMPTY };
        }
        let asked = filtered && plan::needs_demographics(&self.request);
        self.told.add_to(person, if asked { demographic_fields() } else { FieldSet::EMPTY })
    }

    fn touched(&self, step: Step) -> Vec<EntityKind> {
        touched(step, !self.scope.is_everything())
    }

    /// A collection is over, or a school's part of it.
    pub(super) fn finished(
        &mut self,
        step: Step,
        school: Option<&SourcedId>,
        page: u64,
        finish: Finish,
        repeated: u64,
    ) {
        let touched = self.touched(step);
        self.ends.finished(&map::path(step.collection, school), page, finish, &touched);
        if finish != Finish::Whole && step.purpose == Purpose::Side {
            self.told.obscure(None);
        }
        if repeated > 0 && step.purpose == Purpose::Deliver {
            let message = format!("{repeated} rows came more than once; each was counted once");
            let problem = Problem::warning(codes::REPEATED_RECORD, message).of(step.collection.kind());
            self.tell(problem);
        }
    }

    /// The schools that the pull is limited to and the server has.
    pub(super) fn schools(&self) -> VecDeque<SourcedId> {
        self.scope.orgs_found().cloned().collect()
    }

    /// A page came, whatever comes of the others.
    pub(super) fn answered(&mut self) {
        self.ends.answered();
    }

    /// A collection was refused.
    pub(super) fn refuse(&mut self, step: Step, error: Error, filtered: bool) {
        let message = format!("{}; nothing can be said of it", error.message());
        // A whole kind's matter, and no record's.
        let problem = Problem::warning(codes::REFUSED_COLLECTION, message);
        if step.purpose == Purpose::Side {
            self.told.refuse();
        }
        self.begin(step, None, filtered);
        self.tell(problem);
        let touched = self.touched(step);
        self.ends.refused(error, &touched);
        self.close(step);
    }

    /// All that will come of a collection came.
    pub(super) fn close(&mut self, step: Step) {
        match (step.collection, step.purpose) {
            (Collection::Orgs, Purpose::Learn) => {
                let missing = self.scope.close_orgs();
                self.unknown(EntityKind::Org, missing);
            }
            (Collection::Users, Purpose::Learn) => self.scope.close_people(),
            (Collection::Classes, _) => {
                let missing = self.scope.close_classes();
                self.unknown(EntityKind::Class, missing);
            }
            _ => {}
        }
        if step.purpose != Purpose::Deliver {
            return;
        }
        if step.collection == Collection::Users {
            self.relationships();
            self.facts_left();
        }
        for kind in step.collection.kinds() {
            if !self.request.wants(*kind) {
                continue;
            }
            if let Some(turning) = &mut self.turning {
                turning.ends.push(*kind);
            } else {
                let completeness = self.ends.of(*kind);
                self.out.push_back(PullEvent::End { kind: *kind, slice: Slice::All, completeness });
            }
        }
    }

    fn relationships(&mut self) {
        // Of a contact whose row is not known, the role is not either.
        let whole = matches!(self.ends.of(EntityKind::Relationship), Completeness::Complete);
        for Related { relationship, unseen, .. } in std::mem::take(&mut self.relations).finish(whole) {
            let record = relationship.into_record();
            if self.scope.enter(&record) {
                self.upsert(record, unseen, None);
            }
        }
    }

    /// In a pull of changes, facts may have changed of a person who did not: what the person is else is not at hand.
    fn facts_left(&mut self) {
        if self.told.finish() && self.ends.is_filtered(EntityKind::Person) {
            let reason = "demographics changed of people who did not change else; only a full pull can tell";
            self.ends.needs_full(EntityKind::Person, reason);
        }
    }

    fn unknown(&mut self, kind: EntityKind, ids: Vec<SourcedId>) {
        for id in ids {
            let message = format!("the pull is limited to this {kind}, and the server does not have it");
            self.tell(Problem::warning(codes::UNKNOWN_SCOPE, message).of(kind).with_id(id));
        }
    }
}
