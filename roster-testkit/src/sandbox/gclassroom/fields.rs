//! `fields`: the part of an answer that was asked for.

use serde_json::{Map, Value};

/// What was asked for: names, each with what of it.
pub(super) struct Fields(Vec<(String, Fields)>);

impl Fields {
    /// Reads a mask such as `nextPageToken,students(userId,profile(id,name/fullName))`; `None` if it makes no sense.
    pub(super) fn read(mask: &str) -> Option<Self> {
        let mut rest = mask;
        let fields = Self::list(&mut rest)?;
        rest.is_empty().then_some(fields)
    }

    fn list(rest: &mut &str) -> Option<Self> {
        let mut fields = Vec::new();
        loop {
            let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end)?;
            if name.is_empty() {
                return None;
            }
            *rest = after;
            let inner = if let Some(after) = rest.strip_prefix('(') {
                *rest = after;
                let inner = Self::list(rest)?;
                *rest = rest.strip_prefix(')')?;
                inner
            } else if let Some(after) = rest.strip_prefix('/') {
                *rest = after;
                let end = rest.find([',', '(', ')']).unwrap_or(rest.len());
                let (inner, after) = rest.split_at_checked(end)?;
                *rest = after;
                Self::read(inner)?
            } else {
                Self(Vec::new())
            };
            fields.push((name.to_owned(), inner));
            match rest.strip_prefix(',') {
                Some(after) => *rest = after,
                None => return Some(Self(fields)),
            }
        }
    }

    /// What of a value was asked for.
    pub(super) fn of(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) if !self.0.is_empty() => {
                let mut kept = Map::new();
                for (name, inner) in &self.0 {
                    if let Some(value) = object.get(name) {
                        kept.insert(name.clone(), inner.of(value));
                    }
                }
                Value::Object(kept)
            }
            Value::Array(items) => items.iter().map(|item| self.of(item)).collect(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_asked_for_is_shown() {
        let answer = json!({"nextPageToken": "x", "kind": "k", "rows": [{"id": 1, "name": {"a": 1, "b": 2}, "code": "c"}]});
        let shown = |mask: &str| Fields::read(mask).unwrap().of(&answer);
        assert_eq!(shown("rows(id,name(b))"), json!({"rows": [{"id": 1, "name": {"b": 2}}]}));
        assert_eq!(
            shown("nextPageToken,rows/name/a"),
            json!({"nextPageToken": "x", "rows": [{"name": {"a": 1}}]})
        );
        for wrong in ["", "a(", "a)", "a,,b", "(a)"] {
            assert!(Fields::read(wrong).is_none(), "{wrong}");
        }
    }
}
