//! The cursor. Google has no feed of changes: a pull of changes reads everything, and compares nothing.

use roster_core::{Cursor, Error, ErrorKind, PullMode, PullRequest, Result, SourceInfo, jiff::Timestamp};
use serde::{Deserialize, Serialize};

const VERSION: u16 = 1;

/// Where a pull ended: it says when it began, for people.
#[derive(Serialize, Deserialize)]
struct Position {
    begun: Timestamp,
}

/// The cursor of a pull that began then.
pub(crate) fn cursor(begun: Timestamp, info: &SourceInfo, request: &PullRequest) -> Result<Cursor> {
    Cursor::encode(info, VERSION, request, &Position { begun })
}

/// Whether a pull may be served: one of changes needs a cursor of the same place.
pub(crate) fn check(info: &SourceInfo, request: &PullRequest) -> Result<()> {
    match (request.mode, &request.cursor) {
        (PullMode::Full, _) => Ok(()),
        (PullMode::Changes, Some(cursor)) => cursor.decode::<Position>(info, VERSION, request).map(drop),
        (PullMode::Changes, None) => Err(Error::new(
            ErrorKind::CursorInvalid,
            info.provider,
            "reading a cursor",
            "a pull of changes needs a cursor; pull in full",
        )),
    }
}
