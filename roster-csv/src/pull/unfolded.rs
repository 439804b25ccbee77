//! Rows that are several records each, made rows of one record each where records are made: the reader's thread has more to do than
//! that, and says only which of its rows they are made of.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    EntityKind,
    hashed::hash_bytes,
    table::{Holds, Rows},
};

use super::{
    made_ids::Hashed,
    plan::{Purpose, Step},
    references::key_columns,
    seats::{Seats, Told},
    shape::Ordinary,
    sources::write,
    view::View,
};
use crate::{
    dialect::{Piece, Source, Unfolding},
    keys::{Ids, Keys, Seen, hash},
    rows::{Batch, Origin, RowMark, WINDOW},
    survey::{Survey, SurveyedFile},
};

/// Makes rows of all steps whose files have such rows.
pub(super) struct Unfolded {
    /// Kinds whose records stand in several tables, with the ids that came: whose they are must be told across tables.
    shared: BTreeMap<EntityKind, Ids>,
    step: Option<AtStep>,
    hashed: Hashed,
    /// What rows are made into next.
    spare: Batch,
}

/// What rows that were made are looked at for before records are made of them.
pub(super) struct Marker {
    ordinary: Ordinary,
    keys: Vec<usize>,
}

impl Marker {
    pub(super) fn of(file: &SurveyedFile) -> Self {
        Self { ordinary: Ordinary::of(&file.header), keys: key_columns(&file.header, file.table.rows) }
    }

    /// Hashes the keys of rows, and tells which are ordinary.
    pub(super) fn mark(&self, batch: &mut Batch) {
        batch.hash_keys(&self.keys);
        for mut window in batch.windows() {
            for (mark, cells, _) in window.rows() {
                mark.ordinary = self.ordinary.is(cells, mark);
            }
        }
    }
}

/// What the step at hand asks of rows.
struct AtStep {
    marker: Marker,
    /// The kind whose ids it shares with other tables.
    shares: Option<EntityKind>,
    /// The cell that a row is nothing without.
    needs: Option<usize>,
    /// How its rows are told without one of their own being made, if they can be.
    seats: Option<Seats>,
    /// The ids that came with what their rows say, where several words of the file may stand for one id.
    worded: Option<Keys>,
}

impl Unfolded {
    pub(super) fn of(survey: &Survey, steps: &[Step]) -> Self {
        let shared = shared_kinds(survey, steps).into_iter().map(|kind| (kind, Ids::default())).collect();
        Self { shared, step: None, hashed: Hashed::default(), spare: Batch::default() }
    }

    /// Begins a step; `looks_up` tells whether anybody asks for more of a row's keys than its own id, and not even for that where rows are
    /// seats. Returns the header that its rows are unfolded under, as a file of its own would have it.
    pub(super) fn begin(&mut self, file: &SurveyedFile, step: Step, looks_up: bool) -> Option<Batch> {
        let purpose = step.purpose;
        self.step = None;
        let unfolding = file.unfolding.as_ref()?;
        let mut marker = Marker::of(file);
        let kind = kind_of(file, purpose);
        let shares = kind.filter(|kind| self.shared.contains_key(kind));
        if !looks_up {
            // Nobody names a seat by its id, whether it was there was told before it was made, and of one that is not used nobody asks later;
            // but with columns that no table knows a later row may contradict it.
            let is_seat = kind == Some(EntityKind::Enrollment) && file.header.extra().next().is_none();
            let has_key = !is_seat || shares.is_some();
            marker.keys.truncate(usize::from(has_key));
        }
        debug_assert!(
            !(looks_up && step.tells_seats),
            "seats that are told straight away name nothing that is known"
        );
        let seats = Seats::of(file, purpose).filter(|_| step.tells_seats);
        let worded = kind.filter(|_| has_worded_id(file)).map(|_| Keys::default());
        self.step = Some(AtStep { marker, shares, needs: View::of(file, unfolding).needs(), seats, worded });
        let mut batch = Batch::default();
        let mut row = batch.make();
        for position in 0..file.header.width() {
            row.cell(|text| text.push_str(&file.header.name_at(position)));
        }
        row.keep(&Origin { mark: &RowMark::header(), record: 1 });
        batch.hash_keys(&[]);
        Some(batch)
    }

    /// Makes rows of those of the file.
    pub(super) fn make(&mut self, file: &SurveyedFile, rows: &Batch) -> Batch {
        self.make_of(file, rows, (0..rows.len()).filter_map(|index| rows.row(index)))
    }

