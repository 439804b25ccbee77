//! One row of a step: judged, made a record of, and delivered.

use std::{ops::Range, sync::Arc};

use roster_core::{
    EntityKind, Place, Problem, PullEvent, Record, codes, decode,
    table::{Holds, Need},
};

use super::{
    engine::{Engine, Unused},
    plan::Purpose,
    references::{Naming, is_referred_to, place},
    rejection::of_kind,
    shape::{check_width, describe, is_blank, own_id, unwrapped},
};
use crate::{
    excel::{damage, is_destroyed},
    keys::{Seen, hash},
    records::{self, Mapped},
    row::{Cells, Row},
    rows::{Batch, Fault, RowMark, WINDOW},
    survey::{Survey, SurveyedFile},
};

impl Engine {
    /// Looks up what the next rows name, and looks at where they will be entered, so that the waits for memory pass at once
    /// and not one by one.
    pub(crate) fn look_ahead(&mut self, batch: &Batch, rows: &Range<usize>) {
        if self.at.step.purpose != Purpose::Records {
            return;
        }
        self.at.unresolved = self.at.referring.look_up(batch, rows, &self.ids);
        if let Some(ids) = self.ids.get(self.at.kind as usize).filter(|_| is_referred_to(self.at.kind)) {
            ids.touch_all(batch.keys_of(rows, 0));
        }
        if self.at.kind == EntityKind::Person {
            self.people.touch_all(&batch.keys_of(rows, 0));
        }
        if let Some(key) = self.at.email {
            self.owners.touch_all(batch.keys_of(rows, key));
        }
    }

    /// Whether anything is looked up of the rows of the step at hand but by their own ids.
    pub(crate) const fn looks_up(&self) -> bool {
        matches!(self.at.step.purpose, Purpose::Records)
            && (self.at.email.is_some() || !self.at.referring.is_empty())
    }

    /// Takes in one row of the step at hand. Returns its event if that is all there is to say; else what is said waits.
    pub(crate) fn row(&mut self, survey: &Survey, batch: &Batch, index: usize) -> Option<PullEvent> {
        let mark = batch.row(index)?;
        let file = survey.files.get(self.at.step.file)?;
        self.at.record = if mark.record == 0 { self.at.record + 1 } else { mark.record };
        // The first row is the header, which the survey has read; unless another file was put in its place since.
        if self.at.record == 1 {
            self.replaced |= !file.header.is_repeated_by(batch.row_cells(mark));
            return None;
        }
        if self.at.record == 2 {
            self.at.usual_width = Batch::width(mark);
        }
        if self.at.step.purpose == Purpose::Scope {
            self.learn(survey, file, batch, mark);
            return None;
        }
        self.count(|counts| counts.rows += 1);
        if !mark.ordinary && !self.is_usable(file, batch, index, mark) {
            return None;
        }
        if self.at.step.purpose == Purpose::Side {
            self.keep_side(file, batch, mark, self.at.record - 1);
            return None;
        }
        self.record(survey, file, batch, index, mark)
    }

    /// Whether a row that is odd in some way can be used. Few are, so that this is kept apart from the way of the others. One that can't ends here in its count.
    #[inline(never)]
    fn is_usable(&mut self, file: &SurveyedFile, batch: &Batch, index: usize, mark: &RowMark) -> bool {
        if is_blank(batch, mark) {
            self.count(|counts| counts.skipped += 1);
        } else if mark.fault.is_none() && file.header.is_repeated_by(batch.row_cells(mark)) {
            self.count(|counts| counts.skipped += 1);
            self.pass(mark, batch.key(index, 0), Unused::Skipped);
            let message = "the header stands again in the middle of the file; the row was skipped";
            self.say(
                Problem::warning(codes::REPEATED_HEADER, message).of(self.at.kind).at(self.place(file, mark)),
            );
        } else if let Err(problem) = self.sound(file, batch, mark) {
            let id = own_id(file, batch, mark).filter(|_| !is_destroyed(&problem));
            let id = id.map(|id| (id, batch.key(index, 0)));
            if id.is_none() {
                self.pass(mark, batch.key(index, 0), Unused::Rejected);
            }
            self.reject(file, mark, *problem, id);
        } else {
            if mark.unwrapped {
                self.tell_unwrapped(file, batch, index, mark);
            }
            return true;
        }
        false
    }

