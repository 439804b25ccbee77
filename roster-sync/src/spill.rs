//! Bodies that wait for the plan: in memory, and past a cap in a temporary file.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use futures::channel::oneshot::Receiver;
use roster_core::{Error, ErrorKind, FieldSet, Record, Result};

use crate::{Digest, record, worker::Worker};

/// How much lies in memory before a file is made.
const CAP: usize = 8 << 20;
/// How much is written to the file, and read from it, at a time.
const CHUNK: usize = 1 << 20;

/// Bodies, one after the other, each with what the plan wants to know without reading it.
///
/// The file has no name in the file system: nobody else can open it, and it is gone with the process.
#[derive(Debug, Default)]
pub(crate) struct Spill {
    tail: Vec<u8>,
    flushed: u64,
    /// Makes the file with the first write.
    file: Option<Worker<Option<File>>>,
    /// What is being written while the tail grows on. Its memory comes back.
    writing: Option<Receiver<Written>>,
    window: Window,
}

/// How a write went, and the buffer of what was written.
type Written = (io::Result<()>, Vec<u8>);

#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

/// Where a body lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    at: u64,
    len: u32,
}

/// What stands before a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// What was received.
    pub(crate) digest: Digest,
    /// What the record hangs on, by half keys.
    pub(crate) links: (u64, u64),
    /// The fields that the body decides.
    pub(crate) taken: FieldSet,
}

const HEAD: usize = 40;

/// A body that was read back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spilled<'a> {
    pub(crate) head: Head,
    /// In JSON.
    pub(crate) body: &'a [u8],
}

impl Spill {
    /// Adds a record. Once in a while [`relax`](Self::relax) has to be called.
    pub(crate) fn add(&mut self, head: Head, record: &Record) -> Result<Place> {
        let start = self.tail.len();
        self.put_head(head);
        record::write(record, &mut self.tail)?;
        self.placed(start)
    }

    fn put_head(&mut self, head: Head) {
        self.tail.extend_from_slice(&head.digest.to_bytes());
        self.tail.extend_from_slice(&head.links.0.to_le_bytes());
        self.tail.extend_from_slice(&head.links.1.to_le_bytes());
        self.tail.extend_from_slice(&head.taken.bits().to_le_bytes());
    }

    fn placed(&self, start: usize) -> Result<Place> {
        let len = u32::try_from(self.tail.len() - start).map_err(|_| {
            let message = "one record is larger than 4 GiB";
            Error::new(ErrorKind::TooLarge, "host", "keeping records for the plan", message)
        })?;
        Ok(Place { at: self.flushed + start as u64, len })
    }

    /// Whether [`relax`](Self::relax) has something to do.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.tail.len() >= if self.file.is_some() { CHUNK } else { CAP }
    }

    /// Moves what lies in memory to the file, and waits for what was moved before.
    pub(crate) async fn relax(&mut self) -> Result<()> {
        if !self.is_full() {
            return Ok(());
        }
        let spare = self.written().await?;
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(Worker::start("roster-spill", None)?),
        };
        let bytes = std::mem::replace(&mut self.tail, spare);
        let count = bytes.len() as u64;
        self.writing = Some(file.ask(move |file| (append(file, &bytes), bytes))?);
        self.flushed += count;
        Ok(())
    }

    /// Waits for the write that is under way, and gives its buffer back, empty.
    async fn written(&mut self) -> Result<Vec<u8>> {
        let (Some(file), Some(writing)) = (&self.file, self.writing.take()) else { return Ok(Vec::new()) };
        let (result, mut bytes) = file.answer(writing).await?;
        result.map_err(|error| failed(&error))?;
        bytes.clear();
        // The first was larger than those that follow.
        bytes.shrink_to(CHUNK);
        Ok(bytes)
    }

    /// Reads a body back. Cheap if bodies are read in the order in which they were added.
    pub(crate) async fn read(&mut self, place: Place) -> Result<Spilled<'_>> {
        let len = place.len as usize;
        let (bytes, start) = if place.at >= self.flushed {
            (&self.tail, self.flushed)
        } else {
            if !self.window.holds(place) {
                self.load(place).await?;
            }
            (&self.window.bytes, self.window.start)
        };
        let from = usize::try_from(place.at - start).unwrap_or(usize::MAX);
        let bytes = bytes.get(from..).and_then(|bytes| bytes.get(..len)).ok_or_else(lost)?;
        split(bytes).ok_or_else(lost)
    }

    async fn load(&mut self, place: Place) -> Result<()> {
        // Not only for what it wrote: whether it could.
        self.written().await?;
        let file = self.file.as_ref().ok_or_else(lost)?;
        let wanted = (place.len as usize).max(CHUNK) as u64;
        let mut bytes = std::mem::take(&mut self.window.bytes);
        let (result, bytes) = file
            .call(move |file| {
                bytes.clear();
                let result = match file {
                    Some(file) => read_at(file, place.at, wanted, &mut bytes),
                    None => Ok(0),
                };
                (result, bytes)
            })
            .await?;
        result.map_err(|error| failed(&error))?;
        self.window = Window { start: place.at, bytes };
        Ok(())
    }
}

