//! Runs, and what they leave.

use roster_core::{EntityKind, Problem, codes};

use super::{
    scribe::{ALL, ROSTER, Scribe, at, good_end, memory, start},
    verdict::{Verdict, holds, same, there},
};
use crate::{KindCounts, RunEnd, RunStart, Status, Store, SyncReport};

pub(super) async fn run_is_recorded_as_it_ended(store: &dyn Store) -> Verdict {
    let scribe = Scribe::new(store);
    let (mut session, run) = scribe.begin().await?;
    let mut end = good_end();
    let counts = KindCounts { supported: true, seen: 3, created: 3, complete: true, ..KindCounts::default() };
    end.report.run = Some(run);
    end.report.kinds.insert(EntityKind::Org, counts);
    end.report.notes.push("a note".to_owned());
    end.named.push(Problem::error(codes::BAD_DATE, "no date").of(EntityKind::Class).with_id("c\"1"));
    session.finish(end.clone()).await?;
    drop(session);
    let runs = store.runs(Some(ROSTER), None, ALL).await?;
    same("the number of runs", &runs.len(), &1)?;
    let found = there("the run", runs.first())?;
    same("its number", &found.id, &run)?;
    same("its times", &(found.started, found.finished), &(at(0), Some(at(60))))?;
    same("its report", &found.report, &end.report)?;
    same("its problems", &found.named, &end.named)
}

pub(super) async fn run_without_an_end_is_interrupted(store: &dyn Store) -> Verdict {
    let status = async || -> Verdict<Vec<Status>> {
        Ok(store.runs(Some(ROSTER), None, ALL).await?.iter().map(|run| run.report.status).collect())
    };
    let scribe = Scribe::new(store);
    let (session, _) = scribe.begin().await?;
    same("a run that is under way", &status().await?, &vec![Status::Running])?;
    let runs = store.runs(None, None, ALL).await?;
    let seen = runs.first().map(|run| (run.finished, run.report.roster.as_str(), run.report.tenant.as_str()));
    same("what is told of it", &seen, &Some((None, ROSTER, "north-district")))?;
    drop(session);
    same("a run that was left", &status().await?, &vec![Status::Interrupted])?;
    let (mut session, _) = scribe.begin().await?;
    same("a run after it", &status().await?, &vec![Status::Running, Status::Interrupted])?;
    session.finish(good_end()).await?;
    same("both, after its end", &status().await?, &vec![Status::Applied, Status::Interrupted])
}

pub(super) async fn runs_come_newest_first(store: &dyn Store) -> Verdict {
    let mut ids = Vec::new();
    for roster in [ROSTER, "south", ROSTER, ROSTER, "south"] {
        ids.push((Scribe::of(store, roster).commit().await?, roster));
    }
    ids.reverse();
    for (roster, wanted) in [(None, 5), (Some(ROSTER), 3), (Some("south"), 2), (Some("none"), 0)] {
        let expected: Vec<u64> = ids
            .iter()
            .filter(|(_, of)| roster.is_none_or(|roster| roster == *of))
            .map(|(id, _)| *id)
            .collect();
        for size in [1, 2, 5, 6] {
            let mut found = Vec::new();
            loop {
                let page = store.runs(roster, found.last().copied(), size).await?;
                holds("a page is no longer than asked for", page.len() <= size)?;
                if page.is_empty() || found.len() > wanted {
                    break;
                }
                found.extend(page.iter().map(|run| run.id));
            }
            same("runs", &found, &expected)?;
        }
    }
    Ok(())
}

pub(super) async fn memory_is_of_the_last_run_that_left_one(store: &dyn Store) -> Verdict {
    let scribe = Scribe::new(store);
    let ends = [
        (None, None),
        (Some("first"), Some("first")),
        (None, Some("first")),
        (Some("second"), Some("second")),
    ];
    for (left, wanted) in ends {
        let (mut session, _) = scribe.begin().await?;
        let mut end = RunEnd::new(at(1), SyncReport::new(ROSTER, "t", Status::Held));
        end.memory = left.map(memory);
        session.finish(end).await?;
        let past = session.past().await?;
        same("whose memory it is", &past.memory.as_ref().map(|memory| memory.tenant.as_str()), &wanted)?;
        let fresh = past.memory.as_ref().map(|memory| memory.fresh().clone());
        same("what it says", &fresh, &left.or(wanted).map(|tenant| memory(tenant).fresh))?;
    }
    let other = there("another roster", store.open("south").await?)?.past().await?;
    holds("another roster has no past", other.memory.is_none() && other.last_seq == 0)
}

pub(super) async fn many_runs_leave_what_is_needed(store: &dyn Store) -> Verdict {
    let scribe = Scribe::new(store);
    for run in 0..90 {
        let (mut session, _) = scribe.begin().await?;
        let mut end = good_end();
        end.memory = (run < 3).then(|| memory(&format!("t{run}")));
        end.report.notes.push(format!("note {run}"));
        end.named.push(Problem::error(codes::BAD_DATE, "no date").of(EntityKind::Class).with_id("c"));
        session.finish(end).await?;
    }
    let runs = store.runs(Some(ROSTER), None, ALL).await?;
    same("the number of runs", &runs.len(), &90)?;
    let notes: Vec<_> = runs.iter().flat_map(|run| &run.report.notes).cloned().collect();
    same("their notes", &notes, &(0..90).rev().map(|run| format!("note {run}")).collect())?;
    let newest = runs.iter().take(20);
    holds("the newest tell their problems", newest.clone().all(|run| run.named.len() == 1))?;
    let past = there("a free roster", store.open(ROSTER).await?)?.past().await?;
    same("whose memory it is", &past.memory.map(|memory| memory.tenant).as_deref(), &Some("t2"))
}

pub(super) async fn rosters_tell_their_last_good_run(store: &dyn Store) -> Verdict {
    same("rosters of an empty store", &store.rosters().await?.len(), &0)?;
    drop(there("a roster", store.open("never run").await?)?);
    same("rosters that never had a run", &store.rosters().await?.len(), &0)?;
    Scribe::new(store).commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    session.begin(RunStart::new("clever", "other", None, at(5))).await?;
    session.finish(RunEnd::new(at(6), SyncReport::new(ROSTER, "other", Status::Failed))).await?;
    let rosters = store.rosters().await?;
    let info = there("the roster", rosters.first())?;
    same("its name", &info.name.as_str(), &ROSTER)?;
    let wanted = (start().provider, start().tenant, start().origin);
    same("where it comes from", &(info.provider.clone(), info.tenant.clone(), info.origin.clone()), &wanted)
}
