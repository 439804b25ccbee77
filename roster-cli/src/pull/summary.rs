//! What a pull came to, for people to read.

use roster::{EntityKind, Place, Problem, ProblemGroup, Severity, codes};

use super::report::{KindReport, Report, advice};
use crate::table::Table;

/// How many places of a group are shown.
const PLACES: usize = 5;

/// The whole summary. It names ids, fields, files and lines, and nobody's data.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut parts = vec![format!("{} ({})\n", report.tenant, report.provider)];
    if report.is_begun() {
        parts.push(kinds(report));
    }
    if !report.files.is_empty() {
        parts.push(files(report));
    }
    if !report.groups.is_empty() {
        parts.push(report.groups.iter().map(|group| problems(group)).collect());
    }
    parts.push(format!("{}\n", last_line(report)));
    parts.join("\n")
}

/// How it ended, on one line.
pub(super) fn last_line(report: &Report<'_>) -> String {
    let records = report.kinds.values().map(|kind| kind.counts.records).sum();
    let of_severity = |severity| {
        let groups = report.groups.iter().filter(|group| group.severity == severity);
        groups.map(|group| group.count).sum()
    };
    let mut counts = vec![
        many(records, "record"),
        many(of_severity(Severity::Error), "error"),
        many(of_severity(Severity::Warning), "warning"),
    ];
    if report.requests > 0 {
        counts.push(many(report.requests, "request"));
    }
    let counts = counts.join(", ");
    let seconds = report.seconds;
    if let Some(failure) = &report.failure {
        let advice = advice(failure).map(|advice| format!("; {advice}")).unwrap_or_default();
        return format!("Failed after {seconds:.2} s: {counts}{advice}.");
    }
    if report.unchanged {
        return format!(
            "Done in {seconds:.2} s: unchanged since the cursor, so that nothing was pulled again."
        );
    }
    let incomplete: Vec<_> = report.incomplete().map(EntityKind::as_str).collect();
    if incomplete.is_empty() {
        format!("Done in {seconds:.2} s: {counts}; every kind is complete.")
    } else {
        format!("Done in {seconds:.2} s, but not whole: {counts}; partial: {}.", incomplete.join(", "))
    }
}

fn many(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
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
    let info = codes::ALL.iter().find(|info| info.code == group.code);
    lines.extend(what_is_wrong(group, info.map(|info| info.meaning)));
    let places: Vec<_> = group.first.iter().filter_map(place).take(PLACES).collect();
    let rest = group.count.saturating_sub(places.len() as u64);
    let are_there = !places.is_empty();
    lines.extend(places.into_iter().map(|place| format!("  {place}")));
    lines.extend((are_there && rest > 0).then(|| format!("  and {rest} more")));
    lines.extend(info.map(|info| format!("What to do: {}", info.remedy)));
    format!("{}\n", lines.join("\n    "))
}

/// The problems' own words if they all use the same, else what their code means.
fn what_is_wrong(group: &ProblemGroup, meaning: Option<&str>) -> Option<String> {
    let mut messages = group.first.iter().map(|problem| problem.message.as_str());
    let first = messages.next()?;
    let same = messages.all(|message| message == first);
    Some(meaning.filter(|_| !same).unwrap_or(first).to_owned())
}

/// Where it is, as far as it says so.
fn place(problem: &Problem) -> Option<String> {
    let place = problem.place.as_ref().map(|place| match place {
        // The file as a whole.
        Place::File { file, line: 0, .. } => file.to_string(),
        place => place.to_string(),
    });
    let id = problem.id.as_ref().map(ToString::to_string);
    let parts: Vec<_> =
        [place, problem.field.as_ref().map(ToString::to_string), id].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  "))
}
