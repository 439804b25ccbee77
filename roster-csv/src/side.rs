//! Side tables: rows of files that add to people, kept until the people come.
//!
//! One person is spread over files (roles, accounts, demographics of OneRoster 1.2), so these rows are held in memory: their
//! text, and 32 bytes each. Columns that the host did not ask for are not kept.

use std::sync::Arc;

use roster_core::{EntityKind, table::Holds};

use crate::{
    dialect::Header,
    keys::hash,
    row::{Cells, Findings, PACKED, Row},
    rows::{Batch, RowMark},
};

/// The rows of one file, by person.
pub(crate) struct Side {
    text: String,
    rows: Vec<SideRow>,
    sorted: bool,
}

#[derive(Clone, Copy)]
struct SideRow {
    person: u64,
    start: u32,
    length: u32,
    line: u32,
    record: u32,
    taken: bool,
}

/// A row taken out.
#[derive(Clone, Copy)]
pub(crate) struct Taken<'a> {
    text: &'a str,
    line: u32,
    record: u32,
}

impl Side {
    pub(crate) const fn new() -> Self {
        Self { text: String::new(), rows: Vec::new(), sorted: true }
    }

    /// Keeps a row: the cells of the columns that `wanted` names. Returns whether there was room, which four gigabytes of
    /// text bound.
    pub(crate) fn keep(
        &mut self,
        batch: &Batch,
        mark: &RowMark,
        record: u64,
        person: &str,
        mut wanted: impl FnMut(usize) -> bool,
    ) -> bool {
        let start = self.text.len();
        for (position, cell) in batch.cells(mark).enumerate() {
            if position > 0 {
                self.text.push(PACKED);
            }
            if wanted(position) {
                self.text.push_str(cell);
            }
        }
        let narrow = |number: u64| u32::try_from(number).ok();
        let row = (|| {
            Some(SideRow {
                person: hash(person),
                start: narrow(start as u64)?,
                length: narrow((self.text.len() - start) as u64)?,
                line: narrow(mark.line)?,
                record: narrow(record)?,
                taken: false,
            })
        })();
        self.rows.extend(row);
        self.sorted = false;
        row.is_some()
    }

    /// The rows of a person, and how many of them are taken out by this for the first time; `peek` takes none out.
    pub(crate) fn of(&mut self, person: u64, peek: bool) -> (Vec<Taken<'_>>, u64) {
        if !self.sorted {
            self.rows.sort_unstable_by_key(|row| (row.person, row.record));
            self.sorted = true;
        }
        let first = first_of(&self.rows, person);
        let (text, mut fresh) = (&self.text, 0);
        let rows = self.rows.iter_mut().skip(first).take_while(|row| row.person == person);
        let taken = rows.map(|row| {
            fresh += u64::from(!row.taken && !peek);
            row.taken |= !peek;
            row.out(text)
        });
        (taken.collect(), fresh)
    }

    /// The rows that nobody took: their people did not come.
    pub(crate) fn left(&self) -> impl Iterator<Item = Taken<'_>> {
        self.rows.iter().filter(|row| !row.taken).map(|row| row.out(&self.text))
    }
}

/// Where the rows of a person begin, among rows sorted by person. Hashes are spread evenly, so that the place is guessed first: a
/// search that begins in the middle waits for memory many times.
fn first_of(rows: &[SideRow], person: u64) -> usize {
    let guess = usize::try_from((u128::from(person) * rows.len() as u128) >> 64).unwrap_or(0);
    let is_before = |at: usize| rows.get(at).is_some_and(|row| row.person < person);
    let mut step = 8;
    let (mut from, mut to) = (guess, guess);
    while from > 0 && !is_before(from - 1) {
        from = from.saturating_sub(step);
        step *= 2;
    }
    step = 8;
    while is_before(to) {
        to = (to + step).min(rows.len());
        step *= 2;
    }
    from + rows.get(from..to).unwrap_or(&[]).partition_point(|row| row.person < person)
}

impl SideRow {
    fn out<'a>(&self, text: &'a str) -> Taken<'a> {
        let start = self.start as usize;
        let text = text.get(start..start + self.length as usize).unwrap_or("");
        Taken { text, line: self.line, record: self.record }
    }
}

impl<'a> Taken<'a> {
    /// The row, to be read through its header.
    pub(crate) fn row(self, header: &'a Header, file: &'a Arc<str>, findings: &'a mut Findings) -> Row<'a> {
        let cells = Cells::Packed(self.text);
        let position = header.position(Holds::OfPerson);
        let id = position.and_then(|position| self.text.split(PACKED).nth(position)).unwrap_or("");
        Row {
            header,
            cells,
            kind: EntityKind::Person,
            id: roster_core::decode::trim(id),
            file,
            line: self.line.into(),
            record: self.record.into(),
            findings,
        }
    }
}
