//! Seats told straight from the rows of a one-file roster, of which most are one: no row of a seat's own is made for them.

use std::ops::Range;

use roster_core::{
    Enrollment, EntityKind, FieldSet, PullEvent, Record, Role, SourcedId,
    table::{Holds, Rows},
};

use super::{
    engine::Engine,
    made_ids::{Hashed, make_part},
    plan::Purpose,
    sources::write,
    unfolded::Unfolded,
};
use crate::{
    dialect::{Source, Unfolding},
    excel::may_be_damaged,
    keys::{Ids, hash},
    rows::{Batch, Trimmed},
    survey::{Survey, SurveyedFile},
};

/// How the seats of a file are told from its rows.
pub(super) struct Seats {
    id: usize,
    class: Option<usize>,
    person: Option<usize>,
    org: Option<usize>,
    /// How many pieces of a seat's id stand before the person's own, if that ends it.
    before_person: Option<usize>,
    role: Role,
    /// How the header of a file of seats would begin.
    first: String,
    /// The ids of the seats that the rows of the window at hand are.
    ids: String,
    /// What these rows are.
    window: Vec<Named>,
    /// The seats that were told.
    known: Ids,
    /// What is written last beside ids.
    text: String,
}

/// What a row is.
#[derive(Clone)]
struct Named {
    /// Tells its seat; that of an empty id if it is none.
    key: u64,
    /// Where the seat's id is.
    id: Range<usize>,
    /// Where in it the person's id begins, if that ends it.
    person: Option<usize>,
}

/// What there is to tell of a row.
pub(super) enum Told {
    /// A seat.
    Seat(Box<Enrollment>),
    /// Nothing: it is no seat, or one that was told.
    Nothing,
    /// A seat with an id that has to be looked at as other rows' are.
    Odd,
}

impl Seats {
    /// `None` if a seat says more than its ids, or a role that is not the same in every row: then each gets a row of its own.
    pub(super) fn of(file: &SurveyedFile, purpose: Purpose) -> Option<Self> {
        use Holds::{EnrollmentClass, EnrollmentOrg, EnrollmentPerson, EnrollmentRole, Id};
        let (header, unfolding) = (&file.header, file.unfolding.as_ref()?);
        let is_plain =
            |holds| matches!(holds, Id | EnrollmentClass | EnrollmentPerson | EnrollmentRole | EnrollmentOrg);
        let is_of_seats = purpose == Purpose::Records
            && file.table.rows == Rows::Records(EntityKind::Enrollment)
            && header.known().all(|(_, column)| is_plain(column.holds))
            && header.extra().next().is_none();
        let role = match unfolding.cells.get(header.position(EnrollmentRole).filter(|_| is_of_seats)?)? {
            Source::Fixed(word) => {
                Some(Role::read(word)).filter(|role| role.is_known() && !role.is_contact())?
            }
            _ => return None,
        };
        let (id, person) = (header.position(Id)?, header.position(EnrollmentPerson));
        Some(Self {
            id,
            class: header.position(EnrollmentClass),
            person,
            org: header.position(EnrollmentOrg),
            before_person: person.and_then(|person| before(unfolding, id, person)),
            role,
            first: header.name_at(0),
            ids: String::new(),
            window: Vec::new(),
            known: Ids::default(),
            text: String::new(),
        })
    }

    /// Makes room for about as many seats.
    pub(super) fn expect(&mut self, rows: u64) {
        self.known.expect(rows);
    }

