//! Rows to events: every row of every file ends here in exactly one count.

use std::{collections::VecDeque, sync::Arc};

use roster_core::{
    Completeness, EntityKind, FieldSet, InScope, PartialCode, Place, Problem, PullEvent, PullMode,
    PullRequest, RowCounts, SensitiveField, Severity, Slice, SourcedId, codes,
    table::{Holds, Rows},
};

use super::{
    folded::{Firsts, Folded},
    owners::Owners,
    people::People,
    plan::{Purpose, Step, blocked, fields},
    references::{Pending, Referring, email_key, place},
    similar::Plain,
};
use crate::{
    keys::{HashedMap, Ids},
    row::Findings,
    survey::{Survey, SurveyedFile},
};

/// The state of a pull.
pub(crate) struct Engine {
    pub(super) request: PullRequest,
    pub(super) wanted: [bool; EntityKind::ALL.len()],
    pub(super) with_contacts: bool,
    /// Events that wait to be polled.
    pub(super) out: VecDeque<PullEvent>,
    /// The ids seen, by kind, whatever became of them: what a reference may name.
    pub(super) ids: Vec<Ids>,
    /// Ids of rows that were not used, by kind.
    pub(super) unused: Vec<HashedMap<Unused>>,
    /// Whether the file of a kind was read, so that references to it can be checked.
    pub(super) known: [bool; EntityKind::ALL.len()],
    /// Kinds of which the files hold what changed, not everything.
    delta: [bool; EntityKind::ALL.len()],
    ended: [bool; EntityKind::ALL.len()],
    /// Why a kind is partial.
    pub(super) partial: [Option<(PartialCode, String)>; EntityKind::ALL.len()],
    pub(super) counts: Vec<RowCounts>,
    /// Rows of files whose rows are several records each.
    pub(super) folded: Folded,
    /// Where the records of such files were told first, by kind and id: a later row may contradict it.
    pub(super) first: Firsts,
    pub(super) scope: InScope,
    pub(super) people: People,
    /// A file has another header than when the set was looked at.
    pub(super) replaced: bool,
    /// How many rows or files could not be used.
    pub(super) errors: u64,
    pub(super) owners: Owners,
    pub(super) plain: Plain,
    pub(super) at: At,
    pub(super) findings: Findings,
}

/// Why a row was not used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unused {
    /// On purpose.
    Skipped,
    /// Because of an error; the id is protected.
    Rejected,
}

/// The step at hand.
pub(super) struct At {
    pub(super) step: Step,
    pub(super) kind: EntityKind,
    pub(super) record: u64,
    /// Where the own id of a record stands.
    pub(super) id: usize,
    pub(super) referring: Referring,
    pub(super) pending: Pending,
    /// A bit for each row of the window at hand: whether it names something that is not known yet.
    pub(super) unresolved: u64,
    /// Which of a person's keys is the e-mail address.
    pub(super) email: Option<usize>,
    /// The file, if its rows are several records each.
    pub(super) is_folded: bool,
    pub(super) name: Arc<str>,
    /// People are told apart by their addresses alone.
    pub(super) is_by_address: bool,
    /// How many cells the file's first row has.
    pub(super) usual_width: usize,
    pub(super) said_status: bool,
    /// Where the row was that was delivered last.
    pub(super) place: Arc<Place>,
}

impl Engine {
    pub(crate) fn new(request: PullRequest, survey: &Survey) -> Self {
        let scope = InScope::new(request.scope.clone());
        let step =
            Step { file: 0, purpose: Purpose::Scope, is_lead: false, is_last: false, tells_seats: false };
        let at = At {
            step,
            kind: EntityKind::Org,
            record: 0,
            id: 0,
            referring: Referring::default(),
            pending: Pending::default(),
            unresolved: u64::MAX,
            email: None,
            is_folded: false,
            name: "".into(),
            is_by_address: false,
            usual_width: 0,
            said_status: false,
            place: Arc::new(place(&"".into(), 0, 0)),
        };
        let mut engine = Self {
            people: People::new(&request, survey),
            replaced: false,
            errors: 0,
            wanted: EntityKind::ALL.map(|kind| request.wants(kind) && survey.supports(kind)),
            folded: Folded::default(),
            first: Firsts::default(),
            with_contacts: request.sees(SensitiveField::Contacts),
            request,
            out: VecDeque::new(),
            ids: EntityKind::ALL.map(|_| Ids::default()).into(),
            unused: EntityKind::ALL.map(|_| HashedMap::default()).into(),
            known: [false; EntityKind::ALL.len()],
            delta: EntityKind::ALL.map(|kind| survey.tells_changes(kind)),
            ended: [false; EntityKind::ALL.len()],
            partial: EntityKind::ALL.map(|_| None),
            counts: vec![RowCounts::default(); survey.files.len()],
            scope,
            owners: Owners::default(),
            plain: Plain::default(),
            at,
            findings: Findings::default(),
        };
        engine.open(survey);
        engine
    }

