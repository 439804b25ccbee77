//! The runs of all rosters, in memory.

use std::collections::BTreeMap;

use crate::{Memory, RosterInfo, Run, RunEnd, RunStart, Status, SyncReport, store::KEPT_RUNS};

/// By number, from 1.
#[derive(Default)]
pub(super) struct Runs(BTreeMap<u64, Recorded>);

struct Recorded {
    roster: String,
    start: RunStart,
    interrupted: bool,
    end: Option<RunEnd>,
}

impl Runs {
    /// Records a start, and marks the runs of the roster that have no end.
    pub(super) fn begin(&mut self, roster: &str, start: RunStart) -> u64 {
        for run in self.0.values_mut().filter(|run| run.roster == roster && run.end.is_none()) {
            run.interrupted = true;
        }
        let id = self.0.keys().next_back().map_or(1, |last| last + 1);
        self.0.insert(id, Recorded { roster: roster.to_owned(), start, interrupted: false, end: None });
        id
    }

    pub(super) fn finish(&mut self, id: u64, end: RunEnd) {
        let Some(run) = self.0.get_mut(&id) else { return };
        run.end = Some(end);
        let roster = run.roster.clone();
        let has_memory = |run: &Recorded| run.end.as_ref().is_some_and(|end| end.memory.is_some());
        let last =
            self.0.iter().rev().find(|(_, run)| run.roster == roster && has_memory(run)).map(|(id, _)| *id);
        let older = self.0.iter_mut().rev().filter(|(_, run)| run.roster == roster).skip(KEPT_RUNS);
        for (id, run) in older {
            let Some(end) = &mut run.end else { continue };
            end.named.clear();
            end.memory = end.memory.take().filter(|_| Some(*id) == last);
        }
    }

    /// What the last run of the roster left that counted.
    pub(super) fn memory(&self, roster: &str) -> Option<Memory> {
        self.counted(roster).and_then(|run| run.end.as_ref()?.memory.clone())
    }

    /// What is known of the roster from the last run that counted, or else from the last one.
    pub(super) fn info(&self, roster: &str, last_seq: u64) -> RosterInfo {
        let run = self.counted(roster).or_else(|| self.of(roster).next());
        let mut info = match run {
            Some(run) => RosterInfo::new(roster, &run.start.provider, &run.start.tenant),
            None => RosterInfo::new(roster, "", ""),
        };
        info.origin = run.and_then(|run| run.start.origin.clone());
        info.last_seq = last_seq;
        info
    }

    pub(super) fn list(
        &self,
        roster: Option<&str>,
        before: Option<u64>,
        limit: usize,
        is_held: impl Fn(&str) -> bool,
    ) -> Vec<Run> {
        self.0
            .range(..before.unwrap_or(u64::MAX))
            .rev()
            .filter(|(_, run)| roster.is_none_or(|roster| roster == run.roster))
            .take(limit)
            .map(|(id, run)| run.shown(*id, &is_held))
            .collect()
    }

    fn counted(&self, roster: &str) -> Option<&Recorded> {
        self.of(roster).find(|run| run.end.as_ref().is_some_and(|end| end.memory.is_some()))
    }

    fn of(&self, roster: &str) -> impl Iterator<Item = &Recorded> {
        self.0.values().rev().filter(move |run| run.roster == roster)
    }
}

impl Recorded {
    fn shown(&self, id: u64, is_held: impl Fn(&str) -> bool) -> Run {
        let (finished, report, named) = match &self.end {
            Some(end) => (Some(end.at), end.report.clone(), end.named.clone()),
            None => {
                let is_running = !self.interrupted && is_held(&self.roster);
                let status = if is_running { Status::Running } else { Status::Interrupted };
                (None, SyncReport::new(&self.roster, &self.start.tenant, status), Vec::new())
            }
        };
        let mut run = Run::new(id, self.start.at, finished, report);
        run.report.run = Some(id);
        run.named = named;
        run
    }
}
