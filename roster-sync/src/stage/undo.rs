//! The way back to the last checkpoint, for a pull of changes that breaks off.

use super::{Held, Stage, Verdict};
use crate::Key;

/// What was before, since the last checkpoint.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: Vec<Step>,
    entries: usize,
    slices: usize,
}

#[derive(Debug)]
enum Step {
    Marks(u32, u8),
    Verdict(u32, Verdict),
    Rejected(Key),
    Held(Key, Box<Held>),
}

impl Undo {
    #[inline]
    pub(super) fn marks(&mut self, place: u32, before: u8) {
        self.steps.push(Step::Marks(place, before));
    }

    pub(super) fn verdict(&mut self, place: u32, before: Verdict) {
        self.steps.push(Step::Verdict(place, before));
    }

    pub(super) fn rejected(&mut self, key: Key) {
        self.steps.push(Step::Rejected(key));
    }

    pub(super) fn held(&mut self, key: Key, before: &Held) {
        self.steps.push(Step::Held(key, Box::new(before.clone())));
    }

    /// A checkpoint: from here on there is no way back beyond it.
    pub(super) fn forget(&mut self, entries: usize, slices: usize) {
        self.steps.clear();
        (self.entries, self.slices) = (entries, slices);
    }

    /// Goes back.
    pub(super) fn apply(self, stage: &mut Stage) {
        for step in self.steps.into_iter().rev() {
            match step {
                Step::Marks(place, marks) => stage.known.set_marks(place, marks),
                Step::Verdict(place, verdict) => {
                    stage.entries.set_verdict(place, verdict);
                }
                Step::Rejected(key) => {
                    stage.rejected.remove(&key);
                }
                Step::Held(key, held) => stage.quarantine.put_back(key, *held),
            }
        }
        for place in self.entries..stage.entries.len() {
            stage.entries.set_verdict(u32::try_from(place).unwrap_or(u32::MAX), Verdict::Withdrawn);
        }
        stage.slices.truncate(self.slices);
    }
}
