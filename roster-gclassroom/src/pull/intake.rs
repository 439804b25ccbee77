//! What becomes of a row: events, in the frame of their kind.

use std::collections::{BTreeMap, HashSet, VecDeque};

use roster_core::{
    Affiliation, ClassField, Completeness, Cursor, Entity, EntityKind, Error, FieldSet, InScope, PartialCode,
    Person, Place, Problem, PullEvent, PullRequest, Record, Role, SensitiveField, Slice, SourcedId, codes,
    hashed::{HashedSet, hash},
};

use super::{ends::Ends, people::People, plan, roster::Roster};
use crate::{
    client::List,
    config::CourseState,
    map::{Course, Guardian, Member, Row, User},
    rules::{Chosen, Unit, Units},
    scopes::GoogleScope,
    source::{Mode, Settings, is_withheld, kinds, lacks},
};

/// So many courses in a row that can't be read are no bad luck: Google is down.
const MOST_FAILURES: u32 = 25;

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
        self.out.push_back(PullEvent::Upsert { record, unseen, place: Some(Box::new(place.clone())) });
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
    pub(super) fn not_proven(&mut self, error: &Error) {
        let reason = format!("{}; {}", error.message(), crate::source::NO_ADMINISTRATOR);
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
        let is_refusal = is_withheld(error) || error.kind() == roster_core::ErrorKind::Forbidden;
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
                Row::Unreadable(problem) => self.unreadable(*problem, &[EntityKind::Org]),
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

    /// A course of the list. Returns it if more of it is to be read.
    pub(super) fn course(
        &mut self,
        row: Row<Course>,
        states: &[CourseState],
    ) -> Option<(Course, Option<SourcedId>)> {
        let course = match row {
            Row::Read(course) => course,
            Row::Unreadable(problem) => {
                self.all_seats = false;
                self.unreadable(*problem, &[EntityKind::Class, EntityKind::Person]);
                return None;
            }
        };
        if !self.courses.insert(hash(&course.id)) {
            // A course that is made meanwhile shifts the others.
            return None;
        }
        if !states.contains(&course.state) {
            *self.excluded.entry(course.state.as_str().to_owned()).or_default() += 1;
            return None;
        }
        let school = course.owner.as_ref().and_then(|owner| self.people.school_of(owner));
        let school = school.and_then(|number| self.units.school(number)).cloned();
        self.scope.enter_class(&course.id, school.as_ref()).then_some((course, school))
    }

    /// All courses were listed.
    pub(super) fn courses_listed(&mut self) {
        self.listed = true;
        self.out.extend(std::mem::take(&mut self.waiting_ends));
        let missing = self.scope.close_classes();
        self.unknown(EntityKind::Class, missing);
        for (state, count) in std::mem::take(&mut self.excluded) {
            let message = format!("{count} courses in the state {state} were left out, as the settings say");
            self.tell(
                Problem::warning(codes::LEFT_OUT, message).of(EntityKind::Class).in_field("courseState"),
            );
        }
    }

    /// A course, with those who are in it.
    pub(super) fn roster(
        &mut self,
        roster: Roster,
        school: Option<SourcedId>,
        settings: &Settings,
        members: bool,
    ) -> Result<(), Error> {
        let Roster { course, parts, students, teachers, aliases } = roster;
        let (id, owner) = (course.id.clone(), course.owner.clone());
        self.class(course, school, aliases, settings);
        if !members || !parts.members {
            // Nobody was asked for, or nobody may be seen: that is not the same as nobody being there.
            self.all_seats &= !members;
            return Ok(());
        }
        let mut slice = Slices { doubt: None, vanished: false, seats: HashSet::new() };
        let mut is_taught_by_owner = owner.is_none() || teachers.is_err();
        for (list, read) in [(List::Students, students), (List::Teachers, teachers)] {
            match read {
                Ok(rows) => {
                    for row in rows {
                        let is_owner = |member: &Member| {
                            list == List::Teachers && owner.as_ref() == Some(&member.seat.person)
                        };
                        if let Row::Read(member) = &row {
                            is_taught_by_owner |= is_owner(member);
                        }
                        self.member(row, list, &mut slice);
                    }
                }
                Err(error) => self.not_read(&id, list, error, &mut slice)?,
            }
        }
        if !is_taught_by_owner && slice.doubt.is_none() && !slice.vanished {
            let message = "the course's owner is not among its teachers";
            let problem = Problem::warning(codes::OWNER_NOT_TEACHER, message).of(EntityKind::Class);
            self.tell(problem.with_id(id.clone()).in_field("ownerId"));
        }
        self.close_roster(id, slice);
        Ok(())
    }

    fn close_roster(&mut self, id: SourcedId, slice: Slices) {
        let Slices { doubt, vanished, .. } = slice;
        self.all_seats &= doubt.is_none() && !vanished;
        if doubt.is_none() {
            self.failures = 0;
        }
        if vanished || !self.request.wants(EntityKind::Enrollment) || self.mode == Mode::Teacher {
            return;
        }
        let completeness =
            doubt.map_or(Completeness::Complete, |(code, reason)| Completeness::Partial { code, reason });
        self.seat_slices += 1;
        let slice = Slice::Of(EntityKind::Class, id);
        let end = PullEvent::End { kind: EntityKind::Enrollment, slice, completeness };
        if self.listed {
            self.out.push_back(end);
        } else {
            self.waiting_ends.push(end);
        }
    }

    fn class(
        &mut self,
        course: Course,
        school: Option<SourcedId>,
        aliases: Result<Vec<String>, Error>,
        settings: &Settings,
    ) {
        let Course { id, class, mut problems, mut unseen, spot, owner, .. } = course;
        let mut class = match class {
            Ok(class) => class,
            Err(problem) => return self.unreadable(*problem, &[]),
        };
        // An owner whom the Directory does not tell of may have a school all the same.
        if settings.rules.school_of_owner && owner.as_ref().is_none_or(|owner| !self.people.is_user(owner)) {
            unseen = unseen.with(ClassField::Org);
        }
        class.org = school;
        if let Some(rule) = &settings.rules.alias {
            match aliases {
                Ok(aliases) => match rule.choose(aliases.iter().map(String::as_str)) {
                    Chosen::One(value) => {
                        class.identifiers.push(roster_core::Identifier::new(rule.scheme.clone(), value));
                        class.identifiers.extend(aliases.into_iter().map(alias));
                    }
                    chosen => {
                        if chosen == Chosen::Several {
                            let message =
                                "several aliases fit the rule; which one is the class's id can't be told";
                            let problem =
                                Problem::warning(codes::AMBIGUOUS_ALIAS, message).of(EntityKind::Class);
                            problems.push(problem.with_id(id.clone()).in_field("aliases"));
                        }
                        class.identifiers.extend(aliases.into_iter().map(alias));
                    }
                },
                Err(error) => {
                    unseen = unseen.with(ClassField::Identifiers);
                    *self.no_aliases.entry(error.message().to_owned()).or_default() += 1;
                }
            }
        }
        self.upsert(class.into_record(), unseen, problems, &spot.place);
    }

    fn member(&mut self, row: Row<Member>, list: List, slice: &mut Slices) {
        let Member { seat, person, unseen, problems } = match row {
            Row::Read(member) => member,
            Row::Unreadable(problem) => {
                let place = problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
                let reason = format!("{place}: a row could not be read, and whose it is can't be told");
                slice.doubt.get_or_insert((PartialCode::Unreadable, reason.clone()));
                self.ends.doubt(&[EntityKind::Person], PartialCode::Unreadable, &reason);
                // A seat without a person has no id; as a warning it does not make all seats of all courses doubtful.
                let mut problem = *problem;
                problem.severity = roster_core::Severity::Warning;
                return self.tell(problem);
            }
        };
        if self.people.is_left_out(&person.id) || !slice.seats.insert(seat.id.clone()) {
            return;
        }
        if !self.scope.is_everything() {
            self.scope.enter_seat(&seat.class, &seat.person);
        }
        let place = page_of(list);
        if !self.people.is_user(&person.id) {
            self.people.enter_scope(&person.id);
            if let Some((person, unseen)) = self.people.show(person, unseen) {
                self.people.count_email(&person);
                self.upsert(person.into_record(), unseen, problems, &place);
            }
        }
        self.upsert(seat.into_record(), FieldSet::EMPTY, Vec::new(), &place);
    }

    /// What of a course could not be read: the others go on.
    fn not_read(
        &mut self,
        id: &SourcedId,
        list: List,
        error: Error,
        slice: &mut Slices,
    ) -> Result<(), Error> {
        use roster_core::ErrorKind::{Cancelled, Config, Unauthorized};
        if matches!(error.kind(), Unauthorized | Config | Cancelled) {
            return Err(error);
        }
        if error.status() == Some(404) {
            if !slice.vanished {
                let message = "the course was listed, and was gone when it was asked for; it is kept for now";
                let problem = Problem::warning(codes::RECORD_VANISHED, message).of(EntityKind::Class);
                self.tell(problem.with_id(id.clone()));
            }
            slice.vanished = true;
            return Ok(());
        }
        let withheld = is_withheld(&error);
        let (problem, code) = if withheld {
            (codes::REFUSED_COLLECTION, PartialCode::Withheld)
        } else {
            (codes::COLLECTION_UNREADABLE, PartialCode::Unreadable)
        };
        let reason = error.message().to_owned();
        let message = format!("{reason}; what is known of the course's seats is kept");
        let told =
            Problem::warning(problem, message).of(EntityKind::Class).with_id(id.clone()).in_field(list.key());
        let lacks_scope = withheld && reason.contains("insufficient_scope");
        if !(lacks_scope && std::mem::replace(&mut self.rosters_refused, true)) {
            self.tell(told);
        }
        self.ends.doubt(&[EntityKind::Person], code, &reason);
        if lacks_scope {
            self.ends.doubt(&[EntityKind::Enrollment], code, &reason);
        }
        slice.doubt.get_or_insert((code, reason));
        if !withheld {
            self.failures += 1;
            if self.failures >= MOST_FAILURES {
                return Err(error);
            }
        }
        Ok(())
    }

    fn unknown(&mut self, kind: EntityKind, ids: Vec<SourcedId>) {
        for id in ids {
            let message = format!(
                "the pull is limited to this {kind}, and Google does not have it, or the rules do not know it"
            );
            self.tell(Problem::warning(codes::UNKNOWN_SCOPE, message).of(kind).with_id(id));
        }
    }

    /// Everything was read.
    pub(super) fn finish(&mut self, has_rules: bool, missing: &[GoogleScope], cursor: Cursor) {
        for scope in missing {
            self.lacks(*scope);
        }
        for (person, unseen) in self.people.take_nameless() {
            self.people.count_email(&person);
            self.upsert(person.into_record(), unseen, Vec::new(), &page_of(List::Students));
        }
        self.guardians();
        self.report(has_rules, missing.contains(&GoogleScope::Emails));
        for kind in self.supported() {
            if kind == EntityKind::Enrollment && self.mode == Mode::District {
                let completeness = self.ends.of(kind);
                let is_whole = self.all_seats && completeness == Completeness::Complete;
                // Of the seats of one course it is told whether they are all; of all together only if that is true.
                if !is_whole && self.seat_slices > 0 {
                    continue;
                }
                let reason = || "not all courses could be read".to_owned();
                let partial = Completeness::Partial { code: PartialCode::Withheld, reason: reason() };
                let completeness = match completeness {
                    Completeness::Complete if !is_whole => partial,
                    completeness => completeness,
                };
                self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
                continue;
            }
            let completeness = self.ends.of(kind);
            self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
        }
        self.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
    }

    /// Each guardian once, though there is a row for each pupil.
    fn guardians(&mut self) {
        let mut contacts: BTreeMap<SourcedId, (Person, FieldSet)> = BTreeMap::new();
        let place = page_of(List::Guardians);
        let mut ties = BTreeMap::new();
        for guardian in std::mem::take(&mut self.people.links) {
            let Guardian { relationship, person, unseen, problems } = guardian;
            if !self.scope.is_everything() && !self.people.is_in_scope(&relationship.student) {
                continue;
            }
            if self.request.wants(EntityKind::Person) {
                self.tell_all(problems);
            }
            let is_known = self.people.is_in_scope(&person.id);
            if !is_known {
                let kept = contacts.entry(person.id.clone()).or_insert_with(|| (person.clone(), unseen));
                if kept.0.name.is_empty() && !person.name.is_empty() {
                    *kept = (person, unseen);
                }
            }
            ties.entry(relationship.id.clone()).or_insert(relationship);
        }
        for (person, unseen) in contacts.into_values() {
            self.upsert(person.into_record(), unseen, Vec::new(), &place);
        }
        for tie in ties.into_values() {
            self.upsert(tie.into_record(), FieldSet::EMPTY, Vec::new(), &place);
        }
    }

    fn report(&mut self, has_rules: bool, lacks_emails: bool) {
        for (reason, count) in std::mem::take(&mut self.no_aliases) {
            let message =
                format!("the aliases of {count} courses could not be read: {reason}; their ids are kept");
            self.tell(
                Problem::warning(codes::COLLECTION_UNREADABLE, message)
                    .of(EntityKind::Class)
                    .in_field("aliases"),
            );
        }
        if self.repeated > 0 {
            let message = format!("{} rows came more than once; each was counted once", self.repeated);
            self.tell(Problem::warning(codes::REPEATED_RECORD, message).of(EntityKind::Person));
        }
        if !self.request.wants(EntityKind::Person) {
            return;
        }
        let emails = self.people.emails();
        if emails.with == 0 && emails.without > 0 && !lacks_emails {
            let message = format!(
                "nobody of {} people came with an e-mail address: the scope {} was not granted, or the domain hides addresses; \
                 people are told by their ids",
                emails.without,
                GoogleScope::Emails.short()
            );
            self.tell(
                Problem::warning(codes::EMAILS_WITHHELD, message)
                    .of(EntityKind::Person)
                    .in_field("emailAddress"),
            );
        }
        let reports = self.people.report(has_rules);
        self.tell_all(reports);
    }
}

/// How whole the seats of a course were seen.
struct Slices {
    doubt: Option<(PartialCode, String)>,
    vanished: bool,
    seats: HashSet<SourcedId>,
}

fn page_of(list: List) -> Place {
    Place::Page { operation: std::sync::Arc::from(list.path()), page: 1 }
}

fn alias(alias: String) -> roster_core::Identifier {
    roster_core::Identifier::new(roster_core::IdentifierScheme::Other("alias".to_owned()), alias)
}
