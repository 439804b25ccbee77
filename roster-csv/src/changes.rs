//! The cursor: what the files were when they were last read whole.

use std::collections::BTreeMap;

use roster_core::{Cursor, PullMode, PullRequest, Result, SourceInfo};
use serde::{Deserialize, Serialize};

const VERSION: u16 = 2;

/// Where a pull of files ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// How the files were read: under other terms they may say something else.
    pub(crate) terms: String,
    /// What each file that was read says, by its name, as it was read: what the host was told is what this stands for, even
    /// if a file changed before the pull was over.
    pub(crate) files: BTreeMap<String, String>,
    /// Whether every kind was seen whole and every row could be used. If not, the same files are read again, so that nobody
    /// takes them for sound.
    pub(crate) sound: bool,
}

impl Position {
    pub(crate) fn encode(&self, info: &SourceInfo, request: &PullRequest) -> Result<Cursor> {
        Cursor::encode(info, VERSION, request, self)
    }

    /// The position to compare with: that of a changes pull. A full pull reads everything, whatever its cursor says.
    pub(crate) fn of_request(info: &SourceInfo, request: &PullRequest) -> Result<Option<Self>> {
        match (request.mode, &request.cursor) {
            (PullMode::Full, _) => Ok(None),
            (PullMode::Changes, Some(cursor)) => cursor.decode(info, VERSION, request).map(Some),
            (PullMode::Changes, None) => Err(roster_core::Error::new(
                roster_core::ErrorKind::CursorInvalid,
                info.provider,
                "reading a cursor",
                "a pull of changes needs a cursor; pull in full",
            )),
        }
    }
}
