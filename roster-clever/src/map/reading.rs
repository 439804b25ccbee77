//! One row while it is read: values by their keys, with problems noted as they are found.

use roster_core::{
    EntityKind, Field, FieldSet, GradeLevel, GradeScheme, Level, Place, Problem, codes, decode,
    jiff::civil::Date,
};
use roster_http::json::Text;

use super::Wants;
use crate::wire::Told;

/// One row while it is read.
pub(crate) struct Reading<'r> {
    kind: EntityKind,
    id: &'r str,
    place: &'r Place,
    pub(crate) wants: &'r Wants,
    /// Of an event's object, which keys it has. What it lacks it does not tell; of a row of a list, it is empty.
    pub(crate) told: Option<&'r Told>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unseen: FieldSet,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(
        kind: EntityKind,
        id: &'r str,
        wants: &'r Wants,
        told: Option<&'r Told>,
        place: &'r Place,
    ) -> Self {
        Self { kind, id, place, wants, told, problems: Vec::new(), unseen: FieldSet::EMPTY }
    }

    /// Whether the object has the key. The rows of a list tell all that there is.
    pub(crate) fn tells(&self, key: &str) -> bool {
        self.told.is_none_or(|told| told.has(key))
    }

    /// Whether the role of the object has the key.
    pub(crate) fn role_tells(&self, role: &str, key: &str) -> bool {
        self.told.is_none_or(|told| told.role_has(role, key))
    }

    /// Notes a field that the object does not tell.
    pub(crate) fn unseen<F: Field>(&mut self, field: F) {
        self.unseen = self.unseen.with(field);
    }

    /// A text that fills a field, if there is one.
    pub(crate) fn field<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        if !self.tells(key) {
            self.unseen(field);
        }
        self.part(key, text, field)
    }

    /// A text that is one part of a field, or stands elsewhere than on top.
    pub(crate) fn part<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<String> {
        if text.is_odd() {
            self.unseen(field);
        }
        self.text(key, text)
    }

    /// A text, if there is one.
    pub(crate) fn text(&mut self, key: &'static str, text: &Text<'_>) -> Option<String> {
        self.note_odd(key, text.is_odd());
        let text = text.get()?;
        if decode::is_formula_like(text) && key != "phone" {
            self.warn(key, codes::FORMULA_LIKE, "the value begins as a formula does; it was kept as text");
        }
        Some(text.to_owned())
    }

    /// Notes a value of another form than it should have.
    pub(crate) fn note_odd(&mut self, key: &'static str, is_odd: bool) {
        if is_odd {
            self.warn(
                key,
                codes::MALFORMED_VALUE,
                "the value is not of the form that it should have; it was dropped",
            );
        }
    }

    /// The same, of a value that fills a field: what it says is unknown then, not empty.
    pub(crate) fn drop_odd<F: Field>(&mut self, key: &'static str, is_odd: bool, field: F) {
        if is_odd {
            self.unseen(field);
        }
        self.note_odd(key, is_odd);
    }

    /// A civil date, if there is one. Clever's pages show dates and its specification date-times: both are understood, and a
    /// date-time is cut.
    pub(crate) fn date<F: Field>(&mut self, key: &'static str, text: &Text<'_>, field: F) -> Option<Date> {
        self.drop_odd(key, text.is_odd(), field);
        let text = text.get()?;
        let date = decode::date(text).map(|read| read.value).or_else(|| us_date(text));
        if date.is_none() {
            self.drop(key, codes::BAD_DATE, "the value is not a date; it was dropped", field);
        }
        date
    }

    /// A word of a list that Clever publishes; another one is noted.
    pub(crate) fn word<'t>(
        &mut self,
        key: &'static str,
        text: &'t Text<'_>,
        known: &[&str],
    ) -> Option<&'t str> {
        self.note_odd(key, text.is_odd());
        let word = text.get()?;
        if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            self.warn(key, codes::UNKNOWN_VALUE, "the word is none of the vocabulary; it was kept as it is");
        }
        Some(word)
    }

    /// A grade, if there is one.
    pub(crate) fn grade<F: Field>(
        &mut self,
        key: &'static str,
        text: &Text<'_>,
        field: F,
    ) -> Option<GradeLevel> {
        self.drop_odd(key, text.is_odd(), field);
        let raw = text.get()?;
        let level = level(raw);
        if level.is_none() {
            self.warn(key, codes::UNKNOWN_GRADE, "the grade is not known; its spelling was kept");
        }
        Some(grade(raw, level))
    }

    pub(crate) fn warn(&mut self, key: &'static str, code: &'static str, message: impl Into<String>) {
        let problem = self.locate(Problem::warning(code, message)).in_field(key);
        self.problems.push(problem);
    }

    /// Notes a value that could not be read. What it says is unknown then, not empty.
    pub(crate) fn drop<F: Field>(&mut self, key: &'static str, code: &'static str, message: &str, field: F) {
        self.unseen(field);
        self.warn(key, code, message);
    }

    /// Says where a problem is.
    pub(crate) fn locate(&self, problem: Problem) -> Problem {
        problem.of(self.kind).with_id(self.id).at(self.place.clone())
    }
}

