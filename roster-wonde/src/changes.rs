//! The cursor: since when changes are asked for, and what was decided and granted then.

use std::{collections::BTreeSet, time::Duration};

use roster_core::{Cursor, Error, ErrorKind, PullMode, PullRequest, Result, SourceInfo, jiff::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{config::ClassSource, pull::values::Shares};

const VERSION: u16 = 1;

/// Wonde reads a school's system every hour or two, and a row may get its stamp before it can be seen. The zone of a stamp that
/// is sent is not documented either. Rows that come again change nothing.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a pull ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Before the pull's first request.
    pub(crate) begun: Timestamp,
    /// What classes were taken from.
    pub(crate) classes: Option<ClassSource>,
    /// The school's system: after a change all ids may be new.
    pub(crate) mis: Option<String>,
    /// The school year that was made up for the classes.
    pub(crate) year: String,
    /// What was granted.
    pub(crate) granted: BTreeSet<String>,
    /// What was granted once and was taken back: its fields stay as they were then.
    pub(crate) frozen: BTreeSet<String>,
    /// Of how many people each value was there.
    #[serde(default, skip_serializing_if = "Shares::is_empty")]
    pub(crate) shares: Shares,
    /// Some relationships stand in the contacts' own list alone: a student's row does not tell all of its.
    #[serde(default)]
    pub(crate) one_sided: bool,
}

impl Position {
    /// Since when changes are asked for.
    pub(crate) fn since(&self) -> Timestamp {
        self.begun.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN)
    }

    pub(crate) fn encode(&self, info: &SourceInfo, request: &PullRequest) -> Result<Cursor> {
        Cursor::encode(info, VERSION, request, self)
    }

    /// The position of a request's cursor: a full pull takes it as memory, and goes without where it does not fit.
    pub(crate) fn of_request(info: &SourceInfo, request: &PullRequest) -> Result<Option<Self>> {
        match (request.mode, &request.cursor) {
            (PullMode::Full, None) => Ok(None),
            (PullMode::Full, Some(cursor)) => Ok(cursor.decode(info, VERSION, request).ok()),
            (PullMode::Changes, Some(cursor)) => cursor.decode(info, VERSION, request).map(Some),
            (PullMode::Changes, None) => Err(Error::new(
                ErrorKind::CursorInvalid,
                info.provider,
                "reading a cursor",
                "a pull of changes needs a cursor; pull in full",
            )),
        }
    }
}