impl Window {
    fn holds(&self, place: Place) -> bool {
        place.at >= self.start && place.at + u64::from(place.len) <= self.start + self.bytes.len() as u64
    }
}

fn append(slot: &mut Option<File>, bytes: &[u8]) -> io::Result<()> {
    let file = match slot {
        Some(file) => file,
        None => slot.insert(tempfile::tempfile()?),
    };
    file.seek(SeekFrom::End(0))?;
    file.write_all(bytes)
}

#[expect(clippy::disallowed_methods, reason = "the read is limited by `take`")]
fn read_at(file: &mut File, at: u64, wanted: u64, bytes: &mut Vec<u8>) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    file.take(wanted).read_to_end(bytes)
}

fn split(bytes: &[u8]) -> Option<Spilled<'_>> {
    let (digest, rest) = bytes.split_first_chunk::<16>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (second, rest) = rest.split_first_chunk::<8>()?;
    let (taken, body) = rest.split_first_chunk::<8>()?;
    debug_assert_eq!(bytes.len() - body.len(), HEAD);
    Some(Spilled {
        head: Head {
            digest: Digest::from_bytes(*digest),
            links: (u64::from_le_bytes(*first), u64::from_le_bytes(*second)),
            taken: FieldSet::from_bits(u64::from_le_bytes(*taken)),
        },
        body,
    })
}

fn failed(error: &io::Error) -> Error {
    let message = format!("the temporary file: {error}; is its disk full?");
    Error::new(ErrorKind::Transport, "host", "keeping records for the plan", message)
}

pub(crate) fn lost() -> Error {
    let message = "a record was not where it was put; this is a defect of roster-sync, please report it";
    Error::new(ErrorKind::Transport, "host", "keeping records for the plan", message)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use roster_core::{Entity, Person};

    use super::*;

    #[test]
    fn bodies_come_back_from_memory_and_from_the_file() {
        let mut spill = Spill::default();
        let head = |number: u64| Head {
            digest: Digest::of(&number.to_le_bytes()),
            links: (number, 2),
            taken: FieldSet::from_bits(3),
        };
        let count = 40_000_u64;
        let places: Vec<_> = (0..count)
            .map(|number| {
                let mut person = Person::new(format!("p{number}"));
                person.username = Some("x".repeat(300));
                let place = spill.add(head(number), &person.into_record()).unwrap();
                block_on(spill.relax()).unwrap();
                place
            })
            .collect();
        assert!(spill.file.is_some());
        for (number, place) in (0..count).zip(&places).step_by(7).chain((0..count).zip(&places).step_by(997))
        {
            let spilled = block_on(spill.read(*place)).unwrap();
            assert_eq!(spilled.head, head(number));
            let record = record::read(roster_core::EntityKind::Person, spilled.body).unwrap();
            assert_eq!(record.id().as_str(), format!("p{number}"));
        }
    }
}