/// Clever's grades, in their order.
const GRADES: [(&str, Level); 5] = [
    ("InfantToddler", Level::InfantToddler),
    ("Preschool", Level::Preschool),
    ("PreKindergarten", Level::PreKindergarten),
    ("TransitionalKindergarten", Level::TransitionalKindergarten),
    ("Kindergarten", Level::Kindergarten),
];

/// What one of Clever's grades means.
pub(super) fn level(raw: &str) -> Option<Level> {
    let named = GRADES.iter().find(|(name, _)| name.eq_ignore_ascii_case(raw));
    if let Some((_, level)) = named {
        return Some(*level);
    }
    if let Some(number) = raw.parse().ok().filter(|number| (1..=13).contains(number)) {
        return Some(Level::Number(number));
    }
    [("PostGraduate", Level::Number(13)), ("Ungraded", Level::Ungraded), ("Other", Level::Other)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(raw))
        .map(|(_, level)| level)
}

pub(super) fn grade(raw: &str, level: Option<Level>) -> GradeLevel {
    let scheme = if level.is_some() { GradeScheme::Us } else { GradeScheme::Unknown };
    GradeLevel { raw: raw.to_owned(), scheme, level }
}

/// The grades from one to another, in Clever's names; `None` where they are no stretch.
pub(super) fn stretch(low: &str, high: &str) -> Option<Vec<GradeLevel>> {
    let names: Vec<String> = GRADES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain((1..=13).map(|number| number.to_string()))
        .collect();
    let at = |raw: &str| names.iter().position(|name| name.eq_ignore_ascii_case(raw));
    let (from, to) = (at(low)?, at(high)?);
    let names = names.get(from..=to)?;
    Some(names.iter().map(|name| grade(name, level(name))).collect())
}

/// `M/D/YYYY`, as birth dates come; digits are not padded.
fn us_date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_date = parts.next().is_none()
        && is_number(month, 2)
        && is_number(day, 2)
        && year.len() == 4
        && is_number(year, 4);
    if !is_date {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use roster_core::jiff::civil::date;

    use super::*;

    #[test]
    fn birth_dates_are_not_padded() {
        assert_eq!(us_date("2/11/2007"), Some(date(2007, 2, 11)));
        assert_eq!(us_date("12/01/2007"), Some(date(2007, 12, 1)));
        for wrong in
            ["13/1/2007", "2/30/2007", "2/11/07", "2/11/2007/1", "2-11-2007", "", "+2/1/2007", "/1/2007"]
        {
            assert_eq!(us_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn grades_have_clevers_names() {
        for (raw, code) in
            [("Kindergarten", "KG"), ("7", "07"), ("PreKindergarten", "PK"), ("PostGraduate", "13")]
        {
            assert_eq!(level(raw).map(Level::as_str), Some(code));
        }
        assert!(level("0").is_none() && level("14").is_none() && level("Form 2").is_none());
        let codes: Vec<_> =
            stretch("Kindergarten", "2").unwrap().into_iter().map(|grade| grade.raw).collect();
        assert_eq!(codes, ["Kindergarten", "1", "2"]);
        assert!(stretch("5", "1").is_none() && stretch("Ungraded", "3").is_none());
    }
}
