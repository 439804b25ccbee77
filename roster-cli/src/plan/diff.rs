//! The changes of a plan, by kind and school.

use std::collections::{BTreeMap, BTreeSet};

use roster::{
    EntityKind, SourcedId,
    sync::{Op, PlannedChange},
};

use super::{
    label::label,
    schools::Schools,
    values::{Fields, is_personal},
};
use crate::sync::school;

/// Takes changes one by one, and keeps of each its lines alone.
pub(super) struct Diff {
    pub(super) schools: Schools,
    /// Of a roster's first run the creates are counted: they are all there is.
    is_first: bool,
    show_values: bool,
    places: BTreeMap<(EntityKind, BTreeSet<SourcedId>), Place>,
}

/// The changes of one kind in one school.
#[derive(Default)]
struct Place {
    lines: String,
    counted: u64,
}

impl Diff {
    pub(super) fn new(schools: Schools, is_first: bool, show_values: bool) -> Self {
        Self { schools, is_first, show_values, places: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, change: &PlannedChange) {
        let record = change.after.as_ref().or(change.before.as_ref());
        if let Some(record) = record {
            self.schools.learn(record);
        }
        let schools = record.map(|record| self.schools.of(record)).unwrap_or_default();
        let lines = (!(self.is_first && change.op == Op::Create)).then(|| self.lines(change));
        let place = self.places.entry((change.kind, schools)).or_default();
        match lines {
            Some(lines) => place.lines.push_str(&lines),
            None => place.counted += 1,
        }
    }

    fn lines(&self, change: &PlannedChange) -> String {
        let id = match &change.from {
            Some(from) => format!("{from} -> {}", change.id),
            None => change.id.to_string(),
        };
        let record = change.after.as_ref().or(change.before.as_ref());
        let label = record.map(|record| label(record, self.show_values)).unwrap_or_default();
        let (mark, word) = mark(change.op);
        let mut lines = format!("    {mark} {word:<7} {}\n", one_line(&format!("{id}  {label}")));
        if matches!(change.op, Op::Update | Op::Restore | Op::Rekey) {
            lines.push_str(&self.fields(change));
        }
        lines
    }

    /// The changed fields: each whose values are shown on a line of its own, the others by name.
    fn fields(&self, change: &PlannedChange) -> String {
        let (before, after) = (Fields::of(change.before.as_ref()), Fields::of(change.after.as_ref()));
        let (mut lines, mut hidden) = (String::new(), Vec::new());
        for field in change.changed.names(change.kind) {
            if is_personal(change.kind, field) && !self.show_values {
                hidden.push(field);
                continue;
            }
            let (before, after) = (before.show(change.kind, field), after.show(change.kind, field));
            let line =
                if before == after { field.to_owned() } else { format!("{field}: {before} -> {after}") };
            lines.push_str(&format!("        {}\n", one_line(&line)));
        }
        if !hidden.is_empty() {
            lines.push_str(&format!("        {}\n", hidden.join(", ")));
        }
        lines
    }

    /// The whole of it, by kind, then by school.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for ((kind, schools), place) in &self.places {
            if last.replace(*kind) != Some(*kind) {
                text.push_str(&format!("{kind}\n"));
            }
            let names: Vec<_> = schools.iter().map(|id| school(id, &self.schools.names)).collect();
            if !names.is_empty() {
                text.push_str(&format!("  {}\n", one_line(&names.join(", "))));
            }
            if place.counted > 0 {
                text.push_str(&format!("    + create  {}\n", place.counted));
            }
            text.push_str(&place.lines);
        }
        text
    }

    pub(super) fn shows_counts_only(&self) -> bool {
        self.is_first && self.places.values().any(|place| place.counted > 0)
    }
}

const fn mark(op: Op) -> (char, &'static str) {
    match op {
        Op::Update => ('~', "update"),
        Op::End => ('-', "end"),
        Op::Restore => ('^', "restore"),
        Op::Rekey => ('>', "rekey"),
        _ => ('+', "create"),
    }
}

/// A name with a line break in it must not look like another change.
fn one_line(text: &str) -> String {
    text.trim_end().replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_its_mark() {
        assert_eq!(Op::ALL.map(|op| mark(op).0), ['+', '~', '-', '^', '>']);
        assert_eq!(Op::ALL.map(|op| mark(op).1), Op::ALL.map(Op::as_str));
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(one_line("p1  a\n- end b  "), "p1  a\u{fffd}- end b");
    }
}
