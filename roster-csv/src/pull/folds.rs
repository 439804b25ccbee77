//! Files that several steps read: one pass over such a file makes the rows of as many steps as can be held, since finding rows costs
//! more than unfolding them.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::{Purpose, Step},
    reader::{Message, ROWS, Sender, replaced},
    references::key_columns,
    register::Register,
    unfold::Views,
};
use crate::{
    keys::{Ids, Seen},
    rows::{Batch, Origin, RowMark},
    survey::{Survey, SurveyedFile},
};

/// Bytes of rows that are held for later steps, at most. What grows beyond it is found in a pass of its own.
const HELD: usize = 40 << 20;

/// What a pass leaves for later steps.
#[derive(Default)]
pub(super) struct Kept {
    rows: BTreeMap<usize, Vec<Batch>>,
    shared: Option<(EntityKind, Ids)>,
}

/// The steps, and what is held for them.
pub(super) struct Folds {
    steps: Vec<Step>,
    kept: BTreeMap<usize, Vec<Batch>>,
    /// Kinds whose records stand in several tables, with the ids that came: whose they are must be told across tables.
    shared: BTreeMap<EntityKind, Ids>,
}

impl Folds {
    pub(super) fn of(survey: &Survey, steps: &[Step]) -> Self {
        let mut once = BTreeSet::new();
        let kinds = steps.iter().filter(|step| step.purpose == Purpose::Records).filter_map(|step| {
            let file = survey.files.get(step.file)?;
            match file.table.rows {
                Rows::Records(kind) => Some(kind),
                _ => None,
            }
        });
        let shared = kinds.filter(|kind| !once.insert(*kind)).map(|kind| (kind, Ids::default())).collect();
        Self { steps: steps.to_vec(), kept: BTreeMap::new(), shared }
    }

    pub(super) fn step(&self, index: usize) -> Option<Step> {
        self.steps.get(index).copied()
    }

    /// Whether the rows of a step are held already.
    pub(super) fn has(&self, index: usize) -> bool {
        self.kept.contains_key(&index)
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        self.kept.extend(kept.rows);
        self.shared.extend(kept.shared);
    }

    /// Sends the rows that are held for a step. `false` if nobody listens.
    pub(super) fn give(&mut self, survey: &Survey, step: Step, index: usize, sender: &mut Sender) -> bool {
        let batches = self.kept.remove(&index).unwrap_or_default();
        let Some(file) = survey.files.get(step.file) else { return true };
        let mut door = Door::of(file, step.purpose, self.shared_of(file, step.purpose));
        let all = door.open(sender)
            && batches.into_iter().all(|batch| {
                // What was held is not filled again.
                sender.free_spent();
                door.send(batch, sender)
            });
        self.shared.extend(door.close());
        all
    }

    fn shared_of(&mut self, file: &SurveyedFile, purpose: Purpose) -> Option<Ids> {
        match (purpose, file.table.rows) {
            (Purpose::Records, Rows::Records(kind)) => self.shared.get_mut(&kind).map(std::mem::take),
            _ => None,
        }
    }
}

/// What sends the rows of one step.
struct Door<'f> {
    file: &'f SurveyedFile,
    register: Register<'f>,
    ids: Option<Ids>,
}

impl<'f> Door<'f> {
    fn of(file: &'f SurveyedFile, purpose: Purpose, ids: Option<Ids>) -> Self {
        Self { file, register: Register::of(file, purpose), ids }
    }

    /// Says the header that rows were unfolded under, as a file of its own would.
    fn open(&mut self, sender: &mut Sender) -> bool {
        let mut batch = sender.batch();
        batch.clear();
        let mut row = batch.make();
        for position in 0..self.file.header.width() {
            row.cell(|text| text.push_str(&self.file.header.name_at(position)));
        }
        row.keep(&Origin { mark: &RowMark::header(), record: 1 });
        batch.hash_keys(&[]);
        sender.send(Message::Rows(batch))
    }

    /// Sends rows. `false` if nobody listens.
    fn send(&mut self, mut batch: Batch, sender: &mut Sender) -> bool {
        batch.hash_keys(&key_columns(&self.file.header, self.file.table.rows));
        if let Some(ids) = &mut self.ids {
            let is_seat = self.file.table.rows == Rows::Records(EntityKind::Enrollment);
            for mut window in batch.windows() {
                ids.touch_all(window.keys(0));
                for (mark, _, hashes) in window.rows().filter(|(mark, ..)| mark.seen == Seen::First) {
                    if !ids.insert(hashes.key(0)) {
                        // A seat that stands in two columns is one seat; a person in two tables may be two people.
                        mark.seen = if is_seat { Seen::Identical } else { Seen::Conflict };
                    }
                }
            }
        }
        self.register.mark(&mut batch);
        batch.len() == 0 || sender.send(Message::Rows(batch))
    }

    /// The ids that came, where they are shared with other tables.
    fn close(self) -> Option<(EntityKind, Ids)> {
        match self.file.table.rows {
            Rows::Records(kind) => self.ids.map(|ids| (kind, ids)),
            _ => None,
        }
    }
}

/// One pass over a file for the step at hand, and for those of the steps after it whose rows can be held.
pub(super) struct Folding<'f> {
    views: Views<'f>,
    door: Door<'f>,
    /// The steps of the other views, with the rows held for them; `None` for one that is too large.
    held: Vec<(usize, Option<Vec<Batch>>)>,
    tells: bool,
    is_open: bool,
}

impl<'f> Folding<'f> {
    pub(super) fn of(survey: &'f Survey, folds: &mut Folds, index: usize) -> Option<Self> {
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
        let views = Views::of(&readings, step.is_lead)?;
        let door = Door::of(file, step.purpose, folds.shared_of(file, step.purpose));
        Some(Self { views, door, held, tells: step.is_lead, is_open: false })
    }

    /// Makes room for about as many rows, if it is the seats that are sent: there is one for each row.
    pub(super) fn expect(&mut self, rows: u64) {
        if self.door.file.table.rows == Rows::Records(EntityKind::Enrollment) {
            self.views.expect(rows);
        }
    }

    /// Takes in rows of the file, and sends those of the step at hand. `false` if nobody listens.
    pub(super) fn take(&mut self, batch: &Batch, last: bool, sender: &mut Sender) -> bool {
        if !std::mem::replace(&mut self.is_open, true) && !self.door.open(sender) {
            return false;
        }
        let mut odd = Vec::new();
        self.views.take(batch, &mut odd);
        if self.views.is_replaced() {
            sender.send(Message::Failed(replaced()));
            return false;
        }
        if !odd.is_empty() && !sender.send(Message::Odd(odd)) {
            return false;
        }
        let Some((own, others)) = self.views.readings.split_first_mut() else { return true };
        if own.out.len() >= ROWS || last && own.out.len() > 0 {
            let mut next = sender.batch();
            next.clear();
            if !self.door.send(std::mem::replace(&mut own.out, next), sender) {
                return false;
            }
        }
        for (view, (_, held)) in others.iter_mut().zip(&mut self.held) {
            match held {
                Some(held) if view.out.len() >= ROWS || last && view.out.len() > 0 => {
                    view.out.shrink();
                    held.push(std::mem::take(&mut view.out));
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

    pub(super) fn into_kept(self) -> Kept {
        let rows = self.held.into_iter().filter_map(|(step, held)| Some((step, held?))).collect();
        Kept { rows, shared: self.door.close() }
    }
}
