//! What is written, many at a time, with all text in one buffer.

use std::{fmt, ops::Range};

use roster_core::EntityKind;

use super::{Op, RecordState};
use crate::{Digest, Key};

/// Writes, in order. Their text lies in one buffer, which goes back and forth between the engine and the store: what one
/// thread allocates and another frees costs several times the writing.
#[derive(Default)]
pub struct Batch {
    text: String,
    writes: Vec<Write>,
}

/// A piece of a batch's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

/// One write.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Write {
    /// A new version of a record, and what is now current of it. The version of a create makes the record.
    Version(VersionWrite),
    /// What was received is other bytes, and says the same: no version, a new digest.
    Restamp {
        /// The record.
        uid: u64,
        /// What was received.
        digest: Digest,
    },
    /// A record's state alone, without a version: one that was quarantined is no longer delivered.
    State {
        /// The record.
        uid: u64,
        /// Its state.
        state: RecordState,
    },
    /// A record goes into quarantine, or stays there and says something else or lacks another.
    Quarantine {
        /// Kind and id.
        key: Key,
        /// The kind.
        kind: EntityKind,
        /// What was received.
        digest: Digest,
        /// Its name for good, if it ever stood in the roster.
        uid: Option<u64>,
        /// The kind that is missing.
        missing_kind: EntityKind,
        /// The id that is missing.
        missing: Span,
        /// The record, in JSON. `None` leaves the body that is there.
        body: Option<Span>,
    },
    /// A record leaves quarantine.
    Unquarantine {
        /// Kind and id.
        key: Key,
    },
    /// How many active records are in a group now; 0 takes the group away.
    Census {
        /// The kind.
        kind: EntityKind,
        /// The group.
        group: Span,
        /// How many.
        count: u64,
    },
    /// Blanks the bodies of a record's versions up to and with `seq`, for good: kind and id stay.
    Blank {
        /// The record.
        uid: u64,
        /// The last version to blank.
        seq: u64,
    },
}

/// A new version of a record.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a plain row")]
pub struct VersionWrite {
    /// Its place in the log: the last change's and one more.
    pub seq: u64,
    /// The record; that of a create is its seq.
    pub uid: u64,
    /// What happened.
    pub op: Op,
    /// The kind.
    pub kind: EntityKind,
    /// The record's version before.
    pub before: Option<u64>,
    /// Kind and id, from now on.
    pub key: Key,
    /// What was received.
    pub digest: Digest,
    /// Its state from now on.
    pub state: RecordState,
    /// What it hangs on; see [`Links`](super::Links).
    pub links: (u64, u64),
    /// Bits of the fields that changed.
    pub changed: u64,
    /// The id before a re-key.
    pub from: Option<Span>,
    /// The record, in JSON. Of an end, kind and id alone: see [`tombstone`](Batch::tombstone).
    pub body: Span,
}

impl Batch {
    /// Adds text and says where it lies.
    pub fn add_text(&mut self, text: &str) -> Span {
        let start = self.here();
        self.text.push_str(text);
        Span { start, end: self.here() }
    }

    /// Adds the body that a record has once it is ended or blanked: kind and id, and nothing else.
    pub fn tombstone(&mut self, kind: EntityKind, id: &str) -> Span {
        self.add_text(&tombstone(kind, id))
    }

    /// Adds a write.
    pub fn push(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The writes, in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// A piece of its text; empty for a span of another batch.
    pub fn text(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// How many bytes of text it holds.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.writes.clear();
    }

    fn here(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }
}

impl Span {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Shows no text.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} writes, {} bytes)", self.writes.len(), self.text.len())
    }
}

/// The body of a record of which nothing but kind and id is left.
pub(crate) fn tombstone(kind: EntityKind, id: &str) -> String {
    let id = serde_json::Value::String(id.to_owned());
    format!(r#"{{"record_type":"{kind}","id":{id}}}"#)
}
