//! How whole each kind was seen.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{Completeness, EntityKind, Error, PartialCode};
use roster_http::paging::{Finish, MOST_RESTARTS};

/// How whole each kind was seen.
#[derive(Default)]
pub(super) struct Ends {
    doubts: BTreeMap<EntityKind, (PartialCode, String)>,
    /// Whether a page came at all, and the last refusal.
    answered: bool,
    refused: Option<Error>,
    filtered: BTreeSet<EntityKind>,
}

impl Ends {
    /// A collection was read to its end.
    pub(super) fn finished(&mut self, path: &str, page: u64, finish: Finish, kinds: &[EntityKind]) {
        let reason = match finish {
            Finish::Whole => return,
            Finish::Disagrees { total, came } => {
                format!("{path} page {page}: the server counts {total} rows, and {came} different ones came")
            }
            Finish::Moving => format!(
                "{path} page {page}: rows moved while they were read, also after starting over {MOST_RESTARTS} times"
            ),
            Finish::Vanished { rows } => format!(
                "{path} page {page}: rows moved while they were read, and {rows} that had come did not come again"
            ),
            Finish::Repeats => {
                format!("{path} page {page}: the server sends the same page whatever is asked for")
            }
            Finish::EmptyEarly => format!("{path} page {page}: an empty page came before all rows had come"),
        };
        self.doubt(kinds, PartialCode::Unreadable, &reason);
    }

    /// A page came, whatever comes of the others.
    pub(super) const fn answered(&mut self) {
        self.answered = true;
    }

    /// A collection was refused.
    pub(super) fn refused(&mut self, error: Error, kinds: &[EntityKind]) {
        self.doubt(kinds, PartialCode::Withheld, error.message());
        self.refused = Some(error);
    }

    /// A row could not be read, and whose it is can't be told.
    pub(super) fn nameless(&mut self, place: &str, kinds: &[EntityKind]) {
        let reason = format!("{place}: a row could not be read, and whose it is can't be told");
        self.doubt(kinds, PartialCode::Unreadable, &reason);
    }

    /// A row could not be read, or not all of it: what follows from it is unknown too.
    pub(super) fn lost(&mut self, place: &str, kinds: &[EntityKind]) {
        let reason =
            format!("{place}: not all of a row could be read, and what follows from it is not known");
        self.doubt(kinds, PartialCode::Unreadable, &reason);
    }

    /// A page has another number of rows than it says.
    pub(super) fn miscounted(&mut self, place: &str, said: u64, came: usize, kinds: &[EntityKind]) {
        let reason = format!("{place}: the server says that the page has {said} rows, and {came} came");
        self.doubt(kinds, PartialCode::Unreadable, &reason);
    }

    /// Only a full pull can tell.
    pub(super) fn needs_full(&mut self, kind: EntityKind, reason: &str) {
        self.doubt(&[kind], PartialCode::NeedsFull, reason);
    }

    /// Only what changed was asked for.
    pub(super) fn filtered(&mut self, kinds: &[EntityKind]) {
        self.filtered.extend(kinds);
    }

    /// Whether whole sets were asked for.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.filtered.is_empty()
    }

    pub(super) fn is_filtered(&self, kind: EntityKind) -> bool {
        self.filtered.contains(&kind)
    }

    fn doubt(&mut self, kinds: &[EntityKind], code: PartialCode, reason: &str) {
        for kind in kinds {
            self.doubts.entry(*kind).or_insert_with(|| (code, reason.to_owned()));
        }
    }

    /// How the kind ends.
    pub(super) fn of(&self, kind: EntityKind) -> Completeness {
        match self.doubts.get(&kind) {
            Some((code, reason)) => Completeness::Partial { code: *code, reason: reason.clone() },
            None if self.filtered.contains(&kind) => Completeness::Changes,
            None => Completeness::Complete,
        }
    }

    /// The refusal, if nothing at all could be read: then the settings are wrong, and not a collection.
    pub(super) fn all_refused(&mut self) -> Option<Error> {
        if self.answered { None } else { self.refused.take() }
    }
}
