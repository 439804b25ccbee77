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
    /// Where, among sorted rows, those begin whose people's hashes have some highest bits, for each such number: a search through all rows
    /// would wait for memory many times.
    firsts: Vec<u32>,
    /// How many bits a hash has below these.
    shift: u32,
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
        Self { text: String::new(), rows: Vec::new(), sorted: true, firsts: Vec::new(), shift: 0 }
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
        self.sort();
        let first = self.first_of(person);
        let (text, mut fresh) = (&self.text, 0);
        let rows = self.rows.iter_mut().skip(first).take_while(|row| row.person == person);
        let taken = rows.map(|row| {
            fresh += u64::from(!row.taken && !peek);
            row.taken |= !peek;
            row.out(text)
        });
        (taken.collect(), fresh)
    }

    /// Looks at where the rows of some people will be looked for, so that the waits for memory pass at once.
    pub(crate) fn touch_all(&mut self, people: impl Iterator<Item = u64>) {
        self.sort();
        let rows = people.map(|person| {
            self.firsts.get(self.bucket(person)).and_then(|first| self.rows.get(*first as usize))
        });
        std::hint::black_box(rows.flatten().fold(0, |all, row| all ^ row.person));
    }

    /// Sorts the rows by person.
    fn sort(&mut self) {
        if self.sorted {
            return;
        }
        self.sorted = true;
        self.rows.sort_unstable_by_key(|row| (row.person, row.record));
        self.shift = 63 - self.rows.len().max(2).ilog2().min(32);
        let mut firsts = Vec::with_capacity(self.bucket(u64::MAX) + 1);
        for (index, row) in (0..).zip(&self.rows) {
            while firsts.len() <= self.bucket(row.person) {
                firsts.push(index);
            }
        }
        self.firsts = firsts;
    }

    /// The highest bits of a hash.
    fn bucket(&self, person: u64) -> usize {
        usize::try_from(person >> self.shift).unwrap_or(usize::MAX)
    }

    /// Where the rows of a person begin, if there are any.
    fn first_of(&self, person: u64) -> usize {
        let bucket = self.bucket(person);
        let begin = |bucket: usize| self.firsts.get(bucket).map_or(self.rows.len(), |first| *first as usize);
        let (from, to) = (begin(bucket), begin(bucket + 1));
        from + self.rows.get(from..to).unwrap_or(&[]).partition_point(|row| row.person < person)
    }

    /// The rows that nobody took: their people did not come.
    pub(crate) fn left(&self) -> impl Iterator<Item = Taken<'_>> {
        self.rows.iter().filter(|row| !row.taken).map(|row| row.out(&self.text))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn finds_all_rows_of_a_person_in_order(people in proptest::collection::vec(0_u64..40, 0..200), spread: bool) {
            // Hashes are spread evenly, unless somebody chose them.
            let hash = |person: u64| if spread { person.wrapping_mul(0x9e37_79b9_7f4a_7c15) } else { person | u64::MAX << 6 };
            let mut side = Side::new();
            for (record, person) in (0..).zip(&people) {
                side.rows.push(SideRow { person: hash(*person), start: 0, length: 0, line: 0, record, taken: false });
            }
            side.sorted = people.is_empty();
            side.touch_all((0..45).map(hash));
            for person in 0..45 {
                let found: Vec<_> = side.of(hash(person), true).0.iter().map(|row| row.record).collect();
                let there = (0..).zip(&people).filter(|(_, other)| **other == person).map(|(record, _)| record);
                proptest::prop_assert_eq!(found, there.collect::<Vec<u32>>());
            }
        }
    }
}
