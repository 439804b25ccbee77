//! The model's habits: how records are made, and how their fields and rows are told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use roster_core::{
    EntityKind, FieldSet, Notice, Observer, PullEvent, PullRequest, Record, RosterSource, RowCounts,
    SensitiveField,
};
use serde_json::Value;

use super::{
    case::Case,
    form::Form,
    verdict::{Outcome, Verdict, breach, skip},
};
use crate::Harness;

pub(super) async fn records_are_normalized<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        for record in usual.pulled.records() {
            let mut normalized = record.clone();
            normalized.normalize();
            if normalized != *record {
                breach!("{} {:?} is not normalized", record.kind(), record.id());
            }
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn ids_are_never_empty<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        if let Some(record) = usual.pulled.records().find(|record| record.id().trim().is_empty()) {
            breach!("a record of {} has an empty id", record.kind());
        }
    }
    Ok(Outcome::Passed)
}

pub(super) async fn missing_text_is_none<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    for usual in case.usual_pulls().await? {
        for record in usual.pulled.records() {
            if let Some(field) = empty_text(&body(record)) {
                breach!("{} {:?} has an empty text in `{field}`", record.kind(), record.id());
            }
        }
    }
    Ok(Outcome::Passed)
}

fn body(record: &Record) -> BTreeMap<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

/// A field with an empty text in it. The title or name that each record must have may be empty, and so may what is the
/// vendor's own.
fn empty_text(body: &BTreeMap<String, Value>) -> Option<&str> {
    let of_the_model = |field: &str| !matches!(field, "extra" | "title");
    body.iter()
        .filter(|(field, value)| of_the_model(field) && (*field != "name" || !value.is_string()))
        .find(|(_, value)| holds_empty_text(value))
        .map(|(field, _)| field.as_str())
}

fn holds_empty_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.iter().any(holds_empty_text),
        Value::Object(fields) => fields.values().any(holds_empty_text),
        _ => false,
    }
}

pub(super) async fn fields_are_told_truly<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let capabilities = case.source.capabilities();
    let everything = PullRequest::full().with_sensitive(SensitiveField::ALL).with_extra();
    let pulled = case.whole(everything).await?;
    let mut begun = BTreeMap::new();
    for event in &pulled.events {
        match event {
            PullEvent::Begin { kind, fields, .. } => {
                begun.insert(*kind, *fields);
                let able =
                    capabilities.kinds.get(kind).map_or(FieldSet::EMPTY, |capability| capability.fields);
                if let Some(field) = fields.minus(able).names(*kind).next() {
                    breach!("`Begin` of {kind} has the field `{field}`, and the capabilities do not");
                }
            }
            PullEvent::Upsert { record, unseen, .. } => {
                let kind = record.kind();
                let seen = begun.get(&kind).copied().unwrap_or_default().minus(*unseen);
                if let Some(field) = filled(record).find(|field| !has(seen, kind, field)) {
                    breach!(
                        "{kind} {:?} fills `{field}`, which this pull does not see by its own word",
                        record.id()
                    );
                }
            }
            _ => {}
        }
    }
    Ok(Outcome::Passed)
}

fn has(fields: FieldSet, kind: EntityKind, name: &str) -> bool {
    fields.names(kind).any(|field| field == name)
}

/// The names of the fields that have a value which says something, as [`FieldSet`] names them.
fn filled(record: &Record) -> impl Iterator<Item = String> {
    let kind = record.kind();
    let known = FieldSet::all(kind);
    let mut names = Vec::new();
    for (field, value) in body(record) {
        match (field.as_str(), value) {
            ("name" | "sensitive", Value::Object(parts)) => {
                names.extend(parts.into_iter().map(|(part, _)| part));
            }
            // These stand in every body, said or not.
            ("account", Value::String(word)) if word == "unknown" => {}
            ("class_type" | "state" | "org_type" | "session_type" | "title" | "name", _) => {}
            _ => names.push(field),
        }
    }
    // `id`, `derived` and the tag are no fields that could be unseen.
    names.into_iter().filter(move |name| has(known, kind, name))
}

/// Keeps the counts of files.
#[derive(Debug, Default)]
struct Counter(Mutex<Vec<(String, RowCounts)>>);

impl Observer for Counter {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::File { file, rows } = notice {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            files.push(((*file).to_owned(), *rows));
        }
    }
}

pub(super) async fn row_counts_add_up<H: Harness>(harness: &H, form: Form) -> Verdict {
    let case = Case::open(harness, form).await;
    let mut any = false;
    for broken in [false, true] {
        if broken && harness.break_record().await.is_none() {
            break;
        }
        let counter = Arc::new(Counter::default());
        let pulled = case.pull_in(PullRequest::full(), case.heard_by(counter.clone())).await;
        let _ = pulled.whole("a full pull")?;
        let files = counter.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (index, (file, rows)) in files.iter().enumerate() {
            any = true;
            if !rows.add_up() {
                breach!("the counts of `{file}` do not add up: {rows:?}");
            }
            if files.iter().skip(index + 1).any(|(other, _)| other == file) {
                breach!("the counts of `{file}` came twice");
            }
        }
    }
    if !any {
        skip!("the observer heard of no file");
    }
    Ok(Outcome::Passed)
}
