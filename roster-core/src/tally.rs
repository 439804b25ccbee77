//! Counts what a pull delivered, as reports show it.

mod different;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::different::different;
use crate::{
    Completeness, EntityKind, Problem, PullEvent, Severity, SourcedId,
    hashed::{HashedSet, hash},
};

/// How many problems of one group a report shows in full; the rest are counted.
pub const SHOWN_PROBLEMS: usize = 100;

/// Counts what a pull delivered: feed it each event.
///
/// It holds eight bytes per record, so that a record delivered twice counts once and one that a later problem withdrew does
/// not count.
#[derive(Debug, Default)]
pub struct Tally {
    /// One for each of [`EntityKind::ALL`]: what every record asks for is not looked up.
    kinds: [Counting; EntityKind::ALL.len()],
    groups: BTreeMap<(Severity, String, Option<EntityKind>), ProblemGroup>,
    problems: u64,
}

#[derive(Debug, Default)]
struct Counting {
    spoken_of: bool,
    delivered: Vec<u64>,
    protected: HashedSet,
    deleted: HashedSet,
    deletes: u64,
    problems: u64,
    ends: u64,
    unchanged: u64,
    partial: bool,
}

/// The counts of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KindTally {
    /// Ids delivered that stand at the end.
    pub records: u64,
    /// Deletes that the vendor announced.
    pub deletes: u64,
    /// Problems that concern the kind.
    pub problems: u64,
    /// Whether all slices ended, and none of them `Partial`.
    pub complete: bool,
}

/// Problems of one cause: the same code, severity and kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProblemGroup {
    /// The code.
    pub code: String,
    /// The severity.
    pub severity: Severity,
    /// The kind.
    pub kind: Option<EntityKind>,
    /// How many there are.
    pub count: u64,
    /// The first [`SHOWN_PROBLEMS`] of them.
    pub first: Vec<Problem>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one event.
    pub fn count(&mut self, event: &PullEvent) {
        match event {
            PullEvent::Begin { kind, expected, .. } => self.begin(*kind, *expected),
            PullEvent::Upsert { record, .. } => self.kind(record.kind()).upsert(record.id()),
            PullEvent::Delete { kind, id } => self.kind(*kind).delete(id),
            PullEvent::Problem(problem) => self.problem(problem),
            PullEvent::End { kind, completeness, .. } => self.kind(*kind).end(completeness),
            PullEvent::Checkpoint(_) => {}
        }
    }

    /// The counts of each kind that the pull spoke of.
    pub fn kinds(&self) -> BTreeMap<EntityKind, KindTally> {
        let kinds = EntityKind::ALL.iter().zip(&self.kinds).filter(|(_, counting)| counting.spoken_of);
        kinds.map(|(kind, counting)| (*kind, counting.total())).collect()
    }

    /// How many upserts came so far, of all kinds, repeated ones included. Cheap: for a progress bar.
    pub fn delivered(&self) -> u64 {
        self.kinds.iter().map(|counting| counting.delivered.len() as u64).sum()
    }

    /// How many problems there are in all.
    pub const fn problems(&self) -> u64 {
        self.problems
    }

    /// Whether a kind ended `Partial`.
    pub fn is_partial(&self) -> bool {
        self.kinds.iter().any(|counting| counting.partial)
    }

    /// Whether the source vouches that nothing changed: slices ended, and all of them `Unchanged`.
    pub fn is_unchanged(&self) -> bool {
        let ended = self.kinds.iter().map(|counting| counting.ends).sum::<u64>();
        ended > 0 && self.kinds.iter().all(|counting| counting.unchanged == counting.ends)
    }

    /// The problems grouped by cause: errors first, then the most frequent.
    pub fn report(&self) -> Vec<&ProblemGroup> {
        let mut groups: Vec<_> = self.groups.values().collect();
        groups.sort_by_key(|group| (group.severity, std::cmp::Reverse(group.count)));
        groups
    }

    fn kind(&mut self, kind: EntityKind) -> &mut Counting {
        let [org, session, course, class, person, enrollment, relationship] = &mut self.kinds;
        let counting = match kind {
            EntityKind::Org => org,
            EntityKind::AcademicSession => session,
            EntityKind::Course => course,
            EntityKind::Class => class,
            EntityKind::Person => person,
            EntityKind::Enrollment => enrollment,
            EntityKind::Relationship => relationship,
        };
        counting.spoken_of = true;
        counting
    }

    fn begin(&mut self, kind: EntityKind, expected: Option<u64>) {
        // A wish of the vendor's, so it is capped: a wrong count must not cost memory.
        let expected = usize::try_from(expected.unwrap_or(0)).unwrap_or(0).min(1 << 20);
        self.kind(kind).delivered.reserve(expected);
    }

    fn problem(&mut self, problem: &Problem) {
        self.problems += 1;
        if let Some(kind) = problem.kind {
            let counting = self.kind(kind);
            counting.problems += 1;
            if let Some((_, id)) = problem.protects() {
                counting.protected.insert(hash(id));
            }
        }
        let key = (problem.severity, problem.code.to_string(), problem.kind);
        let group = self.groups.entry(key).or_insert_with(|| ProblemGroup {
            code: problem.code.to_string(),
            severity: problem.severity,
            kind: problem.kind,
            count: 0,
            first: Vec::new(),
        });
        group.count += 1;
        if group.first.len() < SHOWN_PROBLEMS {
            group.first.push(problem.clone());
        }
    }
}

