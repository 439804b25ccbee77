//! A plan, for people to read.

use roster::sync::{KindCounts, Proposal, Status, SyncReport};

use super::diff::Diff;
use crate::{
    problems::many,
    sync::{holds, kinds, rest, seats},
};

/// The whole plan: what would change, what would hold it, what may be the same.
pub(super) fn text(report: &SyncReport, diff: &Diff, proposals: &[Proposal], approval: &str) -> String {
    let mut parts = vec![format!("{} from {}: a plan; nothing is written\n", report.roster, report.tenant)];
    let changes = diff.text();
    if !changes.is_empty() {
        parts.push(changes);
    }
    if diff.shows_counts_only() {
        parts.push(
            "This is the roster's first run, so that what is new is counted and not listed.\n".to_owned(),
        );
    }
    parts.extend(kinds(report));
    parts.extend(seats(report));
    if !report.holds.is_empty() {
        let held = holds(&report.holds, &diff.schools.names);
        let heading = if report.status == Status::Held { "Guards would hold it" } else { "Approved" };
        parts.push(format!("{heading}:\n{held}"));
    }
    if report.status == Status::Held {
        parts.push(format!("To apply it all the same:\n  {approval}\n"));
    }
    if !proposals.is_empty() {
        parts.push(proposed(proposals));
    }
    // The proposals stand above, so that nobody need be told where they are.
    let mut others = report.clone();
    others.proposals = 0;
    parts.extend(rest(&others));
    parts.push(format!("{}\n", last_line(report)));
    parts.join("\n")
}

fn proposed(proposals: &[Proposal]) -> String {
    let mut text = "May be the same under another id; nothing is done about it:\n".to_owned();
    for Proposal { kind, from, to, reason, .. } in proposals {
        text.push_str(&format!("  {kind}  {from} -> {to}  {reason}\n"));
    }
    text
}

fn last_line(report: &SyncReport) -> String {
    let changes = many(report.kinds.values().map(KindCounts::changes).sum(), "change");
    let end = match report.status {
        Status::Applied => format!("A sync would apply {changes}"),
        Status::Unchanged => "A sync would write nothing".to_owned(),
        Status::Held => format!("A sync would be held: {changes}"),
        Status::Busy => "Busy: a run has this roster, so that there is no plan".to_owned(),
        _ => "Failed: there is no plan".to_owned(),
    };
    let partial: Vec<_> = report
        .kinds
        .iter()
        .filter(|(_, counts)| counts.supported && !counts.complete)
        .map(|(kind, _)| kind.as_str())
        .collect();
    if partial.is_empty() || report.status == Status::Failed {
        return format!("{end}.");
    }
    format!("{end}; partial: {}.", partial.join(", "))
}

#[cfg(test)]
mod tests {
    use roster::sync::{Guard, Hold};

    use super::*;
    use crate::plan::schools::Schools;

    #[test]
    fn a_plan_that_would_be_held_says_what_to_type() {
        let mut report = SyncReport::new("lincoln", "district-7", Status::Held);
        report.holds = vec![Hold::new(Guard::NoStudents, None, Some("s1".into()), 3, 3, 0)];
        let mut schools = Schools::default();
        schools.names.insert("s1".into(), "Elm School".to_owned());
        let diff = Diff::new(schools, false, false);
        assert_eq!(
            text(&report, &diff, &[], "roster sync lincoln --approve abc"),
            "lincoln from district-7: a plan; nothing is written\n\n\
             Guards would hold it:\n  no_students: every student of Elm School (s1) would be gone (3)\n\n\
             To apply it all the same:\n  roster sync lincoln --approve abc\n\n\
             A sync would be held: 0 changes.\n"
        );
    }
}
