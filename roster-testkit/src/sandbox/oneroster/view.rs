//! Views of collections: some of their rows, under a path of their own.

use serde_json::Value;

use crate::district::RestCollection;

/// Some of a collection's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Those of that `type`.
    OfType(&'static str),
    /// The people in that role.
    InRole(&'static str),
    /// Those of that school.
    AtSchool(String),
}

impl View {
    /// The view of that path, and the collection that its rows are of.
    pub(super) fn named(path: &str) -> Option<(RestCollection, Self)> {
        Some(match path {
            "schools" => (RestCollection::Orgs, Self::OfType("school")),
            "terms" => (RestCollection::AcademicSessions, Self::OfType("term")),
            "gradingPeriods" => (RestCollection::AcademicSessions, Self::OfType("gradingPeriod")),
            "students" => (RestCollection::Users, Self::InRole("student")),
            "teachers" => (RestCollection::Users, Self::InRole("teacher")),
            _ => return None,
        })
    }

    /// Whether a row is one of them. 1.1 has one role, 1.2 a list of roles.
    pub(super) fn shows(&self, row: &Value) -> bool {
        let says = |of: &Value, key: &str, word: &str| of.get(key).and_then(Value::as_str) == Some(word);
        match self {
            Self::OfType(word) => says(row, "type", word),
            Self::AtSchool(id) => row.get("school").is_some_and(|school| says(school, "sourcedId", id)),
            Self::InRole(word) => {
                let mut roles = row.get("roles").and_then(Value::as_array).into_iter().flatten();
                says(row, "role", word) || roles.any(|role| says(role, "role", word))
            }
        }
    }
}
