//! Rows that are not used, and what follows from that: each ends in one count, and nobody is taken for gone.

use roster_core::{
    EntityKind, PartialCode, Problem, Severity, codes,
    table::{Holds, Rows},
};

use super::{
    engine::{Engine, Unused},
    judge::Outcome,
    plan::Purpose,
    references::place,
    shape::own_id,
};
use crate::{
    keys::{Seen, hash},
    rows::{Batch, RowMark},
    survey::{Survey, SurveyedFile},
};

impl Engine {
    /// Counts a row as rejected and says why. One that can't be named makes its kind partial.
    pub(super) fn reject(
        &mut self,
        file: &SurveyedFile,
        mark: &RowMark,
        problem: Problem,
        id: Option<(&str, u64)>,
    ) {
        self.count(|counts| counts.rejected += 1);
        self.findings.clear();
        let kind = self.at.kind;
        // A file that breaks off may break off in the middle of an id.
        let id = id.filter(|_| problem.code != codes::TRUNCATED_FILE);
        let problem = problem.of(kind).at(self.place(file, mark));
        if self.at.step.purpose == Purpose::Side {
            self.reject_side(file, problem, id);
            return;
        }
        self.loosen(kind);
        if self.at.is_folded && id.is_none() {
            self.lose_seats("a row does not tell whose it is, and its seats are not known");
        }
        let Some((id, key)) = id else {
            let reason = "a row could not be read, and whose it is can't be told";
            self.make_partial(kind, PartialCode::Unreadable, reason);
            self.say(problem);
            return;
        };
        self.lose_identity();
        if mark.seen == Seen::First {
            self.leave(kind, key, Unused::Rejected);
        } else {
            self.unuse(kind, key);
        }
        self.see(kind, key);
        self.say(problem.with_id(id));
    }

    /// Seats of the file at hand may be missing.
    pub(super) fn lose_seats(&mut self, reason: &str) {
        self.make_partial(EntityKind::Enrollment, PartialCode::Unreadable, reason);
    }

    /// Where an address is all that tells people apart, one that is not theirs leaves unknown who they are.
    pub(super) fn lose_identity(&mut self) {
        if self.at.is_by_address {
            let reason = "an address alone tells people apart, and whose one is can't be told";
            self.make_partial(EntityKind::Person, PartialCode::Unreadable, reason);
            self.lose_seats(reason);
        }
    }

    /// A row that adds to a person can't be used. Without all roles it can't be told what the person is, so that nothing is
    /// done to the person; of anything else only those fields are unknown.
    fn reject_side(&mut self, file: &SurveyedFile, mut problem: Problem, id: Option<(&str, u64)>) {
        self.loosen(EntityKind::Person);
        let decides = file.table.rows == Rows::Affiliations;
        if !decides {
            problem.severity = Severity::Warning;
        }
        match id {
            Some((id, key)) => {
                if decides {
                    self.people.damage(key);
                } else {
                    self.people.obscure(Some(key), file.header.fields);
                }
                problem = problem.with_id(id);
            }
            None if decides => {
                let reason = "a role could not be read, and whose it is can't be told";
                self.make_partial(EntityKind::Person, PartialCode::Unreadable, reason);
                self.people.break_roles();
            }
            None => self.people.obscure(None, file.header.fields),
        }
        self.say(problem);
    }

    /// A row that adds to a person is there again, or says something else under the same id.
    pub(super) fn repeat_side(&mut self, file: &SurveyedFile, batch: &Batch, mark: &RowMark) {
        if mark.seen == Seen::Identical {
            self.count(|counts| counts.duplicate += 1);
            let problem = Problem::warning(codes::DUPLICATE_IDENTICAL, "the same row was there already");
            self.say(self.locate(file, batch, mark, problem));
            self.findings.clear();
            return;
        }
        let message = "the id stands on several rows that say different things; what they add is not known";
        let id = own_id(file, batch, mark).map(|id| (id, hash(id)));
        self.reject(file, mark, Problem::error(codes::CONFLICT, message), id);
    }

