//! `roster why`: one record's story.

use std::collections::BTreeMap;

use roster::{
    EntityKind, Problem, SourcedId,
    jiff::Timestamp,
    sync::{Found, Op, RecordState, Run, Status, Store},
};
use serde::Serialize;

use super::{Names, story};
use crate::{
    args::WhyArgs,
    outcome::{Failure, Outcome},
    output::Output,
    source, store,
};

/// In how many of the last runs problems are looked for.
const RUNS: usize = 20;

/// The answer of `why --json`.
#[derive(Serialize)]
pub(super) struct Story {
    pub(super) roster: String,
    pub(super) id: String,
    /// Whether anything under this id ever stood in the roster, or waits to.
    pub(super) delivered: bool,
    pub(super) records: Vec<RecordStory>,
    /// Problems of the last runs that name the id, newest run first.
    pub(super) problems: Vec<Named>,
    pub(super) last_run: Option<LastRun>,
}

/// What is known of one record of this id.
#[derive(Serialize)]
pub(super) struct RecordStory {
    pub(super) kind: EntityKind,
    pub(super) uid: Option<u64>,
    pub(super) id: SourcedId,
    pub(super) state: RecordState,
    pub(super) since: Option<Timestamp>,
    pub(super) missing: Option<Missing>,
    pub(super) quarantined_by: Option<u64>,
    pub(super) history: Vec<Step>,
}

#[derive(Serialize)]
pub(super) struct Missing {
    pub(super) kind: EntityKind,
    pub(super) id: SourcedId,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) seq: u64,
    pub(super) run: u64,
    pub(super) at: Option<Timestamp>,
    pub(super) op: Op,
    pub(super) from: Option<SourcedId>,
    #[serde(rename = "changed")]
    pub(super) fields: Names,
}

#[derive(Serialize)]
pub(super) struct Named {
    pub(super) run: u64,
    pub(super) started: Timestamp,
    pub(super) problem: Problem,
}

#[derive(Serialize)]
pub(super) struct LastRun {
    pub(super) run: u64,
    pub(super) started: Timestamp,
    pub(super) status: Status,
}

pub(crate) fn run(args: &WhyArgs, output: Output) -> Result<Outcome, Failure> {
    let story = source::block_on(async {
        let store = store::to_read(&args.store).await?;
        store::require_roster(&*store, &args.store, &args.roster).await?;
        tell(&*store, &args.roster, &args.id).await
    })?;
    output.answer(&story, || story::text(&story))?;
    Ok(Outcome::Done)
}

async fn tell(store: &dyn Store, roster: &str, id: &str) -> Result<Story, Failure> {
    let found = store.find(roster, id).await?;
    let runs = store.runs(Some(roster), None, RUNS).await?;
    let mut times: BTreeMap<u64, Timestamp> = runs.iter().map(|run| (run.id, when(run))).collect();
    for number in found.iter().flat_map(runs_of) {
        if !times.contains_key(&number)
            && let Some(run) = store.runs(Some(roster), number.checked_add(1), 1).await?.first()
        {
            times.insert(run.id, when(run));
        }
    }
    let last_run =
        runs.first().map(|run| LastRun { run: run.id, started: run.started, status: run.report.status });
    Ok(Story {
        roster: roster.to_owned(),
        id: id.to_owned(),
        delivered: !found.is_empty(),
        records: found.into_iter().map(|found| record_story(found, &times)).collect(),
        problems: runs.iter().flat_map(|run| named(run, id)).collect(),
        last_run,
    })
}

/// What a run wrote came to be seen when it ended.
fn when(run: &Run) -> Timestamp {
    run.finished.unwrap_or(run.started)
}

fn runs_of(found: &Found) -> impl Iterator<Item = u64> {
    found.history.iter().map(|change| change.run).chain(found.quarantined_by)
}

fn named(run: &Run, id: &str) -> impl Iterator<Item = Named> {
    let of_it =
        run.named.iter().filter(move |problem| problem.id.as_ref().is_some_and(|named| named.as_str() == id));
    of_it.map(|problem| Named { run: run.id, started: run.started, problem: problem.clone() })
}

fn record_story(found: Found, times: &BTreeMap<u64, Timestamp>) -> RecordStory {
    let record = found.record;
    let turned =
        found.history.iter().rev().find(|change| turns(change.op, record.state)).map(|change| change.run);
    let since = if record.state == RecordState::Quarantined { found.quarantined_by } else { turned };
    let step = |change: roster::sync::Change| Step {
        seq: change.seq,
        run: change.run,
        at: times.get(&change.run).copied(),
        op: change.op,
        from: change.from,
        fields: Names(change.kind, change.changed),
    };
    RecordStory {
        kind: record.kind,
        uid: record.uid,
        id: record.id,
        state: record.state,
        since: since.and_then(|run| times.get(&run).copied()),
        missing: found.missing.map(|(kind, id)| Missing { kind, id }),
        quarantined_by: found.quarantined_by,
        history: found.history.into_iter().map(step).collect(),
    }
}

/// Whether the change brought the record into that state.
fn turns(op: Op, state: RecordState) -> bool {
    match state {
        RecordState::Active => matches!(op, Op::Create | Op::Restore),
        RecordState::Ended => op == Op::End,
        _ => false,
    }
}
