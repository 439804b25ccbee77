//! The thread that reads. It sends bytes with marks, never records: what one thread allocates and another frees costs three
//! times the reading itself.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, mpsc as std_mpsc},
    thread::JoinHandle,
};

use futures::{SinkExt, StreamExt, channel::mpsc, executor::block_on};
use roster_core::{Error, ErrorKind, PullRequest, Result};

use super::{
    fingerprint::{Fingerprint, Fingerprints, is_unchanged},
    plan::{Step, plan},
    references::key_columns,
    register::Register,
};
use crate::{
    changes::Position,
    dialect::Dialect,
    files::{FileSet, PIECE, Sink},
    limits::Limits,
    rows::{Batch, Scanner},
    source::PROVIDER,
    survey::{Survey, SurveyedFile, without_bom},
};

/// What the thread has to do.
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    pub(crate) dialect: Option<&'static Dialect>,
    pub(crate) limits: Limits,
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
    /// The step at hand is over.
    End,
    /// All steps are over; what the files say, by name.
    Done(BTreeMap<String, String>),
    /// It can't go on.
    Failed(Error),
}

/// Batches on their way: enough that neither side waits for the other, and all that is held of a file.
const IN_FLIGHT: usize = 3;

/// Rows of a batch, at most.
const ROWS: usize = 4096;

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

pub(super) struct Sender {
    messages: mpsc::Sender<Message>,
    recycled: std_mpsc::Receiver<Batch>,
}

impl Sender {
    /// Sends, waiting for room. `false` if nobody listens any more.
    fn send(&mut self, message: Message) -> bool {
        block_on(self.messages.send(message)).is_ok()
    }

    /// Whether nobody listens any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.messages.is_closed()
    }

    fn batch(&self) -> Batch {
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
    let Job { path, dialect, limits, request, known } = job;
    let mut files = FileSet::open(&path, limits)?;
    let survey = Arc::new(Survey::take(&mut files, dialect, &limits)?);
    let steps = plan(&survey, &request);
    // Of a set that was not sound the same files are read again, so that what is wrong is said again.
    let known = known.filter(|known| known.sound && survey.unreadable.is_empty());
    if !sender.send(Message::Surveyed(Arc::clone(&survey), steps.clone())) {
        return Ok(None);
    }
    if let Some(known) = known {
        match is_unchanged(&mut files, &survey, &steps, &known, limits, sender)? {
            None => return Ok(None),
            Some(true) => return Ok(Some(Message::Unchanged)),
            Some(false) => {}
        }
    }
    let mut prints = Fingerprints::default();
    for step in steps {
        if !sender.send(Message::Begin(step)) {
            return Ok(None);
        }
        let Some(file) = survey.files.get(step.file) else { continue };
        let Some(print) = Feed::stream(&mut files, file, step, limits, sender)? else {
            return Ok(None);
        };
        prints.add(&survey, step.file, print)?;
        if !sender.send(Message::End) {
            return Ok(None);
        }
    }
    Ok(Some(Message::Done(prints.finish(&survey))))
}

/// Makes batches of a file's bytes.
pub(super) struct Feed<'a> {
    scanner: Scanner,
    /// The batch that is filled next.
    batch: Batch,
    /// Marks the rows, which are sent then; without it they are read for the fingerprint alone.
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
        self.next_batch();
        self.scanner.room(&mut self.batch, PIECE)
    }

    fn take(&mut self, count: usize) -> bool {
        let piece = self.scanner.fill(count);
        if std::mem::take(&mut self.is_first) {
            if let Some(register) = &mut self.register {
                let lines = memchr::memchr_iter(b'\n', piece).count() as u64;
                register.expect(lines.saturating_mul(self.size) / (count as u64).max(1));
            }
            let mark = count - without_bom(piece).len();
            self.scanner.pass_over(mark);
        }
        self.give(false);
        self.is_heard
    }
}

impl<'a> Feed<'a> {
    /// Sends the rows of one file, and returns what it says. `None` if nobody listens any more.
    fn stream(
        files: &mut FileSet,
        file: &'a SurveyedFile,
        step: Step,
        limits: Limits,
        sender: &'a mut Sender,
    ) -> Result<Option<Fingerprint>> {
        let mut feed = Self::new(files.size(&file.name), file, limits, sender);
        feed.scanner.hash_columns(key_columns(&file.header, file.table.rows));
        feed.register = Some(Register::of(file, step.purpose));
        feed.read(files, file)
    }

    /// Reads one file for what it says alone. `None` if nobody listens any more.
    pub(super) fn check(
        files: &mut FileSet,
        file: &'a SurveyedFile,
        limits: Limits,
        sender: &'a mut Sender,
    ) -> Result<Option<Fingerprint>> {
        Self::new(0, file, limits, sender).read(files, file)
    }

    fn new(size: u64, file: &SurveyedFile, limits: Limits, sender: &'a mut Sender) -> Self {
        let mut scanner = Scanner::new(limits.row_bytes);
        scanner.expect_width(file.header.width());
        Self {
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

    fn read(mut self, files: &mut FileSet, file: &SurveyedFile) -> Result<Option<Fingerprint>> {
        files.read_into(&file.name, &mut self)?;
        if self.is_heard {
            self.give(true);
        }
        Ok(self.is_heard.then_some(self.print))
    }

    /// Gives away the rows that are complete.
    fn give(&mut self, last: bool) {
        loop {
            let mut batch = std::mem::take(&mut self.batch);
            let more = self.scanner.rows(last, ROWS, &mut batch);
            self.print.add(&batch);
            match &mut self.register {
                Some(register) => {
                    register.mark(&mut batch);
                    self.is_heard = batch.len() == 0 || self.sender.send(Message::Rows(batch));
                }
                None => {
                    self.batch = batch;
                    self.is_heard = !self.sender.is_deaf();
                }
            }
            if !(more && self.is_heard) {
                return;
            }
            self.next_batch();
            self.scanner.room(&mut self.batch, 0);
        }
    }

    /// A batch to fill: one that came back, unless the last one was not sent away.
    fn next_batch(&mut self) {
        if self.register.is_some() {
            self.batch = self.sender.batch();
        }
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
