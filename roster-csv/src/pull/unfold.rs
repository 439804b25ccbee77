//! Rows of a file that are several records each, made rows of one record each, on the reader's thread.
//!
//! A row is judged as a whole first. Then it is unfolded: a record that an earlier row told already in the same words is passed over,
//! so that a school that stands on each row of a district is told once.

use std::sync::Arc;

use super::{
    judge::{Judge, Odd},
    look::Look,
    plan::Step,
    references::key_columns,
    spared::{Group, Told, groups},
    view::{Said, View},
};
use crate::{
    dialect::Unfolding,
    keys::Seen,
    rows::{Batch, WINDOW},
    survey::SurveyedFile,
};

/// Where it is found which rows are a seat that was told already, if each row of the first reading is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seated {
    /// Here, where rows are told apart anyway.
    Here,
    /// Where records are made.
    Later,
}

/// Several readings of a file, done at once.
pub(super) struct Views<'f> {
    judge: Judge<'f>,
    pub(super) readings: Vec<View<'f>>,
    /// The file's columns in which case does not matter.
    folded: Vec<bool>,
    /// The file's columns that ids are, or are made of as they stand: each blank counts there.
    exact: Vec<bool>,
    /// The file's columns that the first reading looks at, which looks at every row.
    own: Vec<usize>,
    /// The other readings.
    groups: Vec<Group>,
    /// For each cell of the rows at hand a hash of what it says; 0 if it says nothing, or nobody looked.
    cells: Vec<u64>,
    /// The rows at hand, and which records of the file they are.
    rows: Vec<(usize, u64)>,
    /// Each row is a seat.
    are_seats: Option<Seated>,
    /// The keys of the seats that the rows at hand are; none where they are told apart by the first reading itself.
    seats: Vec<u64>,
    /// What the sound rows among them are: the key of each one's seat, and what it tells.
    entered: Vec<(u64, Seen)>,
    scratch: String,
    /// Of each reading which of the rows at hand tell of somebody for the first time.
    news: Vec<u64>,
}

impl<'f> Views<'f> {
    pub(super) fn of(readings: &[(&'f SurveyedFile, &'f Unfolding)], step: &Step) -> Option<Self> {
        let (_, first) = readings.first()?;
        let [mut folded, mut exact] = [(); 2].map(|()| vec![false; first.file.width()]);
        let of_ids = readings.iter().filter(|(file, _)| !file.table.optional);
        let mut ids: Vec<_> = of_ids.flat_map(|(_, unfolding)| unfolding.columns_of_ids()).collect();
        ids.sort_unstable();
        ids.dedup();
        for (file, unfolding) in readings {
            for at in unfolding.case_free(&file.header) {
                if let Some(folded) = folded.get_mut(at) {
                    *folded = true;
                }
            }
            let keys = key_columns(&file.header, file.table.rows).into_iter();
            let named = file.header.known().filter(|(_, column)| column.refers.is_some());
            let ids = keys.chain(named.map(|(position, _)| position));
            for at in ids.flat_map(|id| unfolding.columns_of(id)) {
                if let Some(exact) = exact.get_mut(at) {
                    *exact = true;
                }
            }
        }
        for at in readings.iter().flat_map(|(_, unfolding)| unfolding.hashed()) {
            if let Some(exact) = exact.get_mut(at) {
                *exact = false;
            }
        }
        let mut views: Vec<_> = readings.iter().map(|(file, unfolding)| View::of(file, unfolding)).collect();
        for (view, (file, _)) in views.iter_mut().zip(readings) {
            view.beside = readings.iter().position(|(_, unfolding)| {
                unfolding.beside.as_ref().is_some_and(|beside| std::ptr::eq(beside.table, file.table))
            });
        }
        if let Some(own) = views.first_mut() {
            own.picks = Some(Vec::new());
        }
        // All of a seat is in its id.
        let seats = views.first().filter(|view| view.is_seat);
        let seated = if step.tells_seats { Seated::Later } else { Seated::Here };
        let are_seats = seats.filter(|_| step.is_lead).map(|_| seated);
        let own = seats.map_or_else(|| first.columns(), View::subject_columns);
        Some(Self {
            judge: Judge::of(&first.file, ids, step.is_lead),
            groups: groups(&views),
            readings: views,
            folded,
            exact,
            own,
            cells: Vec::new(),
            rows: Vec::new(),
            are_seats,
            seats: Vec::new(),
            entered: Vec::new(),
            scratch: String::new(),
            news: Vec::new(),
        })
    }

    /// As [`Judge::follow`].
    pub(super) fn follow(&mut self, left_out: Arc<[u64]>) {
        self.judge.follow(left_out);
    }

    /// As [`Judge::left_out`].
    pub(super) fn left_out(&mut self) -> Arc<[u64]> {
        self.judge.left_out()
    }

