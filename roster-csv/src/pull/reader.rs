//! The thread that reads. It sends bytes with marks, never records: what one thread allocates and another frees costs three
//! times the reading itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, mpsc as std_mpsc},
    thread::JoinHandle,
};

use futures::{SinkExt, StreamExt, channel::mpsc, executor::block_on};
use roster_core::{Error, ErrorKind, Problem, PullRequest, Result};
use xxhash_rust::xxh3::Xxh3;

use super::{
    folds::{Folding, Folds, Kept},
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
    /// All steps are over; the hash of what was read.
    Done(String),
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
    let survey = Arc::new(Survey::take(&mut files, settings.dialect, &limits)?);
    *settings.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(survey.dialect);
    let steps = plan(&survey, &request);
    // Of a set that was not sound the same files are read again, so that what is wrong is said again.
    let known = known.filter(|known| known.sound && survey.unreadable.is_empty());
    if !sender.send(Message::Surveyed(Arc::clone(&survey), steps.clone())) {
        return Ok(None);
    }
    if let Some(known) = known {
        let mut hashes = Hashes::default();
        for step in &steps {
            if !hashes.read(&mut files, &survey, step.file, sender)? {
                return Ok(None);
            }
        }
        if hashes.finish(&survey) == known.hash {
            return Ok(Some(Message::Unchanged));
        }
    }
    let mut hashes = Hashes::default();
    let mut folds = Folds::of(&survey, &steps);
    for (index, step) in steps.iter().enumerate() {
        if !sender.send(Message::Begin(*step)) {
            return Ok(None);
        }
        if folds.has(index) {
            if !folds.give(&survey, *step, index, sender) {
                return Ok(None);
            }
        } else {
            let Some(hash) = stream(&mut files, &survey, index, limits, &mut folds, sender)? else {
                return Ok(None);
            };
            hashes.add(&survey, step.file, hash)?;
        }
        if !sender.send(Message::End) {
            return Ok(None);
        }
    }
    Ok(Some(Message::Done(hashes.finish(&survey))))
}

/// Sends the rows of one file, and returns its hash. `None` if nobody listens any more.
fn stream(
    files: &mut FileSet,
    survey: &Survey,
    index: usize,
    limits: Limits,
    folds: &mut Folds,
    sender: &mut Sender,
) -> Result<Option<u128>> {
    let Some((step, file)) = folds.step(index).and_then(|step| Some((step, survey.files.get(step.file)?)))
    else {
        return Ok(Some(0));
    };
    let mut scanner = Scanner::new(limits.row_bytes);
    match &file.unfolding {
        Some(unfolding) => scanner.expect_width(unfolding.file.width()),
        None => {
            scanner.expect_width(file.header.width());
            scanner.hash_columns(key_columns(&file.header, file.table.rows));
        }
    }
    scanner.split_at(file.form.delimiter);
    scanner.begin_on(file.form.first_line());
    let mut feed = Feed {
        file,
        folding: Folding::of(survey, folds, index),
        charset: file.form.charset,
        transcoder: (!file.form.is_plain()).then(|| Transcoder::new(&file.form)),
        raw: Vec::new(),
        scanner,
        batch: Batch::default(),
        register: Register::of(file, step.purpose),
        size: files.size(&file.name),
        hasher: Xxh3::new(),
        is_first: true,
        is_heard: true,
        sender,
    };
    files.read_into(&file.name, &mut feed)?;
    let (hash, kept) = feed.finish();
    folds.keep(kept);
    Ok(hash)
}

/// Makes batches of a file's bytes, and sends them.
struct Feed<'a> {
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
    register: Register<'a>,
    /// How many bytes the file seems to have.
    size: u64,
    hasher: Xxh3,
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
        if self.folding.is_none() {
            self.batch = self.sender.batch();
        }
        self.scanner.room(&mut self.batch, PIECE)
    }

    fn take(&mut self, count: usize) -> bool {
        if self.transcoder.is_some() {
            self.hasher.update(self.raw.get(..count).unwrap_or(&[]));
            self.transcode(count, false);
        } else {
            let piece = self.scanner.fill(count);
            self.hasher.update(piece);
            if std::mem::take(&mut self.is_first) {
                let lines = memchr::memchr_iter(b'\n', piece).count() as u64;
                let rows = lines.saturating_mul(self.size) / (count as u64).max(1);
                match &mut self.folding {
                    Some(folding) => folding.expect(rows),
                    None => self.register.expect(rows),
                }
                self.scanner.pass_over(self.file.form.mark.min(count));
            }
            if self.charset == Charset::Ascii {
                self.decide(count);
            }
        }
        self.send(false);
        self.is_heard
    }
}

