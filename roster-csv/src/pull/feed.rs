//! Bytes of a file to batches of rows, with what is wrong with the rows before anybody makes records of them.

use std::sync::Arc;

use roster_core::Result;

use super::{
    fingerprint::Fingerprint,
    folds::{Folding, Folds},
    reader::{Message, ROWS, Sender},
    references::key_columns,
    register::Register,
};
use crate::{
    files::{FileSet, PIECE, Sink},
    limits::Limits,
    rows::{Batch, Scanner},
    survey::{Survey, SurveyedFile, in_encoding},
    text::{Charset, Form, Transcoder, of_late},
};

/// Makes batches of a file's bytes.
pub(super) struct Feed<'a> {
    file: &'a SurveyedFile,
    /// Of a file whose rows are several records each.
    folding: Option<Folding<'a>>,
    charset: Charset,
    /// Of a file that can't be read as it stands: what brings its bytes to text, and where they lie until then.
    transcoder: Option<Transcoder>,
    raw: Vec<u8>,
    scanner: Scanner,
    /// The batch that is filled next.
    batch: Batch,
    /// Marks the rows, which are sent then. Without it, and without a folding, they are read for the fingerprint alone.
    register: Option<Register<'a>>,
    /// How many bytes the file seems to have.
    size: u64,
    print: Fingerprint,
    is_first: bool,
    /// Whether anybody listens.
    is_heard: bool,
    sender: &'a mut Sender,
}

impl Sink for Feed<'_> {
    fn room(&mut self) -> &mut [u8] {
        if self.transcoder.is_some() {
            self.raw.resize(PIECE, 0);
            return &mut self.raw;
        }
        self.next_batch();
        self.scanner.room(&mut self.batch, PIECE)
    }

    fn take(&mut self, count: usize) -> bool {
        if self.transcoder.is_some() {
            self.transcode(count, false);
        } else {
            let piece = self.scanner.fill(count);
            if std::mem::take(&mut self.is_first) {
                let lines = memchr::memchr_iter(b'\n', piece).count() as u64;
                let rows = lines.saturating_mul(self.size) / (count as u64).max(1);
                if let Some(folding) = &mut self.folding {
                    folding.expect(rows, self.sender);
                } else if let Some(register) = &mut self.register {
                    register.expect(rows);
                }
                self.scanner.pass_over(self.file.form.mark.min(count));
            }
            if self.charset == Charset::Ascii {
                self.decide(count);
            }
        }
        self.give(false);
        self.is_heard
    }
}

impl<'a> Feed<'a> {
    pub(super) fn of(file: &'a SurveyedFile, size: u64, limits: Limits, sender: &'a mut Sender) -> Self {
        let mut scanner = Scanner::new(limits.row_bytes);
        let width = file.unfolding.as_ref().map_or(file.header.width(), |unfolding| unfolding.file.width());
        scanner.expect_width(width);
        scanner.split_at(file.form.delimiter);
        scanner.begin_on(file.form.first_line());
        Self {
            file,
            folding: None,
            charset: file.form.charset,
            transcoder: (!file.form.is_plain()).then(|| Transcoder::new(&file.form)),
            raw: Vec::new(),
            scanner,
            batch: Batch::default(),
            register: None,
            size,
            print: Fingerprint::default(),
            is_first: true,
            is_heard: true,
            sender,
        }
    }

    /// Sends the rows of the file, and returns what it says. `None` if nobody listens any more.
    pub(super) fn stream(
        mut self,
        files: &mut FileSet,
        survey: &'a Survey,
        index: usize,
        folds: &mut Folds,
    ) -> Result<Option<Fingerprint>> {
        let Some(step) = folds.step(index) else { return Ok(Some(self.print)) };
        if self.file.unfolding.is_none() {
            self.scanner.hash_columns(key_columns(&self.file.header, self.file.table.rows));
            self.register = Some(Register::of(self.file, step.purpose));
        }
        self.folding = Folding::of(survey, folds, index);
        self.read(files)?;
        if let Some(folding) = self.folding {
            folds.keep(folding);
        }
        Ok(self.is_heard.then_some(self.print))
    }

