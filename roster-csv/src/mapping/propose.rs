//! Proposes a mapping for headers of no dialect, and says what is missing. It is never applied by itself.

use std::collections::BTreeSet;

use super::words;

/// A mapping that fits the headers as far as they are often used.
pub(crate) struct Proposal {
    /// As TOML, to be looked at and saved.
    pub(crate) toml: String,
    /// What it can't say.
    pub(crate) missing: Vec<String>,
}

/// Proposes a mapping of one file. `None` if none of its headers says anything.
pub(crate) fn propose(header: &[String]) -> Option<Proposal> {
    let (mut taken, mut columns, mut left) = (BTreeSet::new(), String::new(), Vec::new());
    for name in header.iter().filter(|name| !name.is_empty()) {
        match words::under(name).filter(|field| taken.insert((field.of, field.name))) {
            Some(field) => columns.push_str(&format!("{} = \"{}.{}\"\n", quoted(name), field.of, field.name)),
            None => left.push(quoted(name)),
        }
    }
    if taken.is_empty() {
        return None;
    }
    let has = |of, name| taken.contains(&(of, name));
    let mut missing = Vec::new();
    let mut miss = |is_missing: bool, what: &str| {
        if is_missing {
            missing.push(what.to_owned());
        }
    };
    miss(
        !has("student", "id") && !has("student", "email"),
        "nothing tells students apart: `student.id`, or `student.email`",
    );
    miss(!has("class", "id"), "no column names the class: `class.id`");
    miss(
        !has("school", "id"),
        "no column names the school: `school.id`, or `fixed = { \"school.id\" = \"..\" }`",
    );
    miss(
        !has("teacher", "id") && !has("teacher", "email"),
        "no column names the teacher: `teacher.id`, or `teacher.email`",
    );
    let toml = format!("[[file]]\nignore = [{}]\n\n[file.columns]\n{columns}", left.join(", "));
    Some(Proposal { toml, missing })
}

fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CsvMapping;

    #[test]
    fn what_is_proposed_can_be_read_and_says_what_is_missing() {
        let header = ["Pupil ID", "Forename", "Surname", "Year Group", "Ho\"use", "Teaching Group"];
        let proposal = propose(&header.map(str::to_owned)).unwrap();
        assert!(proposal.toml.contains("\"Forename\" = \"student.given\""), "{}", proposal.toml);
        assert!(proposal.toml.contains("ignore = [\"Ho\\\"use\"]"), "{}", proposal.toml);
        CsvMapping::from_toml(&proposal.toml).unwrap();
        assert_eq!(proposal.missing.len(), 2, "{:?}", proposal.missing);
        assert!(propose(&["x".to_owned(), "y".to_owned()]).is_none());
    }
}
