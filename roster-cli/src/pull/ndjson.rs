//! Events, one JSON object a line.

use std::io::{self, BufWriter, Write};

use roster::{
    Completeness, Cursor, EntityKind, Error, ErrorKind, FieldSet, PartialCode, Place, Problem, PullEvent,
    Record, Slice, SourcedId,
};
use serde::{Serialize, Serializer};

use crate::outcome::Failure;

const BUFFER: usize = 256 * 1024;

/// Writes events as lines.
pub(super) struct Ndjson<'a> {
    writer: BufWriter<Box<dyn Write + 'a>>,
    on_stdout: bool,
}

impl<'a> Ndjson<'a> {
    pub(super) fn to_stdout() -> Self {
        Self::new(Box::new(io::stdout()), true)
    }

    pub(super) fn to_file(file: impl Write + 'a) -> Self {
        Self::new(Box::new(file), false)
    }

    fn new(writer: Box<dyn Write + 'a>, on_stdout: bool) -> Self {
        Self { writer: BufWriter::with_capacity(BUFFER, writer), on_stdout }
    }

    pub(super) fn write(&mut self, event: &PullEvent) -> Result<(), Failure> {
        let Some(line) = Line::of(event) else {
            return Ok(());
        };
        serde_json::to_writer(&mut self.writer, &line)
            .map_err(io::Error::from)
            .and_then(|()| self.writer.write_all(b"\n"))
            .map_err(|error| self.failure(error))
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        if self.on_stdout {
            return Failure::Output(error);
        }
        Error::new(ErrorKind::Transport, "host", "writing the events", format!("--out: {error}")).into()
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Begin {
        kind: EntityKind,
        expected: Option<u64>,
        fields: Names,
    },
    Upsert {
        kind: EntityKind,
        id: &'a SourcedId,
        record: &'a Record,
        #[serde(skip_serializing_if = "Names::is_empty")]
        unseen: Names,
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<&'a Place>,
    },
    Delete {
        kind: EntityKind,
        id: &'a SourcedId,
    },
    Problem(&'a Problem),
    End {
        kind: EntityKind,
        slice: &'a Slice,
        completeness: &'static str,
        code: Option<PartialCode>,
        reason: Option<&'a str>,
    },
    Checkpoint {
        cursor: &'a Cursor,
    },
}

impl<'a> Line<'a> {
    /// `None` for events that this version does not know.
    fn of(event: &'a PullEvent) -> Option<Self> {
        Some(match event {
            PullEvent::Begin { kind, expected, fields } => {
                Self::Begin { kind: *kind, expected: *expected, fields: Names(*kind, *fields) }
            }
            PullEvent::Upsert { record, unseen, place } => Self::Upsert {
                kind: record.kind(),
                id: record.id(),
                record,
                unseen: Names(record.kind(), *unseen),
                place: place.as_deref(),
            },
            PullEvent::Delete { kind, id } => Self::Delete { kind: *kind, id },
            PullEvent::Problem(problem) => Self::Problem(problem),
            PullEvent::End { kind, slice, completeness } => {
                let (code, reason) = match completeness {
                    Completeness::Partial { code, reason } => (Some(*code), Some(reason.as_str())),
                    _ => (None, None),
                };
                Self::End { kind: *kind, slice, completeness: completeness.as_str(), code, reason }
            }
            PullEvent::Checkpoint(cursor) => Self::Checkpoint { cursor },
            _ => return None,
        })
    }
}

/// Fields by their names.
struct Names(EntityKind, FieldSet);

impl Names {
    fn is_empty(&self) -> bool {
        self.1.is_empty()
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.names(self.0))
    }
}
