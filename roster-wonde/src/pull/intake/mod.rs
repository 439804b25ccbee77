//! What becomes of rows: events, in the frame of their kinds.

mod ending;
mod rows;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use roster_core::{
    Entity, EntityKind, FieldSet, InScope, Org, Place, Problem, PullEvent, PullRequest, Record,
    SensitiveField, SourcedId, codes as common,
    hashed::{HashedSet, hash},
};

use super::{
    contacts::{self, Ties},
    ends::{Ends, Part},
    grants::Grants,
    plan::{self, Purpose, Step},
    values::{Value, Values},
    withheld_code,
};
use crate::{
    changes::Position,
    codes,
    config::ClassSource,
    map::{
        Wants,
        school::{School, SchoolYear},
    },
    opening::Opened,
    resource::Resource,
};

/// What is known while rows come.
pub(super) struct Intake {
    pub(super) out: VecDeque<PullEvent>,
    pub(super) grants: Grants,
    pub(super) values: Values,
    request: PullRequest,
    wants: Wants,
    scope: InScope,
    ends: Ends,
    begun: BTreeSet<EntityKind>,
    school: Option<School>,
    year: Option<SchoolYear>,
    /// School years that were told.
    years: BTreeSet<SchoolYear>,
    source: ClassSource,
    decided: Option<ClassSource>,
    /// Fields that rows of the resource at hand can't tell, and what was included with them.
    hidden: FieldSet,
    used: BTreeSet<&'static str>,
    /// The ids of each resource's rows, as hashes.
    seen: BTreeMap<Resource, HashedSet>,
    repeated: u64,
    left_out: u64,
    idle: u64,
    /// Members of staff who are gone, and those whom a class names as its teachers.
    gone: HashedSet,
    teachers: HashedSet,
    /// Hashes of Unique Pupil Numbers that were met.
    upns: HashedSet,
    campuses: Vec<Org>,
    ties: Ties,
    /// What a student's row said last of its relationships was not all of them.
    one_sided: bool,
    /// What is gone of all relationships, once the first of them is told.
    gone_of_ties: Option<Vec<Value>>,
    /// Pupils whose relationships were told as a whole.
    related: Vec<SourcedId>,
    /// Resources that were read to their end, those refused, and those whose last page was odd.
    done: BTreeSet<Resource>,
    refused: BTreeSet<Resource>,
    odd: BTreeSet<Resource>,
    /// Ids that were delivered, so that no deletion unsays them.
    alive: HashedSet,
    unknown_deletions: u64,
}

impl Intake {
    pub(super) fn new(
        request: &PullRequest,
        wants: Wants,
        scope: InScope,
        before: Option<&Position>,
    ) -> Self {
        Self {
            out: VecDeque::new(),
            grants: Grants::new(before),
            values: Values::new(before.map(|before| before.shares.clone()).unwrap_or_default()),
            request: request.clone(),
            wants,
            scope,
            ends: Ends::default(),
            begun: BTreeSet::new(),
            school: None,
            year: None,
            years: BTreeSet::new(),
            source: ClassSource::Auto,
            decided: None,
            hidden: FieldSet::EMPTY,
            used: BTreeSet::new(),
            seen: BTreeMap::new(),
            repeated: 0,
            left_out: 0,
            idle: 0,
            gone: HashedSet::default(),
            teachers: HashedSet::default(),
            upns: HashedSet::default(),
            campuses: Vec::new(),
            ties: Ties::default(),
            one_sided: before.is_some_and(|before| before.one_sided),
            gone_of_ties: None,
            related: Vec::new(),
            done: BTreeSet::new(),
            refused: BTreeSet::new(),
            odd: BTreeSet::new(),
            alive: HashedSet::default(),
            unknown_deletions: 0,
        }
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        self.out.push_back(PullEvent::Problem(Box::new(problem)));
    }

    pub(super) fn freeze(&mut self, reason: &str) {
        self.tell(Problem::warning(
            codes::FROZEN,
            format!("{reason}: nothing ends in this pull; pull again when it is over"),
        ));
        self.ends.freeze(reason);
    }

    pub(super) const fn is_frozen(&self) -> bool {
        self.ends.is_frozen()
    }

    pub(super) const fn year(&self) -> Option<SchoolYear> {
        self.year
    }

