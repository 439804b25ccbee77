//! The cursor: since when changes are asked for.

use std::{collections::BTreeSet, time::Duration};

use roster_core::{
    Cursor, EntityKind, Error, ErrorKind, PullMode, PullRequest, Result, SourceInfo, jiff::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::learnt::Learnt;

const VERSION: u16 = 1;

/// Clocks differ, and a row may get its stamp before it can be seen.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// A stamp without a zone may be of any, and one of a day is as old as its morning.
const COARSE_OVERLAP: Duration = Duration::from_secs(26 * 60 * 60);

/// Where a pull ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Before the pull's first request.
    begun: Timestamp,
    /// The server's stamps have no zone, or are of a day.
    coarse: bool,
    /// The revision of the data, where the server names one and all of them were delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// Kinds that were not shared then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    withheld: BTreeSet<EntityKind>,
}

impl Position {
    /// `begun` is our own clock before the first request; the server's own is better, since its stamps are of that.
    pub(crate) fn new(begun: Timestamp, learnt: &Learnt, before: Option<&Self>) -> Self {
        let coarse = learnt.coarse || before.is_some_and(|before| before.coarse);
        Self { begun: learnt.date.unwrap_or(begun), coarse, revision: None, withheld: BTreeSet::new() }
    }

    /// With the revision that was delivered whole, but for the kinds that were not shared.
    pub(crate) fn with_revision(mut self, revision: Option<String>, withheld: BTreeSet<EntityKind>) -> Self {
        (self.revision, self.withheld) = (revision, withheld);
        self
    }

    /// The kinds that were not shared.
    pub(crate) fn withheld(&self) -> &BTreeSet<EntityKind> {
        &self.withheld
    }

    /// The revision that was delivered whole.
    pub(crate) fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// Since when changes are asked for.
    pub(crate) fn since(&self) -> Timestamp {
        let overlap = if self.coarse { COARSE_OVERLAP } else { OVERLAP };
        self.begun.checked_sub(overlap).unwrap_or(Timestamp::MIN)
    }

    pub(crate) fn encode(&self, info: &SourceInfo, request: &PullRequest) -> Result<Cursor> {
        Cursor::encode(info, VERSION, request, self)
    }

    /// The position that a changes pull starts from. A full pull reads everything, whatever its cursor says.
    pub(crate) fn of_request(info: &SourceInfo, request: &PullRequest) -> Result<Option<Self>> {
        match (request.mode, &request.cursor) {
            (PullMode::Full, _) => Ok(None),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_stamps_widen_the_overlap_for_good() {
        let begun: Timestamp = "2027-01-01T00:30:00Z".parse().unwrap();
        let fine = Position::new(begun, &Learnt::default(), None);
        assert_eq!(fine.since().to_string(), "2027-01-01T00:20:00Z");
        let coarse = Position::new(begun, &Learnt { coarse: true, ..Learnt::default() }, None);
        assert_eq!(coarse.since().to_string(), "2026-12-30T22:30:00Z");
        let date = "2027-01-02T00:00:00Z".parse().ok();
        let next = Position::new(begun, &Learnt { date, ..Learnt::default() }, Some(&coarse));
        assert_eq!(next.since().to_string(), "2026-12-31T22:00:00Z");
    }
}
