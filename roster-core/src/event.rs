//! What a pull tells its host.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Cursor, EntityKind, FieldSet, Problem, Record, Role, SourcedId};

/// What a pull tells its host. [`RosterSource`](crate::RosterSource) says in which order and on which conditions.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum PullEvent {
    /// Reading of `kind` starts.
    Begin {
        /// The kind.
        kind: EntityKind,
        /// The vendor's own count, where it gives one.
        expected: Option<u64>,
        /// What this pull can see of the kind; the rest is unknown, not empty.
        fields: FieldSet,
    },
    /// The record exists and looks like this now.
    Upsert {
        /// The record, [normalized](Record::normalize).
        record: Record,
        /// What this one record does not tell, though the pull could see it: a value that could not be read, a field that
        /// the vendor's event left out.
        unseen: FieldSet,
        /// Where it was read, for reports that are written later; the records of a page may share it.
        place: Option<Arc<Place>>,
    },
    /// The vendor says that the record is gone.
    Delete {
        /// The kind.
        kind: EntityKind,
        /// Which one.
        id: SourcedId,
    },
    /// Something to report; see [`Problem`].
    Problem(Box<Problem>),
    /// Reading of one slice of `kind` is over.
    End {
        /// The kind.
        kind: EntityKind,
        /// The part of the kind that this speaks of.
        slice: Slice,
        /// Whether absence from it means anything.
        completeness: Completeness,
    },
    /// Safe to store once all events before it have been applied.
    Checkpoint(Box<Cursor>),
}

/// Shows kinds and ids, nothing about a child.
impl fmt::Debug for PullEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { kind, expected, .. } => write!(f, "Begin({kind}, {expected:?})"),
            Self::Upsert { record, .. } => write!(f, "Upsert({record:?})"),
            Self::Delete { kind, id } => write!(f, "Delete({kind}, {id:?})"),
            Self::Problem(problem) => write!(f, "{problem:?}"),
            Self::End { kind, slice, completeness } => write!(f, "End({kind}, {slice:?}, {completeness:?})"),
            Self::Checkpoint(_) => f.write_str("Checkpoint"),
        }
    }
}

/// The part of a kind that an `End` speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Slice {
    /// All records of the kind in scope.
    All,
    /// All people who hold this role.
    Role(Role),
    /// All records that hang on this one: a class's enrollments, a pupil's relationships, all of a school.
    Of(EntityKind, SourcedId),
}

/// Whether absence means anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Completeness {
    /// All records of the slice were delivered: what is absent is gone.
    Complete,
    /// Only what changed was delivered: absence means nothing.
    Changes,
    /// The vendor vouches that nothing of the whole stored set changed since the cursor. Never said by a full pull.
    Unchanged,
    /// Some were withheld or unreadable; what is missing may still exist.
    Partial {
        /// Why, for hosts to act on.
        code: PartialCode,
        /// Why, for people.
        reason: String,
    },
}

impl Completeness {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Changes => "changes",
            Self::Unchanged => "unchanged",
            Self::Partial { .. } => "partial",
        }
    }

    /// Whether the slice is partial.
    pub const fn is_partial(&self) -> bool {
        matches!(self, Self::Partial { .. })
    }
}

/// Why a slice is partial, for hosts to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartialCode {
    /// A page, a file or a record could not be read.
    Unreadable,
    /// The credential may not see all of it, or the tenant does not send it.
    Withheld,
    /// The vendor has paused it.
    Frozen,
    /// Only a full pull can tell.
    NeedsFull,
}

/// Where a record was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A row of a file.
    File {
        /// The file's name in its set.
        file: Arc<str>,
        /// The physical line on which the row starts, from 1.
        line: u64,
        /// The row's number, the header not counted, from 1; 0 for the header and for the file as a whole.
        record: u64,
    },
    /// A page of an endpoint.
    Page {
        /// The endpoint's template, such as `/classes/{id}/students`.
        operation: Arc<str>,
        /// The page, from 1.
        page: u64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, .. } => write!(f, "{file}:{line}"),
            Self::Page { operation, page } => write!(f, "{operation} page {page}"),
        }
    }
}

/// The shape of a [`Place`] in JSON, so that its fields stand among a problem's own.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PlaceJson<'a> {
    File { file: std::borrow::Cow<'a, str>, line: u64, record: u64 },
    Page { operation: std::borrow::Cow<'a, str>, page: u64 },
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File { file, line, record } => {
                PlaceJson::File { file: (&**file).into(), line: *line, record: *record }
            }
            Self::Page { operation, page } => {
                PlaceJson::Page { operation: (&**operation).into(), page: *page }
            }
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match PlaceJson::deserialize(deserializer)? {
            PlaceJson::File { file, line, record } => Self::File { file: file.into(), line, record },
            PlaceJson::Page { operation, page } => Self::Page { operation: operation.into(), page },
        })
    }
}
