//! What files say, at its shortest: whether a set still says what it said is told without making a record.
//!
//! The order of rows says nothing, so it counts for nothing: a server that exports the same rows in another order every night
//! has changed nothing.

use std::{collections::BTreeMap, sync::Arc};

use memchr::memchr;
use roster_core::{Error, ErrorKind, Result, hashed::hash_bytes};

use super::{feed::Feed, plan::Step, reader::Sender};
use crate::{
    changes::Position,
    dialect::Dialect,
    files::{FileSet, PIECE, READING, Sink},
    limits::Limits,
    rows::{Batch, may_be_wrapped},
    source::{PROVIDER, Settings},
    survey::{Survey, SurveyedFile},
    text::{Charset, Form},
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
            self.row(hash);
        }
    }

    #[inline]
    fn row(&mut self, hash: u64) {
        if self.header.is_none() {
            self.header = Some(hash);
        } else {
            self.rows += u128::from(hash);
            self.count += 1;
        }
    }

    fn text(&self) -> String {
        let Self { header, rows, count, .. } = self;
        format!("{:016x}-{count:x}-{rows:x}", header.unwrap_or(0))
    }
}

/// How the files of a dialect are read. A mapping is a dialect of its own, so that another one is told by what is in it.
pub(super) fn terms(dialect: &Dialect, settings: &Settings) -> String {
    let Settings { may_repair, status_means_delta, .. } = settings;
    let all = format!("{dialect:?} {may_repair} {status_means_delta}");
    format!("{} {:016x}", dialect.name, hash_bytes(all.as_bytes()))
}

/// Those of the files that were read, by name.
#[derive(Debug, Default)]
pub(super) struct Fingerprints(BTreeMap<Arc<str>, Fingerprint>);

impl Fingerprints {
    /// Enters a file. One that is read twice must say the same both times.
    pub(super) fn add(&mut self, name: &Arc<str>, fingerprint: Fingerprint) -> Result<()> {
        if self.0.insert(Arc::clone(name), fingerprint).is_some_and(|before| before != fingerprint) {
            let message = format!("{name} changed while the set was read; try again");
            return Err(Error::new(ErrorKind::Unstable, PROVIDER, READING, message));
        }
        Ok(())
    }

    /// What the set says, by the names of its files.
    pub(super) fn finish(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, print)| (name.to_string(), print.text())).collect()
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
    // A file that several tables are read from is one.
    let mut due: BTreeMap<(u64, &str), _> = BTreeMap::new();
    for step in steps {
        if let Some(file) = survey.files.get(step.file) {
            due.insert((files.size(&file.name), &*file.name), file);
        }
    }
    if known.files.len() != due.len() {
        return Ok(Some(false));
    }
    for file in due.values() {
        let quick = Lines::read(files, file, sender)?;
        let print =
            if quick.is_not_enough { Feed::check(files, file, limits, sender)? } else { Some(quick.print) };
        let Some(print) = print.filter(|_| !sender.is_deaf()) else { return Ok(None) };
        if print.damaged || known.files.get(&*file.name) != Some(&print.text()) {
            return Ok(Some(false));
        }
    }
    Ok(Some(true))
}

/// Looks at a plain file without quotes: there each line is a row, and its hash that of its bytes. Bytes that no row may hold
/// give a hash that no sound row has.
#[derive(Default)]
struct Lines<'a> {
    print: Fingerprint,
    /// A quote was seen, or the encoding is not known: only the scanner can tell the rows.
    is_not_enough: bool,
    /// Whether anything but ASCII makes it so.
    wants_ascii: bool,
    /// What was read and not yet looked at, and how much of it is the beginning of a line whose end is not here yet.
    text: Vec<u8>,
    rest: usize,
    /// Bytes of the mark with which the file begins.
    mark: usize,
    sender: Option<&'a Sender>,
}

