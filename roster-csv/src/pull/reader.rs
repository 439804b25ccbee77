//! The thread that reads. It sends bytes with marks, never records: what one thread allocates and another frees costs three
//! times the reading itself.

use std::{
    sync::{Arc, PoisonError, mpsc as std_mpsc},
    thread::JoinHandle,
};

use futures::{SinkExt, StreamExt, channel::mpsc, executor::block_on};
use roster_core::{Error, ErrorKind, Problem, PullRequest, Result};

use super::{
    fingerprint::{Fingerprint, Fingerprints, is_unchanged, terms},
    folds::{Folding, Folds},
    judge::Odd,
    plan::{Step, plan},
    references::key_columns,
    register::Register,
};
use crate::{
    changes::Position,
    files::{FileSet, PIECE, Sink},
    limits::Limits,
    rows::{Batch, Scanner},
    source::{PROVIDER, Settings},
    survey::{Survey, SurveyedFile, in_encoding},
    text::{Charset, Form, Transcoder, of_late},
};

/// What the thread has to do.
pub(crate) struct Job {
    pub(crate) settings: Arc<Settings>,
    pub(crate) request: PullRequest,
    /// What the files were last time, for a pull of changes.
    pub(crate) known: Option<Position>,
}

/// What the thread says.
pub(crate) enum Message {
    /// The set was looked at; reading begins.
    Surveyed(Arc<Survey>, Vec<Step>),
    /// The files are those of last time.
    Unchanged,
    /// A step begins.
    Begin(Step),
    /// Rows of the step at hand, the header among them.
    Rows(Batch),
    /// What is to be said of the file at hand.
    Problem(Box<Problem>),
    /// What is to be said of rows of the file at hand, which stand for several records each.
    Odd(Vec<Odd>),
    /// How many rows the file at hand had, if its rows stand for several records each.
    Counted(u64),
    /// The step at hand is over.
    End,
    /// All steps are over; what the files say, and how they were read.
    Done(Box<Position>),
    /// It can't go on.
    Failed(Error),
}

/// Batches on their way: enough that neither side waits for the other, and all that is held of a file.
const IN_FLIGHT: usize = 3;

/// Rows of a batch, at most.
pub(super) const ROWS: usize = 4096;

/// The other end of the thread.
pub(crate) struct Reader {
    messages: mpsc::Receiver<Message>,
    spent: std_mpsc::Sender<Batch>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread. It stops when this is dropped: the next send fails.
    pub(crate) fn start(job: Job) -> Result<Self> {
        Self::spawn(move |sender| run(job, sender))
    }

    fn spawn(work: impl FnOnce(Sender) + Send + 'static) -> Result<Self> {
        let (messages, receiver) = mpsc::channel(IN_FLIGHT);
        let (spent, recycled) = std_mpsc::channel();
        let sender = Sender { messages, recycled };
        let thread = std::thread::Builder::new()
            .name("roster-csv".to_owned())
            .spawn(move || work(sender))
            .map_err(|error| died(&format!("no thread can be started: {}", error.kind())))?;
        Ok(Self { messages: receiver, spent, thread: Some(thread) })
    }

    pub(crate) fn poll(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Message>> {
        self.messages.poll_next_unpin(cx)
    }

    /// Gives a batch back to be filled again.
    pub(crate) fn recycle(&self, batch: Batch) {
        // The thread may be done already; then the batch is simply freed.
        drop(self.spent.send(batch));
    }

    /// Why the messages ended without a last word.
    pub(crate) fn post_mortem(&mut self) -> Error {
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => died("the reader panicked, which is a bug of this library"),
            _ => died("the reader stopped before the end"),
        }
    }
}

fn died(why: &str) -> Error {
    Error::new(ErrorKind::Transport, PROVIDER, crate::files::READING, why)
}

/// Another file was put in the place of one.
pub(super) fn replaced() -> Error {
    let message = "a file was replaced while the set was read; try again when all of it is there";
    Error::new(ErrorKind::Unstable, PROVIDER, "reading the files", message)
}

pub(super) struct Sender {
    messages: mpsc::Sender<Message>,
    recycled: std_mpsc::Receiver<Batch>,
}

