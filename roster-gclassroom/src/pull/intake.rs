//! What becomes of a row: events, in the frame of their kind.

mod courses;
mod finish;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use roster_core::{
    Affiliation, Entity, EntityKind, Error, ErrorKind, FieldSet, InScope, PartialCode, Place, Problem,
    PullEvent, PullRequest, Record, Role, SensitiveField, SourcedId, codes,
    hashed::{HashedSet, hash},
};

use super::{ends::Ends, people::People, plan};
use crate::{
    client::List,
    map::{Guardian, Row, User},
    rules::{Unit, Units},
    scopes::GoogleScope,
    source::{Mode, Settings, is_withheld, kinds, lacks},
};

/// What is known while rows come.
pub(super) struct Intake {
    request: PullRequest,
    out: VecDeque<PullEvent>,
    ends: Ends,
    pub(super) scope: InScope,
    pub(super) people: People,
    pub(super) units: Units,
    courses: HashedSet,
    repeated: u64,
    excluded: BTreeMap<String, u64>,
    /// Aliases that could not be read, by reason.
    no_aliases: BTreeMap<String, u64>,
    mode: Mode,
    /// Every seat that there is was seen.
    all_seats: bool,
    seat_slices: u64,
    /// Ends of courses' seats, until the list of courses is known to be whole: before that, no end is told.
    waiting_ends: Vec<PullEvent>,
    listed: bool,
    failures: u32,
    /// Nobody may read who is in a course: no other course is asked.
    pub(super) rosters_refused: bool,
}

impl Intake {
    pub(super) fn new(request: &PullRequest, mode: Mode) -> Self {
        Self {
            request: request.clone(),
            out: VecDeque::new(),
            ends: Ends::default(),
            scope: InScope::new(request.scope.clone()),
            people: People::default(),
            units: Units::default(),
            courses: HashedSet::default(),
            repeated: 0,
            excluded: BTreeMap::new(),
            no_aliases: BTreeMap::new(),
            mode,
            all_seats: true,
            seat_slices: 0,
            waiting_ends: Vec::new(),
            listed: false,
            failures: 0,
            rosters_refused: false,
        }
    }

    pub(super) fn pop(&mut self) -> Option<PullEvent> {
        self.out.pop_front()
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        self.out.push_back(PullEvent::Problem(Box::new(problem)));
    }

    fn tell_all(&mut self, problems: Vec<Problem>) {
        self.out.extend(problems.into_iter().map(|problem| PullEvent::Problem(Box::new(problem))));
    }

    fn upsert(&mut self, mut record: Record, unseen: FieldSet, problems: Vec<Problem>, place: &Place) {
        if !self.request.wants(record.kind()) {
            return;
        }
        record.normalize();
        self.tell_all(problems);
        // What the pull can't see anyway needs no word.
        let unseen = unseen.common(crate::source::fields(record.kind(), self.mode));
        self.out.push_back(PullEvent::Upsert { record, unseen, place: Some(Arc::new(place.clone())) });
    }

    fn supported(&self) -> Vec<EntityKind> {
        kinds().iter().copied().filter(|kind| self.request.wants(*kind)).collect()
    }

    /// Reading starts, of all kinds at once.
    pub(super) fn begin(&mut self, settings: &Settings) {
        for kind in self.supported() {
            let fields = plan::fields(&self.request, kind, self.mode, &settings.rules);
            self.out.push_back(PullEvent::Begin { kind, expected: None, fields });
        }
        if self.mode == Mode::Teacher {
            let reason = "a teacher's own classes are a part of the domain's: what is absent may exist";
            self.ends.doubt(kinds(), PartialCode::Withheld, reason);
        }
    }

    /// Nobody knows whether the credential is an administrator's.
    pub(super) fn not_proven(&mut self, reason: &str) {
        let reason = format!("{reason}; {}", crate::source::NO_ADMINISTRATOR);
        self.tell(Problem::warning(codes::SCOPE_MISSING, reason.clone()));
        self.ends.doubt(&[EntityKind::Class, EntityKind::Person], PartialCode::Withheld, &reason);
        self.all_seats = false;
    }

    /// Less was granted than was asked for.
    fn lacks(&mut self, scope: GoogleScope) {
        let code = if scope == GoogleScope::Emails { codes::EMAILS_WITHHELD } else { codes::SCOPE_MISSING };
        self.tell(Problem::warning(code, lacks(scope)));
    }

    /// A list may not be read, or can't be.
    pub(super) fn refused(&mut self, list: List, error: &Error) {
        let is_refusal = is_withheld(error) || error.kind() == ErrorKind::Forbidden;
        let (problem, code) = if is_refusal {
            (codes::REFUSED_COLLECTION, PartialCode::Withheld)
        } else {
            (codes::COLLECTION_UNREADABLE, PartialCode::Unreadable)
        };
        let reason = format!("{} (scope {})", error.message(), list.scope().short());
        self.tell(Problem::warning(problem, format!("{reason}; nothing can be said of it")));
        let kinds: &[EntityKind] = match list {
            List::OrgUnits => &[EntityKind::Org],
            List::Users => &[EntityKind::Person],
            List::Guardians => &[EntityKind::Person, EntityKind::Relationship],
            _ => &[],
        };
        self.ends.doubt(kinds, code, &reason);
        if list == List::Users {
            // Without users, who is left out by the rules can't be told.
            self.all_seats = false;
        }
        if matches!(list, List::Users | List::OrgUnits) {
            self.doubt_scope(code, &reason);
        }
    }

