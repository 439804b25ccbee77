//! Rows to events: every row of every file ends here in exactly one count.

use std::{collections::VecDeque, sync::Arc};

use roster_core::{
    Completeness, EntityKind, FieldSet, PartialCode, Place, Problem, PullEvent, PullRequest, Record,
    RowCounts, SensitiveField, Slice, codes, decode,
    table::{Holds, Need, Rows},
};

use super::{
    people::People,
    plan::{Purpose, Step, blocked, fields},
    references::{Naming, Pending, Referring, place},
    scope::InScope,
};
use crate::{
    dialect::Header,
    keys::{HashedMap, HashedSet, Ids, Seen, hash},
    records::{self, Mapped},
    row::{Cells, Findings, Row},
    rows::{Batch, Fault, RowMark},
    survey::{Survey, SurveyedFile},
};

/// The state of a pull.
pub(crate) struct Engine {
    pub(super) request: PullRequest,
    wanted: [bool; EntityKind::ALL.len()],
    with_contacts: bool,
    /// Events that wait to be polled.
    pub(super) out: VecDeque<PullEvent>,
    /// The ids seen, by kind, whatever became of them: what a reference may name.
    pub(super) ids: Vec<Ids>,
    /// Ids of rows that were not used, by kind.
    unused: Vec<HashedMap<Unused>>,
    /// Whether the file of a kind was read, so that references to it can be checked.
    known: [bool; EntityKind::ALL.len()],
    /// Why a kind is partial.
    partial: [Option<(PartialCode, String)>; EntityKind::ALL.len()],
    pub(super) counts: Vec<RowCounts>,
    pub(super) scope: InScope,
    pub(super) people: People,
    emails: HashedSet,
    at: At,
    findings: Findings,
}

/// Why a row was not used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unused {
    /// On purpose.
    Skipped,
    /// Because of an error; the id is protected.
    Rejected,
}

/// The step at hand.
struct At {
    step: Step,
    kind: EntityKind,
    record: u64,
    referring: Referring,
    pending: Pending,
    said_status: bool,
}

impl Engine {
    pub(crate) fn new(request: PullRequest, survey: &Survey) -> Self {
        let scope = InScope::new(request.scope.clone());
        let step = Step {
            file: 0,
            purpose: Purpose::Scope,
        };
        let at = At {
            step,
            kind: EntityKind::Org,
            record: 0,
            referring: Referring::default(),
            pending: Pending::default(),
            said_status: false,
        };
        let mut engine = Self {
            people: People::new(&request),
            wanted: EntityKind::ALL.map(|kind| request.wants(kind)),
            with_contacts: request.sees(SensitiveField::Contacts),
            request,
            out: VecDeque::new(),
            ids: EntityKind::ALL.map(|_| Ids::default()).into(),
            unused: EntityKind::ALL.map(|_| HashedMap::default()).into(),
            known: [false; EntityKind::ALL.len()],
            partial: EntityKind::ALL.map(|_| None),
            counts: vec![RowCounts::default(); survey.files.len()],
            scope,
            emails: HashedSet::default(),
            at,
            findings: Findings::default(),
        };
        engine.open(survey);
        engine
    }

    /// Says what is to be said before the first row, and ends the kinds that can't be read.
    fn open(&mut self, survey: &Survey) {
        for kind in self.request.clone().wanted() {
            self.out.push_back(PullEvent::Begin {
                kind,
                expected: None,
                fields: fields(survey, &self.request, kind),
            });
        }
        for problem in &survey.problems {
            // A kind that nobody asked for is nobody's problem.
            if problem.kind.is_none_or(|kind| self.wants(kind)) {
                self.out.push_back(PullEvent::Problem(Box::new(problem.clone())));
            }
        }
        for kind in self.request.clone().wanted() {
            if let Some(file) = blocked(survey, &self.request, kind).and_then(|rows| survey.unreadable(rows))
            {
                self.make_partial(kind, file.code, &file.reason);
                self.end_kind(kind);
            }
        }
    }