    /// Names the seats that the next rows are, and looks at where those will be looked for.
    pub(super) fn look_ahead<'b>(
        &mut self,
        unfolding: &Unfolding,
        rows: impl Iterator<Item = Trimmed<'b>>,
        hashed: &mut Hashed,
    ) {
        let Self { id, before_person, ids, window, known, .. } = self;
        ids.clear();
        window.clear();
        window.extend(rows.map(|cells| {
            let from = ids.len();
            let person = write_id((*id, *before_person), (unfolding, cells), hashed, ids);
            let id = from..ids.len();
            Named { key: hash(ids.get(id.clone()).unwrap_or("")), id, person }
        }));
        known.touch_all(window.iter().map(|named| named.key));
    }

    /// Tells the seat that the row of this number in the window is.
    pub(super) fn seat(
        &mut self,
        number: usize,
        (unfolding, cells): (&Unfolding, Trimmed<'_>),
        hashed: &mut Hashed,
    ) -> Told {
        let Self { class, person, org, role, first, ids, window, known, text, .. } = self;
        let Some(Named { key, id, person: own }) = window.get(number).cloned() else { return Told::Nothing };
        let id = ids.get(id).unwrap_or("");
        if id.is_empty() || !known.insert(key) {
            return Told::Nothing;
        }
        if id == first || may_be_damaged(id.as_bytes()) {
            return Told::Odd;
        }
        let mut say = Saying { unfolding, cells, hashed, text };
        let mut seat = Box::new(Enrollment::new("", "", "", role.clone()));
        seat.id.set(id);
        match own.and_then(|from| id.get(from..)) {
            Some(own) => seat.person.set(own),
            None => seat.person.set(say.at(*person)),
        }
        seat.class.set(say.at(*class));
        let org = say.at(*org);
        seat.org = (!org.is_empty()).then(|| SourcedId::from(org));
        Told::Seat(seat)
    }
}

/// How many pieces of an id stand before those of another that ends it. That one has several pieces, since one alone is not written as
/// one among others is.
fn before(unfolding: &Unfolding, id: usize, other: usize) -> Option<usize> {
    match (unfolding.cells.get(id)?, unfolding.cells.get(other)?) {
        (Source::Made(id), Source::Made(other)) if other.len() > 1 => {
            id.strip_suffix(other.as_slice()).map(<[_]>::len).filter(|before| *before > 0)
        }
        _ => None,
    }
}

/// Adds an id; nothing if the row has none. Returns where in it the person's begins, if that ends it.
#[inline]
fn write_id(
    (position, before_person): (usize, Option<usize>),
    (unfolding, cells): (&Unfolding, Trimmed<'_>),
    hashed: &mut Hashed,
    ids: &mut String,
) -> Option<usize> {
    let source = unfolding.cells.get(position)?;
    let pieces = match source {
        Source::Made(pieces) => before_person.and_then(|before| pieces.split_at_checked(before)),
        _ => None,
    };
    let Some((front, own)) = pieces else {
        write(source, cells, hashed, ids);
        return None;
    };
    let from = ids.len();
    let mut is_made = make_part(front, false, cells, hashed, ids);
    ids.push(':');
    let person = ids.len() - from;
    is_made = is_made && make_part(own, false, cells, hashed, ids);
    if !is_made {
        ids.truncate(from);
    }
    Some(person)
}

/// Tells what cells of a seat's own row would say, one after the other.
struct Saying<'a> {
    unfolding: &'a Unfolding,
    cells: Trimmed<'a>,
    hashed: &'a mut Hashed,
    text: &'a mut String,
}

impl Saying<'_> {
    #[inline]
    fn at(&mut self, position: Option<usize>) -> &str {
        match position.and_then(|position| self.unfolding.cells.get(position)) {
            Some(Source::At(at)) => self.cells.cell(*at),
            Some(source) => {
                self.text.clear();
                write(source, self.cells, self.hashed, self.text);
                self.text
            }
            None => "",
        }
    }
}

