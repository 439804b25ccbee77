//! Files that several steps read: one pass over such a file makes the rows of as many steps as can be held, since finding rows costs
//! more than unfolding them.

use std::collections::BTreeMap;

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::{Purpose, Step},
    reader::{Message, ROWS, Sender, replaced},
    unfold::Views,
    unfolded::Marker,
};
use crate::{rows::Batch, survey::Survey};

/// Bytes of rows that are held for later steps, at most. What grows beyond it is found in a pass of its own.
const HELD: usize = 40 << 20;

/// The steps, and what is held for them.
pub(super) struct Folds {
    steps: Vec<Step>,
    kept: BTreeMap<usize, Vec<Batch>>,
}

impl Folds {
    pub(super) fn of(steps: &[Step]) -> Self {
        Self { steps: steps.to_vec(), kept: BTreeMap::new() }
    }

    pub(super) fn step(&self, index: usize) -> Option<Step> {
        self.steps.get(index).copied()
    }

    /// Whether the rows of a step are held already.
    pub(super) fn has(&self, index: usize) -> bool {
        self.kept.contains_key(&index)
    }

    pub(super) fn keep(&mut self, folding: Folding) {
        self.kept.extend(folding.held.into_iter().filter_map(|(step, held)| Some((step, held?))));
    }

    /// Sends the rows that are held for a step. `false` if nobody listens.
    pub(super) fn give(&mut self, index: usize, survey: &Survey, sender: &mut Sender) -> bool {
        let batches = self.kept.remove(&index).unwrap_or_default();
        let file = self.step(index).and_then(|step| survey.files.get(step.file));
        let Some(marker) = file.map(Marker::of) else { return true };
        batches.into_iter().all(|mut batch| {
            // What was held is not filled again.
            sender.free_spent();
            marker.mark(&mut batch);
            sender.send(Message::Rows(batch))
        })
    }
}

/// One pass over a file for the step at hand, and for those of the steps after it whose rows can be held.
pub(super) struct Folding<'f> {
    views: Views<'f>,
    /// Each row of the file may be a seat.
    is_of_seats: bool,
    /// The steps of the other views, with the rows held for them; `None` for one that is too large.
    held: Vec<(usize, Option<Vec<Batch>>)>,
    tells: bool,
}

impl<'f> Folding<'f> {
    pub(super) fn of(survey: &'f Survey, folds: &Folds, index: usize) -> Option<Self> {
        let step = folds.step(index)?;
        let file = survey.files.get(step.file)?;
        let is_scope = |step: &Step| step.purpose == Purpose::Scope;
        let mut readings = vec![(file, file.unfolding.as_ref()?)];
        let mut held = Vec::new();
        for (later, other) in folds.steps.iter().enumerate().skip(index + 1) {
            let reading = survey.files.get(other.file).filter(|reading| reading.name == file.name);
            let Some(reading) = reading.filter(|_| is_scope(other) == is_scope(&step)) else { continue };
            if let Some(unfolding) = &reading.unfolding {
                readings.push((reading, unfolding));
                held.push((later, Some(Vec::new())));
            }
        }
        let views = Views::of(&readings, &step)?;
        let is_of_seats = file.table.rows == Rows::Records(EntityKind::Enrollment);
        Some(Self { views, is_of_seats, held, tells: step.is_lead })
    }

    /// Makes room for about as many rows, if it is the seats that are sent: there is one for each row.
    pub(super) fn expect(&mut self, rows: u64, sender: &mut Sender) {
        if self.is_of_seats {
            self.views.expect(rows);
            // Whether anybody listens is asked when rows are sent.
            sender.send(Message::Expect(rows));
        }
    }

    /// Takes in rows of the file, and sends those that the step at hand is made of. `false` if nobody listens.
    pub(super) fn take(&mut self, batch: &mut Batch, last: bool, sender: &mut Sender) -> bool {
        let mut odd = Vec::new();
        self.views.take(batch, &mut odd);
        if self.views.is_replaced() {
            sender.send(Message::Failed(replaced()));
            return false;
        }
        if !odd.is_empty() && !sender.send(Message::Odd(odd)) {
            return false;
        }
        if self.views.pick(batch) {
            let picked = std::mem::replace(batch, sender.batch());
            if !sender.send(Message::Folded(picked)) {
                return false;
            }
        }
        let Some((_, others)) = self.views.readings.split_first_mut() else { return true };
        for (view, (_, held)) in others.iter_mut().zip(&mut self.held) {
            match held {
                Some(held) if view.out.len() >= ROWS || last && view.out.len() > 0 => {
                    held.push(view.out.held());
                    view.out.clear();
                }
                Some(_) => {}
                None => view.out.clear(),
            }
        }
        self.let_go();
        !(last && self.tells) || sender.send(Message::Counted(self.views.rows()))
    }

    /// Lets go of the largest, where too much is held.
    fn let_go(&mut self) {
        let bytes = |held: &Option<Vec<Batch>>| held.iter().flatten().map(Batch::bytes).sum::<usize>();
        while self.held.iter().map(|(_, held)| bytes(held)).sum::<usize>() > HELD {
            let largest = self.held.iter_mut().enumerate().max_by_key(|(_, (_, held))| bytes(held));
            let Some((index, (_, held))) = largest else { return };
            *held = None;
            if let Some(view) = self.views.readings.get_mut(index + 1) {
                view.stop();
            }
        }
    }
}
