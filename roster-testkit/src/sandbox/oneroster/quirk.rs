//! What servers do otherwise than the standard says.

use serde_json::{Value, json};

use crate::district::RestCollection;

/// What a server does otherwise than the standard says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// It sends the first page whatever the offset.
    IgnoresOffset,
    /// It sends all rows whatever the filter.
    IgnoresFilter,
    /// It answers 400 to a filter.
    RefusesFilter,
    /// It sends rows in an order of its own.
    IgnoresSort,
    /// It answers 400 to `sort`.
    RefusesSort,
    /// It sends all fields whatever is chosen.
    IgnoresFields,
    /// It answers 400 to `fields`.
    RefusesFields,
    /// It answers 400 where more rows are asked for.
    RefusesPagesAbove(usize),
    /// It answers 502 where more rows would be sent.
    FailsAbove(usize),
    /// Its total is that of the page.
    CountsThePage,
    /// `dateLastModified` is a day.
    DayStamps,
    /// `dateLastModified` has no zone.
    ZonelessStamps,
    /// Truth values are JSON's own.
    JsonBooleans,
    /// References are bare ids.
    BareReferences,
    /// It does not share that collection, such as `demographics`.
    Withholds(&'static str),
}

impl Quirk {
    /// Whether it withholds that collection.
    pub(super) fn withholds(&self, collection: RestCollection) -> bool {
        matches!(self, Self::Withholds(name) if *name == collection.name())
    }

    /// Writes a row's values its own way.
    pub(super) fn write(&self, row: &mut Value) {
        let Some(row) = row.as_object_mut() else { return };
        match self {
            Self::DayStamps | Self::ZonelessStamps => {
                let length = if *self == Self::DayStamps { 10 } else { 19 };
                if let Some(Value::String(stamp)) = row.get_mut("dateLastModified") {
                    stamp.truncate(length);
                }
            }
            Self::JsonBooleans => {
                for name in ["enabledUser", "primary"] {
                    if let Some(value) = row.get_mut(name) {
                        match value.as_str() {
                            Some("true") => *value = json!(true),
                            Some("false") => *value = json!(false),
                            _ => {}
                        }
                    }
                }
            }
            Self::BareReferences => row.values_mut().for_each(bare),
            _ => {}
        }
    }
}

/// A reference, or a list of references, as bare ids.
fn bare(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bare),
        Value::Object(object) if object.contains_key("href") => {
            *value = object.get("sourcedId").cloned().unwrap_or_default();
        }
        Value::Object(object) => object.values_mut().for_each(bare),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_otherwise() {
        let mut row = json!({
            "dateLastModified": "2026-01-01T10:00:00.000Z", "enabledUser": "true",
            "orgs": [{ "href": "x", "sourcedId": "s", "type": "org" }], "roles": [{ "org": { "href": "x", "sourcedId": "s" } }],
        });
        for quirk in [Quirk::ZonelessStamps, Quirk::DayStamps, Quirk::JsonBooleans, Quirk::BareReferences] {
            quirk.write(&mut row);
        }
        let expected = json!({
            "dateLastModified": "2026-01-01", "enabledUser": true, "orgs": ["s"], "roles": [{ "org": "s" }],
        });
        assert_eq!(row, expected);
    }
}
