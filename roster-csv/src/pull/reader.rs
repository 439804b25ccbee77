//! The thread that reads. It sends bytes with marks, never records: what one thread allocates and another frees costs three
//! times the reading itself.

use std::{
    sync::{Arc, PoisonError, mpsc as std_mpsc},
    thread::JoinHandle,
};

use futures::{SinkExt, StreamExt, channel::mpsc, executor::block_on};
use roster_core::{Error, ErrorKind, Problem, PullRequest, Result};

use super::{
    feed::Feed,
    fingerprint::{Fingerprints, is_unchanged, terms},
    folds::Folds,
    judge::Odd,
    plan::{Step, plan},
};
use crate::{
    changes::Position,
    files::FileSet,
    rows::Batch,
    source::{PROVIDER, Settings},
    survey::Survey,
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
    /// About how many rows the file at hand has, if they are told as seats.
    Expect(u64),
    /// Rows of the step at hand, the header among them unless they are made of other rows.
    Rows(Batch),
    /// Rows of a file whose rows are several records each, those that the rows of the step at hand are made of.
    Folded(Batch),
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

/// Batches on their way, each of [`PIECE`](crate::files::PIECE) bytes and their marks: all that is held of a file. People cost most where
/// records are made, and seats where rows are found: the reader gets ahead while people are made.
const IN_FLIGHT: usize = 16;

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
    #[cfg(test)]
    pub(super) fn to(messages: mpsc::Sender<Message>) -> Self {
        Self { messages, recycled: std_mpsc::channel().1 }
    }

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
    let mut survey = Survey::take(&mut files, &settings)?;
    if request.extra {
        survey.keep_extra();
    }
    let survey = Arc::new(survey);
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
    let mut folds = Folds::of(&steps);
    for (index, step) in steps.iter().enumerate() {
        if !sender.send(Message::Begin(*step)) {
            return Ok(None);
        }
        if folds.has(index) {
            if !folds.give(index, &survey, sender) {
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

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

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
