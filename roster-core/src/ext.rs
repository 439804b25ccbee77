//! What makes a source handy, without being a part of the contract.

use futures::{
    future::{self, Either, Future},
    stream::{self, BoxStream, StreamExt},
};

use crate::{
    AcademicSession, Class, Completeness, Course, Cursor, Enrollment, Entity, EntityKind, Error, ErrorKind,
    Org, Person, Problem, PullContext, PullEvent, PullRequest, PullStream, Record, Relationship, Result,
    RosterSource, Slice, SourcedId,
};

/// One item of a pull that was narrowed to one kind.
#[derive(Debug)]
#[non_exhaustive]
pub enum Item<E> {
    /// As [`PullEvent::Upsert`].
    Upsert(E),
    /// As [`PullEvent::Delete`].
    Delete(SourcedId),
    /// As [`PullEvent::Problem`].
    Problem(Box<Problem>),
    /// As [`PullEvent::Checkpoint`]. It belongs to this kind alone: it can't go on with a pull of all kinds.
    Checkpoint(Box<Cursor>),
    /// As [`PullEvent::End`]: without it nothing may be taken for deleted.
    End(Slice, Completeness),
}

/// Handy ways to pull. Each [`RosterSource`] has them, boxed or not.
pub trait RosterSourceExt: RosterSource {
    /// Pulls one kind, typed.
    ///
    /// ```
    /// # use roster_core::*;
    /// # use futures::StreamExt;
    /// async fn names(source: &dyn RosterSource) -> Result<Vec<String>> {
    ///     let mut names = Vec::new();
    ///     let mut orgs = source.pull_typed::<Org>(PullRequest::full(), PullContext::default());
    ///     while let Some(item) = orgs.next().await {
    ///         if let Item::Upsert(org) = item? {
    ///             names.push(org.name);
    ///         }
    ///     }
    ///     Ok(names)
    /// }
    /// ```
    fn pull_typed<E: Entity>(
        &self,
        request: PullRequest,
        cx: PullContext,
    ) -> BoxStream<'static, Result<Item<E>>> {
        self.pull(request.only([E::KIND]), cx)
            .filter_map(|event| future::ready(event.map(narrow).transpose()))
            .boxed()
    }

    /// Pulls into memory, at most `limit` records: for tests, small rosters and a first look.
    ///
    /// Records that a later problem withdraws are left out, and of a record delivered twice the later one counts.
    ///
    /// # Errors
    ///
    /// `TooLarge` if there are more than `limit` records; and whatever ends the pull, in which case nothing is returned.
    fn collect(
        &self,
        request: PullRequest,
        cx: PullContext,
        limit: usize,
    ) -> impl Future<Output = Result<Roster>> + Send {
        let mut pull = self.pull(request, cx);
        async move {
            let mut roster = Roster::default();
            let mut records = std::collections::BTreeMap::new();
            let mut protected = std::collections::BTreeSet::new();
            while let Some(event) = pull.next().await {
                match event? {
                    PullEvent::Upsert { record, .. } => {
                        records.insert((record.kind(), record.id().clone()), record);
                        if records.len() > limit {
                            let message =
                                format!("there are more than {limit} records; raise the limit or stream");
                            return Err(Error::new(
                                ErrorKind::TooLarge,
                                "host",
                                "collecting a pull",
                                message,
                            ));
                        }
                    }
                    PullEvent::Delete { kind, id } => {
                        records.remove(&(kind, id.clone()));
                        roster.deletes.push((kind, id));
                    }
                    PullEvent::Problem(problem) => {
                        protected.extend(problem.protects().map(|(kind, id)| (kind, id.clone())));
                        roster.problems.push(*problem);
                    }
                    PullEvent::End { kind, slice, completeness } => {
                        roster.ends.push((kind, slice, completeness));
                    }
                    PullEvent::Checkpoint(cursor) => roster.cursor = Some(*cursor),
                    PullEvent::Begin { .. } => {}
                }
            }
            records
                .into_iter()
                .filter(|(key, _)| !protected.contains(key))
                .for_each(|(_, record)| roster.add(record));
            Ok(roster)
        }
    }

    /// Pulls until `stop` is done; see [`until`].
    fn pull_until(
        &self,
        request: PullRequest,
        cx: PullContext,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> PullStream {
        until(self.pull(request, cx), stop)
    }
}

impl<S: RosterSource + ?Sized> RosterSourceExt for S {}

fn narrow<E: Entity>(event: PullEvent) -> Option<Item<E>> {
    match event {
        PullEvent::Upsert { record, .. } => E::from_record(record).map(Item::Upsert),
        PullEvent::Delete { kind, id } if kind == E::KIND => Some(Item::Delete(id)),
        PullEvent::Problem(problem) => Some(Item::Problem(problem)),
        PullEvent::Checkpoint(cursor) => Some(Item::Checkpoint(cursor)),
        PullEvent::End { kind, slice, completeness } if kind == E::KIND => {
            Some(Item::End(slice, completeness))
        }
        _ => None,
    }
}

/// Ends `pull` with one `Cancelled` error once `stop` is done, so that a cut-off pull never looks finished.
///
/// `stop` is any future, such as `CancellationToken::cancelled_owned` or a signal handler: the core needs no runtime.
pub fn until(pull: PullStream, stop: impl Future<Output = ()> + Send + 'static) -> PullStream {
    stream::unfold(Some((pull, Box::pin(stop))), async |state| {
        let (mut pull, mut stop) = state?;
        match future::select(&mut stop, pull.next()).await {
            Either::Left(_) => {
                let error = Error::new(ErrorKind::Cancelled, "host", "pulling", "the host stopped the pull");
                Some((Err(error), None))
            }
            Either::Right((item, _)) => item.map(|item| (item, Some((pull, stop)))),
        }
    })
    .boxed()
}

/// A pull in memory, by kind, each kind in the order of ids.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Roster {
    /// Orgs.
    pub orgs: Vec<Org>,
    /// Academic sessions.
    pub sessions: Vec<AcademicSession>,
    /// Courses.
    pub courses: Vec<Course>,
    /// Classes.
    pub classes: Vec<Class>,
    /// People.
    pub people: Vec<Person>,
    /// Enrollments.
    pub enrollments: Vec<Enrollment>,
    /// Relationships.
    pub relationships: Vec<Relationship>,
    /// What the vendor says is gone.
    pub deletes: Vec<(EntityKind, SourcedId)>,
    /// What is to be reported.
    pub problems: Vec<Problem>,
    /// How each slice ended. Absence means something only in those that are `Complete`.
    pub ends: Vec<(EntityKind, Slice, Completeness)>,
    /// Where a next pull may go on.
    pub cursor: Option<Cursor>,
}

impl Roster {
    /// Whether all slices of the kind ended, none of them `Partial`.
    pub fn is_complete(&self, kind: EntityKind) -> bool {
        let mut ends = self.ends.iter().filter(|(of, ..)| *of == kind).peekable();
        ends.peek().is_some() && ends.all(|(_, _, completeness)| !completeness.is_partial())
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Org(org) => self.orgs.push(*org),
            Record::AcademicSession(session) => self.sessions.push(*session),
            Record::Course(course) => self.courses.push(*course),
            Record::Class(class) => self.classes.push(*class),
            Record::Person(person) => self.people.push(*person),
            Record::Enrollment(enrollment) => self.enrollments.push(*enrollment),
            Record::Relationship(relationship) => self.relationships.push(*relationship),
        }
    }
}