    /// Says what is to be said before the first row, and ends the kinds that can't be read.
    fn open(&mut self, survey: &Survey) {
        for kind in self.kinds() {
            self.out.push_back(PullEvent::Begin {
                kind,
                expected: None,
                fields: fields(survey, &self.request, kind),
            });
        }
        for problem in &survey.problems {
            // A kind that nobody asked for is nobody's problem.
            self.say(problem.clone());
        }
        for kind in self.kinds() {
            if let Some(file) = blocked(survey, &self.request, kind).and_then(|rows| survey.unreadable(rows))
            {
                self.make_partial(kind, file.code, &file.reason);
                self.end_kind(kind);
            }
        }
    }

    /// The kinds that are due.
    fn kinds(&self) -> Vec<EntityKind> {
        EntityKind::ALL.into_iter().filter(|kind| self.wants(*kind)).collect()
    }

    /// Whether the kind is due.
    pub(super) fn wants(&self, kind: EntityKind) -> bool {
        self.wanted.get(kind as usize) == Some(&true)
    }

    pub(crate) fn pop(&mut self) -> Option<PullEvent> {
        self.out.pop_front()
    }

    /// Nothing changed since the cursor.
    pub(crate) fn unchanged(&mut self) {
        for kind in self.kinds() {
            self.out.push_back(PullEvent::End {
                kind,
                slice: Slice::All,
                completeness: Completeness::Unchanged,
            });
        }
    }

    pub(crate) fn begin(&mut self, survey: &Survey, step: Step) {
        let Some(file) = survey.files.get(step.file) else {
            return;
        };
        let kind = match file.table.rows {
            Rows::Records(kind) => kind,
            _ => EntityKind::Person,
        };
        let known = self.known;
        // What a row of changes names may be known from earlier.
        let read = |refers: EntityKind| {
            !survey.is_delta && (refers == kind || known.get(refers as usize) == Some(&true))
        };
        self.at = At {
            step,
            kind,
            record: 0,
            id: file.header.position(Holds::Id).unwrap_or(0),
            referring: Referring::of(&file.header, read),
            pending: Pending::default(),
            unresolved: u64::MAX,
            email: email_key(&file.header).filter(|_| step.purpose == Purpose::Records),
            is_folded: file.unfolding.is_some(),
            name: Arc::clone(&file.name),
            is_by_address: kind == EntityKind::Person && file.header.is_by_address(),
            usual_width: 0,
            // Elsewhere the column is an ordinary one.
            said_status: survey.dialect.version.is_none() || file.is_delta,
            place: Arc::new(place(&file.name, 1, 0)),
        };
    }

    pub(crate) fn end(&mut self, survey: &Survey) {
        let Some(file) = survey.files.get(self.at.step.file) else {
            return;
        };
        let kind = self.at.kind;
        if self.at.step.purpose == Purpose::Side {
            self.note_header_only(file, kind);
        }
        match (self.at.step.purpose, file.table.rows) {
            (Purpose::Scope, Rows::Records(EntityKind::Org)) => {
                let missing = self.scope.close_orgs();
                self.note_unknown(EntityKind::Org, missing);
            }
            (_, Rows::Records(EntityKind::Class)) => {
                let missing = self.scope.close_classes();
                self.note_unknown(EntityKind::Class, missing);
            }
            (Purpose::Scope, Rows::Records(EntityKind::Person)) => self.scope.close_people(),
            _ => {}
        }
        if let (Purpose::Records, Rows::Records(_)) = (self.at.step.purpose, file.table.rows) {
            self.end_records(survey, file, kind);
        }
    }

    /// Notes what the pull was limited to and is not there: most likely a slip of the pen.
    fn note_unknown(&mut self, kind: EntityKind, missing: Vec<SourcedId>) {
        for id in missing {
            let message = format!("the pull is limited to the {kind} {id}, which is not in the files");
            self.say(Problem::warning(codes::UNKNOWN_SCOPE, message));
        }
    }

    fn note_header_only(&mut self, file: &SurveyedFile, kind: EntityKind) {
        let rows = self.counts.get(self.at.step.file).map_or(0, |counts| counts.rows);
        let rows = if file.unfolding.is_some() { self.folded.rows(&file.name) } else { rows };
        if rows == 0 && (file.unfolding.is_none() || self.at.step.is_lead) {
            let message = format!("{} has a header and no rows", file.name);
            let place = place(&file.name, 1, 0);
            self.say(Problem::warning(codes::HEADER_ONLY_FILE, message).of(kind).at(place));
        }
    }

