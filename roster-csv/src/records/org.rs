use roster_core::{AcademicSession, Identifier, IdentifierScheme, Org, OrgType, SessionType, table::Holds};
use roster_oneroster::csv::Status;

use super::{Mapped, extra, note_inactive, status};
use crate::row::Row;

/// A row of `orgs.csv`.
pub(crate) fn org(row: &mut Row<'_>, with_extra: bool) -> Mapped {
    let status = status(row);
    if status == Status::ToBeDeleted {
        return Mapped::Delete;
    }
    note_inactive(row, status);
    let org_type = row.word(Holds::OrgType, OrgType::read, OrgType::is_known);
    let name = row.required_text(Holds::OrgName);
    let mut org = Org::new(row.id, org_type.unwrap_or_else(|| OrgType::Other(String::new())), name);
    org.parent = row.id(Holds::OrgParent);
    if let Some(value) = row.text(Holds::OrgIdentifier) {
        org.identifiers.push(Identifier::new(IdentifierScheme::Other("identifier".to_owned()), value));
    }
    for (holds, scheme) in
        [(Holds::OrgStateId, IdentifierScheme::StateId), (Holds::OrgNcesId, IdentifierScheme::Nces)]
    {
        org.identifiers.extend(row.text(holds).map(|value| Identifier::new(scheme, value)));
    }
    org.extra = extra(row, with_extra);
    org.into()
}

/// A row of `academicSessions.csv`.
pub(crate) fn session(row: &mut Row<'_>, with_extra: bool) -> Mapped {
    let status = status(row);
    if status == Status::ToBeDeleted {
        return Mapped::Delete;
    }
    note_inactive(row, status);
    let session_type = row.word(Holds::SessionType, SessionType::read, SessionType::is_known);
    let title = row.required_text(Holds::SessionTitle);
    let session_type = session_type.unwrap_or_else(|| SessionType::Other(String::new()));
    let mut session = AcademicSession::new(row.id, session_type, title);
    session.begin = row.date(Holds::SessionBegin);
    session.end = row.date(Holds::SessionEnd);
    // A school year that begins in one year ends in the next.
    session.school_year =
        row.year(Holds::SessionYear).or_else(|| row.year(Holds::SessionYearBegin).map(|year| year + 1));
    session.org = row.id(Holds::SessionOrg);
    session.parent = row.id(Holds::SessionParent);
    session.extra = extra(row, with_extra);
    session.into()
}