    pub(super) const fn decided(&self) -> Option<ClassSource> {
        self.decided
    }

    pub(super) const fn is_one_sided(&self) -> bool {
        self.ties.is_one_sided(self.one_sided)
    }

    fn has_contacts(&self) -> bool {
        self.request.sees(SensitiveField::Contacts)
    }

    /// The school is known.
    pub(super) fn open(
        &mut self,
        opened: &Opened,
        year: SchoolYear,
        source: ClassSource,
        steps: &VecDeque<Step>,
        is_part: bool,
    ) {
        self.school = Some(opened.school.clone());
        self.year = Some(year);
        self.source = source;
        self.decided = (source != ClassSource::Auto).then_some(source);
        if self.is_frozen() {
            return;
        }
        self.values.open(opened.permissions.as_ref(), is_part);
        if self.grants.was(Resource::Students, Some("upn")) || opened.permissions.is_some() {
            self.note_upn(opened);
        }
        let mut school = opened.school.org.clone();
        if self.request.extra {
            school = opened.school.org_with_extra(&opened.raw);
        }
        self.campuses.push(school);
        if !steps.iter().any(|step| step.resource == Resource::Campuses) {
            self.orgs(Purpose::Learn);
        }
        self.begin_kind(EntityKind::AcademicSession);
        self.session(year);
    }

    fn note_upn(&mut self, opened: &Opened) {
        match opened.permissions.as_ref().and_then(crate::permissions::Permissions::upn) {
            Some(false) => {
                let (_, problem) = self.grants.lacks(Resource::Students, "upn");
                if let Some(problem) = problem.filter(|_| self.request.wants(EntityKind::Person)) {
                    self.tell(problem);
                }
            }
            Some(true) => self.grants.has(Resource::Students, Some("upn")),
            // Approved before, and no longer in a list that can be read, is taken back.
            None if opened.permissions.is_some() && self.grants.was(Resource::Students, Some("upn")) => {
                let (_, problem) = self.grants.lacks(Resource::Students, "upn");
                if let Some(problem) = problem.filter(|_| self.request.wants(EntityKind::Person)) {
                    self.tell(problem);
                }
            }
            None => {}
        }
    }

