//! Values of fields, and which of them are somebody's own.

use roster::{EntityKind, Record};
use serde_json::Value;

/// How much of a value is shown.
const SHOWN: usize = 80;

/// Whether the field says something of a person that is nobody's business who only wants to know what a sync would do.
pub(super) fn is_personal(kind: EntityKind, field: &str) -> bool {
    match kind {
        // What a vendor sent beside the model may be anything.
        _ if field == "extra" => true,
        EntityKind::Person => !matches!(field, "affiliations" | "grades" | "account" | "graduation_year"),
        EntityKind::Relationship => !matches!(field, "student" | "contact"),
        _ => false,
    }
}

/// A record whose fields can be looked up by their names.
pub(super) struct Fields(Option<Value>);

impl Fields {
    pub(super) fn of(record: Option<&Record>) -> Self {
        Self(record.and_then(|record| serde_json::to_value(record).ok()))
    }

    /// The field's value on one line, short.
    pub(super) fn show(&self, kind: EntityKind, field: &str) -> String {
        self.find(kind, field).map_or_else(|| "nothing".to_owned(), shown)
    }

    /// A person's name and sensitive fields lie a step deeper.
    fn find(&self, kind: EntityKind, field: &str) -> Option<&Value> {
        let record = self.0.as_ref()?;
        if kind != EntityKind::Person {
            return record.get(field);
        }
        let part = |name: &str| record.get(name).and_then(|part| part.get(field));
        part("name").or_else(|| part("sensitive")).or_else(|| record.get(field))
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(item).collect();
            format!("[{}]", items.join(", "))
        }
        value => item(value),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}..")
}

/// Of what has parts, the parts without their names: `student s1` reads better than what JSON makes of it.
fn item(value: &Value) -> String {
    match value {
        Value::Object(parts) => parts.values().map(bare).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use roster::{Affiliation, Entity, Person, Role};

    use super::*;

    #[test]
    fn only_what_a_school_decides_of_a_person_is_not_personal() {
        for field in ["given", "email", "birth_date", "identifiers", "groups", "username", "extra"] {
            assert!(is_personal(EntityKind::Person, field), "{field}");
        }
        assert!(!is_personal(EntityKind::Person, "grades"));
        assert!(is_personal(EntityKind::Relationship, "relation"));
        assert!(is_personal(EntityKind::Class, "extra") && !is_personal(EntityKind::Class, "title"));
    }

    #[test]
    fn values_are_found_where_they_lie() {
        let mut person = Person::new("p1");
        person.name.given = Some("Ada".to_owned());
        person.sensitive_mut().gender = Some("f".to_owned());
        person.affiliations = vec![Affiliation::new(Role::Student, Some("s1".into()))];
        let record = person.into_record();
        let fields = Fields::of(Some(&record));
        let show = |field| fields.show(EntityKind::Person, field);
        assert_eq!((show("given").as_str(), show("gender").as_str()), ("\"Ada\"", "\"f\""));
        assert_eq!(show("email"), "nothing");
        assert!(show("affiliations").contains("student"), "{}", show("affiliations"));
    }
}