impl<'a> Lines<'a> {
    fn read(files: &mut FileSet, file: &SurveyedFile, sender: &'a Sender) -> Result<Self> {
        let Form { charset, mark, delimiter, .. } = file.form;
        let mut lines = Self {
            is_not_enough: !file.form.is_plain() || delimiter != b',',
            wants_ascii: charset == Charset::Ascii,
            mark,
            sender: Some(sender),
            ..Self::default()
        };
        if lines.is_not_enough {
            return Ok(lines);
        }
        files.read_into(&file.name, &mut lines)?;
        if lines.rest > 0 {
            let rest = std::mem::take(&mut lines.text);
            lines.line(rest.get(..lines.rest).unwrap_or(&[]));
        }
        Ok(lines)
    }

    #[inline]
    fn line(&mut self, line: &[u8]) {
        self.print.row(hash_bytes(line.strip_suffix(b"\r").unwrap_or(line)));
    }
}

impl Sink for Lines<'_> {
    fn room(&mut self) -> &mut [u8] {
        self.text.resize(self.rest + PIECE, 0);
        self.text.get_mut(self.rest..).unwrap_or(&mut [])
    }

    fn take(&mut self, count: usize) -> bool {
        let text = std::mem::take(&mut self.text);
        let filled = text.get(..self.rest + count).unwrap_or(&[]);
        let mut left = filled.get(std::mem::take(&mut self.mark)..).unwrap_or(&[]);
        self.is_not_enough |= memchr(b'"', left).is_some() || self.wants_ascii && !left.is_ascii();
        // What is taken off a cell is no part of what its row says.
        self.is_not_enough |= may_be_wrapped(left);
        while let Some(end) = memchr(b'\n', left) {
            self.line(left.get(..end).unwrap_or(&[]));
            left = left.get(end + 1..).unwrap_or(&[]);
        }
        self.rest = left.len();
        let from = filled.len() - self.rest;
        self.text = text;
        self.text.copy_within(from..from + self.rest, 0);
        // A line without end is no row that could be read.
        self.is_not_enough |= self.rest > PIECE;
        !self.is_not_enough && !self.sender.is_some_and(Sender::is_deaf)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::Scanner;

    fn scanned(text: &[u8]) -> Fingerprint {
        let mut scanner = Scanner::new(1 << 20);
        let mut batch = Batch::default();
        scanner.scan(text, true, usize::MAX, &mut batch);
        let mut print = Fingerprint::default();
        print.add(&batch);
        print
    }

    fn looked_at(text: &[u8], pieces: usize) -> Option<Fingerprint> {
        let mut lines = Lines::default();
        for piece in text.chunks(pieces) {
            lines.room()[..piece.len()].copy_from_slice(piece);
            if !lines.take(piece.len()) {
                return None;
            }
        }
        let rest = lines.text[..lines.rest].to_vec();
        if !rest.is_empty() {
            lines.line(&rest);
        }
        Some(lines.print)
    }

    proptest! {
        #[test]
        fn a_look_at_the_lines_tells_what_the_scanner_tells(text in "([ab,é ]{0,5}\r?\n){0,9}[ab,]{0,3}", pieces in 4_usize..20) {
            prop_assert_eq!(looked_at(text.as_bytes(), pieces).unwrap(), scanned(text.as_bytes()));
        }

        #[test]
        fn damaged_bytes_never_look_sound(sound in "[a?,\n]{1,40}", at: prop::sample::Index) {
            let mut damaged = sound.clone().into_bytes();
            let at = at.index(damaged.len());
            prop_assume!(damaged[at] != 0xff);
            damaged[at] = 0xff;
            prop_assert_ne!(looked_at(&damaged, 7).unwrap().text(), scanned(sound.as_bytes()).text());
        }
    }

    #[test]
    fn a_quote_is_left_to_the_scanner() {
        assert_eq!(looked_at(b"a,b\n\"1\",2\n", 5), None);
    }
}
