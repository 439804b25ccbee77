//! Records as JSON, as they are stored.

use roster_core::{
    AcademicSession, Class, Course, Enrollment, EntityKind, Error, ErrorKind, Org, Person, Record,
    Relationship, Result, SourcedId,
};
use serde::de::DeserializeOwned;

/// Appends the record as JSON.
pub(crate) fn write(record: &Record, out: &mut Vec<u8>) -> Result<()> {
    record.write_json(out).map_err(|error| unfit("writing a record", record.kind(), &error))
}

/// Reads a record of a kind that is known; half the work of finding it out.
pub(crate) fn read(kind: EntityKind, json: &[u8]) -> Result<Record> {
    match kind {
        EntityKind::Org => typed::<Org>(kind, json),
        EntityKind::AcademicSession => typed::<AcademicSession>(kind, json),
        EntityKind::Course => typed::<Course>(kind, json),
        EntityKind::Class => typed::<Class>(kind, json),
        EntityKind::Person => typed::<Person>(kind, json),
        EntityKind::Enrollment => typed::<Enrollment>(kind, json),
        EntityKind::Relationship => typed::<Relationship>(kind, json),
        _ => serde_json::from_slice(json).map_err(|error| unfit("reading a stored record", kind, &error)),
    }
}

fn typed<T: DeserializeOwned + Into<Record>>(kind: EntityKind, json: &[u8]) -> Result<Record> {
    serde_json::from_slice::<T>(json)
        .map(Into::into)
        .map_err(|error| unfit("reading a stored record", kind, &error))
}

/// The parser's own message may quote the record.
fn unfit(operation: &'static str, kind: EntityKind, error: &serde_json::Error) -> Error {
    let message =
        format!("the body of a record of the kind {kind} is no such record ({:?})", error.classify());
    Error::new(ErrorKind::Decode, "host", operation, message)
}

/// Gives the record another id.
pub(crate) fn set_id(record: &mut Record, id: SourcedId) {
    match record {
        Record::Org(record) => record.id = id,
        Record::AcademicSession(record) => record.id = id,
        Record::Course(record) => record.id = id,
        Record::Class(record) => record.id = id,
        Record::Person(record) => record.id = id,
        Record::Enrollment(record) => record.id = id,
        Record::Relationship(record) => record.id = id,
        _ => {}
    }
}

/// A record that says nothing.
pub(crate) fn bare(kind: EntityKind, id: &SourcedId) -> Record {
    use roster_core::{OrgType, Role, SessionType};

    match kind {
        EntityKind::AcademicSession => AcademicSession::new(id.clone(), SessionType::Term, "").into(),
        EntityKind::Course => Course::new(id.clone(), "").into(),
        EntityKind::Class => Class::new(id.clone(), "").into(),
        EntityKind::Person => Person::new(id.clone()).into(),
        EntityKind::Enrollment => Enrollment::new(id.clone(), "", "", Role::Student).into(),
        EntityKind::Relationship => Relationship::new(id.clone(), "", "").into(),
        _ => Org::new(id.clone(), OrgType::School, "").into(),
    }
}
