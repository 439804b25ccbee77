use roster_core::{Enrollment, Record, Role, table::Holds};
use roster_oneroster::csv::Status;

use super::{Mapped, extra, status};
use crate::row::Row;

/// A row of `enrollments.csv`.
///
/// A seat of a contact is no seat for a host that did not ask for contacts.
pub(crate) fn enrollment(row: &mut Row<'_>, with_extra: bool, with_contacts: bool) -> Mapped {
    // The standard's own reading of `inactive`: as `tobedeleted`.
    if matches!(status(row), Status::ToBeDeleted | Status::Inactive) {
        return Mapped::Delete;
    }
    let role = row.word(Holds::EnrollmentRole, Role::read, Role::is_known);
    let role = role.unwrap_or_else(|| Role::Other(String::new()));
    if role.is_contact() && !with_contacts {
        return Mapped::Skip;
    }
    // Filled where it will lie: a seat is large, and there are more of them than of all else.
    let mut enrollment = Box::new(Enrollment::new("", "", "", role));
    enrollment.id.set(row.id);
    enrollment.class.set(row.value(Holds::EnrollmentClass));
    enrollment.person.set(row.value(Holds::EnrollmentPerson));
    enrollment.primary = row.flag(Holds::EnrollmentPrimary);
    enrollment.org = row.id(Holds::EnrollmentOrg);
    enrollment.begin = row.date(Holds::EnrollmentBegin);
    enrollment.end = row.date(Holds::EnrollmentEnd);
    if with_extra {
        enrollment.extra = extra(row, true);
    }
    Mapped::Record(Record::Enrollment(enrollment))
}
