//! What a pull came to, for people to read.

use roster::{EntityKind, Severity};

use super::report::{KindReport, Report, advice};
use crate::{problems, table::Table};

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
        parts.push(report.groups.iter().map(|group| problems::text(group)).collect());
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
        problems::many(records, "record"),
        problems::many(of_severity(Severity::Error), "error"),
        problems::many(of_severity(Severity::Warning), "warning"),
    ];
    if report.requests > 0 {
        counts.push(problems::many(report.requests, "request"));
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
