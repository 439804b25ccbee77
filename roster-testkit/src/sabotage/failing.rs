//! Defects where reading fails, or a record is bad.

use std::io;

use roster_core::{
    Completeness, EntityKind, Error, ErrorKind, FieldSet, PartialCode, Problem, PullEvent, Slice,
};

use super::{
    Sabotage,
    source::CANARY,
    spoiler::{Spoiled, Spoiler},
};
use crate::scripted::PROVIDER;

impl Spoiler {
    pub(super) fn failure(&mut self, error: Error) -> Spoiled {
        let broke_off = error.kind() == ErrorKind::Transport;
        let open = self.open();
        match self.sabotage {
            Sabotage::ReaderDiesQuietly if broke_off => {
                self.over = true;
                Vec::new()
            }
            Sabotage::CompleteAfterError if broke_off => {
                let end = open.map(|kind| ended(kind, Completeness::Complete));
                end.into_iter().map(Ok).chain([Err(error)]).collect()
            }
            Sabotage::GoesOnAfterErr => {
                let end = open.map_or_else(
                    || PullEvent::Problem(Box::new(Problem::warning("bad_record", "an error came"))),
                    |kind| ended(kind, unreadable()),
                );
                vec![Err(error), Ok(end)]
            }
            Sabotage::NameInError => {
                vec![Err(error.with_source(io::Error::other(format!("row 7: p03,{CANARY}"))))]
            }
            Sabotage::CursorRefusedOddly if error.kind() == ErrorKind::CursorInvalid => vec![Err(odd())],
            Sabotage::ForgottenToldOddly if error.kind() == ErrorKind::CursorExpired => vec![Err(odd())],
            Sabotage::CursorRefusedLate if error.kind() == ErrorKind::CursorInvalid => {
                let kind = EntityKind::Org;
                let fields = FieldSet::all(kind);
                vec![Ok(PullEvent::Begin { kind, expected: None, fields }), Err(error)]
            }
            Sabotage::ForgottenTakenForQuiet if error.kind() == ErrorKind::CursorExpired => {
                self.over = true;
                self.quiet_day()
            }
            _ => vec![Err(error)],
        }
    }

    /// What of the frame has not come yet, as if nothing had happened.
    fn quiet_day(&self) -> Spoiled {
        let mut events: Vec<_> =
            self.open().map(|kind| ended(kind, Completeness::Changes)).into_iter().collect();
        for kind in self.request.wanted().filter(|kind| !self.begun.contains(kind)) {
            events.push(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) });
            events.push(ended(kind, Completeness::Changes));
        }
        events.into_iter().map(Ok).collect()
    }

    pub(super) fn problem(&mut self, mut problem: Box<Problem>) -> Spoiled {
        match self.sabotage {
            Sabotage::NameInReason => self.hushed = true,
            Sabotage::BadRecordIsFatal => {
                self.over = true;
                let message = "a record can't be read";
                return vec![Err(Error::new(ErrorKind::Decode, PROVIDER, "reading a page", message))];
            }
            Sabotage::BadRecordIsSilent => {
                self.hushed = true;
                return Vec::new();
            }
            Sabotage::DeleteOfTheRejected if !self.is_full() => {
                if let Some((kind, id)) = problem.protects() {
                    return vec![Ok(PullEvent::Delete { kind, id: id.clone() })];
                }
            }
            Sabotage::RejectedTakenForGone => problem.id = None,
            Sabotage::ShoutedCode => problem.code = "BadRecord".into(),
            Sabotage::ErrorWithoutKind => {
                self.hushed = true;
                problem.kind = None;
                problem.id = None;
            }
            Sabotage::NameInProblem => problem.message = format!("`{CANARY}` can't be read"),
            _ => {}
        }
        vec![Ok(PullEvent::Problem(problem))]
    }
}

fn odd() -> Error {
    Error::new(ErrorKind::Provider, PROVIDER, "reading a page", "the vendor answered with a fault")
}

pub(super) fn ended(kind: EntityKind, completeness: Completeness) -> PullEvent {
    PullEvent::End { kind, slice: Slice::All, completeness }
}

pub(super) fn unreadable() -> Completeness {
    Completeness::Partial { code: PartialCode::Unreadable, reason: "a record can't be read".to_owned() }
}
