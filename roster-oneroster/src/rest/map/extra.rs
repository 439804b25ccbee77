//! What the model has no place for.

use std::collections::BTreeMap;

use roster_core::{
    AcademicSessionField, ClassField, CourseField, EnrollmentField, EntityKind, Extra, FieldSet, OrgField,
    PersonField, Record,
};
use serde_json::{Value, value::RawValue};

/// The fields of a row that the model has no place for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rest {
    pub(super) extra: Extra,
    /// A field could not be read: this one.
    pub(super) unread: Option<String>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The fields that the model has no place for; those of `metadata` as `metadata.name`, as files write them.
pub(super) fn rest(raw: &RawValue, keys: &[&str]) -> Rest {
    let mut rest = Rest::default();
    let Some(fields) = fields(raw) else {
        rest.unread = Some("metadata".to_owned());
        return rest;
    };
    for (name, raw) in fields.into_iter().filter(|(name, _)| !keys.contains(&name.as_str())) {
        match (name.as_str(), raw.get().starts_with('{')) {
            ("metadata", true) => match self::fields(raw) {
                Some(metadata) => {
                    for (name, raw) in metadata.into_iter().filter(|(name, _)| !is_secret(name)) {
                        rest.take(format!("metadata.{name}"), raw);
                    }
                }
                None => rest.unread = Some(name),
            },
            _ if is_secret(&name) => {}
            _ => rest.take(name, raw),
        }
    }
    rest
}

impl Rest {
    fn take(&mut self, name: String, raw: &RawValue) {
        match value(raw) {
            Some(Value::Null) => {}
            Some(value) => {
                self.extra.insert(name, value);
            }
            None => self.unread = Some(name),
        }
    }
}

fn fields(raw: &RawValue) -> Option<Fields<'_>> {
    serde_json::from_str(raw.get()).ok()
}

/// A value as it stands. A whole number that would be rounded, such as an id of another system, is a text of its digits.
fn value(raw: &RawValue) -> Option<Value> {
    let value = serde_json::from_str(raw.get()).ok()?;
    let is_rounded = matches!(&value, Value::Number(number) if number.is_f64())
        && raw.get().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    Some(if is_rounded { Value::String(raw.get().to_owned()) } else { value })
}

/// Nobody wants a password, whatever it is called.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "credential"].iter().any(|word| name.contains(word))
}

/// Sets the extra fields of a record.
pub(super) fn set(record: &mut Record, extra: Extra) {
    match record {
        Record::Org(org) => org.extra = extra,
        Record::AcademicSession(session) => session.extra = extra,
        Record::Course(course) => course.extra = extra,
        Record::Class(class) => class.extra = extra,
        Record::Person(person) => person.extra = extra,
        Record::Enrollment(enrollment) => enrollment.extra = extra,
        _ => {}
    }
}

/// The field of a kind that holds what the model has no place for.
pub(crate) fn field(kind: EntityKind) -> FieldSet {
    match kind {
        EntityKind::Org => FieldSet::of([OrgField::Extra]),
        EntityKind::AcademicSession => FieldSet::of([AcademicSessionField::Extra]),
        EntityKind::Course => FieldSet::of([CourseField::Extra]),
        EntityKind::Class => FieldSet::of([ClassField::Extra]),
        EntityKind::Person => FieldSet::of([PersonField::Extra]),
        EntityKind::Enrollment => FieldSet::of([EnrollmentField::Extra]),
        _ => FieldSet::EMPTY,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(row: &str) -> Rest {
        rest(serde_json::from_str(row).unwrap(), &["sourcedId"])
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let rest = of(
            r#"{"sourcedId": 1, "metadata": {"sis": 18446744073709551617, "gpa": 3.5, "n": -7, "no": null}, "far": -9223372036854775809}"#,
        );
        let extra = json!({ "metadata.sis": "18446744073709551617", "metadata.gpa": 3.5, "metadata.n": -7, "far": "-9223372036854775809" });
        assert_eq!((serde_json::to_value(&rest.extra).unwrap(), rest.unread), (extra, None));
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let unread = [
            (r#"{"a": 1, "b": "\ud83c", "metadata": {"c": 2}}"#, "b"),
            (r#"{"a": 1, "metadata": {"b": {"x": 1e999}, "c": 2}}"#, "metadata.b"),
        ];
        for (row, name) in unread {
            let rest = of(row);
            let extra = json!({ "a": 1, "metadata.c": 2 });
            assert_eq!(
                (serde_json::to_value(&rest.extra).unwrap(), rest.unread.as_deref()),
                (extra, Some(name))
            );
        }
        assert_eq!(of(r#"{"\ud83c": 1}"#).unread.as_deref(), Some("metadata"));
        // A name that is secret is not even told of.
        assert_eq!(of(r#"{"password": "\ud83c", "metadata": {"Secret": 1e999}}"#), Rest::default());
    }
}