    fn make_of<'b>(
        &mut self,
        file: &SurveyedFile,
        rows: &'b Batch,
        marks: impl Iterator<Item = &'b RowMark>,
    ) -> Batch {
        let mut made = std::mem::take(&mut self.spare);
        made.clear();
        if let (Some(unfolding), Some(step)) = (&file.unfolding, &self.step) {
            make_rows((unfolding, step.needs), (rows, marks), &mut self.hashed, &mut made);
            step.marker.mark(&mut made);
        }
        self.share(&mut made);
        made
    }

    /// Whether rows of the file are told without rows of their own being made, as far as they can be.
    pub(super) fn tells_seats(&self) -> bool {
        self.step.as_ref().is_some_and(|step| step.seats.is_some())
    }

    /// Makes room for about as many seats.
    pub(super) fn expect(&mut self, rows: u64) {
        if let Some(seats) = self.step.as_mut().and_then(|step| step.seats.as_mut()) {
            seats.expect(rows);
        }
    }

    /// Tells the seat that a row of the file is. All rows of a batch are asked for, one after the other.
    #[inline]
    pub(super) fn seat(&mut self, file: &SurveyedFile, rows: &Batch, index: usize) -> Told {
        let seats = self.step.as_mut().and_then(|step| step.seats.as_mut());
        let (Some(unfolding), Some(seats), Some(mark)) = (&file.unfolding, seats, rows.row(index)) else {
            return Told::Nothing;
        };
        if index.is_multiple_of(WINDOW) {
            let marks = (index..rows.len().min(index + WINDOW)).filter_map(|index| rows.row(index));
            seats.look_ahead(unfolding, marks.map(|mark| rows.trimmed(mark)), &mut self.hashed);
        }
        seats.seat(index % WINDOW, (unfolding, rows.trimmed(mark)), &mut self.hashed)
    }

    /// Makes a row of one of those of the file.
    #[inline(never)]
    pub(super) fn make_one(&mut self, file: &SurveyedFile, rows: &Batch, mark: &RowMark) -> Batch {
        self.make_of(file, rows, std::iter::once(mark))
    }

    /// Takes back a batch to be filled again.
    pub(super) fn recycle(&mut self, batch: Batch) {
        self.spare = batch;
    }

    /// Marks rows whose ids another table had, or another row in other words, if the step at hand has rows that were made. Those without an
    /// id are told apart by nothing.
    pub(super) fn share(&mut self, batch: &mut Batch) {
        if let Some(keys) = self.step.as_mut().and_then(|step| step.worded.as_mut()) {
            mark_worded(keys, batch);
        }
        let Some(kind) = self.step.as_ref().and_then(|step| step.shares) else { return };
        let Some(ids) = self.shared.get_mut(&kind) else { return };
        let none = hash("");
        for mut window in batch.windows() {
            ids.touch_all(window.keys(0));
            for (mark, _, hashes) in window.rows() {
                let key = hashes.key(0);
                if mark.seen == Seen::First && key != none && !ids.insert(key) {
                    // A seat that stands in two columns is one seat; a person in two tables may be two people.
                    let is_seat = kind == EntityKind::Enrollment;
                    mark.seen = if is_seat { Seen::Identical } else { Seen::Conflict };
                }
            }
        }
    }
}

/// Marks rows whose ids came before.
fn mark_worded(keys: &mut Keys, batch: &mut Batch) {
    let none = hash("");
    for mut window in batch.windows() {
        for (mark, cells, hashes) in window.rows() {
            if mark.seen == Seen::First && hashes.key(0) != none {
                mark.seen = keys.enter(hashes.key(0), hash_bytes(cells.text()));
            }
        }
    }
}

/// Whether several words of the file may stand for one id of the table: rows are told apart by what the file says. Not of people, whose
/// rows say a school too, which may be another.
fn has_worded_id(file: &SurveyedFile) -> bool {
    let id = file.header.position(Holds::Id);
    let source = file.unfolding.as_ref().and_then(|unfolding| unfolding.cells.get(id?));
    matches!(source, Some(Source::Words(..))) && file.table.rows != Rows::Records(EntityKind::Person)
}

/// The kinds of which a record of one table may have the id of one of another.
pub(super) fn shared_kinds(survey: &Survey, steps: &[Step]) -> BTreeSet<EntityKind> {
    let records = |step: &Step| {
        let file = survey.files.get(step.file)?;
        Some((kind_of(file, step.purpose)?, file))
    };
    let mut tables: BTreeMap<EntityKind, Vec<&SurveyedFile>> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for (kind, file) in steps.iter().filter_map(records) {
        let others = tables.entry(kind).or_default();
        if others.iter().any(|other| may_share_ids(other, file)) {
            shared.insert(kind);
        }
        others.push(file);
    }
    shared
}

/// The kind whose records a step tells.
fn kind_of(file: &SurveyedFile, purpose: Purpose) -> Option<EntityKind> {
    match (purpose, file.table.rows) {
        (Purpose::Records, Rows::Records(kind)) => Some(kind),
        _ => None,
    }
}