    /// Takes in rows of the file, and adds those that they become. What is odd about them is told.
    pub(super) fn take(&mut self, batch: &Batch, odd: &mut Vec<Odd>) {
        let mut is_loose = None;
        for from in (0..batch.len()).step_by(WINDOW) {
            let mut rows = std::mem::take(&mut self.rows);
            self.name_seats(batch, from);
            self.judge.look_ahead(batch, from, &self.seats);
            rows.clear();
            self.entered.clear();
            for index in from..batch.len().min(from + WINDOW) {
                let Some(mark) = batch.row(index) else { continue };
                let seat = self.seats.get(index - from).copied().unwrap_or(0);
                if self.judge.is_sound(batch, (index, seat), mark, odd) {
                    rows.push((index, self.judge.record));
                    self.entered.push((seat, self.judge.seat));
                }
            }
            // Most rows are spared, and their batch is not looked at for this.
            self.unfold(batch, &rows, &mut is_loose);
            self.rows = rows;
        }
    }

    /// Tells which seats the next rows are, where each is one.
    fn name_seats(&mut self, batch: &Batch, from: usize) {
        let Self { readings, folded, exact, cells, scratch, seats, are_seats, .. } = self;
        let Some(view) = readings.first().filter(|_| *are_seats == Some(Seated::Here)) else { return };
        // The cells that a seat's id is made of are exact, whatever stands beside them, or addresses, which have no blanks.
        let mut look = Look { folded, exact, is_loose: false, cells, scratch };
        let rows = (from..batch.len().min(from + WINDOW)).filter_map(|index| batch.row(index));
        seats.clear();
        seats.extend(rows.map(|mark| view.says(view.subject, look.at_row(batch, mark))));
    }

    /// Unfolds some rows, at most as many as a window has.
    fn unfold(&mut self, batch: &Batch, rows: &[(usize, u64)], is_loose: &mut Option<bool>) {
        let Self { readings, groups, folded, exact, own, cells, scratch, news, .. } = self;
        let mut look = Look { folded, exact, is_loose: false, cells, scratch };
        let mut is_loose = || *is_loose.get_or_insert_with(|| batch.has_wide_blanks());
        news.clear();
        news.resize(readings.len(), 0);
        for group in groups {
            if group.spares(batch, rows) {
                continue;
            }
            look.is_loose = is_loose();
            look.at(batch, rows, &group.columns);
            let mut told = Told::default();
            for at in &group.readings {
                if let Some(view) = readings.get_mut(*at).filter(|view| !view.is_stopped) {
                    let elsewhere = view.beside.and_then(|other| news.get(other)).copied().unwrap_or(0);
                    let of_view = view.take(batch, rows, look.cells, elsewhere);
                    if let Some(new) = news.get_mut(*at) {
                        *new = of_view.new;
                    }
                    told.and(of_view);
                }
            }
            group.keep(told);
        }
        if let Some(view) = readings.first_mut() {
            match self.are_seats {
                Some(Seated::Later) => view.pick_all(rows),
                Some(Seated::Here) => {
                    for (row, (seat, seen)) in rows.iter().zip(&self.entered) {
                        view.tell(batch, *row, &Said::seat(*seat), *seen, &mut Told::default());
                    }
                }
                None => {
                    look.is_loose = is_loose();
                    look.at(batch, rows, own);
                    let elsewhere = view.beside.and_then(|other| news.get(other)).copied().unwrap_or(0);
                    view.take(batch, rows, look.cells, elsewhere);
                }
            }
        }
    }

    /// Leaves those rows alone in the batch that those of the first reading are made of. `false` if there are none.
    pub(super) fn pick(&mut self, batch: &mut Batch) -> bool {
        let picks = self.readings.first_mut().and_then(|own| own.picks.as_mut());
        let Some(picks) = picks.filter(|picks| !picks.is_empty()) else { return false };
        batch.pick(picks);
        picks.clear();
        true
    }

    /// Makes room for about as many rows.
    pub(super) fn expect(&mut self, rows: u64) {
        // The step's own seats are one for each row; those of teachers, which are found beside them, are far fewer.
        if self.are_seats.is_some() {
            self.judge.expect(rows, self.are_seats == Some(Seated::Here));
        } else if let Some(view) = self.readings.first_mut().filter(|view| view.is_seat) {
            view.seats.expect(rows);
        }
    }

    /// How many rows the file had, its header not counted.
    pub(super) const fn rows(&self) -> u64 {
        self.judge.record.saturating_sub(1)
    }

    /// Whether the file has another header than when the set was looked at.
    pub(super) const fn is_replaced(&self) -> bool {
        self.judge.is_replaced
    }
}

#[cfg(test)]
mod tests;
