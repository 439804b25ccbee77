//! The plan's name: what somebody approves.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Draft;
use crate::{Guard, Op};

impl Draft<'_> {
    /// Names the plan by roster, base version, and what would end, be re-keyed, or be updated though a guard holds it; all
    /// of it sorted. What is created has no part in it, nor has the time: the same danger has the same name tomorrow.
    ///
    /// The number of approvals used up is a part of the base, so that each works once.
    pub(super) fn name(&mut self) {
        let mut lines: Vec<String> = Vec::with_capacity(self.plan.ends.len());
        let known = &self.plan.stage.known;
        lines
            .extend(self.plan.ends.iter().filter_map(|end| Some(format!("end {:?}", known.key(end.known)?))));
        let updates = [Guard::Updates, Guard::NoTeachers, Guard::NoStudents];
        let holds = &self.plan.holds;
        let kinds: Vec<_> =
            holds.iter().filter(|hold| updates.contains(&hold.guard)).filter_map(|hold| hold.kind).collect();
        let narrowed = holds.iter().any(|hold| hold.guard == Guard::Narrowed);
        for step in &self.plan.steps {
            match step.op {
                Op::Rekey => lines.push(format!("rekey {:?} {:?}", known.key(step.known), step.key)),
                Op::Update if kinds.contains(&step.kind) || (narrowed && step.blank) => {
                    lines.push(format!("update {:?} {:?}", step.key, step.digest));
                }
                _ => {}
            }
        }
        // Whoever approves more students than seats approves so many, and not whatever comes.
        let overbooked = holds.iter().filter(|hold| hold.guard == Guard::Seats);
        lines.extend(overbooked.map(|hold| format!("seats {} {}", hold.count, hold.limit)));
        lines.sort_unstable();
        let approvals = self.ground.before.as_ref().map_or(0, |before| before.approvals);
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{} {approvals}\n", self.ground.roster.len(), self.ground.last_seq));
        hash.update(&self.ground.roster);
        for line in lines {
            hash.update("\n");
            hash.update(line);
        }
        let mut name = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            write!(name, "{byte:02x}").unwrap_or_default();
        }
        self.plan.hash = name;
    }
}
