//! Rows that are not used, and what follows from that: each ends in one count, and nobody is taken for gone.

use roster_core::{EntityKind, PartialCode, Problem, codes};

use super::{
    engine::{Engine, Unused},
    plan::Purpose,
};
use crate::{keys::Seen, rows::RowMark, survey::SurveyedFile};

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
        let Some((id, key)) = id else {
            self.make_partial(
                kind,
                PartialCode::Unreadable,
                "a row could not be read, and whose it is can't be told",
            );
            self.loosen_relationships(kind);
            if self.at.step.purpose == Purpose::Side {
                self.people.break_roles();
            }
            self.say(problem);
            return;
        };
        if self.at.step.purpose == Purpose::Side {
            self.people.damage(key);
        } else if mark.seen == Seen::First {
            self.leave(kind, key, Unused::Rejected);
        } else {
            self.unuse(kind, key);
        }
        self.see(kind, key);
        self.loosen_relationships(kind);
        self.say(problem.with_id(id));
    }

    /// With a person's row, the relationships that it would have told are lost.
    pub(super) fn loosen_relationships(&mut self, kind: EntityKind) {
        if kind == EntityKind::Person {
            let reason = "people could not be read, and their relationships with them";
            self.make_partial(EntityKind::Relationship, PartialCode::Unreadable, reason);
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
}
