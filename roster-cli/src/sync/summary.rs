//! What a sync came to, for people to read.

use roster::{
    EntityKind,
    sync::{Mode, Seats, Status, SyncReport},
};

use super::holds::{Names, holds};
use crate::{
    problems::{self, lines, many},
    table::Table,
};

/// The whole summary. It names ids, fields, files and lines, and nobody's data.
pub(super) fn text(report: &SyncReport, approval: &str) -> String {
    let run = report.run.map(|run| format!(", run {run}")).unwrap_or_default();
    let mut parts = vec![format!("{} from {}{run}\n", report.roster, report.tenant)];
    parts.extend(kinds(report));
    parts.extend(seats(report));
    if !report.holds.is_empty() {
        let mut text = holds(&report.holds, &Names::new());
        if report.status == Status::Held {
            text = format!(
                "Held:\n{text}Look at it with `roster plan`. To apply it all the same:\n  {approval}\n"
            );
        } else if report.status == Status::Failed {
            text = format!("Held, beside that it failed:\n{text}");
        } else {
            text = format!("Held without the approval:\n{text}");
        }
        parts.push(text);
    }
    parts.extend(rest(report));
    parts.push(format!("{}\n", how_it_ended(report)));
    parts.join("\n")
}

/// Problems by cause, and what else is to be said.
pub(crate) fn rest(report: &SyncReport) -> Vec<String> {
    let mut parts = Vec::new();
    if !report.report.is_empty() {
        parts.push(report.report.iter().map(problems::text).collect());
    }
    if !report.notes.is_empty() {
        parts
            .push(lines(report.notes.iter().map(|note| format!("note: {}", note.replace('\n', "\u{fffd}")))));
    }
    if report.proposals > 0 {
        let (count, verb) = (many(report.proposals, "record"), "may be the same under another id");
        parts.push(format!("{count} {verb}, without proof enough: `roster plan` lists them.\n"));
    }
    parts
}

/// The counts by kind; nothing if there are none.
pub(crate) fn kinds(report: &SyncReport) -> Option<String> {
    if report.kinds.is_empty() {
        return None;
    }
    let mut table = Table::new([
        "kind",
        "seen",
        "created",
        "updated",
        "unchanged",
        "restored",
        "rekeyed",
        "rejected",
        "quarantined",
        "ended",
        "protected",
        "complete",
    ]);
    for (kind, counts) in &report.kinds {
        let complete = match (counts.supported, counts.complete) {
            (false, _) => "not supported",
            (true, true) => "yes",
            (true, false) => "no",
        };
        let number = |count: u64| count.to_string();
        table.row([
            kind.to_string(),
            number(counts.seen),
            number(counts.created),
            number(counts.updated),
            number(counts.unchanged),
            number(counts.restored),
            number(counts.rekeyed),
            number(counts.rejected),
            number(counts.quarantined),
            number(counts.ended),
            number(counts.protected),
            complete.to_owned(),
        ]);
    }
    Some(table.to_string())
}

/// How many students need a seat; nothing if there are none and no number of seats was set.
pub(crate) fn seats(report: &SyncReport) -> Option<String> {
    let seats = report.seats.filter(|seats| *seats != Seats::default())?;
    let Seats { now, after, limit, .. } = seats;
    let licence = match limit {
        None => String::new(),
        Some(limit) if seats.over() > 0 => format!(", {} more than there are seats ({limit})", seats.over()),
        Some(limit) => format!(", of {limit} seats"),
    };
    Some(format!("Active students: {now} before, {after} after{licence}.\n"))
}

