use roster_core::{
    AcademicSession, AcademicSessionField as Field, Identifier, IdentifierScheme, Org, OrgType, SessionType,
};
use roster_http::json::Text;

use super::{Reading, Said, Wire, reading::id as id_of};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Org<'a> {
    const KEYS: &'static [&'static str] = wire::Org::KEYS;

    fn head(&self) -> (&Text<'a>, &Text<'a>) {
        (&self.id, &self.modified)
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Said {
        let status = reading.status(&self.status);
        if status == Status::ToBeDeleted {
            return Said::Gone;
        }
        let name = match reading.required("name", &self.name) {
            Ok(name) => name,
            Err(problem) => return Said::Unreadable(problem),
        };
        reading.note_inactive(status);
        let org_type = reading.word("type", &self.of_type, OrgType::read, OrgType::is_known);
        let mut org = Org::new(id, org_type.unwrap_or_else(|| OrgType::Other(String::new())), name);
        org.parent = id_of(&self.parent);
        if let Some(value) = reading.text("identifier", &self.identifier) {
            org.identifiers.push(Identifier::new(IdentifierScheme::Other("identifier".to_owned()), value));
        }
        Said::record(org)
    }
}

impl<'a> Wire<'a> for wire::Session<'a> {
    const KEYS: &'static [&'static str] = wire::Session::KEYS;

    fn head(&self) -> (&Text<'a>, &Text<'a>) {
        (&self.id, &self.modified)
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Said {
        let status = reading.status(&self.status);
        if status == Status::ToBeDeleted {
            return Said::Gone;
        }
        let title = match reading.required("title", &self.title) {
            Ok(title) => title,
            Err(problem) => return Said::Unreadable(problem),
        };
        reading.note_inactive(status);
        let session_type = reading.word("type", &self.of_type, SessionType::read, SessionType::is_known);
        let session_type = session_type.unwrap_or_else(|| SessionType::Other(String::new()));
        let mut session = AcademicSession::new(id, session_type, title);
        session.begin = reading.date("startDate", &self.begin, Field::Begin);
        session.end = reading.date("endDate", &self.end, Field::End);
        session.school_year = reading.year("schoolYear", &self.year, Field::SchoolYear);
        session.parent = id_of(&self.parent);
        Said::record(session)
    }
}
