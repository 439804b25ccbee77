//! Who has which e-mail address: one that several people have tells them apart no longer, and each of them is told of.

use std::sync::Arc;

use roster_core::{EntityKind, Person, Problem, Record, Role, codes, table::Holds};

use super::{engine::Engine, look::is_lower, references::place};
use crate::{
    address::is_placeholder,
    keys::{Ids, Keys, hash},
    records::Mapped,
    rows::RowMark,
    survey::{Survey, SurveyedFile},
};

/// More people than this never share an address that is theirs.
const FAMILY: u64 = 3;

/// The addresses seen.
#[derive(Default)]
pub(super) struct Owners {
    /// Each with the row of whom it was seen on first, and how many have it.
    emails: Keys,
    /// Those of people who are no pupils, where addresses alone tell people apart.
    of_staff: Ids,
}

/// Where an address was seen first, and how many have it by now (one more than [`FAMILY`] stands for more), in 64 bits.
#[derive(Clone, Copy)]
struct First {
    line: u64,
    record: u64,
    file: u64,
    owners: u64,
}

impl First {
    /// Lines and records differ by the line breaks in values, which are few.
    const fn pack(self) -> u64 {
        let breaks = self.line.saturating_sub(self.record);
        let breaks = if breaks < 0xfff { breaks } else { 0xfff };
        self.line << 24 | breaks << 12 | (self.file & 0xff) << 4 | self.owners
    }

    const fn unpack(packed: u64) -> Self {
        let (line, breaks) = (packed >> 24, packed >> 12 & 0xfff);
        Self { line, record: line.saturating_sub(breaks), file: packed >> 4 & 0xff, owners: packed & 0xf }
    }
}

impl Owners {
    /// As [`Keys::touch_all`].
    pub(super) fn touch_all(&self, keys: impl Iterator<Item = u64>) {
        self.emails.touch_all(keys);
    }

    /// One more has the address. Tells who had it first, and how many do, if it is not the only one.
    fn meet(&mut self, key: u64, (line, record): (u64, u64), file: usize) -> Option<First> {
        let this = First { line, record, file: file as u64, owners: 1 };
        let packed = self.emails.meet(key, this.pack())?;
        let mut first = First::unpack(*packed);
        first.owners = (first.owners + 1).min(FAMILY + 1);
        *packed = first.pack();
        Some(first)
    }
}

/// What is said of an address that several have.
fn shared(email: &str, owners: u64) -> Problem {
    let message = if is_placeholder(email) {
        "the address stands for none, and several people have it; it can't tell them apart"
    } else if owners > FAMILY {
        "more than three people have this e-mail address, so that it most likely stands for none; it can't tell them apart"
    } else {
        "another person has this e-mail address; it can't tell them apart"
    };
    Problem::warning(codes::SHARED_EMAIL, message).of(EntityKind::Person)
}

impl Engine {
    /// Takes in what other people's records have to know of a person; `key` is the e-mail address's.
    #[inline(never)]
    pub(super) fn meet(
        &mut self,
        survey: &Survey,
        file: &SurveyedFile,
        mark: &RowMark,
        person: &Person,
        key: u64,
    ) {
        if self.people.are_related() {
            let place = self.place(file, mark);
            self.people.relate(person, &place);
        }
        let Some(email) = person.email.as_deref() else { return };
        let key = if is_lower(email) { key } else { hash(&email.to_lowercase()) };
        let Some(first) = self.owners.meet(key, (mark.line, self.at.record - 1), self.step_file()) else {
            return;
        };
        let field = file.header.name_of(Holds::PersonEmail);
        let problem = shared(email, first.owners).in_field(field.clone());
        if first.owners == 2
            && let Some(file) = usize::try_from(first.file).ok().and_then(|file| survey.files.get(file))
        {
            // Its record was delivered before; its row is told of all the same.
            let field = file.header.name_of(Holds::PersonEmail);
            let place = place(&Arc::clone(&file.name), first.line, first.record);
            self.findings.problems.push(problem.clone().in_field(field).at(place));
        }
        self.findings.problems.push(problem.with_id(person.id.clone()).at(self.place(file, mark)));
    }

    /// Whether a pupil has the address of a member of staff. Those come first.
    pub(super) fn is_of_staff(&mut self, mapped: &Mapped) -> bool {
        let Mapped::Record(Record::Person(person)) = mapped else { return false };
        let Some(email) = &person.email else { return false };
        let key = hash(&email.to_lowercase());
        if person.has_role(&Role::Student) {
            return self.owners.of_staff.contains(key);
        }
        self.owners.of_staff.insert(key);
        false
    }
}