/// How it ended, on one line.
pub(crate) fn how_it_ended(report: &SyncReport) -> String {
    let pulled = match report.mode {
        Mode::Full => "everything was pulled",
        Mode::Changes => "what changed was pulled",
    };
    let status = match report.status {
        Status::Applied => {
            let changes = report.kinds.values().map(roster::sync::KindCounts::changes).sum();
            format!("Applied: {pulled}; {}", many(changes, "change"))
        }
        Status::Unchanged => format!("Unchanged: {pulled}; nothing had to be written"),
        Status::Held => "Held: nothing was written".to_owned(),
        Status::Failed => how_it_failed(report),
        Status::Busy => "Busy: another run has this roster; nothing was pulled".to_owned(),
        other => format!("Status: {}", other.as_str()),
    };
    let partial = report.kinds.iter().filter(|(_, counts)| counts.supported && !counts.complete);
    let partial: Vec<_> = partial.map(|(kind, _)| EntityKind::as_str(*kind)).collect();
    let not_whole = match report.status {
        Status::Failed | Status::Busy => String::new(),
        _ if partial.is_empty() => String::new(),
        _ => format!("; partial, so that nothing ended for being absent: {}", partial.join(", ")),
    };
    format!("{status}{not_whole}.")
}

/// Of a feed that broke off, what came before its last checkpoint counts.
fn how_it_failed(report: &SyncReport) -> String {
    let changes = report.kinds.values().map(roster::sync::KindCounts::changes).sum();
    if report.mode == Mode::Full || !report.holds.is_empty() || changes == 0 {
        return "Failed: nothing was written".to_owned();
    }
    format!("Failed: what was told before it broke off was applied; {}", many(changes, "change"))
}

#[cfg(test)]
mod tests {
    use roster::sync::{Guard, Hold, KindCounts};

    use super::*;

    fn report(status: Status) -> SyncReport {
        let mut report = SyncReport::new("lincoln", "district-7", status);
        report.run = Some(4);
        let mut counts = KindCounts::default();
        (counts.supported, counts.seen, counts.created, counts.unchanged) = (true, 5, 2, 3);
        report.kinds.insert(EntityKind::Org, counts);
        report
    }

    #[test]
    fn a_partial_kind_is_told() {
        let text = text(&report(Status::Applied), "");
        assert!(text.starts_with("lincoln from district-7, run 4\n\nkind  seen  created"), "{text}");
        let told = "Applied: everything was pulled; 2 changes; partial, so that nothing ended for being absent: org.\n";
        assert!(text.ends_with(told), "{text}");
    }

    #[test]
    fn seats_are_told_against_what_was_bought() {
        let mut report = report(Status::Applied);
        for (told, limit) in [
            ("Active students: 3 before, 5 after.\n", None),
            ("Active students: 3 before, 5 after, of 5 seats.\n", Some(5)),
            ("Active students: 3 before, 5 after, 1 more than there are seats (4).\n", Some(4)),
        ] {
            report.seats = Some(Seats::new(3, 5, limit));
            assert_eq!(seats(&report).unwrap(), told);
        }
        report.seats = Some(Seats::new(0, 0, None));
        assert!(seats(&report).is_none());
    }

    #[test]
    fn a_failure_says_what_was_applied() {
        let mut failed = report(Status::Failed);
        assert!(text(&failed, "").ends_with("Failed: nothing was written.\n"), "of a full pull");
        failed.mode = Mode::Changes;
        let told = "Failed: what was told before it broke off was applied; 2 changes.\n";
        assert!(text(&failed, "").ends_with(told), "{}", text(&failed, ""));
        failed.holds = vec![Hold::new(Guard::OtherVendor, None, None, 0, 0, 0)];
        let text = text(&failed, "");
        assert!(
            text.contains("Held, beside that it failed:\n") && text.ends_with("nothing was written.\n"),
            "{text}"
        );
    }

    #[test]
    fn a_hold_says_what_to_type() {
        let mut held = report(Status::Held);
        held.holds = vec![Hold::new(Guard::OtherVendor, None, None, 0, 0, 0)];
        let text = text(&held, "roster sync x --approve abc");
        assert!(text.contains("To apply it all the same:\n  roster sync x --approve abc\n"), "{text}");
        assert!(text.contains("other_vendor: the roster came from another vendor"), "{text}");
    }
}