    /// Reads the file for what it says alone. `None` if nobody listens any more.
    pub(super) fn check(
        files: &mut FileSet,
        file: &'a SurveyedFile,
        limits: Limits,
        sender: &'a mut Sender,
    ) -> Result<Option<Fingerprint>> {
        let mut feed = Self::of(file, 0, limits, sender);
        feed.read(files)?;
        Ok(feed.is_heard.then_some(feed.print))
    }

    fn read(&mut self, files: &mut FileSet) -> Result<()> {
        let name = Arc::clone(&self.file.name);
        files.read_into(&name, self)?;
        if self.is_heard {
            self.transcode(0, true);
            self.give(true);
        }
        Ok(())
    }

    /// Whether rows are read for what they say alone.
    const fn is_check(&self) -> bool {
        self.register.is_none() && self.folding.is_none()
    }

    /// A batch to fill: one that came back, unless the last one was not sent away.
    fn next_batch(&mut self) {
        if self.register.is_some() && self.folding.is_none() {
            self.batch = self.sender.batch();
        }
    }

    /// Decides on the encoding, as soon as something tells it.
    fn decide(&mut self, count: usize) {
        let piece = self.scanner.last(count);
        self.charset = of_late(piece);
        let Charset::Other(encoding) = self.charset else { return };
        let piece = piece.to_vec();
        let mut transcoder = Transcoder::new(&Form { charset: self.charset, ..Form::default() });
        let mut text = Vec::new();
        transcoder.push(&piece, false, &mut text);
        self.scanner.replace(count, &text);
        self.transcoder = Some(transcoder);
        if self.is_check() {
            return;
        }
        let problem = in_encoding(&self.file.name, encoding.name());
        self.is_heard = self.sender.send(Message::Problem(Box::new(problem)));
    }

    /// Hands the scanner what the first `count` bytes of the raw piece say.
    fn transcode(&mut self, count: usize, last: bool) {
        let Some(transcoder) = &mut self.transcoder else { return };
        let mut text = Vec::new();
        transcoder.push(self.raw.get(..count).unwrap_or(&[]), last, &mut text);
        self.next_batch();
        self.scanner.room(&mut self.batch, text.len()).copy_from_slice(&text);
        self.scanner.fill(text.len());
    }

    /// Gives away the rows that are complete.
    fn give(&mut self, last: bool) {
        loop {
            let mut batch = std::mem::take(&mut self.batch);
            let more = self.scanner.rows(last, ROWS, &mut batch);
            self.print.add(&batch);
            if let Some(folding) = &mut self.folding {
                batch.mark_garbled();
                self.is_heard = folding.take(&mut batch, last && !more, self.sender);
                self.batch = batch;
            } else if let Some(register) = &mut self.register {
                batch.mark_garbled();
                register.mark(&mut batch);
                self.is_heard = batch.len() == 0 || self.sender.send(Message::Rows(batch));
            } else {
                self.batch = batch;
                self.is_heard = !self.sender.is_deaf();
            }
            if !(more && self.is_heard) {
                return;
            }
            self.next_batch();
            self.scanner.room(&mut self.batch, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::channel::mpsc;

    use super::*;
    use crate::source::CsvSource;

    #[test]
    fn hashing_stops_when_nobody_listens() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgs.csv"), "sourcedId,name,type\ns1,A School,school\n").unwrap();
        let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
        let source = CsvSource::builder().path(folder.path()).dialect("oneroster_1_1").build().unwrap();
        let survey = Survey::take(&mut files, &source.settings).unwrap();
        let (messages, listener) = mpsc::channel(1);
        let mut sender = Sender::to(messages);
        let file = &survey.files[0];
        assert!(Feed::check(&mut files, file, Limits::default(), &mut sender).unwrap().is_some());
        drop(listener);
        assert!(Feed::check(&mut files, file, Limits::default(), &mut sender).unwrap().is_none());
    }
}
