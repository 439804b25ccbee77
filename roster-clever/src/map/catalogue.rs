//! Terms and courses. Clever builds them from the rows of sections and gives them new ids when these change, so they are known
//! by what they say.

use roster_core::{
    AcademicSession, AcademicSessionField as Session, Course, CourseField, Entity, Identifier,
    IdentifierScheme, Problem, SessionType, SourcedId,
};
use roster_http::json::Text;

use super::{Reading, Said, Wire};
use crate::wire;

impl<'a> Wire<'a> for wire::Term<'a> {
    const KEYS: &'static [&'static str] = wire::Term::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let name = reading.text("name", &self.name);
        let begin = reading.date("start_date", &self.start_date, Session::Begin);
        let end = reading.date("end_date", &self.end_date, Session::End);
        // A date that can't be read tells terms apart all the same.
        let part = |date: Option<roster_core::jiff::civil::Date>, text: &Text<'_>| match date {
            Some(date) => date.to_string(),
            None => text.get().unwrap_or_default().to_owned(),
        };
        let (first, last) = (part(begin, &self.start_date), part(end, &self.end_date));
        let key = content([name.as_deref().unwrap_or_default(), &first, &last], id);
        let title = name.unwrap_or_else(|| {
            let bounds: Vec<_> = [first, last].into_iter().filter(|bound| !bound.is_empty()).collect();
            if bounds.is_empty() { id.to_owned() } else { bounds.join(" to ") }
        });
        let mut session = AcademicSession::new(key, SessionType::Term, title);
        (session.begin, session.end) = (begin, end);
        session.identifiers = vec![Identifier::new(IdentifierScheme::Clever, id)];
        Ok(Said::Catalogued(session.into_record()))
    }
}

impl<'a> Wire<'a> for wire::Course<'a> {
    const KEYS: &'static [&'static str] = wire::Course::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let name = reading.text("name", &self.name);
        let number = reading.text("number", &self.number);
        let key = content([name.as_deref().unwrap_or_default(), number.as_deref().unwrap_or_default()], id);
        let title = name.or_else(|| number.clone()).unwrap_or_else(|| id.to_owned());
        let mut course = Course::new(key, title);
        course.code = number;
        course.org = reading.field("district", &self.of, CourseField::Org).map(Into::into);
        course.identifiers = vec![Identifier::new(IdentifierScheme::Clever, id)];
        Ok(Said::Catalogued(course.into_record()))
    }
}

/// An id made from what a record says; of one that says nothing, Clever's own.
fn content<'t>(parts: impl IntoIterator<Item = &'t str> + Clone, id: &str) -> SourcedId {
    if parts.clone().into_iter().all(str::is_empty) {
        return id.into();
    }
    SourcedId::from_parts(parts)
}
