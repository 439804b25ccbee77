//! What a record is called beside its id.

use roster::Record;

/// The name of what is no person; of a person only where values are shown.
pub(super) fn label(record: &Record, show_values: bool) -> String {
    match record {
        Record::Org(org) => org.name.clone(),
        Record::AcademicSession(session) => session.title.clone(),
        Record::Course(course) => course.title.clone(),
        Record::Class(class) => class.title.clone(),
        Record::Person(person) if show_values => {
            let name = &person.name;
            let parts = [name.given.as_deref(), name.family.as_deref()].into_iter().flatten();
            let whole = parts.collect::<Vec<_>>().join(" ");
            if whole.is_empty() { name.full.clone().unwrap_or_default() } else { whole }
        }
        _ => String::new(),
    }
}
