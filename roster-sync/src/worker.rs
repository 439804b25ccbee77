//! A thread for work that blocks: a file, a database.

use std::{fmt, sync::mpsc, thread};

use futures::channel::oneshot::{self, Receiver};
use roster_core::{Error, ErrorKind, Result};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A thread that owns a state and does one job after the other with it. It ends once the worker is dropped and the jobs
/// are done.
pub(crate) struct Worker<S> {
    jobs: mpsc::Sender<Job<S>>,
    name: &'static str,
}

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread.
    pub(crate) fn start(name: &'static str, mut state: S) -> Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job<S>>();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                for job in queue {
                    job(&mut state);
                }
            })
            .map_err(|error| {
                Error::new(ErrorKind::Transport, "host", "starting a thread", format!("{name}: {error}"))
            })?;
        Ok(Self { jobs, name })
    }

    /// Has a job done and waits for what it gives. If nobody waits any longer, it is done all the same.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<R> {
        let answer = self.ask(job)?;
        self.answer(answer).await
    }

    /// Has a job done, and goes on at once. What it gives is waited for by [`answer`](Self::answer).
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<Receiver<R>> {
        let (answer, receiver) = oneshot::channel();
        // Nobody waits if the receiver was dropped.
        self.post(move |state| drop(answer.send(job(state))))?;
        Ok(receiver)
    }

    /// Waits for what a job gives.
    pub(crate) async fn answer<R>(&self, receiver: Receiver<R>) -> Result<R> {
        receiver.await.map_err(|_| self.died())
    }

    /// Has a job done after those before it, and does not wait.
    pub(crate) fn post(&self, job: impl FnOnce(&mut S) + Send + 'static) -> Result<()> {
        self.jobs.send(Box::new(job)).map_err(|_| self.died())
    }

    fn died(&self) -> Error {
        let message =
            format!("the thread `{}` died; this is a defect of roster-sync, please report it", self.name);
        Error::new(ErrorKind::Transport, "host", "working on a thread", message)
    }
}

impl<S> fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn jobs_are_done_in_order() {
        let worker = Worker::start("test", Vec::new()).unwrap();
        block_on(worker.call(|list| list.push(1))).unwrap();
        let list = block_on(worker.call(|list| {
            list.push(2);
            list.clone()
        }));
        assert_eq!(list.unwrap(), [1, 2]);
    }

    #[test]
    fn a_thread_that_dies_is_an_error() {
        let worker = Worker::start("test", ()).unwrap();
        let result = block_on(worker.call(|()| -> () { panic!("on purpose") }));
        assert!(result.unwrap_err().message().contains("died"));
    }
}
