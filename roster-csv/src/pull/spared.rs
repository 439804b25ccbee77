//! What an earlier row said just so. A district's rows repeat its schools, its classes and its people, and readings of those need not
//! look at such a row again.

use std::ops::Range;

use roster_core::hashed::hash_bytes;

use super::view::{View, mixed};
use crate::{
    keys::Ids,
    rows::{Batch, RowCells, commas},
};

/// How many combinations of cells are remembered, at most: eight to sixteen bytes each.
const REMEMBERED: usize = 1 << 18;

/// Readings that look at the same cells of a row, more or less: what nothing is to be told of they pass over together.
pub(super) struct Group {
    /// Which of the readings.
    pub(super) readings: Vec<usize>,
    /// The file's columns that they look at.
    pub(super) columns: Vec<usize>,
    /// These, as runs of neighbours; none if rows never say the same.
    runs: Vec<Range<usize>>,
    /// What such cells said in rows that would not be told of again.
    settled: Ids,
    remembered: usize,
    /// The hashes of the rows at hand.
    hashes: Vec<u64>,
}

/// What readings told of some rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    /// Rows that are to be told of each time that they come, a bit each.
    pub(super) again: u64,
    /// Rows that tell of somebody or something for the first time, a bit each.
    pub(super) new: u64,
    /// A row is the first to say something else than an earlier one did.
    pub(super) contradicts: bool,
}

impl Told {
    pub(super) fn and(&mut self, other: Self) {
        self.again |= other.again;
        self.contradicts |= other.contradicts;
    }
}

/// Groups all readings but the first.
///
/// Where the first one is of seats, a row is a pupil's seat in a class: the others are then about the class or about the pupil, and the
/// parts of a seat's id tell which. Elsewhere each row is about somebody else, and none is spared. A reading in the wrong group costs
/// time and no more.
pub(super) fn groups(readings: &[View<'_>]) -> Vec<Group> {
    let Some((own, others)) = readings.split_first() else { return Vec::new() };
    let sides = if own.is_seat() { own.subject_columns() } else { Vec::new() };
    let side_of = |view: &View<'_>| {
        let subject = view.subject_columns();
        sides.iter().rposition(|column| subject.contains(column)).unwrap_or(0)
    };
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for (number, view) in (1..).zip(others) {
        let side = side_of(view);
        if !groups.iter().any(|(of, _)| *of == side) {
            groups.push((side, Group::empty()));
        }
        if let Some((_, group)) = groups.iter_mut().find(|(of, _)| *of == side) {
            group.readings.push(number);
            group.columns.extend(view.columns());
        }
    }
    for (_, group) in &mut groups {
        // What is said beside something else is looked at after it.
        group.readings.sort_by_key(|at| readings.get(*at).is_some_and(|view| view.beside.is_some()));
    }
    groups.into_iter().map(|(_, group)| group.closed(own.is_seat())).collect()
}

impl Group {
    fn empty() -> Self {
        Self {
            readings: Vec::new(),
            columns: Vec::new(),
            runs: Vec::new(),
            settled: Ids::default(),
            remembered: 0,
            hashes: Vec::new(),
        }
    }

    fn closed(mut self, spares: bool) -> Self {
        self.columns.sort_unstable();
        self.columns.dedup();
        for column in self.columns.iter().filter(|_| spares) {
            match self.runs.last_mut() {
                Some(run) if run.end == *column => run.end += 1,
                _ => self.runs.push(*column..column + 1),
            }
        }
        self
    }

    /// For tests: looks at every row.
    #[cfg(test)]
    pub(super) fn spare_nothing(&mut self) {
        self.runs.clear();
    }

    /// Whether nothing is to be told of any of some rows. They are spared together or not at all: a row may contradict one that was
    /// settled, and those after it are to be told of then.
    pub(super) fn spares(&mut self, batch: &Batch, rows: &[(usize, u64)]) -> bool {
        let Self { runs, settled, hashes, .. } = self;
        hashes.clear();
        if runs.is_empty() {
            return false;
        }
        let rows = rows.iter().filter_map(|(index, _)| batch.row(*index));
        hashes.extend(rows.map(|mark| {
            let cells = batch.row_cells(mark);
            runs.iter().fold(1, |all, run| {
                if mark.has_quote {
                    hash_quoted(all, cells, run)
                } else {
                    mixed(all, hash_bytes(cells.span(run)))
                }
            })
        }));
        settled.touch_all(hashes.iter().copied());
        hashes.iter().all(|hash| settled.contains(*hash))
    }

    /// Remembers those of the rows that were looked at which would not be told of again.
    pub(super) fn keep(&mut self, told: Told) {
        if told.contradicts {
            // Both rows are told of from now on, and it is not known which of those remembered was the earlier one.
            self.settled = Ids::default();
            self.remembered = 0;
            return;
        }
        for (number, hash) in self.hashes.iter().enumerate() {
            if told.again >> number & 1 == 0 && self.remembered < REMEMBERED {
                self.remembered += usize::from(self.settled.insert(*hash));
            }
        }
    }
}

/// Adds the hash of some neighbouring cells of a row with quotes. Where one of them holds what separates others, two rows might look
/// alike that are not: then each cell is hashed by itself. Else they say what the same cells say in a row without quotes.
fn hash_quoted(all: u64, cells: RowCells<'_>, run: &Range<usize>) -> u64 {
    let text = cells.span(run);
    let there = run.end.min(cells.len()).saturating_sub(run.start);
    if commas(text) < there.max(1) {
        return mixed(all, hash_bytes(text));
    }
    run.clone().fold(mixed(all, 2), |all, column| mixed(all, hash_bytes(cells.cell(column).as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Scanner;

    #[test]
    fn quotes_do_not_matter_but_commas_inside_them_do() {
        let rows = "1,North,x,a\n1,North,\"x, y\",a\n\"1\",North,x,\"a\"\n1,\"North,\",x,a\n\"1,North\",,x,a\n1,\"North,\",y,a\n";
        let (mut scanner, mut batch) = (Scanner::new(1 << 10), Batch::default());
        scanner.scan(rows.as_bytes(), true, 100, &mut batch);
        let mut group = Group { columns: vec![0, 1, 3], ..Group::empty() }.closed(true);
        let mut was_there = |row| {
            let is_spared = group.spares(&batch, &[(row, 0)]);
            group.keep(Told::default());
            is_spared
        };
        assert_eq!([0, 1, 2, 3, 4, 5].map(&mut was_there), [false, true, true, false, false, true]);
    }
}
