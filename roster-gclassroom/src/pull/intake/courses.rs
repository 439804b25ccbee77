//! What becomes of courses and of those who are in them.

use std::collections::HashSet;

use roster_core::{
    ClassField, Completeness, Entity, EntityKind, Error, FieldSet, Identifier, IdentifierScheme, PartialCode,
    Problem, PullEvent, Severity, Slice, SourcedId, codes, hashed::hash,
};

use super::{Intake, page_of};
use crate::{
    client::List,
    config::CourseState,
    map::{Course, Member, Row},
    pull::roster::Roster,
    rules::Chosen,
    source::{Mode, Settings, is_withheld},
};

/// So many courses in a row that can't be read are no bad luck: Google is down.
const MOST_FAILURES: u32 = 25;

impl Intake {
    /// A course of the list. Returns it if more of it is to be read.
    pub(in crate::pull) fn course(
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
        // A word that nobody knows is no reason to take a course for gone.
        if !states.contains(&course.state) && !matches!(course.state, CourseState::Other(_)) {
            if course.state == CourseState::Suspended {
                // It was there before Google switched it off, and may come back: neither it nor who is in it ends. Courses that
                // were never taken up are not looked at so: none was ever delivered, since no course goes back to that state.
                let kinds = [EntityKind::Class, EntityKind::Enrollment, EntityKind::Person];
                let reason = "courses that Google has suspended are left out, as the settings say, and kept as they were";
                self.ends.doubt(&kinds, PartialCode::Withheld, reason);
            }
            *self.excluded.entry(course.state.as_str().to_owned()).or_default() += 1;
            return None;
        }
        let school = course.owner.as_ref().and_then(|owner| self.people.school_of(owner));
        let school = school.and_then(|number| self.units.school(number)).cloned();
        if school.is_none() && !self.is_school_told(course.owner.as_deref()) {
            let reason = "the school of a course can't be told: its owner is no user whose school is known";
            self.doubt_scope(PartialCode::Unreadable, reason);
        }
        self.scope.enter_class(&course.id, school.as_ref()).then_some((course, school))
    }

    /// All courses were listed.
    pub(in crate::pull) fn courses_listed(&mut self) {
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
    pub(in crate::pull) fn roster(
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
        let mut slice = Slices::default();
        let mut is_taught_by_owner = owner.is_none() || teachers.is_err();
        for (list, read) in [(List::Students, students), (List::Teachers, teachers)] {
            match read {
                Ok(rows) => {
                    slice.any_read = true;
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
        if slice.any_read {
            self.failures = 0;
        } else if let Some(error) = slice.down.take() {
            self.failures += 1;
            if self.failures >= MOST_FAILURES {
                return Err(error);
            }
        }
        self.close_roster(id, slice);
        Ok(())
    }

    fn close_roster(&mut self, id: SourcedId, slice: Slices) {
        let Slices { doubt, vanished, .. } = slice;
        self.all_seats &= doubt.is_none() && !vanished;
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
        // An owner whom the Directory does not tell of may have a school all the same, or one whose unit's school is not known.
        if settings.rules.school_of_owner && !self.is_school_told(owner.as_deref()) {
            unseen = unseen.with(ClassField::Org);
        }
        class.org = school;
        if let Some(rule) = &settings.rules.alias {
            match aliases {
                Ok(aliases) => match rule.choose(aliases.iter().map(String::as_str)) {
                    Chosen::One(value) => {
                        class.identifiers.push(Identifier::new(rule.scheme.clone(), value));
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

    /// Whether it is known which school the owner has, if any.
    fn is_school_told(&self, owner: Option<&str>) -> bool {
        owner.is_some_and(|owner| self.people.is_user(owner) && !self.people.is_unplaced(owner))
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
                problem.severity = Severity::Warning;
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
        use roster_core::ErrorKind::{Cancelled, Config, Forbidden, Unauthorized};
        if matches!(error.kind(), Unauthorized | Config | Cancelled) {
            return Err(error);
        }
        if error.status() == Some(404) {
            if !slice.vanished {
                let message = "the course was listed, and was gone when it was asked for; it is kept for now";
                let problem = Problem::warning(codes::RECORD_VANISHED, message).of(EntityKind::Class);
                self.tell(problem.with_id(id.clone()));
            }
            // People of other domains are known from their courses alone.
            let reason =
                "a course was gone when it was asked for: who is known from it alone may still be there";
            self.ends.doubt(&[EntityKind::Person], PartialCode::Unreadable, reason);
            slice.vanished = true;
            return Ok(());
        }
        let withheld = is_withheld(&error) || error.kind() == Forbidden;
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
        if is_down(&error) {
            slice.down = Some(error);
        }
        Ok(())
    }
}

/// Whether a list failed as it does when Google is down, or takes no token. What is refused otherwise, of one course or another, says
/// nothing of that.
fn is_down(error: &Error) -> bool {
    error.kind() == roster_core::ErrorKind::Transport
        || error.status().is_some_and(|status| status == 401 || status >= 500)
}

/// How whole the seats of a course were seen.
#[derive(Default)]
struct Slices {
    doubt: Option<(PartialCode, String)>,
    vanished: bool,
    /// One of its lists was read.
    any_read: bool,
    /// One of its lists failed, as all do when Google is down.
    down: Option<Error>,
    seats: HashSet<SourcedId>,
}

fn alias(alias: String) -> Identifier {
    Identifier::new(IdentifierScheme::Other("alias".to_owned()), alias)
}
