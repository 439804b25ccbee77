//! What files say, at its shortest: whether a set still says what it said is told without making a record.
//!
//! The order of rows says nothing, so it counts for nothing: a server that exports the same rows in another order every night
//! has changed nothing.

use std::collections::BTreeMap;

use roster_core::{Error, ErrorKind, Result};

use super::{
    plan::Step,
    reader::{Feed, Sender},
};
use crate::{
    changes::Position,
    files::{FileSet, READING},
    limits::Limits,
    rows::Batch,
    source::PROVIDER,
    survey::Survey,
};

/// What one file says: its header, and its rows in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fingerprint {
    header: Option<u64>,
    /// The sum of the rows' hashes. It can't overflow: a file has far fewer than 2^64 rows.
    rows: u128,
    count: u64,
    /// A row can't be read, so that its hash stands for more than one text.
    damaged: bool,
}

impl Fingerprint {
    pub(super) fn add(&mut self, batch: &Batch) {
        for (mark, hash) in batch.marks_and_hashes() {
            self.damaged |= mark.fault.is_some();
            if self.header.is_none() {
                self.header = Some(hash);
            } else {
                self.rows += u128::from(hash);
                self.count += 1;
            }
        }
    }

    fn text(&self) -> String {
        let Self { header, rows, count, .. } = self;
        format!("{:016x}-{count:x}-{rows:x}", header.unwrap_or(0))
    }
}

/// Those of the files that were read.
#[derive(Debug, Default)]
pub(super) struct Fingerprints(BTreeMap<usize, Fingerprint>);

impl Fingerprints {
    /// Enters a file. One that is read twice must say the same both times.
    pub(super) fn add(&mut self, survey: &Survey, file: usize, fingerprint: Fingerprint) -> Result<()> {
        if self.0.insert(file, fingerprint).is_some_and(|before| before != fingerprint) {
            let name = survey.files.get(file).map_or("", |file| &*file.name);
            let message = format!("{name} changed while the set was read; try again");
            return Err(Error::new(ErrorKind::Unstable, PROVIDER, READING, message));
        }
        Ok(())
    }

    /// What the set says, by the names of its files.
    pub(super) fn finish(&self, survey: &Survey) -> BTreeMap<String, String> {
        let named = self.0.iter().filter_map(|(file, print)| {
            let name = survey.files.get(*file)?.name.to_string();
            Some((name, print.text()))
        });
        named.collect()
    }
}

/// Whether the files say what they said. `None` if nobody listens any more.
///
/// The smallest are read first, and the first that says something else ends it: little is read twice.
pub(super) fn is_unchanged(
    files: &mut FileSet,
    survey: &Survey,
    steps: &[Step],
    known: &Position,
    limits: Limits,
    sender: &mut Sender,
) -> Result<Option<bool>> {
    let mut due: BTreeMap<(u64, usize), _> = BTreeMap::new();
    for step in steps {
        if let Some(file) = survey.files.get(step.file) {
            due.insert((files.size(&file.name), step.file), file);
        }
    }
    if known.dialect != survey.dialect.name || known.files.len() != due.len() {
        return Ok(Some(false));
    }
    for file in due.values() {
        let Some(print) = Feed::check(files, file, limits, sender)? else { return Ok(None) };
        if print.damaged || known.files.get(&*file.name) != Some(&print.text()) {
            return Ok(Some(false));
        }
    }
    Ok(Some(true))
}