    /// Says which cells were wrapped.
    fn tell_unwrapped(&mut self, file: &SurveyedFile, batch: &Batch, index: usize, mark: &RowMark) {
        for cell in batch.unwrapped_of(index) {
            let problem = unwrapped().in_field(file.header.name_at(cell as usize));
            let problem = self.locate(file, batch, mark, problem);
            self.findings.problems.push(problem);
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
            let odd = check_width(batch, mark, header, self.at.usual_width)?;
            let odd = odd.map(|problem| self.locate(file, batch, mark, problem));
            self.findings.problems.extend(odd);
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
                Need::Required if !column.is_read() => {
                    let message = "the row has no value that tells who or what it is about";
                    Problem::error(codes::MISSING_REQUIRED, message)
                }
                Need::Required => {
                    Problem::error(codes::MISSING_REQUIRED, "a value that each row must have is empty")
                }
                _ => Problem::warning(codes::MISSING_REQUIRED, "a value that the format demands is empty"),
            };
            if column.need == Need::Required {
                return Err(problem.in_field(name).into());
            }
            self.findings.unseen = self.findings.unseen.union(column.holds.fields());
            self.findings.problems.push(self.locate(file, batch, mark, problem.in_field(name)));
        }
        if let Some(position) = header.position(Holds::Id) {
            let (cell, field) = (cells.cell(position), header.name_of(Holds::Id));
            let id = decode::trim(cell);
            if let Some(problem) = damage(id) {
                return Err(problem.in_field(field).into());
            }
            if id.len() != cell.len() {
                let problem = Problem::warning(codes::TRIMMED, "blanks around the value were taken off");
                self.findings.problems.push(self.locate(file, batch, mark, problem.in_field(field)));
            }
        }
        if mark.has_stray_quote {
            let problem = Problem::warning(codes::STRAY_QUOTE, "text follows a closing quote; it was kept");
            self.findings.problems.push(self.locate(file, batch, mark, problem));
        }
        Ok(())
    }

    /// Makes a record of a sound row, and sees to what follows from it.
    fn record(
        &mut self,
        survey: &Survey,
        file: &SurveyedFile,
        batch: &Batch,
        index: usize,
        mark: &RowMark,
    ) -> Option<PullEvent> {
        let cell = batch.cell(mark, self.at.id);
        let id = if mark.padded { decode::trim(cell) } else { cell };
        let (kind, key) = (self.at.kind, batch.key(index, 0));
        let mut mapped = self.map(survey, file, batch, mark, (id, key));
        if let Mapped::Reject(problem) = mapped {
            self.people.settle(&mut self.counts, false);
            if problem.code == codes::DELTA_INCOMPLETE_PERSON {
                self.needs_person();
            }
            self.reject(file, mark, *problem, Some((id, key)));
            return None;
        }
        if !self.in_scope(id, &mapped) {
            mapped = Mapped::Skip;
        }
        if self.at.is_by_address && self.is_of_staff(&mapped) {
            self.people.settle(&mut self.counts, false);
            let message = "a member of staff has this e-mail address, which alone tells people apart here";
            let problem = Problem::error(codes::SHARED_EMAIL, message);
            let problem = problem.in_field(file.header.name_of(Holds::PersonEmail));
            self.reject(file, mark, problem, Some((id, key)));
            return None;
        }
        if is_referred_to(kind) {
            if mark.seen == Seen::First
                && let Some(problem) = self.compare_id(kind, (id, key))
            {
                let problem = problem.in_field(file.header.name_of(Holds::Id));
                let problem = self.locate(file, batch, mark, problem);
                self.findings.problems.push(problem);
            }
            self.see(kind, key);
        }
        // What damaged the person in another file was said there.
        let is_damaged = kind == EntityKind::Person && self.people.is_damaged(key);
        let is_delivered = !is_damaged && mark.seen == Seen::First;
        if is_damaged {
            self.count(|counts| counts.rejected += 1);
            self.leave(kind, key, Unused::Rejected);
        } else if mark.seen != Seen::First {
            self.repeat(survey, file, batch, mark, key);
        }
        if kind == EntityKind::Person {
            self.people.settle(&mut self.counts, is_delivered && !matches!(mapped, Mapped::Skip));
        }
        // Seats are all id, unless they have columns that no table knows.
        let is_all_id = kind == EntityKind::Enrollment && file.header.extra().next().is_none();
        if self.at.is_folded && !is_all_id && mark.seen == Seen::First {
            let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let step = u16::try_from(self.at.step.file).unwrap_or(u16::MAX);
            self.first.note(of_kind(kind, key), (step, narrow(mark.line), narrow(self.at.record)));
        }
        if !is_delivered {
            self.findings.clear();
            return None;
        }
        if self.at.unresolved >> (index % WINDOW) & 1 == 1 || self.at.referring.may_be_several(mark) {
            let row = Naming { batch, mark, index, kind, id, file, record: self.at.record - 1 };
            let Self { at, findings, ids, .. } = self;
            at.referring.check(&row, ids, &mut at.pending, &mut findings.problems);
        }
        let email = self.at.email.map_or(0, |email| batch.key(index, email));
        self.deliver(survey, file, mark, (id, key), email, mapped)
    }

    /// What the row says, read through its header.
    fn map(
        &mut self,
        survey: &Survey,
        file: &SurveyedFile,
        batch: &Batch,
        mark: &RowMark,
        (id, key): (&str, u64),
    ) -> Mapped {
        let Self { at, findings, people, request, with_contacts, .. } = self;
        let mut row = Row {
            header: &file.header,
            cells: Cells::of(batch, mark),
            kind: at.kind,
            id,
            file: &file.name,
            line: mark.line,
            record: at.record - 1,
            findings,
        };
        if !(at.said_status || row.is_empty(Holds::Status) && row.is_empty(Holds::Modified)) {
            at.said_status = note_status(&mut row);
        }
        match at.kind {
            EntityKind::Org => records::org(&mut row, request.extra),
            EntityKind::AcademicSession => records::session(&mut row, request.extra),
            EntityKind::Course => records::course(&mut row, request.extra),
            EntityKind::Class => records::class(&mut row, request.extra),
            EntityKind::Enrollment => records::enrollment(&mut row, request.extra, *with_contacts),
            EntityKind::Relationship => records::relationship(&mut row),
            _ => {
                let key = if mark.ordinary { key } else { hash(id) };
                people.person(survey, request, key, &mut row)
            }
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
            Record::Relationship(relationship) => self.scope.holds_pupil(hash(&relationship.student)),
            _ => true,
        }
    }

    /// Delivers what a row became. Its findings come before it, and are told with it alone.
    fn deliver(
        &mut self,
        survey: &Survey,
        file: &SurveyedFile,
        mark: &RowMark,
        (id, key): (&str, u64),
        email: u64,
        mapped: Mapped,
    ) -> Option<PullEvent> {
        let Mapped::Record(record) = mapped else {
            self.findings.clear();
            // A row that maps to nothing because of an error does not come here.
            let is_deleted = matches!(mapped, Mapped::Delete);
            if is_deleted {
                self.count(|counts| counts.used += 1);
            } else {
                self.count(|counts| counts.skipped += 1);
                self.leave(self.at.kind, key, Unused::Skipped);
            }
            let kind = self.at.kind;
            return (is_deleted && self.wants(kind)).then(|| PullEvent::Delete { kind, id: id.into() });
        };
        self.count(|counts| counts.used += 1);
        if let Record::Person(person) = &record {
            self.meet(survey, file, mark, person, email);
        }
        if !self.wants(self.at.kind) {
            self.findings.clear();
            return None;
        }
        let place = Some(self.shared_place(file, mark));
        let unseen = std::mem::take(&mut self.findings.unseen);
        let upsert = PullEvent::Upsert { record, unseen, place };
        if self.findings.problems.is_empty() {
            return Some(upsert);
        }
        let problems = self.findings.problems.drain(..);
        self.out.extend(problems.map(|problem| PullEvent::Problem(Box::new(problem))));
        self.out.push_back(upsert);
        None
    }

    pub(super) fn locate(
        &self,
        file: &SurveyedFile,
        batch: &Batch,
        mark: &RowMark,
        problem: Problem,
    ) -> Problem {
        let problem = problem.of(self.at.kind).at(self.place(file, mark));
        match own_id(file, batch, mark) {
            Some(id) => problem.with_id(id),
            None => problem,
        }
    }

    /// The place of a row that is delivered. It is written over the last one's unless somebody keeps that: there is one for each row.
    pub(super) fn shared_place(&mut self, file: &SurveyedFile, mark: &RowMark) -> Arc<Place> {
        if let Some(Place::File { line, record, .. }) = Arc::get_mut(&mut self.at.place)
            && mark.fault.is_none()
        {
            (*line, *record) = (mark.line, self.at.record - 1);
        } else {
            self.at.place = Arc::new(self.place(file, mark));
        }
        Arc::clone(&self.at.place)
    }

    pub(super) fn place(&self, file: &SurveyedFile, mark: &RowMark) -> Place {
        let line = match mark.fault {
            Some(Fault::UnclosedQuote { line }) => line,
            _ => mark.line,
        };
        place(&file.name, line, self.at.record - 1)
    }
}

/// Says of a file that it is a bulk file with words that only a delta file should have. Returns whether it is.
#[inline(never)]
fn note_status(row: &mut Row<'_>) -> bool {
    let is_filled = !row.value(Holds::Status).is_empty() || !row.value(Holds::Modified).is_empty();
    if is_filled {
        let message =
            "the file fills `status` or `dateLastModified`, as only a delta file should; read as bulk";
        row.warn(Holds::Status, codes::BULK_WITH_STATUS, message);
    }
    is_filled
}
