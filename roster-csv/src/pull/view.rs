//! One reading of a file whose rows are several records each.

use roster_core::{
    EntityKind,
    table::{Holds, Need, Rows},
};

use super::{
    made_ids::Hashed,
    sources::{says_something, write},
    spared::Told,
};
use crate::{
    dialect::{Piece, Source, Unfolding},
    keys::{HashedSet, Ids, Keys, Seen},
    rows::{Batch, Origin, Pick, RowMark, Trimmed},
    survey::SurveyedFile,
};

/// One reading of a file: what unfolds its rows into those of one of its tables.
pub(super) struct View<'f> {
    pub(super) unfolding: &'f Unfolding,
    /// Which cell names what the row is about.
    pub(super) subject: usize,
    /// Cells that describe it: it is missing from a row in which all of these are empty too.
    telling: Vec<usize>,
    /// The file is about nothing else, so that it is never missing from a row.
    insists: bool,
    pub(super) is_seat: bool,
    keys: Keys,
    /// Those of seats: all that one says is in its id.
    pub(super) seats: Ids,
    /// What tells nobody apart, such as an address that is none: each row that names it is to be told.
    nameless: HashedSet,
    /// What rows say different things of.
    contradicted: HashedSet,
    pub(super) is_stopped: bool,
    /// The reading whose rows say what those of this one do.
    pub(super) beside: Option<usize>,
    said: Vec<Said>,
    pub(super) hashed: Hashed,
    /// Rows are not made of those of the file, but picked: they are made where records are.
    pub(super) picks: Option<Vec<Pick>>,
    /// The rows made so far.
    pub(super) out: Batch,
}

/// What a row says in one reading.
#[derive(Clone, Copy)]
pub(super) struct Said {
    /// Tells what the row is about.
    pub(super) key: u64,
    /// Tells all that it says.
    row: u64,
    /// It is about something.
    is_there: bool,
}

impl Said {
    /// What a row says that is a seat: all of it is in its id.
    pub(super) const fn seat(key: u64) -> Self {
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
            let is_own = unfolding.is_own(position) && position != subject;
            (is_read && is_own && column.refers.is_none()).then_some(position)
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
            beside: None,
            said: Vec::new(),
            hashed: Hashed::default(),
            picks: None,
            out: Batch::default(),
        }
    }

    /// Takes in some rows, few enough that what is looked up of all of them can be brought near at once. What is new of those of
    /// `elsewhere`, a bit each, is said there.
    pub(super) fn take(
        &mut self,
        batch: &Batch,
        rows: &[(usize, u64)],
        hashes: &[u64],
        elsewhere: u64,
    ) -> Told {
        let mut said = std::mem::take(&mut self.said);
        said.clear();
        let width = hashes.len().checked_div(rows.len()).unwrap_or(0).max(1);
        said.extend(hashes.chunks_exact(width).map(|cells| self.said(cells)));
        self.touch_all(said.iter().map(|said| said.key));
        let mut told = Told::default();
        for (number, (row, said)) in rows.iter().zip(&said).enumerate() {
            let seen = if said.is_there { self.enter(*said) } else { Seen::First };
            let is_new = said.is_there && seen == Seen::First;
            if is_new && elsewhere >> number & 1 == 1 {
                continue;
            }
            let is_again = self.tell(batch, *row, said, seen, &mut told);
            told.again |= u64::from(is_again) << number;
            told.new |= u64::from(is_new && !is_again) << number;
        }
        self.said = said;
        told
    }

    /// Tells of a row, unless an earlier one told the same. Returns whether it is to be told of each time that it comes.
    pub(super) fn tell(
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
        let at = |at: usize| cells.get(at).copied().unwrap_or(0);
        let subject = self.says(self.subject, at);
        if self.is_seat {
            return Said::seat(subject);
        }
        let own = (0..self.unfolding.cells.len()).filter(|position| self.unfolding.is_own(*position));
        let row = own.fold(0, |row, position| mixed(row, self.says(position, at)));
        let key = match self.unfolding.key {
            Some(key) if key == self.subject => subject,
            Some(key) => self.says(key, at),
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

    /// What a cell says, as a hash; 0 if it says nothing. `at` tells the same of a cell of the file.
    #[inline]
    pub(super) fn says(&self, position: usize, mut at: impl FnMut(usize) -> u64) -> u64 {
        match self.unfolding.cells.get(position) {
            Some(Source::At(position) | Source::Words(position, _)) => at(*position),
            Some(Source::Fixed(_)) => 1,
            Some(Source::Made(pieces)) => {
                let mut id = 1;
                for piece in pieces {
                    let part = match piece {
                        Piece::At(position) => at(*position),
                        Piece::Maybe(position) => position.map_or(1, &mut at).max(1),
                        Piece::Word(_) => continue,
                        Piece::Hashed(columns) => all_say(columns, &mut at),
                        Piece::AtOrHashed(position, columns) => match position.map_or(0, &mut at) {
                            0 => all_say(columns, &mut at),
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

    /// Picks rows, each of which may be the first to tell of what it is about.
    pub(super) fn pick_all(&mut self, rows: &[(usize, u64)]) {
        let picks = rows.iter().map(|(row, record)| Pick { row: *row, record: *record, seen: Seen::First });
        self.picks.get_or_insert_default().extend(picks);
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

/// What some cells of the file say together; 0 if none says anything.
fn all_say(columns: &[usize], at: &mut impl FnMut(usize) -> u64) -> u64 {
    if let [column] = columns {
        return at(*column);
    }
    let (all, any) = columns.iter().fold((1, 0), |(all, any), column| {
        let says = at(*column);
        (mixed(all, says), any | says)
    });
    if any == 0 { 0 } else { all.max(1) }
}

/// Adds one hash to another, so that their order counts.
pub(super) const fn mixed(left: u64, right: u64) -> u64 {
    (left.rotate_left(5) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