    /// Whether the kind is due.
    fn wants(&self, kind: EntityKind) -> bool {
        self.wanted.get(kind as usize) == Some(&true)
    }

    pub(crate) fn pop(&mut self) -> Option<PullEvent> {
        self.out.pop_front()
    }

    /// Nothing changed since the cursor.
    pub(crate) fn unchanged(&mut self) {
        for kind in self.request.clone().wanted() {
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
        let read = |refers: EntityKind| refers == kind || known.get(refers as usize) == Some(&true);
        self.at = At {
            step,
            kind,
            record: 0,
            referring: Referring::of(&file.header, read),
            pending: Pending::default(),
            said_status: false,
        };
    }

    pub(crate) fn end(&mut self, survey: &Survey) {
        let Some(file) = survey.files.get(self.at.step.file) else {
            return;
        };
        let kind = self.at.kind;
        match (self.at.step.purpose, file.table.rows) {
            (Purpose::Scope, Rows::Records(EntityKind::Org)) => self.scope.close_orgs(),
            (Purpose::Scope, Rows::Records(EntityKind::Person)) => self.scope.close_people(),
            (Purpose::Records, Rows::Records(_)) => self.end_records(survey, file, kind),
            _ => {}
        }
    }

    fn end_records(&mut self, survey: &Survey, file: &SurveyedFile, kind: EntityKind) {
        if let Some(known) = self.known.get_mut(kind as usize) {
            *known = true;
        }
        if let Some(ids) = self.ids.get(kind as usize) {
            let dangling = self.at.pending.finish(kind, ids);
            self.out
                .extend(dangling.map(|problem| PullEvent::Problem(Box::new(problem))));
        }
        let rows = self.counts.get(self.at.step.file).copied().unwrap_or_default();
        if rows.rows == 0 && self.wants(kind) {
            let message = format!("{} has a header and no rows", file.name);
            let problem = Problem::warning(codes::HEADER_ONLY_FILE, message)
                .of(kind)
                .at(place(&file.name, 1, 0));
            self.out.push_back(PullEvent::Problem(Box::new(problem)));
        }
        if kind == EntityKind::Person {
            self.end_people(survey);
        }
        self.end_kind(kind);
    }

    /// Ends a kind that was asked for.
    pub(super) fn end_kind(&mut self, kind: EntityKind) {
        if !self.wants(kind) {
            return;
        }
        let completeness = match self.partial.get(kind as usize) {
            Some(Some((code, reason))) => Completeness::Partial {
                code: *code,
                reason: reason.clone(),
            },
            _ => Completeness::Complete,
        };
        self.out.push_back(PullEvent::End {
            kind,
            slice: Slice::All,
            completeness,
        });
    }

    /// Whether every kind that was asked for was seen whole.
    pub(crate) fn is_complete(&self) -> bool {
        self.partial
            .iter()
            .zip(self.wanted)
            .all(|(partial, wanted)| !wanted || partial.is_none())
    }

    /// Notes that absence means nothing any more. The first reason counts.
    pub(super) fn make_partial(&mut self, kind: EntityKind, code: PartialCode, reason: &str) {
        if let Some(partial) = self.partial.get_mut(kind as usize) {
            partial.get_or_insert_with(|| (code, reason.to_owned()));
        }
    }

    /// Looks at what the next rows will look up, so that the waits for memory pass at once and not one by one.
    pub(crate) fn touch(&self, batch: &Batch, rows: std::ops::Range<usize>) {
        if self.at.step.purpose != Purpose::Records {
            return;
        }
        let slots = rows.map(|index| self.at.referring.touch(batch, index, &self.ids));
        std::hint::black_box(slots.fold(0, |sum, slot| sum ^ slot));
    }

    /// Takes in one row of the step at hand.
    pub(crate) fn row(&mut self, survey: &Survey, batch: &Batch, index: usize) {
        let Some(mark) = batch.row(index) else { return };
        let Some(file) = survey.files.get(self.at.step.file) else {
            return;
        };
        self.at.record += 1;
        // The first row is the header, which the survey has read.
        if self.at.record == 1 {
            return;
        }
        if self.at.step.purpose == Purpose::Scope {
            self.learn(survey, file, batch, mark);
            return;
        }
        self.count(|counts| counts.rows += 1);
        if is_blank(batch, mark) {
            self.count(|counts| counts.skipped += 1);
        } else if mark.fault.is_none() && file.header.is_repeated_by(batch.row_cells(mark)) {
            self.count(|counts| counts.skipped += 1);
            self.pass(mark, batch.key(index, 0), Unused::Skipped);
            let message = "the header stands again in the middle of the file; the row was skipped";
            self.say(
                Problem::warning(codes::REPEATED_HEADER, message)
                    .of(self.at.kind)
                    .at(self.place(file, mark)),
            );
        } else if let Err(problem) = self.sound(file, batch, mark) {
            let id = own_id(file, batch, mark).map(|id| (id, batch.key(index, 0)));
            if id.is_none() {
                self.pass(mark, batch.key(index, 0), Unused::Rejected);
            }
            self.reject(file, mark, *problem, id);
        } else if self.at.step.purpose == Purpose::Side {
            self.keep_side(file, batch, mark, self.at.record - 1);
        } else {
            self.record(survey, file, batch, index, mark);
        }
    }

    /// Whether the row can be read at all; notes what is odd about it.
    fn sound(&mut self, file: &SurveyedFile, batch: &Batch, mark: &RowMark) -> Result<(), Box<Problem>> {
        let (header, width) = (&file.header, Batch::width(mark));
        if mark.unterminated
            && (width < header.width() || matches!(mark.fault, Some(Fault::UnclosedQuote { .. })))
        {
            let message = format!("{} breaks off in the middle of its last row", file.name);
            return Err(Problem::error(codes::TRUNCATED_FILE, message).into());
        }
        if let Some(fault) = mark.fault {
            return Err(describe(fault, header).into());
        }
        if width != header.width() {
            check_width(batch, mark, header)?;
        }
        let cells = batch.row_cells(mark);
        for &(position, column) in header.needed() {
            let is_empty =
                cells.is_empty(position) || mark.padded && decode::trim(cells.cell(position)).is_empty();
            if !is_empty {
                continue;
            }
            let name = header.name_at(position);
            let problem = match column.need {
                Need::Required => Problem::error(
                    codes::MISSING_REQUIRED,
                    "a value that each row must have is empty",
                ),
                _ => Problem::warning(
                    codes::MISSING_REQUIRED,
                    "a value that the format demands is empty",
                ),
            };
            if column.need == Need::Required {
                return Err(problem.in_field(name).into());
            }
            self.findings.unseen = self.findings.unseen.union(column.holds.fields());
            self.findings
                .problems
                .push(self.locate(file, batch, mark, problem.in_field(name)));
        }
        if mark.has_stray_quote {
            let problem = Problem::warning(codes::STRAY_QUOTE, "text follows a closing quote; it was kept");
            self.findings
                .problems
                .push(self.locate(file, batch, mark, problem));
        }
        Ok(())
    }

    /// Makes a record of a sound row.
    fn record(&mut self, survey: &Survey, file: &SurveyedFile, batch: &Batch, index: usize, mark: &RowMark) {
        let id = own_id(file, batch, mark).unwrap_or("");
        let kind = self.at.kind;
        let mut findings = std::mem::take(&mut self.findings);
        let mut row = Row {
            header: &file.header,
            cells: Cells::Batch(batch.row_cells(mark), mark.padded),
            kind,
            id,
            file: &file.name,
            line: mark.line,
            record: self.at.record - 1,
            findings: &mut findings,
        };
        self.note_status(&mut row);
        let (extra, contacts) = (self.request.extra, self.with_contacts);
        let mut mapped = match kind {
            EntityKind::Org => records::org(&mut row, extra),
            EntityKind::AcademicSession => records::session(&mut row, extra),
            EntityKind::Course => records::course(&mut row, extra),
            EntityKind::Class => records::class(&mut row, extra),
            EntityKind::Enrollment => records::enrollment(&mut row, extra, contacts),
            _ => self.person(survey, &mut row),
        };
        if !self.in_scope(id, &mapped) {
            mapped = Mapped::Skip;
        }
        let used = !matches!(mapped, Mapped::Skip);
        let key = batch.key(index, 0);
        if kind != EntityKind::Enrollment {
            self.see(kind, key);
        }
        let mut settled = false;
        match mark.seen {
            // What damaged the person in another file was said there.
            _ if kind == EntityKind::Person && self.people.is_damaged(key) => {
                self.count(|counts| counts.rejected += 1);
                self.leave(kind, key, Unused::Rejected);
            }
            Seen::First => {
                let row = Naming {
                    batch,
                    mark,
                    index,
                    kind,
                    id,
                    file,
                    record: self.at.record - 1,
                };
                self.at
                    .referring
                    .check(&row, &self.ids, &mut self.at.pending, &mut findings.problems);
                self.deliver(file, mark, (id, key), mapped, &mut findings);
                settled = used;
            }
            Seen::Identical => {
                self.count(|counts| counts.duplicate += 1);
                let problem = Problem::warning(codes::DUPLICATE_IDENTICAL, "the same row was there already");
                self.say(self.locate(file, batch, mark, problem));
            }
            Seen::Conflict => {
                self.count(|counts| counts.rejected += 1);
                self.unuse(kind, key);
                self.loosen_relationships(kind);
                let message =
                    "the id stands on several rows that say different things; none of them was used";
                let problem =
                    Problem::error(codes::CONFLICT, message).in_field(file.header.name_of(Holds::Id));
                self.say(self.locate(file, batch, mark, problem));
            }
        }
        if kind == EntityKind::Person {
            self.people.settle(&mut self.counts, settled);
        }
        findings.clear();
        self.findings = findings;
    }

    /// Says once a file that it is a bulk file with words that only a delta file should have.
    fn note_status(&mut self, row: &mut Row<'_>) {
        if self.at.said_status || (row.is_empty(Holds::Status) && row.is_empty(Holds::Modified)) {
            return;
        }
        if !row.value(Holds::Status).is_empty() || !row.value(Holds::Modified).is_empty() {
            self.at.said_status = true;
            let message =
                "the file fills `status` or `dateLastModified`, as only a delta file should; read as bulk";
            row.warn(Holds::Status, codes::BULK_WITH_STATUS, message);
        }
    }

    /// Whether a record is in scope; those who come later are told by it.
    fn in_scope(&mut self, id: &str, mapped: &Mapped) -> bool {
        let Mapped::Record(record) = mapped else {
            return true;
        };
        if self.scope.is_everything() {
            return true;
        }
        match record {
            Record::Org(org) => self.scope.holds_org(Some(&org.id)),
            Record::Course(course) => self.scope.holds_org(course.org.as_ref()),
            Record::Class(class) => self.scope.enter_class(id, class.org.as_ref()),
            Record::Enrollment(seat) => self.scope.enter_seat(&seat.class, &seat.person),
            Record::Person(person) => self.scope.holds_person(hash(id), &person.affiliations),
            _ => true,
        }
    }

    fn deliver(
        &mut self,
        file: &SurveyedFile,
        mark: &RowMark,
        (id, key): (&str, u64),
        mapped: Mapped,
        findings: &mut Findings,
    ) {
        let record = match mapped {
            Mapped::Record(record) => record,
            Mapped::Delete => {
                self.count(|counts| counts.used += 1);
                if self.wants(self.at.kind) {
                    self.out.push_back(PullEvent::Delete {
                        kind: self.at.kind,
                        id: id.into(),
                    });
                }
                return;
            }
            Mapped::Skip => {
                self.count(|counts| counts.skipped += 1);
                self.leave(self.at.kind, key, Unused::Skipped);
                return;
            }
        };
        self.count(|counts| counts.used += 1);
        let place = self.place(file, mark);
        if let Record::Person(person) = &record {
            self.people.relate(person, &place);
            if self.is_shared(person.email.as_deref()) {
                let message = "another person has this e-mail address; it can't tell them apart";
                let problem = Problem::warning(codes::SHARED_EMAIL, message)
                    .of(EntityKind::Person)
                    .with_id(id);
                let field = file.header.name_of(Holds::PersonEmail);
                findings.problems.push(problem.in_field(field).at(place.clone()));
            }
        }
        if !self.wants(self.at.kind) {
            return;
        }
        // Most rows have no problem, and need no drain set up.
        if !findings.problems.is_empty() {
            let problems = findings.problems.drain(..);
            self.out
                .extend(problems.map(|problem| PullEvent::Problem(Box::new(problem))));
        }
        self.out.push_back(PullEvent::Upsert {
            record,
            unseen: findings.unseen,
            place: Some(Box::new(place)),
        });
    }

    fn is_shared(&mut self, email: Option<&str>) -> bool {
        email.is_some_and(|email| {
            let is_folded = email.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
            let key = if is_folded { hash(email) } else { hash(&email.to_lowercase()) };
            !self.emails.insert(key)
        })
    }

    /// Counts a row as rejected and says why. One that can't be named makes its kind partial.
    fn reject(&mut self, file: &SurveyedFile, mark: &RowMark, problem: Problem, id: Option<(&str, u64)>) {
        self.count(|counts| counts.rejected += 1);
        self.findings.clear();
        let kind = self.at.kind;
        // A file that breaks off may break off in the middle of an id.
        let id = id.filter(|_| problem.code != codes::TRUNCATED_FILE);
        let problem = problem.of(kind).at(self.place(file, mark));
        let Some((id, key)) = id else {
            self.make_partial(
                kind,
                PartialCode::Unreadable,
                "a row could not be read, and whose it is can't be told",
            );
            self.loosen_relationships(kind);
            if self.at.step.purpose == Purpose::Side {
                self.people.break_roles();
            }
            self.say(problem);
            return;
        };
        if self.at.step.purpose == Purpose::Side {
            self.people.damage(key);
        } else if mark.seen == Seen::First {
            self.leave(kind, key, Unused::Rejected);
        } else {
            self.unuse(kind, key);
        }
        self.see(kind, key);
        self.loosen_relationships(kind);
        self.say(problem.with_id(id));
    }

    /// With a person's row, the relationships that it would have told are lost.
    fn loosen_relationships(&mut self, kind: EntityKind) {
        if kind == EntityKind::Person {
            let reason = "people could not be read, and their relationships with them";
            self.make_partial(EntityKind::Relationship, PartialCode::Unreadable, reason);
        }
    }

    /// Notes an id that a reference may name.
    fn see(&mut self, kind: EntityKind, key: u64) {
        if let Some(ids) = self.ids.get_mut(kind as usize) {
            ids.insert(key);
        }
    }

    /// Notes that the first row with some id, or with bytes that pass for one, was not used.
    fn pass(&mut self, mark: &RowMark, key: u64, why: Unused) {
        if mark.seen == Seen::First && self.at.step.purpose == Purpose::Records {
            self.leave(self.at.kind, key, why);
        }
    }

    /// Notes that a row was not used. Returns why an earlier one was not.
    fn leave(&mut self, kind: EntityKind, key: u64, why: Unused) -> Option<Unused> {
        self.unused
            .get_mut(kind as usize)
            .and_then(|unused| unused.insert(key, why))
    }

    /// An earlier row with this id is not used any more, nor is what other files added to it.
    fn unuse(&mut self, kind: EntityKind, key: u64) {
        if self.leave(kind, key, Unused::Rejected).is_some() {
            return;
        }
        self.count(|counts| {
            counts.used = counts.used.saturating_sub(1);
            counts.rejected += 1;
        });
        if kind == EntityKind::Person {
            self.people.withdraw(&mut self.counts, key);
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

    pub(super) fn say(&mut self, problem: Problem) {
        if problem.kind.is_none_or(|kind| self.wants(kind)) {
            self.out.push_back(PullEvent::Problem(Box::new(problem)));
        }
    }

    fn locate(&self, file: &SurveyedFile, batch: &Batch, mark: &RowMark, problem: Problem) -> Problem {
        let problem = problem.of(self.at.kind).at(self.place(file, mark));
        match own_id(file, batch, mark) {
            Some(id) => problem.with_id(id),
            None => problem,
        }
    }

    fn place(&self, file: &SurveyedFile, mark: &RowMark) -> Place {
        let line = match mark.fault {
            Some(Fault::UnclosedQuote { line }) => line,
            _ => mark.line,
        };
        place(&file.name, line, self.at.record - 1)
    }

    pub(super) fn count(&mut self, change: impl FnOnce(&mut RowCounts)) {
        if let Some(counts) = self.counts.get_mut(self.at.step.file) {
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
        counted.filter_map(|step| Some((&survey.files.get(step.file)?.name, *self.counts.get(step.file)?)))
    }
}

/// The id of the record that a row is about, if the cell is there and sound.
fn own_id<'a>(file: &SurveyedFile, batch: &'a Batch, mark: &RowMark) -> Option<&'a str> {
    let holds = match file.table.rows {
        Rows::Records(_) => Holds::Id,
        _ => Holds::OfPerson,
    };
    let position = file.header.position(holds)?;
    let damaged = match mark.fault {
        Some(Fault::InvalidUtf8 { cell } | Fault::ControlCharacter { cell }) => cell <= position,
        // The last cell of a cut row may be cut itself.
        Some(Fault::TooLong) => position + 1 >= Batch::width(mark),
        Some(Fault::UnclosedQuote { .. }) | None => position >= Batch::width(mark),
    };
    let cell = batch.cell(mark, position);
    let id = if mark.padded { decode::trim(cell) } else { cell };
    (!damaged && !id.is_empty()).then_some(id)
}

/// A blank line, a line of commas, or what old systems put at a file's end.
fn is_blank(batch: &Batch, mark: &RowMark) -> bool {
    let first = batch.cell(mark, 0);
    if first.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let end_mark = |cell: &str| mark.unterminated && cell.chars().all(|c| matches!(c, '\0' | '\u{1a}'));
    batch
        .cells(mark)
        .all(|cell| decode::trim(cell).is_empty() || end_mark(cell))
        && (mark.fault.is_none() || mark.unterminated)
}

/// Judges a row with another number of cells than the header.
fn check_width(batch: &Batch, mark: &RowMark, header: &Header) -> Result<(), Box<Problem>> {
    let (expected, found) = (header.width(), Batch::width(mark));
    let harmless = if found > expected {
        batch
            .cells(mark)
            .skip(expected)
            .all(|cell| decode::trim(cell).is_empty())
    } else {
        header
            .known()
            .all(|(position, column)| position < found || column.need == Need::Optional)
    };
    if harmless {
        return Ok(());
    }
    let hint = if found > expected {
        "; often a comma that is not inside quotes"
    } else {
        ""
    };
    let message = format!("the row has {found} cells, the header {expected}{hint}");
    Err(Problem::error(codes::COLUMN_COUNT, message).into())
}

fn describe(fault: Fault, header: &Header) -> Problem {
    let in_cell = |problem: Problem, cell: usize| problem.in_field(header.name_at(cell));
    match fault {
        Fault::UnclosedQuote { .. } => Problem::error(
            codes::UNCLOSED_QUOTE,
            "a quote is opened on this line and not closed; the row was left out",
        ),
        Fault::TooLong => Problem::error(
            codes::ROW_TOO_LONG,
            "the row is longer than the limit; it was left out",
        ),
        Fault::InvalidUtf8 { cell } => {
            let message = "the row holds bytes that are no UTF-8; it was left out";
            in_cell(Problem::error(codes::INVALID_UTF8, message), cell)
        }
        Fault::ControlCharacter { cell } => {
            let message = "the row holds a control character; it was left out";
            in_cell(Problem::error(codes::CONTROL_CHARACTER, message), cell)
        }
    }
}