impl Counting {
    fn upsert(&mut self, id: &SourcedId) {
        let hash = hash(id);
        self.delivered.push(hash);
        if !self.deleted.is_empty() {
            self.deleted.remove(&hash);
        }
    }

    fn delete(&mut self, id: &SourcedId) {
        self.deletes += 1;
        self.deleted.insert(hash(id));
    }

    fn end(&mut self, completeness: &Completeness) {
        self.ends += 1;
        self.unchanged += u64::from(*completeness == Completeness::Unchanged);
        self.partial |= completeness.is_partial();
    }

    fn total(&self) -> KindTally {
        let gone = self.protected.union(&self.deleted).copied().collect();
        KindTally {
            records: different(&self.delivered, &gone),
            deletes: self.deletes,
            problems: self.problems,
            complete: self.ends > 0 && !self.partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entity, FieldSet, Org, OrgType, PartialCode, Slice, codes};

    fn upsert(id: &str) -> PullEvent {
        PullEvent::Upsert {
            record: Org::new(id, OrgType::School, "A school").into_record(),
            unseen: FieldSet::EMPTY,
            place: None,
        }
    }

    fn end(completeness: Completeness) -> PullEvent {
        PullEvent::End { kind: EntityKind::Org, slice: Slice::All, completeness }
    }

    fn orgs(events: &[PullEvent]) -> KindTally {
        let mut tally = Tally::new();
        for event in events {
            tally.count(event);
        }
        tally.kinds()[&EntityKind::Org]
    }

    #[test]
    fn what_was_repeated_withdrawn_or_deleted_does_not_count() {
        let withdrawn = Problem::error(codes::CONFLICT, "").of(EntityKind::Org).with_id("b");
        let counts = orgs(&[
            upsert("a"),
            upsert("a"),
            upsert("b"),
            PullEvent::Problem(Box::new(withdrawn)),
            upsert("c"),
            PullEvent::Delete { kind: EntityKind::Org, id: "c".into() },
            PullEvent::Delete { kind: EntityKind::Org, id: "d".into() },
            upsert("d"),
            end(Completeness::Complete),
        ]);
        assert_eq!(counts, KindTally { records: 2, deletes: 2, problems: 1, complete: true });
    }

    #[test]
    fn what_comes_behind_an_end_counts_as_what_came_before() {
        let events = ["b", "a", "b"].map(upsert);
        let (whole, after) = (end(Completeness::Complete), ["c", "a"].map(upsert));
        let events: Vec<_> = events.into_iter().chain([whole]).chain(after).collect();
        assert_eq!(orgs(&events).records, 3);
        let mut tally = Tally::new();
        for event in &events {
            tally.count(event);
        }
        assert_eq!((tally.delivered(), tally.kinds()[&EntityKind::Org].records), (5, 3));
    }

    #[test]
    fn complete_needs_an_end_and_no_partial_one() {
        assert!(!orgs(&[upsert("a")]).complete);
        let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: String::new() };
        assert!(!orgs(&[end(Completeness::Complete), end(partial)]).complete);
        assert!(orgs(&[end(Completeness::Unchanged)]).complete);
        let mut tally = Tally::new();
        assert!(!tally.is_unchanged());
        tally.count(&end(Completeness::Unchanged));
        assert!(tally.is_unchanged());
        tally.count(&end(Completeness::Complete));
        assert!(!tally.is_unchanged());
    }

    #[test]
    fn a_report_shows_the_first_and_counts_the_rest() {
        let mut tally = Tally::new();
        for _ in 0..SHOWN_PROBLEMS + 5 {
            tally.count(&PullEvent::Problem(Box::new(Problem::warning(codes::TRIMMED, ""))));
        }
        tally.count(&PullEvent::Problem(Box::new(Problem::error(codes::CONFLICT, ""))));
        let report = tally.report();
        assert_eq!((report[0].code.as_str(), report[0].count), (codes::CONFLICT, 1));
        assert_eq!((report[1].count, report[1].first.len()), (105, 100));
    }
}
