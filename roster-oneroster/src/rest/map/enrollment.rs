use roster_core::{Enrollment, EnrollmentField as Field, Problem, Record, Role, SensitiveField};

use super::{Head, Inactive, Reading, Said, Wire};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Enrollment<'a> {
    const KEYS: &'static [&'static str] = wire::Enrollment::KEYS;
    // The standard's own reading of `inactive`: as `tobedeleted`.
    const INACTIVE: Inactive = Inactive::Gone;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    /// A seat of a contact is no seat for a host that did not ask for contacts.
    fn map(&self, id: &str, _: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let seat = self.seat(id, reading)?;
        Ok(seat.map_or(Said::Nothing, |seat| Said::Record(Record::Enrollment(seat), Vec::new())))
    }
}

impl wire::Enrollment<'_> {
    fn seat(&self, id: &str, reading: &mut Reading<'_>) -> Result<Option<Box<Enrollment>>, Box<Problem>> {
        let (class, person) =
            (reading.required("class", &self.class.0)?, reading.required("user", &self.person.0)?);
        reading.required("role", &self.role)?;
        let role = reading.word("role", &self.role, Field::Role, Role::read, Role::is_known);
        let role = role.unwrap_or_else(|| Role::Other(String::new()));
        if role.is_contact() && !reading.wants.sees(SensitiveField::Contacts) {
            return Ok(None);
        }
        // Filled where it will lie: a seat is large, and there are more of them than of all else.
        let mut seat = Box::new(Enrollment::new("", "", "", role));
        seat.id.set(id);
        seat.class.set(class);
        seat.person.set(person);
        seat.primary = reading.flag("primary", &self.primary, Field::Primary);
        seat.org = reading.reference("school", &self.school, Field::Org);
        seat.begin = reading.date("beginDate", &self.begin, Field::Begin);
        seat.end = reading.date("endDate", &self.end, Field::End);
        Ok(Some(seat))
    }
}
