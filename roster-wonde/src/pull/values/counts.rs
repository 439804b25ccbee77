//! How many records there are, and of how many of them each value is there.

use std::collections::BTreeMap;

use roster_core::Record;

use super::{
    Share,
    each::{List, each_value},
};

/// How many records there are, and of how many of them each value is there.
#[derive(Default)]
pub(super) struct Counts {
    records: BTreeMap<List, u64>,
    has: BTreeMap<(List, &'static str), BTreeMap<String, u64>>,
}

impl Counts {
    /// Counts a record, and tells which list it is of, if its values are remembered.
    pub(super) fn add(&mut self, record: &Record) -> Option<List> {
        let list = List::of(record)?;
        *self.records.entry(list).or_default() += 1;
        let has = &mut self.has;
        each_value(record, |field, rest| {
            let counts = has.entry((list, field)).or_default();
            match counts.get_mut(rest) {
                Some(count) => *count += 1,
                None => drop(counts.insert(rest.to_owned(), 1)),
            }
        });
        Some(list)
    }

    pub(super) fn records(&self, list: List) -> u64 {
        self.records.get(&list).copied().unwrap_or(0)
    }

    pub(super) fn share(&self, list: List, field: &'static str, rest: &str) -> Share {
        let has = self.has.get(&(list, field)).and_then(|counts| counts.get(rest).copied());
        Share(has.unwrap_or(0), self.records(list))
    }

    /// Each value that is there, by its list, field and which of several it is.
    pub(super) fn all(&self) -> impl Iterator<Item = (List, &'static str, &str, Share)> {
        self.has.iter().flat_map(|((list, field), counts)| {
            let records = self.records(*list);
            counts.iter().map(move |(rest, had)| (*list, *field, rest.as_str(), Share(*had, records)))
        })
    }
}