impl Feed<'_> {
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
        let problem = in_encoding(&self.file.name, encoding.name());
        self.is_heard = self.sender.send(Message::Problem(Box::new(problem)));
    }

    /// Hands the scanner what the first `count` bytes of the raw piece say.
    fn transcode(&mut self, count: usize, last: bool) {
        let Some(transcoder) = &mut self.transcoder else { return };
        let mut text = Vec::new();
        transcoder.push(self.raw.get(..count).unwrap_or(&[]), last, &mut text);
        if self.folding.is_none() {
            self.batch = self.sender.batch();
        }
        self.scanner.room(&mut self.batch, text.len()).copy_from_slice(&text);
        self.scanner.fill(text.len());
    }

    /// The file is over: sends what is left, and returns the file's hash, `None` if nobody listens any more, and what was kept for
    /// later steps.
    fn finish(mut self) -> (Option<u128>, Kept) {
        if self.is_heard {
            self.transcode(0, true);
            self.send(true);
        }
        let kept = self.folding.map(Folding::into_kept).unwrap_or_default();
        (self.is_heard.then(|| self.hasher.digest128()), kept)
    }

    /// Sends the rows that are complete.
    fn send(&mut self, last: bool) {
        loop {
            let mut batch = std::mem::take(&mut self.batch);
            let more = self.scanner.rows(last, ROWS, &mut batch);
            batch.mark_garbled();
            if let Some(folding) = &mut self.folding {
                self.is_heard = folding.take(&batch, last && !more, self.sender);
                self.batch = batch;
            } else {
                self.register.mark(&mut batch);
                self.is_heard = batch.len() == 0 || self.sender.send(Message::Rows(batch));
                self.batch = Batch::default();
            }
            if !(more && self.is_heard) {
                return;
            }
            if self.folding.is_none() {
                self.batch = self.sender.batch();
            }
            self.scanner.room(&mut self.batch, 0);
        }
    }
}

/// The hashes of the files read.
#[derive(Default)]
struct Hashes(BTreeMap<Arc<str>, u128>);

impl Hashes {
    /// Enters a file. One that is read twice must be the same both times.
    fn add(&mut self, survey: &Survey, file: usize, hash: u128) -> Result<()> {
        let Some(name) = survey.files.get(file).map(|file| &file.name) else { return Ok(()) };
        if self.0.insert(Arc::clone(name), hash).is_some_and(|before| before != hash) {
            let message = format!("{name} changed while the set was read; try again");
            return Err(Error::new(ErrorKind::Unstable, PROVIDER, crate::files::READING, message));
        }
        Ok(())
    }

    /// Reads a file for its hash alone. `false` if nobody listens any more.
    fn read(&mut self, files: &mut FileSet, survey: &Survey, file: usize, sender: &Sender) -> Result<bool> {
        let Some(surveyed) = survey.files.get(file).filter(|file| !self.0.contains_key(&file.name)) else {
            return Ok(true);
        };
        let mut hasher = Xxh3::new();
        files.read(&surveyed.name, |piece| {
            hasher.update(piece);
            !sender.messages.is_closed()
        })?;
        self.add(survey, file, hasher.digest128())?;
        Ok(!sender.messages.is_closed())
    }

    /// One hash of names and contents.
    fn finish(&self, survey: &Survey) -> String {
        let mut all = Xxh3::new();
        all.update(survey.dialect.name.as_bytes());
        for (name, hash) in &self.0 {
            all.update(&(name.len() as u64).to_le_bytes());
            all.update(name.as_bytes());
            all.update(&hash.to_le_bytes());
        }
        format!("{:032x}", all.digest128())
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn hashing_stops_when_nobody_listens() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgs.csv"), "sourcedId,name,type\ns1,A School,school\n").unwrap();
        let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
        let survey = Survey::take(&mut files, Dialect::named("oneroster_1_1"), &Limits::default()).unwrap();
        let (messages, listener) = mpsc::channel(1);
        let sender = Sender { messages, recycled: std_mpsc::channel().1 };
        assert!(Hashes::default().read(&mut files, &survey, 0, &sender).unwrap());
        drop(listener);
        assert!(!Hashes::default().read(&mut files, &survey, 0, &sender).unwrap());
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
