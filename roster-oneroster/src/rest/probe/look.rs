//! What a row shows of a server's habits. Pure; of the row itself nothing is kept but the hash of its id.

use std::collections::BTreeSet;

use roster_core::hashed::hash;
use roster_http::{
    json::{Shape, read_raw_rows, read_row},
    paging::Key,
};
use serde_json::{Map, Value};

use crate::rest::{
    collection::Collection,
    profile::{Booleans, Dates, References},
    wire,
};

/// What a row shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// The hash of its id.
    pub(super) key: Key,
    /// The fields that hold something.
    pub(super) fields: BTreeSet<String>,
    pub(super) dates: Dates,
    pub(super) booleans: Booleans,
    pub(super) references: References,
}

/// What the rows of a page show.
pub(super) fn looks(collection: Collection, body: &[u8]) -> Result<Vec<Look>, Shape> {
    read_raw_rows(body, collection.key(), |raw| {
        // With all the digits that a number has: rounded, two ids may be one.
        let head = read_row::<wire::Head<'_>>(raw).ok();
        let key = head.and_then(|head| head.id.get().map(hash));
        match serde_json::from_str(raw.get()) {
            Ok(Value::Object(row)) => look(key, &row),
            _ => Look { key, ..Look::default() },
        }
    })
}

fn look(key: Key, row: &Map<String, Value>) -> Look {
    let holds = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    let filled = row.iter().filter(|(_, value)| holds(value));
    let most = |forms: &mut dyn Iterator<Item = References>| forms.max().unwrap_or_default();
    Look {
        key,
        fields: filled.map(|(name, _)| name.clone()).collect(),
        dates: row.get("dateLastModified").map_or(Dates::Unknown, dates),
        booleans: ["enabledUser", "primary"]
            .into_iter()
            .filter_map(|name| row.get(name))
            .map(booleans)
            .max()
            .unwrap_or_default(),
        references: most(
            &mut [
                "parent",
                "org",
                "orgs",
                "course",
                "school",
                "schoolYear",
                "terms",
                "class",
                "user",
                "agents",
            ]
            .into_iter()
            // A session's year is a text, and no reference.
            .filter(|name| *name != "schoolYear" || !row.contains_key("startDate"))
            .filter_map(|name| row.get(name))
            .map(references),
        ),
    }
}

fn dates(value: &Value) -> Dates {
    let Value::String(text) = value else { return Dates::Unknown };
    match text.trim().split_once(['T', ' ']) {
        None if text.trim().is_empty() => Dates::Unknown,
        None => Dates::Day,
        Some((_, time)) if time.ends_with(['Z', 'z']) || time.contains(['+', '-']) => Dates::Zoned,
        Some(_) => Dates::Zoneless,
    }
}

fn booleans(value: &Value) -> Booleans {
    match value {
        Value::Bool(_) => Booleans::Json,
        Value::String(text) if text.is_empty() => Booleans::Unknown,
        Value::String(text) if matches!(text.as_str(), "true" | "false") => Booleans::Text,
        Value::Null => Booleans::Unknown,
        _ => Booleans::Other,
    }
}

fn references(value: &Value) -> References {
    match value {
        Value::Object(_) => References::Objects,
        Value::Array(items) => items.iter().map(references).max().unwrap_or_default(),
        Value::String(id) if !id.is_empty() => References::Bare,
        Value::Number(_) => References::Bare,
        _ => References::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(row: &Value) -> Look {
        let body = json!({ "users": [row] }).to_string();
        looks(Collection::Users, body.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn forms_are_told_apart() {
        let plain = of(&json!({
            "sourcedId": "u1", "dateLastModified": "2026-01-01T00:00:00.000Z", "enabledUser": "true", "phone": "",
            "orgs": [{ "sourcedId": "s1" }], "agents": [], "email": null,
        }));
        assert_eq!(
            (plain.dates, plain.booleans, plain.references),
            (Dates::Zoned, Booleans::Text, References::Objects)
        );
        assert_eq!(plain.key, Some(hash("u1")));
        let fields: Vec<_> = plain.fields.iter().map(String::as_str).collect();
        assert_eq!(fields, ["dateLastModified", "enabledUser", "orgs", "sourcedId"]);
        let quaint = of(
            &json!({ "sourcedId": 7, "dateLastModified": "2026-01-01", "enabledUser": true, "orgs": ["s"] }),
        );
        assert_eq!(
            (quaint.key, quaint.dates, quaint.booleans, quaint.references),
            (Some(hash("7")), Dates::Day, Booleans::Json, References::Bare)
        );
        let other = of(&json!({ "dateLastModified": "2026-01-01 00:00:00", "enabledUser": "Y" }));
        assert_eq!((other.key, other.dates, other.booleans), (None, Dates::Zoneless, Booleans::Other));
        // A session's year is no reference.
        let session = of(&json!({ "startDate": "2026-08-01", "schoolYear": "2027" }));
        assert_eq!(session.references, References::Unknown);
    }

    /// Rounded, these were one, and the server's habits told by rows that are not the same.
    #[test]
    fn no_two_ids_become_one() {
        let keys = |odd: &str| {
            let body = format!(
                r#"{{"orgs": [{{"sourcedId": 18446744073709551616{odd}}}, {{"sourcedId": 18446744073709551617}}, {{"sourcedId": {{}}}}]}}"#
            );
            looks(Collection::Orgs, body.as_bytes())
                .unwrap()
                .into_iter()
                .map(|look| look.key)
                .collect::<Vec<_>>()
        };
        let told = [Some(hash("18446744073709551616")), Some(hash("18446744073709551617")), None];
        assert_eq!(keys(""), told);
        assert_eq!(keys(r#", "metadata": 1e999"#), told);
    }

    #[test]
    fn odd_rows_show_nothing() {
        assert_eq!(of(&json!("x")), Look::default());
        assert!(looks(Collection::Users, b"{}").is_err());
    }
}
