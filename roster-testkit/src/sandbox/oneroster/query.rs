//! What a request asks for: a page, an order, a filter, fields.

use roster_core::jiff::Timestamp;
use serde_json::Value;

use super::view::View;

/// What a request asks for.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) offset: usize,
    pub(super) limit: usize,
    /// An order is asked for.
    pub(super) sorts: bool,
    pub(super) descending: bool,
    pub(super) filter: Option<Filter>,
    pub(super) fields: Vec<String>,
    /// Some of the rows are asked for, by the path.
    pub(super) view: Option<View>,
}

/// One clause, or two that are joined.
#[derive(Debug)]
pub(super) struct Filter {
    first: Clause,
    second: Option<(bool, Clause)>,
}

#[derive(Debug)]
struct Clause {
    field: String,
    operator: &'static str,
    value: String,
}

/// The longer ones first, since the others begin as they do.
const OPERATORS: [&str; 7] = ["!=", ">=", "<=", "=", ">", "<", "~"];

impl Query {
    /// Reads the query; `Err` names the code of the binding that fits.
    pub(super) fn read(query: &str) -> Result<Self, &'static str> {
        let mut read = Self { limit: 100, ..Self::default() };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => read.limit = value.parse().ok().filter(|limit| *limit > 0).ok_or("invaliddata")?,
                "offset" => read.offset = value.parse().map_err(|_| "invaliddata")?,
                "orderBy" => read.descending = value == "desc",
                "sort" if value != "sourcedId" => return Err("invalid_sort_field"),
                "sort" => read.sorts = true,
                "filter" => read.filter = Some(Filter::read(&value).ok_or("invalid_filter_field")?),
                "fields" => read.fields = value.split(',').map(str::to_owned).collect(),
                _ => {}
            }
        }
        Ok(read)
    }
}

impl Filter {
    fn read(text: &str) -> Option<Self> {
        for (word, and) in [(" AND ", true), (" OR ", false)] {
            if let Some((first, second)) = text.split_once(word) {
                // At most two clauses.
                let has_third = second.contains(" AND ") || second.contains(" OR ");
                let second = Clause::read(second).filter(|_| !has_third)?;
                return Some(Self { first: Clause::read(first)?, second: Some((and, second)) });
            }
        }
        Some(Self { first: Clause::read(text)?, second: None })
    }

    /// Whether a row passes. Most filters look at the date alone, for which the row need not be made.
    pub(super) fn passes(&self, modified: Timestamp, row: impl Fn() -> Option<Value>) -> bool {
        let first = self.first.holds(modified, &row);
        match &self.second {
            None => first,
            Some((true, second)) => first && second.holds(modified, &row),
            Some((false, second)) => first || second.holds(modified, &row),
        }
    }
}

impl Clause {
    fn read(text: &str) -> Option<Self> {
        let (at, operator) = OPERATORS
            .into_iter()
            .filter_map(|operator| text.find(operator).map(|at| (at, operator)))
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())))?;
        let field = text.get(..at)?.trim().to_owned();
        let value =
            text.get(at + operator.len()..)?.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned();
        (!field.is_empty()).then_some(Self { field, operator, value })
    }

    fn holds(&self, modified: Timestamp, row: &impl Fn() -> Option<Value>) -> bool {
        let ordering = if self.field == "dateLastModified" {
            let Ok(value) = self.value.parse::<Timestamp>() else { return false };
            modified.cmp(&value)
        } else {
            let Some(row) = row() else { return false };
            let text = row.get(&self.field).and_then(Value::as_str).unwrap_or_default();
            if self.operator == "~" {
                return text.contains(&self.value);
            }
            text.cmp(&self.value)
        };
        match self.operator {
            "=" => ordering.is_eq(),
            "!=" => ordering.is_ne(),
            ">" => ordering.is_gt(),
            ">=" => ordering.is_ge(),
            "<" => ordering.is_lt(),
            "<=" => ordering.is_le(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_have_two_clauses_at_most() {
        let passes = |text: &str| {
            let filter = Filter::read(text)?;
            let modified = "2026-08-01T00:00:00Z".parse().unwrap();
            Some(filter.passes(modified, || Some(json!({ "role": "student", "status": "active" }))))
        };
        assert_eq!(passes("dateLastModified>'2026-07-31T00:00:00.000Z'"), Some(true));
        assert_eq!(passes("dateLastModified>='2026-08-02T00:00:00Z'"), Some(false));
        assert_eq!(passes("role='student' AND status!='active'"), Some(false));
        assert_eq!(passes("role='teacher' OR status='active'"), Some(true));
        assert_eq!(passes("role~'stud'"), Some(true));
        for wrong in ["role=student", "='x'", "", "a='1' AND b='2' AND c='3'"] {
            assert_eq!(passes(wrong), None, "{wrong}");
        }
    }
}
