//! A pull, written down.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, StreamExt};
use roster_core::{
    Completeness, Cursor, EntityKind, Error, ErrorKind, Problem, PullEvent, PullStream, Record, Slice,
};

use super::verdict::Breach;
use crate::Ids;

/// A pull, written down.
#[derive(Debug, Default)]
pub(super) struct Pulled {
    pub(super) events: Vec<PullEvent>,
    pub(super) error: Option<Error>,
    /// What followed the error.
    pub(super) after_error: Option<String>,
    /// Why it was not read to its end.
    pub(super) broken_off: Option<String>,
}

impl Pulled {
    /// Reads a stream to its end, at most `limit` events.
    pub(super) async fn read(stream: PullStream, limit: usize) -> Self {
        let mut pulled = Self::default();
        pulled.read_on(stream, limit).await;
        pulled
    }

    async fn read_on(&mut self, mut stream: PullStream, limit: usize) {
        loop {
            let next = AssertUnwindSafe(stream.next()).catch_unwind().await;
            match next {
                Ok(None) => return,
                Ok(Some(Ok(event))) => self.events.push(event),
                Ok(Some(Err(error))) => {
                    self.error = Some(error);
                    let next = AssertUnwindSafe(stream.next()).catch_unwind().await;
                    self.after_error = match next {
                        Ok(None) => None,
                        Ok(Some(item)) => Some(format!("{item:?}")),
                        Err(_) => Some("a panic".to_owned()),
                    };
                    return;
                }
                Err(_) => {
                    self.broken_off = Some("the stream panicked".to_owned());
                    return;
                }
            }
            if self.events.len() >= limit {
                self.broken_off =
                    Some(format!("the stream did not end after {limit} events; does it turn in circles?"));
                return;
            }
        }
    }

    /// The pull, if it came to an end of its own, good or bad.
    pub(super) fn ended(self) -> Result<Self, Breach> {
        match self.broken_off {
            Some(why) => Err(Breach(why)),
            None => Ok(self),
        }
    }

    /// The pull, if it came to a good end.
    pub(super) fn whole(self, what: &str) -> Result<Self, Breach> {
        let pulled = self.ended()?;
        match &pulled.error {
            Some(error) => Err(Breach(format!("{what} failed: {error}"))),
            None => Ok(pulled),
        }
    }

    /// Whether the cursor was refused, so that the host would pull in full.
    pub(super) fn is_refused(&self) -> bool {
        let kind = self.error.as_ref().map(Error::kind);
        matches!(kind, Some(ErrorKind::CursorInvalid | ErrorKind::CursorExpired | ErrorKind::Unstable))
    }

    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.events.iter().rev().find_map(|event| match event {
            PullEvent::Checkpoint(cursor) => Some((**cursor).clone()),
            _ => None,
        })
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.events.iter().filter_map(|event| match event {
            PullEvent::Upsert { record, .. } => Some(record),
            _ => None,
        })
    }

    pub(super) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.events.iter().filter_map(|event| match event {
            PullEvent::Problem(problem) => Some(&**problem),
            _ => None,
        })
    }

    pub(super) fn ends(&self) -> impl Iterator<Item = (EntityKind, &Slice, &Completeness)> {
        self.events.iter().filter_map(|event| match event {
            PullEvent::End { kind, slice, completeness } => Some((*kind, slice, completeness)),
            _ => None,
        })
    }

    pub(super) fn is_partial(&self, kind: EntityKind) -> bool {
        self.ends().any(|(of, _, completeness)| of == kind && completeness.is_partial())
    }

    /// The ids that problems protect.
    pub(super) fn protected(&self) -> Ids {
        self.problems().filter_map(Problem::protects).map(|(kind, id)| (kind, id.clone())).collect()
    }

    /// The ids that were delivered and stand at the end.
    pub(super) fn standing(&self) -> Ids {
        let mut standing = Ids::new();
        for event in &self.events {
            match event {
                PullEvent::Upsert { record, .. } => standing.insert(record.kind(), record.id().clone()),
                PullEvent::Delete { kind, id } => standing.remove(*kind, id),
                _ => {}
            }
        }
        for (kind, id) in self.protected().iter() {
            standing.remove(kind, id);
        }
        standing
    }

    /// The ids whose delete stands at the end.
    pub(super) fn deleted(&self) -> Ids {
        let mut deleted = Ids::new();
        for event in &self.events {
            match event {
                PullEvent::Delete { kind, id } => deleted.insert(*kind, id.clone()),
                PullEvent::Upsert { record, .. } => deleted.remove(record.kind(), record.id()),
                _ => {}
            }
        }
        deleted
    }
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, stream};
    use roster_core::{FieldSet, Org, OrgType, Result};

    use super::*;

    fn upsert(id: &str) -> PullEvent {
        PullEvent::Upsert {
            record: Org::new(id, OrgType::School, "Alder School").into(),
            unseen: FieldSet::EMPTY,
            place: None,
        }
    }

    fn read(items: Vec<Result<PullEvent>>) -> Pulled {
        block_on(Pulled::read(stream::iter(items).boxed(), 10))
    }

    #[test]
    fn a_later_problem_or_delete_takes_an_upsert_back() {
        let problem = Problem::error("conflict", "two rows").of(EntityKind::Org).with_id("a");
        let delete = PullEvent::Delete { kind: EntityKind::Org, id: "b".into() };
        let events = [upsert("a"), upsert("b"), upsert("c"), PullEvent::Problem(Box::new(problem)), delete];
        let pulled = read(events.into_iter().map(Ok).collect());
        assert_eq!(pulled.standing(), Ids::new().with(EntityKind::Org, ["c"]));
        assert_eq!(pulled.deleted(), Ids::new().with(EntityKind::Org, ["b"]));
    }

    #[test]
    fn what_follows_an_error_is_noticed() {
        let error = || Error::new(ErrorKind::Transport, "test", "reading", "broke off");
        assert!(read(vec![Err(error())]).after_error.is_none());
        assert!(read(vec![Err(error()), Ok(upsert("a"))]).after_error.is_some());
    }

    #[test]
    fn endless_and_panicking_streams_are_broken_off() {
        let endless = stream::repeat_with(|| Ok(upsert("a"))).boxed();
        assert!(block_on(Pulled::read(endless, 10)).ended().is_err());
        let panicking = stream::once(async { panic!("a reader died") }).boxed();
        assert!(block_on(Pulled::read(panicking, 10)).ended().is_err());
    }
}
