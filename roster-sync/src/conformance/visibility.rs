//! What is seen of a run, and when.

use super::{
    scribe::{ALL, ROSTER, Scribe, at, good_end, school},
    verdict::{Verdict, holds, same, there},
};
use crate::{Change, Counted, Pair, RunEnd, Status, Store, StoredRecord, SyncReport};

/// All that can be read of a roster, except its runs.
#[derive(Debug, PartialEq)]
struct Seen {
    records: Vec<StoredRecord>,
    changes: Vec<Change>,
    found: usize,
    pairs: Vec<Pair>,
    census: Vec<Counted>,
    quarantined: usize,
    last_seq: u64,
}

async fn outside(store: &dyn Store) -> Verdict<(Vec<StoredRecord>, Vec<Change>, usize)> {
    let records = store.records(ROSTER, None, None, ALL).await?.items;
    Ok((records, store.changes(ROSTER, 0, ALL).await?, store.find(ROSTER, "q").await?.len()))
}

async fn seen(store: &dyn Store) -> Verdict<Seen> {
    let (records, changes, found) = outside(store).await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    Ok(Seen {
        records,
        changes,
        found,
        pairs: session.pairs(0, ALL).await?,
        census: session.census().await?,
        quarantined: session.quarantined().await?.len(),
        last_seq: session.past().await?.last_seq,
    })
}

/// A roster with something of everything, and then something of everything put down to be written.
async fn prepared(store: &dyn Store) -> Verdict<Scribe<'_>> {
    let mut scribe = Scribe::new(store);
    let uid = scribe.create(&school("a", "North"));
    scribe.create(&school("b", "South"));
    scribe.census(roster_core::EntityKind::Org, "all", 2);
    scribe.commit().await?;
    scribe.update(uid, &school("a", "North Hill"));
    scribe.create(&school("c", "East"));
    scribe.quarantine(&school("q", "West"), None, true);
    scribe.census(roster_core::EntityKind::Org, "all", 3);
    Ok(scribe)
}

pub(super) async fn nothing_is_visible_before_the_end(store: &dyn Store) -> Verdict {
    let mut scribe = prepared(store).await?;
    let before = outside(store).await?;
    let (mut session, _) = scribe.begin().await?;
    scribe.write(&mut session).await?;
    same("what is seen from outside", &outside(store).await?, &before)?;
    let last = store.rosters().await?.first().map(|info| info.last_seq);
    same("the last seq seen from outside", &last, &Some(2))?;
    same("pairs that the session sees", &session.pairs(0, ALL).await?.len(), &3)?;
    same("counts that the session sees", &session.census().await?.first().map(|row| row.count), &Some(3))?;
    session.finish(good_end()).await?;
    let after = outside(store).await?;
    same("records after the end", &after.0.len(), &4)?;
    same("changes after the end", &after.1.len(), &4)?;
    same("what is found after the end", &after.2, &1)
}

pub(super) async fn drop_takes_all_back(store: &dyn Store) -> Verdict {
    let mut scribe = prepared(store).await?;
    let before = seen(store).await?;
    let (mut session, _) = scribe.begin().await?;
    scribe.write(&mut session).await?;
    drop(session);
    same("what is seen", &seen(store).await?, &before)
}

pub(super) async fn run_without_memory_writes_nothing(store: &dyn Store) -> Verdict {
    let mut scribe = prepared(store).await?;
    let before = seen(store).await?;
    let (mut session, run) = scribe.begin().await?;
    scribe.write(&mut session).await?;
    session.finish(RunEnd::new(at(1), SyncReport::new(ROSTER, "t", Status::Failed))).await?;
    same("pairs that the session sees", &session.pairs(0, ALL).await?, &before.pairs)?;
    drop(session);
    same("what is seen", &seen(store).await?, &before)?;
    let runs = store.runs(Some(ROSTER), None, 1).await?;
    holds("the run itself is kept", runs.first().is_some_and(|last| last.id == run))
}

pub(super) async fn unchanged_run_leaves_all_else(store: &dyn Store) -> Verdict {
    let mut scribe = prepared(store).await?;
    scribe.commit().await?;
    let before = seen(store).await?;
    let (mut session, _) = scribe.begin().await?;
    let mut end = good_end();
    end.report.status = Status::Unchanged;
    session.finish(end).await?;
    drop(session);
    same("what is seen", &seen(store).await?, &before)
}

pub(super) async fn rosters_are_apart(store: &dyn Store) -> Verdict {
    let mut scribe = prepared(store).await?;
    scribe.commit().await?;
    let before = seen(store).await?;
    let mut other = Scribe::of(store, "south");
    let uid = other.create(&school("a", "Other"));
    other.census(roster_core::EntityKind::Org, "all", 9);
    other.quarantine(&school("q", "Other"), None, true);
    other.commit().await?;
    other.end(uid)?;
    other.batch.push(crate::Write::Blank { uid, seq: 1 });
    other.batch.push(crate::Write::Unquarantine { key: crate::Key::of(roster_core::EntityKind::Org, "q") });
    other.commit().await?;
    same("what is seen of the first roster", &seen(store).await?, &before)?;
    same("changes of the second roster", &store.changes("south", 0, ALL).await?.len(), &2)?;
    same("changes of no roster", &store.changes("none", 0, ALL).await?.len(), &0)?;
    let names: Vec<_> = store.rosters().await?.into_iter().map(|info| (info.name, info.last_seq)).collect();
    same("rosters", &names, &vec![(ROSTER.to_owned(), 4), ("south".to_owned(), 2)])
}