/// Whether a record of one table may have the id of one of another. What is made of as many parts has none that is, where a word in the
/// one is another word in the other: a colon stands between parts, and in none of them.
fn may_share_ids(left: &SurveyedFile, right: &SurveyedFile) -> bool {
    let (Some(left), Some(right)) = (pieces_of_id(left), pieces_of_id(right)) else { return true };
    let is_other_word = |(left, right): (&Piece, &Piece)| match (left, right) {
        (Piece::Word(left), Piece::Word(right)) => {
            left != right && !left.contains(':') && !right.contains(':')
        }
        _ => false,
    };
    left.len() != right.len() || left.len() < 2 || !left.iter().zip(right).any(is_other_word)
}

/// What a table's ids are made of, if they are made.
fn pieces_of_id(file: &SurveyedFile) -> Option<&[Piece]> {
    let unfolding = file.unfolding.as_ref()?;
    match unfolding.cells.get(file.header.position(Holds::Id)?) {
        Some(Source::Made(pieces)) => Some(pieces),
        _ => None,
    }
}

/// Adds the rows that those of the file become, but those that lack the cell that a row `needs`.
pub(super) fn make_rows<'b>(
    (unfolding, needs): (&Unfolding, Option<usize>),
    (rows, marks): (&Batch, impl Iterator<Item = &'b RowMark>),
    hashed: &mut Hashed,
    made: &mut Batch,
) {
    for mark in marks {
        let cells = rows.trimmed(mark);
        let mut row = made.make();
        let mut lacks = false;
        for (position, source) in unfolding.cells.iter().enumerate() {
            let length = row.cell(|text| write(source, cells, hashed, text));
            lacks |= length == 0 && needs == Some(position);
        }
        if lacks {
            row.forget();
        } else if let Some(made) = row.keep(&Origin { mark, record: mark.record }) {
            made.seen = mark.seen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{files::FileSet, limits::Limits, rows::Scanner, source::CsvSource};

    const HEADER: &str = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,class_id,class_name,\
                          student_first_name,student_last_name,student_email,student_grade_level";
    const CLEVER_HEADER: &str = "school_id,school_name,teacher_clever_id,teacher_email,teacher_first_name,\
                                 teacher_last_name,class_id,class_name,student_first_name,student_last_name,\
                                 student_clever_id,student_email,student_grade_level";

    fn survey(dialect: &str, header: &str) -> Survey {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("roster.csv"), format!("{header}\n")).unwrap();
        let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
        let source = CsvSource::builder().path(folder.path()).dialect(dialect).build().unwrap();
        Survey::take(&mut files, &source.settings).unwrap()
    }

    fn records(file: usize) -> Step {
        Step { file, purpose: Purpose::Records, is_lead: false, is_last: false, tells_seats: false }
    }

    fn unfolded(survey: &Survey) -> Unfolded {
        Unfolded::of(survey, &(0..survey.files.len()).map(records).collect::<Vec<_>>())
    }

    /// Of which kinds, under a header, records of several tables may have the same id.
    fn shared(dialect: &str, header: &str) -> Vec<EntityKind> {
        unfolded(&survey(dialect, header)).shared.into_keys().collect()
    }

    #[test]
    fn ids_that_hold_another_word_are_never_the_same() {
        assert_eq!(shared("one_file", HEADER), []);
        // An id of Clever is one whoever has it.
        assert_eq!(shared("one_file_clever", CLEVER_HEADER), [EntityKind::Person]);
    }

    #[test]
    fn who_has_no_id_is_nobody_that_another_table_had() {
        let survey = survey("one_file_clever", CLEVER_HEADER);
        let mut unfolded = unfolded(&survey);
        let rows = "1,Elm,x1,,Ann,Lee,C1,Art,Zoe,Day,x1,,7\n1,Elm,,,Bo,Ray,C1,Art,Di,Day,,,7\n1,Elm,,,Bo,Lee,C1,Art,Cy,Day,,,7\n";
        let mut batch = Batch::default();
        Scanner::new(1 << 10).scan(rows.as_bytes(), true, 10, &mut batch);
        let people = survey.files_of(Rows::Records(EntityKind::Person));
        let seen: Vec<_> = people
            .map(|at| {
                let file = &survey.files[at];
                unfolded.begin(file, records(at), true);
                let made = unfolded.make(file, &batch);
                [0, 1, 2].map(|row| made.row(row).unwrap().seen)
            })
            .collect();
        let (first, again) = (Seen::First, Seen::Conflict);
        assert_eq!(seen, [[first, first, first], [again, first, first]]);
    }
}