impl Engine {
    /// Takes in one row of the file at hand, which most likely is a seat and no more. What is odd comes back as a row of its own, to be taken
    /// in as other rows are.
    pub(super) fn seat(
        &mut self,
        survey: &Survey,
        unfolded: &mut Unfolded,
        batch: &Batch,
        index: usize,
    ) -> Result<Option<PullEvent>, Box<Batch>> {
        let (Some(mark), Some(file)) = (batch.row(index), survey.files.get(self.at.step.file)) else {
            return Ok(None);
        };
        Ok(match unfolded.seat(file, batch, index) {
            Told::Nothing => None,
            Told::Seat(seat) => {
                self.at.record = mark.record;
                let place = Some(self.shared_place(file, mark));
                let record = Record::Enrollment(seat);
                Some(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place })
            }
            Told::Odd => return Err(unfolded.make_one(file, batch, mark).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        files::FileSet, limits::Limits, pull::unfolded::make_rows, rows::Scanner, source::CsvSource,
        survey::Survey,
    };

    const COLUMNS: [&str; 8] = [
        "school_id",
        "teacher_clever_id",
        "teacher_email",
        "class_id",
        "class_name",
        "student_clever_id",
        "student_email",
        "student_first_name",
    ];

    fn survey(dialect: &str) -> Survey {
        let folder = tempfile::tempdir().unwrap();
        let columns = COLUMNS.iter().filter(|name| dialect == "one_file_clever" || !name.contains("clever"));
        let header = columns.copied().collect::<Vec<_>>().join(",");
        std::fs::write(folder.path().join("roster.csv"), format!("{header}\n")).unwrap();
        let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
        let source = CsvSource::builder().path(folder.path()).dialect(dialect).build().unwrap();
        Survey::take(&mut files, &source.settings).unwrap()
    }

    proptest! {
        #[test]
        fn a_seat_says_what_a_row_of_its_own_would(
            rows in proptest::collection::vec(
                proptest::collection::vec("|[a-c:\\\\]{1,3}| a |[AB]@x.example|none@x.example|[A-Z]{8}@[a-z]{20}.example|1.2E\\+05|#N/A", 8), 1..5),
            clever: bool,
        ) {
            let survey = survey(if clever { "one_file_clever" } else { "one_file" });
            let text: String = rows.iter().map(|row| row.join(",") + "\n").collect();
            let (mut scanner, mut batch) = (Scanner::new(1 << 10), Batch::default());
            scanner.scan(text.as_bytes(), true, 100, &mut batch);
            let files = survey.files.iter().filter(|file| file.table.rows == Rows::Records(EntityKind::Enrollment));
            for file in files {
                let unfolding = file.unfolding.as_ref().unwrap();
                let mut seats = Seats::of(file, Purpose::Records).unwrap();
                let (mut hashed, mut own) = (Hashed::default(), Hashed::default());
                let mut ids = std::collections::BTreeSet::new();
                for mark in (0..batch.len()).filter_map(|index| batch.row(index)) {
                    let mut made = Batch::default();
                    make_rows((unfolding, Some(seats.id)), (&batch, std::iter::once(mark)), &mut own, &mut made);
                    let cells = batch.trimmed(mark);
                    seats.look_ahead(unfolding, std::iter::once(cells), &mut hashed);
                    let told = seats.seat(0, (unfolding, cells), &mut hashed);
                    let Some(row) = made.row(0) else {
                        prop_assert!(matches!(told, Told::Nothing));
                        continue;
                    };
                    let cell = |holds| file.header.position(holds).map_or("", |at| made.cell(row, at));
                    let is_new = ids.insert(cell(Holds::Id).to_owned());
                    let seat = match told {
                        Told::Seat(seat) => seat,
                        Told::Nothing => {
                            prop_assert!(!is_new);
                            continue;
                        }
                        Told::Odd => {
                            prop_assert!(is_new && may_be_damaged(cell(Holds::Id).as_bytes()));
                            continue;
                        }
                    };
                    prop_assert!(is_new);
                    prop_assert_eq!(seat.id.as_str(), cell(Holds::Id));
                    prop_assert_eq!(seat.class.as_str(), cell(Holds::EnrollmentClass));
                    prop_assert_eq!(seat.person.as_str(), cell(Holds::EnrollmentPerson));
                    prop_assert_eq!(seat.org.as_deref().unwrap_or(""), cell(Holds::EnrollmentOrg));
                    prop_assert_eq!(seat.role.as_str(), cell(Holds::EnrollmentRole));
                }
            }
        }
    }
}
