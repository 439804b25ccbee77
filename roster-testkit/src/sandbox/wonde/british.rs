//! An invented district, told as British schools have it.

use roster_core::{ClassType, GradeScheme, Level, Person, Role, SourcedId};

use crate::district::District;

/// How a school in the sandbox is made from a school of the district.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// The school's number, from 0: its ids begin with it.
    pub(super) number: usize,
    /// Grows with each change of its MIS.
    pub(super) generation: u32,
    /// Whether students keep their ids through a change of MIS, as the vendor tries to see to.
    pub(super) keeps_student_ids: bool,
    /// Whether its teaching classes are its registration groups.
    pub(super) registration_only: bool,
}

/// Pupils without a Unique Pupil Number, by their number in the district: some who are like nobody else, and twins.
const NO_NUMBER: [usize; 4] = [5, 7, 13, 15];
pub(super) const TWINS: [[usize; 2]; 2] = [[9, 10], [11, 12]];

/// The number of a person among those of its sort, which stays.
pub(super) fn number_of(person: &Person) -> usize {
    let digits = person.id.len().saturating_sub(6);
    person.id.get(digits..).and_then(|number| number.parse().ok()).unwrap_or_default()
}

impl Making {
    /// An id of Wonde's: letter and digits, unique in the account. Students may keep theirs through a change of MIS.
    pub(super) fn id(&self, kind: char, raw: &str) -> String {
        let keeps = kind == 's' && self.keeps_student_ids;
        let generation = if keeps { 0 } else { self.generation };
        let digit = match kind {
            's' => 1,
            'e' => 2,
            'c' => 3,
            'k' => 4,
            'g' => 5,
            'j' => 6,
            _ => 7,
        };
        let digits = raw
            .chars()
            .map(|c| if c.is_ascii_digit() { c.to_string() } else { format!("0{}", u32::from(c)) });
        format!("A{}{generation}{digit}{}", self.number + 10, digits.collect::<String>())
    }

    /// The id in the school's MIS: a small number, which a student and a member of staff may share.
    pub(super) fn mis_id(&self, number: usize) -> String {
        (usize::try_from(self.generation).unwrap_or(0) * 500_000 + number * 7 + 26).to_string()
    }

    /// The hash of school and MIS id.
    pub(super) fn upi(&self, kind: char, mis_id: &str) -> String {
        let number = self.number.to_string();
        // A contact and a member of staff who are one human have one.
        let hash = xxhash_rust::xxh3::xxh3_128(format!("{number}/{}/{mis_id}", kind == 's').as_bytes());
        format!("{hash:032x}")
    }

    /// A valid permanent Unique Pupil Number, but for some.
    pub(super) fn upn(&self, person: &Person) -> Option<String> {
        let place = number_of(person);
        if NO_NUMBER.contains(&place) || TWINS.iter().flatten().any(|twin| *twin == place) {
            return None;
        }
        let digits: String = person.id.chars().filter(char::is_ascii_digit).collect();
        let number: u64 = digits.parse().unwrap_or_default();
        let body = format!(
            "{:03}{:04}{:02}{:03}",
            801 + self.number,
            4000 + number / 1000 % 1000,
            20,
            number % 1000
        );
        Some(format!("{}{body}", check_letter(&body)?))
    }
}

/// The letter that the rule of the number asks for: the sum of digit times place, from 2, modulo 23.
fn check_letter(body: &str) -> Option<char> {
    const LETTERS: &str = "ABCDEFGHJKLMNPQRTUVWXYZ";
    let sum: u32 = body.chars().zip(2..).filter_map(|(digit, place)| Some(digit.to_digit(10)? * place)).sum();
    LETTERS.chars().nth(usize::try_from(sum % 23).ok()?)
}

/// The year of a pupil, one more than the grade of the same age.
pub(super) fn year(person: &Person) -> Option<String> {
    let grade = person.grades.first().filter(|grade| grade.scheme == GradeScheme::Us)?;
    match grade.level? {
        Level::PreKindergarten => Some("R".to_owned()),
        Level::Kindergarten => Some("1".to_owned()),
        Level::Number(number) => Some((number + 1).to_string()),
        _ => None,
    }
}

/// What a school has, as places in the district's lists.
pub(super) struct Roll<'d> {
    pub(super) students: Vec<&'d Person>,
    pub(super) employees: Vec<&'d Person>,
    pub(super) contacts: Vec<&'d Person>,
    /// Classes by the timetable.
    pub(super) classes: Vec<&'d roster_core::Class>,
    /// Homerooms, which are registration groups here.
    pub(super) forms: Vec<&'d roster_core::Class>,
    pub(super) courses: Vec<&'d roster_core::Course>,
}

impl<'d> Roll<'d> {
    pub(super) fn of(district: &'d District, school: &SourcedId, making: &Making) -> Self {
        let at = |person: &&Person, wanted: fn(&Role) -> bool| {
            person.affiliations.iter().any(|held| held.org.as_ref() == Some(school) && wanted(&held.role))
        };
        let people = || district.people.iter();
        let students: Vec<_> = people().filter(|person| at(person, |role| *role == Role::Student)).collect();
        let employees: Vec<_> = people().filter(|person| at(person, Role::is_staff)).collect();
        let ids: std::collections::BTreeSet<_> = students.iter().map(|person| &person.id).collect();
        let related: std::collections::BTreeSet<_> = (district.relationships.iter())
            .filter(|tie| ids.contains(&tie.student))
            .map(|tie| &tie.contact)
            .collect();
        let contacts = people().filter(|person| related.contains(&person.id)).collect();
        let here = || district.classes.iter().filter(|class| class.org.as_ref() == Some(school));
        let is_form = |class: &&roster_core::Class| class.class_type == ClassType::Homeroom;
        let forms = here().filter(is_form).collect();
        let classes: Vec<_> = if making.registration_only {
            Vec::new()
        } else {
            here().filter(|class| !is_form(class)).collect()
        };
        let taught: std::collections::BTreeSet<_> =
            classes.iter().filter_map(|class| class.course.as_ref()).collect();
        let courses = district.courses.iter().filter(|course| taught.contains(&course.id)).collect();
        Self { students, employees, contacts, classes, forms, courses }
    }
}