    /// Which school something is of can't be told: of a pull that is limited to schools, what belongs to them may be missing.
    fn doubt_scope(&mut self, code: PartialCode, reason: &str) {
        if self.request.scope.orgs.is_some() {
            let kinds =
                [EntityKind::Class, EntityKind::Person, EntityKind::Enrollment, EntityKind::Relationship];
            self.ends.doubt(&kinds, code, reason);
            self.all_seats = false;
        }
    }

    fn unreadable(&mut self, problem: Problem, kinds: &[EntityKind]) {
        if problem.id.is_none() {
            let place = problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
            let reason = format!("{place}: a row could not be read, and whose it is can't be told");
            self.ends.doubt(kinds, PartialCode::Unreadable, &reason);
        }
        if problem.kind.is_some_and(|kind| self.request.wants(kind)) {
            self.tell(problem);
        }
    }

    /// All org units are there.
    pub(super) fn orgs(&mut self, rows: Vec<Row<Unit>>, settings: &Settings, place: &Place) {
        let mut units = Vec::with_capacity(rows.len());
        for row in rows {
            match row {
                Row::Read(unit) => units.push(unit),
                Row::Unreadable(problem) => {
                    self.doubt_scope(PartialCode::Unreadable, "an org unit could not be read");
                    self.unreadable(*problem, &[EntityKind::Org]);
                }
            }
        }
        self.units = Units::new(&units, &settings.rules);
        let orgs = self.units.orgs(&settings.tenant);
        for org in &orgs {
            self.scope.learn_org(org);
        }
        let missing = self.scope.close_orgs();
        self.unknown(EntityKind::Org, missing);
        for org in orgs {
            let record = org.into_record();
            if self.scope.enter(&record) {
                self.upsert(record, FieldSet::EMPTY, Vec::new(), place);
            }
        }
    }

    pub(super) fn guardian(&mut self, row: Row<Guardian>) {
        match row {
            Row::Read(guardian) => self.people.learn_guardian(guardian),
            Row::Unreadable(mut problem) => {
                problem.id = None;
                self.unreadable(*problem, &[EntityKind::Relationship, EntityKind::Person]);
            }
        }
    }

    /// A user, the first time or again: learnt, delivered, or both.
    pub(super) fn user(&mut self, row: Row<User>, learn: bool, deliver: bool) {
        let mut user = match row {
            Row::Read(user) => user,
            Row::Unreadable(problem) => {
                if learn {
                    self.doubt_scope(
                        PartialCode::Unreadable,
                        "a user could not be read, and so the user's school",
                    );
                    self.unreadable(*problem, &[EntityKind::Person]);
                }
                return;
            }
        };
        let contacts = self.request.sees(SensitiveField::Contacts);
        let is_contact =
            user.placed.as_ref().and_then(|placed| placed.role.as_ref()).is_some_and(Role::is_contact);
        if is_contact
            && !contacts
            && let Some(placed) = &mut user.placed
        {
            placed.leave_out = true;
        }
        if learn {
            let number = user.school().and_then(|school| self.units.number(school));
            let number = number.and_then(|number| u32::try_from(number + 1).ok());
            if !self.people.learn_user(&user, number) {
                self.repeated += 1;
                return;
            }
            if self.people.is_unplaced(&user.person.id) {
                self.doubt_scope(PartialCode::Unreadable, "the school of a user can't be told");
            }
        }
        if !deliver || self.people.is_left_out(&user.person.id) {
            return;
        }
        let User { mut person, unseen, problems, .. } = user;
        if !self.scope.is_everything() && !self.scope.holds_person(hash(&person.id), &person.affiliations) {
            return;
        }
        // Read twice: the first time nothing was delivered.
        if !learn && self.people.is_in_scope(&person.id) {
            return;
        }
        if contacts && self.people.is_guardian(&person.id) {
            person.affiliations.push(Affiliation::new(Role::Guardian, None));
        }
        self.people.enter_scope(&person.id);
        self.people.count_email(&person);
        let place = page_of(List::Users);
        self.upsert(person.into_record(), unseen, problems, &place);
    }

    fn unknown(&mut self, kind: EntityKind, ids: Vec<SourcedId>) {
        for id in ids {
            let message = format!(
                "the pull is limited to this {kind}, and Google does not have it, or the rules do not know it"
            );
            self.tell(Problem::warning(codes::UNKNOWN_SCOPE, message).of(kind).with_id(id));
        }
    }
}

fn page_of(list: List) -> Place {
    Place::Page { operation: std::sync::Arc::from(list.path()), page: 1 }
}
