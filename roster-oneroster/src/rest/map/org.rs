use roster_core::{
    AcademicSession, AcademicSessionField as Field, Identifier, IdentifierScheme, Org, OrgField, OrgType,
    Problem, SessionType,
};

use super::{Head, Reading, Said, Wire};
use crate::{Status, rest::wire};

impl<'a> Wire<'a> for wire::Org<'a> {
    const KEYS: &'static [&'static str] = wire::Org::KEYS;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, id: &str, _: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let name = reading.required("name", &self.name)?;
        let org_type =
            reading.word("type", &self.of_type, OrgField::OrgType, OrgType::read, OrgType::is_known);
        let mut org = Org::new(id, org_type.unwrap_or_else(|| OrgType::Other(String::new())), name);
        org.parent = reading.owner("parent", &self.parent, OrgField::Parent);
        if let Some(value) = reading.text("identifier", &self.identifier, OrgField::Identifiers) {
            org.identifiers.push(Identifier::new(IdentifierScheme::Other("identifier".to_owned()), value));
        }
        Ok(Said::record(org))
    }
}

impl<'a> Wire<'a> for wire::Session<'a> {
    const KEYS: &'static [&'static str] = wire::Session::KEYS;

    fn head(&self) -> Head<'_, 'a> {
        Head { id: &self.id, status: &self.status, modified: &self.modified }
    }

    fn map(&self, id: &str, _: Status, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let title = reading.required("title", &self.title)?;
        let session_type =
            reading.word("type", &self.of_type, Field::SessionType, SessionType::read, SessionType::is_known);
        let session_type = session_type.unwrap_or_else(|| SessionType::Other(String::new()));
        let mut session = AcademicSession::new(id, session_type, title);
        session.begin = reading.date("startDate", &self.begin, Field::Begin);
        session.end = reading.date("endDate", &self.end, Field::End);
        session.school_year = reading.year("schoolYear", &self.year, Field::SchoolYear);
        session.parent = reading.reference("parent", &self.parent, Field::Parent);
        Ok(Said::record(session))
    }
}
