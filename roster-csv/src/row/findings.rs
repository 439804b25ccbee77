//! What was found while a record was made of a row, and how values are to be read.

use roster_core::{FieldSet, GradeTable, Problem, decode::Read, jiff::civil::Date};

use crate::dates::{self, DateOrder};

/// What was found while a record was made of a row.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    /// Fields whose value could not be read: they are unknown, not empty.
    pub(crate) unseen: FieldSet,
    pub(crate) ways: Ways,
    pub(super) dates: Dates,
}

/// How values are to be read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ways {
    /// Text that was read in a wrong encoding once may be repaired, where that is exact.
    pub(crate) may_repair: bool,
    pub(crate) dates: DateOrder,
    pub(crate) grades: GradeTable,
    pub(crate) this_year: i16,
}

impl Findings {
    /// Forgets what was found about the last row.
    pub(crate) fn clear(&mut self) {
        self.problems.clear();
        self.unseen = FieldSet::EMPTY;
    }
}

/// The two dates that were read last: most seats of a district begin on one day and end on another.
#[derive(Default)]
pub(super) struct Dates {
    last: [([u8; 10], Date); 2],
    next: usize,
}

impl Dates {
    /// The date, if it is one of the two.
    #[inline]
    pub(super) fn known(&self, text: &str) -> Option<Date> {
        let key = <[u8; 10]>::try_from(text.as_bytes()).ok()?;
        self.last.iter().find(|(last, _)| *last == key).map(|(_, date)| *date)
    }

    pub(super) fn read(&mut self, text: &str, order: DateOrder, latest: i16) -> Option<Read<Date>> {
        let read = dates::read(text, order, latest)?;
        if let (Ok(key), Some(last)) = (text.as_bytes().try_into(), self.last.get_mut(self.next)) {
            *last = (key, read.value);
            self.next = 1 - self.next;
        }
        Some(read)
    }
}
