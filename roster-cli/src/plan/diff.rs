//! The changes of a plan, by kind and school.

use std::collections::{BTreeMap, BTreeSet};

use roster::{
    EntityKind, FieldSet, Record, SourcedId,
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

/// What is shown of a change.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    op: Op,
    kind: EntityKind,
    id: &'a SourcedId,
    from: Option<&'a SourcedId>,
    before: Option<&'a Record>,
    after: Option<&'a Record>,
    changed: FieldSet,
}

impl<'a> From<&'a PlannedChange> for Shown<'a> {
    fn from(change: &'a PlannedChange) -> Self {
        Self {
            op: change.op,
            kind: change.kind,
            id: &change.id,
            from: change.from.as_ref(),
            before: change.before.as_ref(),
            after: change.after.as_ref(),
            changed: change.changed,
        }
    }
}

impl<'a> Shown<'a> {
    /// How it looks after the change, or, at an end, how it looked.
    fn record(&self) -> Option<&'a Record> {
        self.after.or(self.before)
    }
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

    pub(super) fn add(&mut self, change: Shown<'_>) {
        let record = change.record();
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

    fn lines(&self, change: Shown<'_>) -> String {
        let id = match change.from {
            Some(from) => format!("{from} -> {}", change.id),
            None => change.id.to_string(),
        };
        let record = change.record();
        let label = record.map(|record| label(record, self.show_values)).unwrap_or_default();
        let (mark, word) = mark(change.op);
        let mut lines = format!("    {mark} {word:<7} {}\n", one_line(&format!("{id}  {label}")));
        if matches!(change.op, Op::Update | Op::Restore | Op::Rekey) {
            lines.push_str(&self.fields(change));
        }
        lines
    }

    /// The changed fields: each whose values are shown on a line of its own, the others by name.
    fn fields(&self, change: Shown<'_>) -> String {
        let (before, after) = (Fields::of(change.before), Fields::of(change.after));
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
    use roster::{Affiliation, Entity, Person, PersonField, Role};

    use super::*;

    #[test]
    fn each_change_has_its_mark() {
        assert_eq!(Op::ALL.map(|op| mark(op).0), ['+', '~', '-', '^', '>']);
        assert_eq!(Op::ALL.map(|op| mark(op).1), Op::ALL.map(Op::as_str));
    }

    fn student(given: &str, school: &str) -> Record {
        let mut person = Person::new("p1");
        person.name.given = Some(given.to_owned());
        person.affiliations = vec![Affiliation::new(Role::Student, Some(school.into()))];
        person.into_record()
    }

    fn update<'a>(id: &'a SourcedId, before: &'a Record, after: &'a Record) -> Shown<'a> {
        let changed = FieldSet::of([PersonField::Given, PersonField::Affiliations]);
        let (op, kind, from) = (Op::Update, EntityKind::Person, None);
        Shown { op, kind, id, from, before: Some(before), after: Some(after), changed }
    }

    #[test]
    fn personal_values_are_shown_only_where_asked_for() {
        let (id, before, after) = (SourcedId::from("p1"), student("Ada", "s1"), student("Eve", "s2"));
        let mut schools = Schools::default();
        schools.names.insert("s2".into(), "Oak School".to_owned());
        let mut diff = Diff::new(schools, false, false);
        diff.add(update(&id, &before, &after));
        assert_eq!(
            diff.text(),
            "person\n  Oak School (s2)\n    ~ update  p1\n        \
             affiliations: [s1 student] -> [s2 student]\n        given\n"
        );

        let mut diff = Diff::new(Schools::default(), false, true);
        diff.add(update(&id, &before, &after));
        let text = diff.text();
        assert!(text.contains("~ update  p1  Eve\n        given: \"Ada\" -> \"Eve\"\n"), "{text}");
    }

    #[test]
    fn an_end_and_a_rekey_say_which_record() {
        let (old, id, record) = (SourcedId::from("p0"), SourcedId::from("p1"), student("Ada", "s1"));
        let mut diff = Diff::new(Schools::default(), false, false);
        let change = Shown { changed: FieldSet::EMPTY, ..update(&id, &record, &record) };
        diff.add(Shown { op: Op::Rekey, from: Some(&old), ..change });
        diff.add(Shown { op: Op::End, after: None, ..change });
        assert_eq!(diff.text(), "person\n  school s1\n    > rekey   p0 -> p1\n    - end     p1\n");
    }

    #[test]
    fn of_a_first_run_creates_are_counted() {
        let (id, record) = (SourcedId::from("p1"), student("Ada", "s1"));
        let mut diff = Diff::new(Schools::default(), true, true);
        for _ in 0..2 {
            diff.add(Shown { op: Op::Create, before: None, ..update(&id, &record, &record) });
        }
        assert_eq!(diff.text(), "person\n  school s1\n    + create  2\n");
        assert!(diff.shows_counts_only());
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(one_line("p1  a\n- end b  "), "p1  a\u{fffd}- end b");
    }
}
