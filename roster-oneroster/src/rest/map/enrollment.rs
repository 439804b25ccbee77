use roster_core::{Enrollment, EnrollmentField as Field, Problem, Record, Role, SensitiveField};
use roster_http::json::Text;

use super::{Reading, Said, Wire, reading::id as id_of};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Enrollment<'a> {
    const KEYS: &'static [&'static str] = wire::Enrollment::KEYS;

    fn head(&self) -> (&Text<'a>, &Text<'a>) {
        (&self.id, &self.modified)
    }

    /// A seat of a contact is no seat for a host that did not ask for contacts.
    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Said {
        // The standard's own reading of `inactive`: as `tobedeleted`.
        if matches!(reading.status(&self.status), Status::ToBeDeleted | Status::Inactive) {
            return Said::Gone;
        }
        match self.seat(id, reading) {
            Ok(Some(seat)) => Said::Record(Record::Enrollment(seat), Vec::new()),
            Ok(None) => Said::Nothing,
            Err(problem) => Said::Unreadable(problem),
        }
    }
}

impl wire::Enrollment<'_> {
    fn seat(&self, id: &str, reading: &mut Reading<'_>) -> Result<Option<Box<Enrollment>>, Box<Problem>> {
        let (class, person) =
            (reading.required("class", &self.class.0)?, reading.required("user", &self.person.0)?);
        reading.required("role", &self.role)?;
        let role = reading.word("role", &self.role, Role::read, Role::is_known);
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
        seat.org = id_of(&self.school);
        seat.begin = reading.date("beginDate", &self.begin, Field::Begin);
        seat.end = reading.date("endDate", &self.end, Field::End);
        Ok(Some(seat))
    }
}
