//! Rows of a file that are several records each, made rows of one record each, on the reader's thread.
//!
//! A row is judged as a whole first. Then it is unfolded: a record that an earlier row told already in the same words is passed over,
//! so that a school that stands on each row of a district is told once.

use roster_core::{
    EntityKind,
    table::{Holds, Need, Rows},
};

use super::{
    judge::{Judge, Odd},
    look::Look,
    made_ids::Hashed,
    sources::{says_something, write},
    spared::{Group, Told, groups},
};
use crate::{
    dialect::{Piece, Source, Unfolding},
    keys::{HashedSet, Ids, Keys, Seen},
    rows::{Batch, Origin, Pick, RowMark, Trimmed, WINDOW},
    survey::SurveyedFile,
};

/// One reading of a file: what unfolds its rows into those of one of its tables.
pub(super) struct View<'f> {
    unfolding: &'f Unfolding,
    /// Which cell names what the row is about.
    subject: usize,
    /// Cells that describe it: it is missing from a row in which all of these are empty too.
    telling: Vec<usize>,
    /// The file is about nothing else, so that it is never missing from a row.
    insists: bool,
    is_seat: bool,
    keys: Keys,
    /// Those of seats: all that one says is in its id.
    seats: Ids,
    /// What tells nobody apart, such as an address that is none: each row that names it is to be told.
    nameless: HashedSet,
    /// What rows say different things of.
    contradicted: HashedSet,
    is_stopped: bool,
    said: Vec<Said>,
    hashed: Hashed,
    /// Rows are not made of those of the file, but picked: they are made where records are.
    picks: Option<Vec<Pick>>,
    /// The rows made so far.
    pub(super) out: Batch,
}

/// Several readings of a file, done at once.
pub(super) struct Views<'f> {
    judge: Judge<'f>,
    pub(super) readings: Vec<View<'f>>,
    /// The file's columns in which case does not matter.
    folded: Vec<bool>,
    /// The file's columns that the first reading looks at, which looks at every row.
    own: Vec<usize>,
    /// The other readings.
    groups: Vec<Group>,
    /// For each cell of the rows at hand a hash of what it says; 0 if it says nothing, or nobody looked.
    cells: Vec<u64>,
    /// The rows at hand, and which records of the file they are.
    rows: Vec<(usize, u64)>,
    /// Each row is a seat, and those of the first reading are told apart as rows are.
    are_seats: bool,
    /// The keys of the seats that the rows at hand are; none where they are told apart by the first reading itself.
    seats: Vec<u64>,
    /// What the sound rows among them are: the key of each one's seat, and what it tells.
    entered: Vec<(u64, Seen)>,
    scratch: String,
}