impl Sender {
    /// Sends, waiting for room. `false` if nobody listens any more.
    pub(super) fn send(&mut self, message: Message) -> bool {
        block_on(self.messages.send(message)).is_ok()
    }

    /// Whether nobody listens any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.messages.is_closed()
    }

    /// Frees the batches that came back and won't be filled again.
    pub(super) fn free_spent(&self) {
        while self.recycled.try_recv().is_ok() {}
    }

    pub(super) fn batch(&self) -> Batch {
        self.recycled.try_recv().unwrap_or_default()
    }
}

fn run(job: Job, mut sender: Sender) {
    let last = match read(job, &mut sender) {
        Ok(Some(last)) => last,
        Ok(None) => return,
        Err(error) => Message::Failed(error),
    };
    sender.send(last);
}

/// Reads everything. `None` if nobody listens any more.
fn read(job: Job, sender: &mut Sender) -> Result<Option<Message>> {
    let Job { settings, request, known } = job;
    let limits = settings.limits;
    let mut files = FileSet::open(&settings.path, limits)?;
    let survey = Arc::new(Survey::take(&mut files, &settings)?);
    *settings.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(survey.dialect);
    let steps = plan(&survey, &request);
    // Of a set that was not sound the same files are read again, so that what is wrong is said again.
    let known = known.filter(|known| known.sound && survey.unreadable.is_empty());
    if !sender.send(Message::Surveyed(Arc::clone(&survey), steps.clone())) {
        return Ok(None);
    }
    let terms = terms(survey.dialect, &settings);
    if let Some(known) = known.filter(|known| known.terms == terms) {
        match is_unchanged(&mut files, &survey, &steps, &known, limits, sender)? {
            None => return Ok(None),
            Some(true) => return Ok(Some(Message::Unchanged)),
            Some(false) => {}
        }
    }
    let mut prints = Fingerprints::default();
    let mut folds = Folds::of(&survey, &steps);
    for (index, step) in steps.iter().enumerate() {
        if !sender.send(Message::Begin(*step)) {
            return Ok(None);
        }
        if folds.has(index) {
            if !folds.give(&survey, *step, index, sender) {
                return Ok(None);
            }
        } else if let Some(file) = survey.files.get(step.file) {
            let feed = Feed::of(file, files.size(&file.name), limits, sender);
            let Some(print) = feed.stream(&mut files, &survey, index, &mut folds)? else {
                return Ok(None);
            };
            prints.add(&file.name, print)?;
        }
        if !sender.send(Message::End) {
            return Ok(None);
        }
    }
    // Whether it was sound is known where the records are made.
    Ok(Some(Message::Done(Box::new(Position { terms, files: prints.finish(), sound: false }))))
}

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
                    folding.expect(rows);
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
    fn of(file: &'a SurveyedFile, size: u64, limits: Limits, sender: &'a mut Sender) -> Self {
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
    fn stream(
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
        folds.keep(self.folding.map(Folding::into_kept).unwrap_or_default());
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
                self.is_heard = folding.take(&batch, last && !more, self.sender);
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
    use futures::executor::block_on;

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
        let mut sender = Sender { messages, recycled: std_mpsc::channel().1 };
        let file = &survey.files[0];
        assert!(Feed::check(&mut files, file, Limits::default(), &mut sender).unwrap().is_some());
        drop(listener);
        assert!(Feed::check(&mut files, file, Limits::default(), &mut sender).unwrap().is_none());
    }

    fn last_word(work: impl FnOnce(Sender) + Send + 'static) -> Error {
        let mut reader = Reader::spawn(work).unwrap();
        while block_on(std::future::poll_fn(|cx| reader.poll(cx))).is_some() {}
        reader.post_mortem()
    }

    #[test]
    fn a_reader_that_dies_is_an_error_never_a_quiet_end() {
        let panicked = last_word(|mut sender| {
            sender.send(Message::End);
            panic!("a panic on purpose");
        });
        assert_eq!(panicked.kind(), ErrorKind::Transport);
        assert!(panicked.message().contains("panicked"), "{panicked}");
        let stopped = last_word(|mut sender| {
            sender.send(Message::End);
        });
        assert!(stopped.message().contains("stopped before the end"), "{stopped}");
    }
}
