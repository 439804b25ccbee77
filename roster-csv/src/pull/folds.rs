//! Files that several steps read: one pass over such a file makes the rows of as many steps as can be held, since finding rows costs
//! more than unfolding them.

use std::{collections::BTreeMap, sync::Arc};

use roster_core::{EntityKind, table::Rows};

use super::{
    plan::{Purpose, Step},
    reader::{Message, ROWS, Sender, replaced},
    unfold::Views,
    unfolded::Marker,
};
use crate::{rows::Batch, survey::Survey};

/// Bytes of rows that are held for later steps, at most. What grows beyond it is found in a pass of its own.
const HELD: usize = if cfg!(test) { 4 << 10 } else { 40 << 20 };

/// The steps, and what is held for them.
pub(super) struct Folds {
    steps: Vec<Step>,
    kept: BTreeMap<usize, Vec<Batch>>,
    /// Of files that were judged the rows that were left out.
    left_out: BTreeMap<Arc<str>, Arc<[u64]>>,
}

impl Folds {
    pub(super) fn of(steps: &[Step]) -> Self {
        Self { steps: steps.to_vec(), kept: BTreeMap::new(), left_out: BTreeMap::new() }
    }

    pub(super) fn step(&self, index: usize) -> Option<Step> {
        self.steps.get(index).copied()
    }

    /// Whether the rows of a step are held already.
    pub(super) fn has(&self, index: usize) -> bool {
        self.kept.contains_key(&index)
    }

    pub(super) fn keep(&mut self, mut folding: Folding) {
        if folding.tells {
            self.left_out.insert(Arc::clone(folding.name), folding.views.left_out());
        }
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
    name: &'f Arc<str>,
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
        let mut views = Views::of(&readings, &step)?;
        if let Some(left_out) = folds.left_out.get(&file.name) {
            views.follow(Arc::clone(left_out));
        }
        let is_of_seats = file.table.rows == Rows::Records(EntityKind::Enrollment);
        Some(Self { name: &file.name, views, is_of_seats, held, tells: step.is_lead })
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::executor::block_on;
    use roster_core::{
        Notice, Observer, PullContext, PullRequest, Roster, RosterSourceExt, RowCounts, codes,
    };

    use super::HELD;
    use crate::source::CsvSource;

    #[derive(Debug, Default)]
    struct Counts(Mutex<RowCounts>);

    impl Observer for Counts {
        fn notice(&self, notice: &Notice<'_>) {
            if let Notice::File { rows, .. } = notice {
                *self.0.lock().unwrap() = *rows;
            }
        }
    }

    /// What the rows say where there are so many others that the people are found in a pass of their own.
    fn among_many(rows: &str) -> (Roster, RowCounts) {
        let mut text = "school_id,class_id,student_first_name,student_email,teacher_email\n".to_owned();
        text.push_str(rows);
        let others = 200;
        for other in 0..others {
            text.push_str(&format!("s1,c1,Somebody Else,other{other}@x.example,t@x.example\n"));
        }
        assert!(text.len() > 2 * HELD, "they could be held");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("roster.csv"), text).unwrap();
        let source = CsvSource::builder().path(folder.path()).dialect("one_file").build().unwrap();
        let counts = Arc::new(Counts::default());
        let cx = PullContext::new(Arc::clone(&counts) as Arc<dyn Observer>);
        let roster = block_on(source.collect(PullRequest::full(), cx, 10_000)).unwrap();
        let mut counts = *counts.0.lock().unwrap();
        (counts.rows, counts.used) = (counts.rows - others, counts.used - others);
        (roster, counts)
    }

    #[test]
    fn a_row_that_one_pass_leaves_out_tells_nobody_in_another() {
        // A spreadsheet made a date of the class's id.
        let (roster, counts) = among_many(
            "s1,12-Mar,Cy,cy@x.example,t@x.example\ns2,c2,Cy,cy@x.example,t@x.example\ns3,c3,Cy,cy@x.example,t@x.example\n",
        );
        let cy = roster.people.iter().find(|person| person.name.given.as_deref() == Some("Cy")).unwrap();
        let schools: Vec<_> = cy.affiliations.iter().map(|role| role.org.as_deref()).collect();
        assert_eq!(schools, [Some("s2"), Some("s3")]);
        assert_eq!((counts.used, counts.rejected), (2, 1));
    }

    #[test]
    fn a_row_that_is_there_twice_contradicts_nobody_twice() {
        let row = "s1,c1,Cy,cy@x.example,t@x.example\n";
        let other = "s1,c2,Di,cy@x.example,t@x.example\n";
        let (roster, counts) = among_many(&[row, other, row].concat());
        let conflicts = roster.problems.iter().filter(|problem| problem.code == codes::CONFLICT);
        assert_eq!(conflicts.count(), 2, "each of the two rows is told of");
        assert_eq!((counts.used, counts.rejected, counts.duplicate), (0, 2, 1));
    }
}
