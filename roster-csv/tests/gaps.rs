//! What each dialect can't say, made of the dialects' own data, as the README prints it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use roster_core::{EntityKind, FieldSet, RosterSource};
use roster_csv::{CsvSource, DIALECTS};

/// What a dialect can say of a kind; `None` if it has no word for it.
fn says(dialect: &str, kind: EntityKind) -> Option<FieldSet> {
    let source = CsvSource::builder().path("x").dialect(dialect).build().unwrap();
    source.capabilities().kinds.get(&kind).map(|capability| capability.fields)
}

/// What any dialect can say of a kind: only that can be a gap.
fn all_say(kind: EntityKind) -> FieldSet {
    let said = DIALECTS.iter().filter_map(|dialect| says(dialect.name, kind));
    said.fold(FieldSet::EMPTY, FieldSet::union)
}

fn table() -> String {
    let mut table = "| dialect | kind | what it can't say |\n|---|---|---|\n".to_owned();
    for dialect in DIALECTS {
        let lacks: Vec<_> =
            EntityKind::ALL.into_iter().filter(|kind| says(dialect.name, *kind).is_none()).collect();
        let words: Vec<_> = lacks.iter().map(|kind| format!("`{kind}`")).collect();
        let lacks = if words.is_empty() { "-".to_owned() } else { words.join(" ") };
        writeln!(table, "| `{}` | whole kinds | {lacks} |", dialect.name).unwrap();
        for kind in EntityKind::ALL {
            let Some(said) = says(dialect.name, kind) else { continue };
            let gaps: Vec<_> =
                all_say(kind).minus(said).names(kind).map(|name| format!("`{name}`")).collect();
            if !gaps.is_empty() {
                writeln!(table, "| | `{kind}` | {} |", gaps.join(" ")).unwrap();
            }
        }
    }
    table
}

#[test]
fn the_readme_tells_what_each_dialect_can_not_say() {
    let table = table();
    let readme = include_str!("../README.md");
    assert!(readme.contains(&table), "the table of gaps in README.md is not this one:\n\n{table}");
}

#[test]
fn a_gap_is_what_another_dialect_can_say() {
    for dialect in DIALECTS {
        assert!(says(dialect.name, EntityKind::Person).is_some(), "{}", dialect.name);
    }
    assert!(says("one_file", EntityKind::Course).is_none());
    assert!(table().contains("| `one_file` | whole kinds | `academic_session` `course` `relationship` |"));
}