    fn session(&mut self, year: SchoolYear) {
        let Some(school) = &self.school else { return };
        if self.request.wants(EntityKind::AcademicSession) && self.years.insert(year) {
            let record = school.session(year).into_record();
            self.out.push_back(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None });
        }
    }

    fn begin_kind(&mut self, kind: EntityKind) {
        if self.request.wants(kind) && self.begun.insert(kind) {
            let fields = plan::fields(&self.request, kind);
            self.out.push_back(PullEvent::Begin { kind, expected: None, fields });
        }
    }

    /// The kinds that a resource's rows are delivered as.
    fn kinds(&self, resource: Resource) -> Vec<EntityKind> {
        use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
        match resource {
            Resource::Campuses => vec![Org],
            Resource::Subjects => vec![Course],
            Resource::Classes | Resource::Registrations => vec![Class, Enrollment],
            Resource::Employees => vec![Person],
            Resource::Students if !self.has_contacts() => vec![Person],
            Resource::Students | Resource::Contacts => vec![Person, Relationship],
            Resource::Deletions => vec![Org, Course, Class, Person],
        }
    }

    /// The first page of a resource is there.
    pub(super) fn begin(&mut self, step: Step, used: &[&'static str], filtered: bool) {
        self.used = used.iter().copied().collect();
        self.grants.has(step.resource, None);
        let wanted = plan::includes(step, &self.request);
        self.hidden = FieldSet::EMPTY;
        for include in wanted {
            if self.used.contains(include) {
                self.grants.has(step.resource, Some(include));
                continue;
            }
            let (hidden, problem) = self.grants.lacks(step.resource, include);
            self.hidden = self.hidden.union(hidden);
            let is_told = step.purpose == Purpose::Deliver || include == "employment_details";
            if let Some(problem) = problem.filter(|_| is_told) {
                self.tell(problem);
            }
            self.missing_include(step.resource, include);
        }
        if step.resource == Resource::Students && self.grants.lacks_upn() {
            self.hidden = self.hidden.union(plan::hidden(Resource::Students, "upn", true));
        }
        self.begin_kinds(step, filtered);
    }

    fn begin_kinds(&mut self, step: Step, filtered: bool) {
        if step.purpose != Purpose::Deliver {
            return;
        }
        for kind in self.kinds(step.resource) {
            self.begin_kind(kind);
            if filtered && step.resource != Resource::Deletions {
                self.ends.filtered(kind);
            }
        }
        if filtered && matches!(step.resource, Resource::Classes | Resource::Registrations) {
            self.ends.filtered(EntityKind::AcademicSession);
        }
    }

    /// Something that a kind depends on is not included.
    fn missing_include(&mut self, resource: Resource, include: &str) {
        let reason = format!("{}: `{include}` is not shared", resource.path());
        match (resource, include) {
            (Resource::Classes | Resource::Registrations, "students" | "employees") => {
                self.ends.doubt(&[Part::Of(EntityKind::Enrollment)], withheld_code(), &reason);
            }
            (Resource::Students, "contacts") => {
                let parts = [Part::Contacts, Part::Of(contacts::KIND)];
                self.ends.doubt(&parts, withheld_code(), &reason);
            }
            _ => {}
        }
    }

    /// The parts of kinds whose wholeness a resource decides about.
    fn touched(&self, step: Step) -> Vec<Part> {
        use EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship};
        let scoped = !self.scope.is_everything();
        match (step.resource, step.purpose) {
            (Resource::Campuses, _) if scoped => vec![Part::Of(Org), Part::Of(Course)],
            (Resource::Campuses, _) => vec![Part::Of(Org)],
            (Resource::Subjects, _) => vec![Part::Of(Course)],
            (Resource::Employees, Purpose::Deliver) => vec![Part::Staff],
            (Resource::Classes | Resource::Registrations, _) if scoped => {
                [Class, Enrollment, AcademicSession, Person, Relationship].map(Part::Of).into()
            }
            (Resource::Classes | Resource::Registrations, _) => {
                [Class, Enrollment, AcademicSession].map(Part::Of).into()
            }
            (Resource::Students, _) if self.has_contacts() => {
                vec![Part::Students, Part::Contacts, Part::Of(Relationship)]
            }
            (Resource::Students, _) => vec![Part::Students],
            (Resource::Contacts, _) => vec![Part::Contacts, Part::Of(Relationship)],
            (Resource::Employees | Resource::Deletions, _) => Vec::new(),
        }
    }

    fn unknown(&mut self, kind: EntityKind, ids: Vec<SourcedId>) {
        for id in ids {
            let message = format!("the pull is limited to this {kind}, and the school does not have it");
            self.tell(Problem::warning(common::UNKNOWN_SCOPE, message).of(kind).with_id(id));
        }
    }

    fn upsert(&mut self, record: Record, mut unseen: FieldSet, place: Option<&Place>) {
        self.alive.insert(alive(record.kind(), record.id()));
        if record.kind() == EntityKind::Person {
            unseen = unseen.union(self.wants.keeps);
        }
        // Relationships were weighed before the first of them was told.
        if record.kind() != contacts::KIND {
            self.values.note(&record, unseen);
        }
        let place = place.map(|place| Arc::new(place.clone()));
        self.out.push_back(PullEvent::Upsert { record, unseen, place });
    }

    /// What is about to be told keeps what is gone of all of its kind.
    pub(super) fn keep_what_is_gone(&mut self) {
        let gone = self.weigh();
        for event in self.out.iter_mut().filter(|_| !gone.is_empty()) {
            if let PullEvent::Upsert { record, unseen, .. } = event {
                *unseen = gone.iter().fold(*unseen, |unseen, value| unseen.union(value.kept_by(record)));
            }
        }
    }

    /// What is gone of all that came so far; what is new of that is told.
    fn weigh(&mut self) -> Vec<Value> {
        let (gone, news) = self.values.gone();
        for message in news {
            self.tell(Problem::warning(codes::VALUES_GONE, message));
        }
        gone
    }

    /// A page that may not be the last, though it names no other.
    pub(super) fn note_odd(&mut self, step: Step) {
        self.odd.insert(step.resource);
    }
}

/// What tells a record among those delivered.
fn alive(kind: EntityKind, id: &str) -> u64 {
    hash(&format!("{kind}:{id}"))
}