    fn end_records(&mut self, survey: &Survey, file: &SurveyedFile, kind: EntityKind) {
        if let Some(known) = self.known.get_mut(kind as usize) {
            *known = true;
        }
        if let Some(ids) = self.ids.get(kind as usize) {
            let dangling = self.at.pending.finish(kind, ids);
            self.out.extend(dangling.map(|problem| PullEvent::Problem(Box::new(problem))));
        }
        self.note_header_only(file, kind);
        if !self.at.step.is_last {
            return;
        }
        if kind == EntityKind::Person {
            self.end_people(survey);
        }
        // In one file seats come first, and who they are of may turn out to be unknown: they end last.
        if kind != EntityKind::Enrollment || !survey.dialect.is_one_file() {
            self.end_kind(kind);
        }
    }

    /// Everything was read: ends the kinds that no file was about.
    pub(crate) fn finish(&mut self, survey: &Survey) {
        let is_over = |engine: &Self, kind| engine.ended.get(kind as usize) == Some(&true);
        if self.is_delta(EntityKind::Person) && !is_over(self, EntityKind::Person) {
            self.end_people(survey);
        }
        for kind in self.kinds() {
            self.end_kind(kind);
        }
    }

    /// Whether the files hold what changed of a kind, not everything.
    pub(super) fn is_delta(&self, kind: EntityKind) -> bool {
        self.delta.get(kind as usize) == Some(&true)
    }

    /// Ends a kind that was asked for.
    pub(super) fn end_kind(&mut self, kind: EntityKind) {
        if !self.wants(kind) {
            return;
        }
        if std::mem::replace(self.ended.get_mut(kind as usize).unwrap_or(&mut true), true) {
            return;
        }
        let is_delta = self.delta.get(kind as usize) == Some(&true);
        let completeness = match self.partial.get(kind as usize) {
            Some(Some((code, reason))) => Completeness::Partial { code: *code, reason: reason.clone() },
            _ if is_delta && self.request.mode == PullMode::Changes => Completeness::Changes,
            _ if is_delta => {
                let reason = "the files hold what changed, not everything".to_owned();
                Completeness::Partial { code: PartialCode::NeedsFull, reason }
            }
            _ => Completeness::Complete,
        };
        self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
    }

    /// Whether every kind that was asked for was seen whole, and every row could be used. Only then the files are vouched for
    /// when they are the same next time.
    pub(crate) fn is_sound(&self) -> bool {
        self.errors == 0
            && self.partial.iter().zip(self.wanted).all(|(partial, wanted)| !wanted || partial.is_none())
    }

    /// Notes that absence means nothing any more. The first reason counts.
    pub(super) fn make_partial(&mut self, kind: EntityKind, code: PartialCode, reason: &str) {
        if let Some(partial) = self.partial.get_mut(kind as usize) {
            partial.get_or_insert_with(|| (code, reason.to_owned()));
        }
    }

    pub(super) const fn step_file(&self) -> usize {
        self.at.step.file
    }

    /// Says what was found about a row that becomes no record of its own.
    pub(super) fn take_side_findings(&mut self) {
        for problem in std::mem::take(&mut self.findings.problems) {
            self.say(problem);
        }
        self.findings.unseen = FieldSet::EMPTY;
    }

    /// Tells a problem, if it concerns a kind that was asked for. What is wrong with people concerns their relationships too.
    pub(super) fn say(&mut self, mut problem: Problem) {
        let concerns = |kind: EntityKind| self.wanted.get(kind as usize) == Some(&true);
        if problem.kind == Some(EntityKind::Person)
            && !concerns(EntityKind::Person)
            && concerns(EntityKind::Relationship)
        {
            problem.kind = Some(EntityKind::Relationship);
            problem.id = None;
        }
        if problem.kind.is_none_or(concerns) {
            self.errors += u64::from(problem.severity == Severity::Error);
            self.out.push_back(PullEvent::Problem(Box::new(problem)));
        }
    }

    pub(super) fn count(&mut self, change: impl FnOnce(&mut RowCounts)) {
        if self.at.is_folded {
            self.folded.count(&self.at, change);
        } else if let Some(counts) = self.counts.get_mut(self.at.step.file) {
            change(counts);
        }
    }

    /// The files that were read for their rows, with their counts.
    pub(crate) fn file_counts<'a>(
        &'a self,
        survey: &'a Survey,
        steps: &'a [Step],
    ) -> impl Iterator<Item = (&'a Arc<str>, RowCounts)> {
        let counted = steps.iter().filter(|step| step.purpose != Purpose::Scope);
        counted.filter_map(|step| {
            let file = survey.files.get(step.file)?;
            if file.unfolding.is_none() {
                return Some((&file.name, *self.counts.get(step.file)?));
            }
            step.is_lead.then(|| (&file.name, self.folded.counts(&file.name)))
        })
    }
}
