//! `roster runs`: what the runs said, oldest first, as a log reads.

use roster::{
    jiff::Timestamp,
    sync::{Run, Status, Store, SyncReport},
};
use serde::Serialize;

use crate::{
    args::RunsArgs,
    outcome::{Failure, Outcome},
    output::{Lines, Output},
    problems::many,
    source, store,
};

/// A run may hold thousands of problems, so that few are in memory at a time.
const PAGE: usize = 20;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    report: &'a SyncReport,
    started: Timestamp,
    finished: Option<Timestamp>,
}

pub(crate) fn run(args: &RunsArgs, output: Output) -> Result<Outcome, Failure> {
    source::block_on(async {
        let store = store::to_read(&args.store).await?;
        let roster = args.roster.as_deref();
        if let Some(roster) = roster {
            store::require_roster(&*store, &args.store, roster).await?;
        }
        let mut lines = Lines::start(output);
        for before in pages(&*store, roster).await?.into_iter().rev() {
            let runs = store.runs(roster, before, PAGE).await?;
            runs.iter().rev().try_for_each(|run| lines.line(&line(run), || text(run)))?;
        }
        lines.end()
    })?;
    Ok(Outcome::Done)
}

/// Where each page begins. The store lists the newest first, so the last page is read first.
async fn pages(store: &dyn Store, roster: Option<&str>) -> Result<Vec<Option<u64>>, Failure> {
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let runs = store.runs(roster, before, PAGE).await?;
        let Some(last) = runs.last() else { return Ok(pages) };
        pages.push(before);
        before = Some(last.id);
    }
}

fn line(run: &Run) -> Line<'_> {
    Line { report: &run.report, started: run.started, finished: run.finished }
}

fn text(run: &Run) -> String {
    let report = &run.report;
    let (created, updated, ended) =
        report.kinds.values().fold((0, 0, 0), |(created, updated, ended), counts| {
            (created + counts.created, updated + counts.updated, ended + counts.ended)
        });
    let mut words = vec![
        format!("{created} created"),
        format!("{updated} updated"),
        format!("{ended} ended"),
        many(report.problems, "problem"),
    ];
    let is_approved = matches!(report.status, Status::Applied | Status::Unchanged);
    let held = if is_approved { "approved, though held by" } else { "held by" };
    words.extend(report.holds.first().map(|hold| format!("{held} {}", hold.guard.as_str())));
    words.extend(report.error.as_ref().map(|error| error.message.clone()));
    let line = format!(
        "{:>5}  {:.0}  {}  {:<7}  {:<11}  {}",
        run.id,
        run.started,
        report.roster,
        report.mode.as_str(),
        report.status.as_str(),
        words.join(", ")
    );
    line.replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use roster::sync::{Guard, Hold};

    use super::*;

    #[test]
    fn a_line_for_programs_and_one_for_people() {
        let mut report = SyncReport::new("lincoln", "district-7", Status::Interrupted);
        report.run = Some(3);
        let run = Run::new(3, "2026-09-01T06:00:00Z".parse().unwrap(), None, report);
        let json = serde_json::to_value(line(&run)).unwrap();
        assert_eq!((&json["run"], &json["status"]), (&3.into(), &"interrupted".into()));
        assert_eq!((&json["started"], &json["finished"]), (&"2026-09-01T06:00:00Z".into(), &().into()));
        assert_eq!(
            text(&run),
            "    3  2026-09-01T06:00:00Z  lincoln  full     interrupted  0 created, 0 updated, 0 ended, 0 problems"
        );
    }

    #[test]
    fn an_approved_run_is_not_told_as_held() {
        let words = |status| {
            let mut report = SyncReport::new("lincoln", "district-7", status);
            report.holds = vec![Hold::new(Guard::Ends, None, None, 9, 9, 5)];
            text(&Run::new(3, "2026-09-01T06:00:00Z".parse().unwrap(), None, report))
        };
        assert!(words(Status::Held).ends_with("0 problems, held by ends"));
        assert!(words(Status::Applied).ends_with("0 problems, approved, though held by ends"));
    }
}
