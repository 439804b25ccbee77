//! What a pull came to, for people to read.

use roster::{EntityKind, Problem, ProblemGroup, codes};

use super::report::{KindReport, Report, advice};
use crate::table::Table;

/// How many places of a group are shown.
const PLACES: usize = 5;

/// The whole summary. It names ids, fields, files and lines, and nobody's data.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut parts = vec![
        format!("{} ({})\n", report.tenant, report.provider),
        kinds(report),
    ];
    if !report.files.is_empty() {
        parts.push(files(report));
    }
    if report.requests > 0 {
        parts.push(format!("{} requests\n", report.requests));
    }
    if !report.groups.is_empty() {
        parts.push(report.groups.iter().map(|group| problems(group)).collect());
    }
    parts.push(format!("{}\n", last_line(report)));
    parts.join("\n")
}

/// How it ended, on one line.
pub(super) fn last_line(report: &Report<'_>) -> String {
    let records: u64 = report.kinds.values().map(|kind| kind.counts.records).sum();
    let seconds = report.seconds;
    let counts = format!("{records} records, {} problems, {seconds:.2} s", report.problems);
    if report.failure.is_some() {
        let hint = report.failure.as_ref().and_then(advice);
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        return format!("Failed: {counts}{hint}.");
    }
    let incomplete: Vec<_> = report.incomplete().map(EntityKind::as_str).collect();
    if incomplete.is_empty() {
        format!("Done: {counts}; every kind is complete.")
    } else {
        format!(
            "Done, but not whole: {counts}; partial: {}.",
            incomplete.join(", ")
        )
    }
}

fn kinds(report: &Report<'_>) -> String {
    let mut table = Table::new(["kind", "records", "deletes", "problems", "complete"]);
    for (kind, KindReport { supported, counts }) in &report.kinds {
        let complete = match (supported, counts.complete) {
            (false, _) => "not supported",
            (true, true) => "yes",
            (true, false) => "no",
        };
        table.row([
            kind.to_string(),
            counts.records.to_string(),
            counts.deletes.to_string(),
            counts.problems.to_string(),
            complete.to_owned(),
        ]);
    }
    table.to_string()
}

fn files(report: &Report<'_>) -> String {
    let mut table = Table::new(["file", "rows", "used", "rejected", "skipped", "duplicate"]);
    for (file, rows) in &report.files {
        table.row([
            file.clone(),
            rows.rows.to_string(),
            rows.used.to_string(),
            rows.rejected.to_string(),
            rows.skipped.to_string(),
            rows.duplicate.to_string(),
        ]);
    }
    table.to_string()
}

fn problems(group: &ProblemGroup) -> String {
    let of = group.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    let mut lines = vec![format!("{} {}{of}: {}", group.severity, group.code, group.count)];
    lines.extend(group.first.first().map(|problem| problem.message.clone()));
    let places: Vec<_> = group.first.iter().filter_map(place).take(PLACES).collect();
    if !places.is_empty() {
        let more = match group.count.saturating_sub(places.len() as u64) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        lines.push(format!("at {}{more}", places.join(", ")));
    }
    let info = codes::ALL.iter().find(|info| info.code == group.code);
    lines.extend(info.map(|info| format!("What to do: {}", info.remedy)));
    format!("{}\n", lines.join("\n    "))
}

/// Where it is, as far as it says so.
fn place(problem: &Problem) -> Option<String> {
    match (&problem.place, &problem.id) {
        (Some(place), Some(id)) => Some(format!("{place} ({id})")),
        (Some(place), None) => Some(place.to_string()),
        (None, Some(id)) => Some(id.to_string()),
        (None, None) => None,
    }
}