impl<'f> Views<'f> {
    pub(super) fn of(readings: &[(&'f SurveyedFile, &'f Unfolding)], tells: bool) -> Option<Self> {
        let (_, first) = readings.first()?;
        let mut folded = vec![false; first.file.width()];
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
        }
        let mut views: Vec<_> = readings.iter().map(|(file, unfolding)| View::of(file, unfolding)).collect();
        if let Some(own) = views.first_mut() {
            own.picks = Some(Vec::new());
        }
        // All of a seat is in its id.
        let seats = views.first().filter(|view| view.is_seat);
        let are_seats = seats.is_some() && tells;
        let own = seats.map_or_else(|| first.columns(), View::subject_columns);
        Some(Self {
            judge: Judge::of(&first.file, ids, tells),
            groups: groups(&views),
            readings: views,
            folded,
            own,
            cells: Vec::new(),
            rows: Vec::new(),
            are_seats,
            seats: Vec::new(),
            entered: Vec::new(),
            scratch: String::new(),
        })
    }

    /// Takes in rows of the file, and adds those that they become. What is odd about them is told.
    pub(super) fn take(&mut self, batch: &Batch, odd: &mut Vec<Odd>) {
        let is_loose = batch.has_wide_blanks();
        for from in (0..batch.len()).step_by(WINDOW) {
            let mut rows = std::mem::take(&mut self.rows);
            self.name_seats(batch, from, is_loose, &mut rows);
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
            self.unfold(batch, &rows, is_loose);
            self.rows = rows;
        }
    }

    /// Tells which seats the next rows are, where each is one.
    fn name_seats(&mut self, batch: &Batch, from: usize, is_loose: bool, rows: &mut Vec<(usize, u64)>) {
        let Self { readings, folded, own, cells, scratch, seats, are_seats, .. } = self;
        let Some(view) = readings.first().filter(|_| *are_seats) else { return };
        rows.clear();
        rows.extend((from..batch.len().min(from + WINDOW)).map(|index| (index, 0)));
        Look { folded, is_loose, cells, scratch }.at(batch, rows, own);
        seats.clear();
        seats.extend(cells.chunks_exact(folded.len().max(1)).map(|cells| view.says(view.subject, cells)));
    }

    /// Unfolds some rows, at most as many as a window has.
    fn unfold(&mut self, batch: &Batch, rows: &[(usize, u64)], is_loose: bool) {
        let Self { readings, groups, folded, own, cells, scratch, .. } = self;
        let mut look = Look { folded, is_loose, cells, scratch };
        if let Some(view) = readings.first_mut() {
            if self.are_seats {
                for (row, (seat, seen)) in rows.iter().zip(&self.entered) {
                    view.tell(batch, *row, &Said::seat(*seat), *seen, &mut Told::default());
                }
            } else {
                look.at(batch, rows, own);
                view.take(batch, rows, look.cells);
            }
        }
        for group in groups {
            if group.spares(batch, rows) {
                continue;
            }
            look.at(batch, rows, &group.columns);
            let mut told = Told::default();
            for at in &group.readings {
                if let Some(view) = readings.get_mut(*at).filter(|view| !view.is_stopped) {
                    told.and(view.take(batch, rows, look.cells));
                }
            }
            group.keep(told);
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
        if self.are_seats {
            self.judge.expect_seats(rows);
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

/// What a row says in one reading.
#[derive(Clone, Copy)]
struct Said {
    /// Tells what the row is about.
    key: u64,
    /// Tells all that it says.
    row: u64,
    /// It is about something.
    is_there: bool,
}

impl Said {
    /// What a row says that is a seat: all of it is in its id.
    const fn seat(key: u64) -> Self {
        Self { key, row: key, is_there: key != 0 }
    }
}

impl<'f> View<'f> {
    pub(super) fn of(file: &'f SurveyedFile, unfolding: &'f Unfolding) -> Self {
        let subject = match file.table.rows {
            Rows::Records(_) => file.header.position(Holds::Id),
            _ => file.header.position(Holds::OfPerson),
        };
        let subject = subject.unwrap_or(0);
        let tells_of_it = |(position, column): (usize, &roster_core::table::Column)| {
            let is_read = matches!(unfolding.cells.get(position), Some(Source::At(_) | Source::Words(..)));
            (is_read && column.refers.is_none() && position != subject).then_some(position)
        };
        let required = |(position, column): (usize, &roster_core::table::Column)| {
            position != subject && column.need == Need::Required
        };
        Self {
            unfolding,
            subject,
            telling: match file.table.rows {
                Rows::Records(_) => file.header.known().filter_map(tells_of_it).collect(),
                _ => Vec::new(),
            },
            insists: file.header.known().any(required),
            // With columns of the file's own, it may say more.
            is_seat: file.table.rows == Rows::Records(EntityKind::Enrollment)
                && file.header.extra().next().is_none(),
            keys: Keys::default(),
            seats: Ids::default(),
            nameless: HashedSet::default(),
            contradicted: HashedSet::default(),
            is_stopped: false,
            said: Vec::new(),
            hashed: Hashed::default(),
            picks: None,
            out: Batch::default(),
        }
    }

    /// Takes in some rows, few enough that what is looked up of all of them can be brought near at once.
    fn take(&mut self, batch: &Batch, rows: &[(usize, u64)], hashes: &[u64]) -> Told {
        let mut said = std::mem::take(&mut self.said);
        said.clear();
        let width = hashes.len().checked_div(rows.len()).unwrap_or(0).max(1);
        said.extend(hashes.chunks_exact(width).map(|cells| self.said(cells)));
        self.touch_all(said.iter().map(|said| said.key));
        let mut told = Told::default();
        for (number, (row, said)) in rows.iter().zip(&said).enumerate() {
            let seen = if said.is_there { self.enter(*said) } else { Seen::First };
            let is_again = self.tell(batch, *row, said, seen, &mut told);
            told.again |= u64::from(is_again) << number;
        }
        self.said = said;
        told
    }

    /// Tells of a row, unless an earlier one told the same. Returns whether it is to be told of each time that it comes.
    fn tell(
        &mut self,
        batch: &Batch,
        (index, record): (usize, u64),
        said: &Said,
        seen: Seen,
        told: &mut Told,
    ) -> bool {
        if seen == Seen::Identical && !self.nameless.contains(&said.key) {
            return false;
        }
        let is_conflict = seen == Seen::Conflict;
        if is_conflict {
            told.contradicts |= self.contradicted.insert(said.key);
        }
        let Some(mark) = batch.row(index) else { return is_conflict };
        let cells = batch.trimmed(mark);
        if !said.is_there && !self.is_damaged(cells) {
            return is_conflict;
        }
        let seen = if seen == Seen::Identical { Seen::First } else { seen };
        let pick = Pick { row: index, record, seen };
        let picks = self.picks.is_some();
        let has_id = if picks { self.pick(cells, pick) } else { self.add(cells, mark, &pick) };
        if said.is_there && !has_id {
            self.nameless.insert(said.key);
        }
        is_conflict || !(said.is_there && has_id)
    }

    /// Enters what a row says. Returns whether one that is about the same was there.
    #[inline]
    fn enter(&mut self, said: Said) -> Seen {
        if !self.is_seat {
            return self.keys.enter(said.key, said.row);
        }
        if self.seats.insert(said.key) { Seen::First } else { Seen::Identical }
    }

    fn touch_all(&self, keys: impl Iterator<Item = u64>) {
        if self.is_seat { self.seats.touch_all(keys) } else { self.keys.touch_all(keys) }
    }

    /// The file's columns that are looked at.
    pub(super) fn columns(&self) -> Vec<usize> {
        self.unfolding.columns()
    }

    /// The file's columns that tell what a row is about.
    pub(super) fn subject_columns(&self) -> Vec<usize> {
        self.unfolding.columns_of(self.subject)
    }

    /// Whether each row that is about something says no more than that.
    pub(super) const fn is_seat(&self) -> bool {
        self.is_seat
    }

    /// Whether a row that names nothing should: it tells of it, or is about nothing else.
    fn is_damaged(&self, cells: Trimmed<'_>) -> bool {
        self.insists || self.telling.iter().any(|position| self.has(*position, cells))
    }

    /// Whether a cell says something.
    fn has(&self, position: usize, cells: Trimmed<'_>) -> bool {
        self.unfolding.cells.get(position).is_some_and(|source| says_something(source, cells))
    }

    fn said(&self, cells: &[u64]) -> Said {
        let subject = self.says(self.subject, cells);
        if self.is_seat && self.unfolding.key == Some(self.subject) {
            return Said::seat(subject);
        }
        let row = (0..self.unfolding.cells.len()).fold(0, |row, at| mixed(row, self.says(at, cells)));
        let key = match self.unfolding.key {
            Some(key) if key == self.subject => subject,
            Some(key) => self.says(key, cells),
            None => row,
        };
        Said { key, row, is_there: subject != 0 }
    }

    /// Makes no more rows: there are too many to be held.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.keys = Keys::default();
        self.seats = Ids::default();
        self.out = Batch::default();
    }

    /// What a cell says, as a hash; 0 if it says nothing.
    fn says(&self, position: usize, cells: &[u64]) -> u64 {
        let at = |at: usize| cells.get(at).copied().unwrap_or(0);
        let all = |columns: &[usize]| match columns {
            [column] => at(*column),
            _ if columns.iter().all(|column| at(*column) == 0) => 0,
            _ => columns.iter().fold(1, |all, column| mixed(all, at(*column))).max(1),
        };
        match self.unfolding.cells.get(position) {
            Some(Source::At(position) | Source::Words(position, _)) => at(*position),
            Some(Source::Fixed(_)) => 1,
            Some(Source::Made(pieces)) => {
                let mut id = 1;
                for piece in pieces {
                    let part = match piece {
                        Piece::At(position) => at(*position),
                        Piece::Maybe(position) => position.map_or(1, at).max(1),
                        Piece::Word(_) => continue,
                        Piece::Hashed(columns) => all(columns),
                        Piece::AtOrHashed(position, columns) => match position.map_or(0, at) {
                            0 => all(columns),
                            own => own,
                        },
                    };
                    if part == 0 {
                        return 0;
                    }
                    id = mixed(id, part);
                }
                id.max(1)
            }
            None => 0,
        }
    }

    /// An address that tells nobody apart makes no id, and with it what is nothing but an id.
    const fn is_there_without_id(&self) -> bool {
        self.insists || !self.telling.is_empty()
    }

    /// The cell that a row can't do without: it is nothing but an id, and that is made of others.
    pub(super) const fn needs(&self) -> Option<usize> {
        if self.is_there_without_id() { None } else { Some(self.subject) }
    }

    /// Picks a row. Returns whether what is made of it has an id; of what is nothing else that is told where it is made.
    fn pick(&mut self, cells: Trimmed<'_>, pick: Pick) -> bool {
        self.picks.get_or_insert_default().push(pick);
        !self.is_there_without_id() || self.has(self.subject, cells)
    }

    /// Adds a row. Returns whether it has an id.
    fn add(&mut self, cells: Trimmed<'_>, mark: &RowMark, pick: &Pick) -> bool {
        let needs_id = !self.is_there_without_id();
        let mut row = self.out.make();
        let mut has_id = false;
        for (position, source) in self.unfolding.cells.iter().enumerate() {
            let length = row.cell(|text| write(source, cells, &mut self.hashed, text));
            has_id |= position == self.subject && length > 0;
        }
        if needs_id && !has_id {
            row.forget();
            return false;
        }
        if let Some(made) = row.keep(&Origin { mark, record: pick.record }) {
            made.seen = pick.seen;
        }
        has_id
    }
}

/// Adds one hash to another, so that their order counts.
pub(super) const fn mixed(left: u64, right: u64) -> u64 {
    (left.rotate_left(5) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests;