    /// A record of this kind can't be used: what follows from it is unknown too. With a person's row, the relationships that
    /// it would have told are lost; with a scope, whom a class or a seat would have brought into it.
    pub(super) fn loosen(&mut self, kind: EntityKind) {
        use EntityKind::{Class, Course, Enrollment, Org, Person, Relationship};
        let scoped = !self.scope.is_everything();
        let follow: &[EntityKind] = match kind {
            Org if scoped => &[Org, Course],
            Class if scoped => &[Enrollment, Person, Relationship],
            Enrollment if scoped => &[Person, Relationship],
            // A pupil brings contacts into the scope.
            Person if scoped && self.with_contacts => &[Person, Relationship],
            Person => &[Relationship],
            _ => &[],
        };
        for follower in follow {
            let reason = format!("a {kind} could not be read, and what follows from it is not known");
            self.make_partial(*follower, PartialCode::Unreadable, &reason);
        }
    }

    /// Notes an id that a reference may name.
    pub(super) fn see(&mut self, kind: EntityKind, key: u64) {
        if let Some(ids) = self.ids.get_mut(kind as usize) {
            ids.insert(key);
        }
    }

    /// Notes that the first row with some id, or with bytes that pass for one, was not used.
    pub(super) fn pass(&mut self, mark: &RowMark, key: u64, why: Unused) {
        if mark.seen == Seen::First && self.at.step.purpose == Purpose::Records {
            self.leave(self.at.kind, key, why);
        }
    }

    /// Notes that a row was not used. Returns why an earlier one was not.
    pub(super) fn leave(&mut self, kind: EntityKind, key: u64, why: Unused) -> Option<Unused> {
        self.unused.get_mut(kind as usize).and_then(|unused| unused.insert(key, why))
    }

    /// An earlier row with this id is not used any more, nor is what other files added to it.
    pub(super) fn unuse(&mut self, kind: EntityKind, key: u64) {
        if self.leave(kind, key, Unused::Rejected).is_some() {
            return;
        }
        self.count(|counts| {
            counts.used = counts.used.saturating_sub(1);
            counts.rejected += 1;
        });
        if kind == EntityKind::Person {
            self.people.withdraw(&mut self.counts, key);
        }
    }

    /// The id was there before, on a row that said the same or something else.
    #[inline(never)]
    pub(super) fn repeat(
        &mut self,
        survey: &Survey,
        file: &SurveyedFile,
        batch: &Batch,
        mark: &RowMark,
        key: u64,
    ) {
        let kind = self.at.kind;
        if mark.seen == Seen::Identical && self.at.is_folded && kind != EntityKind::Enrollment {
            // The file says the same in other words, which stand for these by its mapping.
            return;
        }
        let problem = if mark.seen == Seen::Identical {
            self.count(|counts| counts.duplicate += 1);
            Problem::warning(codes::DUPLICATE_IDENTICAL, "the same row was there already")
        } else {
            self.count(|counts| counts.rejected += 1);
            self.unuse(kind, key);
            self.loosen(kind);
            self.lose_identity();
            let message = "the id stands on several rows that say different things; none of them was used";
            let problem = Problem::error(codes::CONFLICT, message).in_field(file.header.name_of(Holds::Id));
            if self.at.is_folded {
                self.tell_first(survey, key, self.locate(file, batch, mark, problem.clone()));
            }
            problem
        };
        self.say(self.locate(file, batch, mark, problem));
    }

    /// Says at the row that told of a record first that a later one contradicts it.
    fn tell_first(&mut self, survey: &Survey, key: u64, problem: Problem) {
        let first = self.first.take(of_kind(self.at.kind, key));
        if let Some((file, line, record)) = first
            && let Some(file) = survey.files.get(usize::from(file))
        {
            let record = u64::from(record).saturating_sub(1);
            self.folded.note(&file.name, record, Outcome::Rejected);
            self.say(problem.at(place(&file.name, u64::from(line), record)));
        }
    }
}

/// A key that holds whatever the kind.
pub(super) const fn of_kind(kind: EntityKind, key: u64) -> u64 {
    key.rotate_left(kind as u32 * 8 + 1)
}
