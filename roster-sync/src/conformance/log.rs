//! The change log, and the bodies.

use roster_core::{EntityKind, FieldSet};

use super::{
    scribe::{ALL, ROSTER, Scribe, at, changed, json, school},
    verdict::{Verdict, holds, same, there},
};
use crate::{Op, RecordState, RunEnd, Status, Store, SyncReport, Write};

pub(super) async fn seqs_have_no_gap(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    for run in 0..3 {
        for number in 0..4 {
            scribe.create(&school(&format!("{run}-{number}"), "North"));
        }
        scribe.commit().await?;
    }
    let seqs: Vec<u64> = store.changes(ROSTER, 0, ALL).await?.iter().map(|change| change.seq).collect();
    same("seqs", &seqs, &(1..=12).collect())?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    same("the last seq", &session.past().await?.last_seq, &12)
}

pub(super) async fn changes_come_in_pages(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    for number in 0..17 {
        scribe.create(&school(&number.to_string(), "North"));
    }
    scribe.commit().await?;
    let all = store.changes(ROSTER, 0, ALL).await?;
    for size in [1, 2, 5, 16, 17, 18] {
        let mut paged = Vec::new();
        loop {
            let page = store.changes(ROSTER, paged.len() as u64, size).await?;
            holds("a page is no longer than asked for", page.len() <= size)?;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        same("changes in pages", &paged, &all)?;
    }
    same("changes after the last", &store.changes(ROSTER, u64::MAX, ALL).await?.len(), &0)
}

pub(super) async fn changes_say_what_happened(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let first = scribe.create(&school("a", "North"));
    let run = scribe.commit().await?;
    scribe.update(first, &school("a", "Hill"));
    scribe.rekey(first, "a", &school("a2", "Hill"));
    scribe.end(first)?;
    let next = scribe.commit().await?;
    scribe.restore(first, &school("a2", "Vale"));
    let last = scribe.commit().await?;
    holds("runs have numbers that grow", run < next && next < last)?;
    let wanted = [
        (Op::Create, run, "a", None, Some(school("a", "North"))),
        (Op::Update, next, "a", None, Some(school("a", "Hill"))),
        (Op::Rekey, next, "a2", Some("a"), Some(school("a2", "Hill"))),
        (Op::End, next, "a2", None, None),
        (Op::Restore, last, "a2", None, Some(school("a2", "Vale"))),
    ];
    let changes = store.changes(ROSTER, 0, ALL).await?;
    same("the number of changes", &changes.len(), &wanted.len())?;
    for (change, (op, run, id, from, record)) in changes.iter().zip(wanted) {
        same("an operation", &change.op, &op)?;
        same("the run of a change", &change.run, &run)?;
        same("the kind and uid of a change", &(change.kind, change.uid), &(EntityKind::Org, first))?;
        same("the id of a change", &change.id.as_str(), &id)?;
        same("the id before", &change.from.as_deref(), &from)?;
        same("the record of a change", &change.record, &record)?;
        same("the fields that changed", &change.changed, &changed(op))?;
    }
    holds(
        "a create changes no field",
        changes.first().is_some_and(|change| change.changed == FieldSet::EMPTY),
    )
}

pub(super) async fn version_out_of_order_is_refused(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    scribe.create(&school("a", "North"));
    scribe.commit().await?;
    for wrong in [0, 2] {
        let mut scribe = Scribe::new(store);
        scribe.last = wrong;
        scribe.create(&school("b", "South"));
        let (mut session, _) = scribe.begin().await?;
        holds("the version is refused", session.write(std::mem::take(&mut scribe.batch)).await.is_err())?;
        session.finish(RunEnd::new(at(1), SyncReport::new(ROSTER, "t", Status::Failed))).await?;
    }
    same("changes", &store.changes(ROSTER, 0, ALL).await?.len(), &1)
}

pub(super) async fn bodies_come_as_asked(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let [old, new, other] = [school("a", "North"), school("a", "Hill \u{1F393} \"x\""), school("b", "South")];
    let first = scribe.create(&old);
    let second = scribe.create(&other);
    let third = scribe.update(first, &new);
    let fourth = scribe.end(first)?;
    scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let bodies = session.bodies(vec![fourth, second, first, third, second]).await?;
    let wanted = [&new, &other, &old, &new, &other].map(|record| Some(json(record)));
    same("bodies", &bodies, &wanted.into())?;
    same("no bodies", &session.bodies(Vec::new()).await?.len(), &0)?;
    drop(session);
    let records = store.records(ROSTER, None, None, ALL).await?.items;
    let ended = there("the record that ended", records.first())?;
    same("how the ended record last looked", &ended.record, &Some(new))?;
    same("its state", &ended.state, &RecordState::Ended)
}

pub(super) async fn blanked_bodies_are_gone(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let first = scribe.create(&school("a", "North"));
    let other = scribe.create(&school("b", "South"));
    let second = scribe.update(first, &school("a", "Hill"));
    let third = scribe.update(first, &school("a", "Vale"));
    scribe.commit().await?;
    scribe.batch.push(Write::Blank { uid: first, seq: second });
    scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let gone = session.bodies(vec![first, second, other, third]).await?;
    let is_there: Vec<bool> = gone.iter().map(Option::is_some).collect();
    same("which bodies are there", &is_there, &vec![false, false, true, true])?;
    drop(session);
    scribe.end(first)?;
    scribe.batch.push(Write::Blank { uid: first, seq: u64::MAX });
    scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    same("the body of the end", &session.bodies(vec![scribe.last]).await?, &vec![None])?;
    drop(session);
    for change in store.changes(ROSTER, 0, ALL).await?.iter().filter(|change| change.uid == first) {
        same("the record of a blanked change", &change.record, &None)?;
        same("its id", &change.id.as_str(), &"a")?;
    }
    let found = store.find(ROSTER, "a").await?;
    let found = there("a blanked record", found.first())?;
    same("what is left of it", &found.record.record, &None)?;
    same("its history", &found.history.len(), &4)
}

pub(super) async fn many_writes_are_kept(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let (mut session, _) = scribe.begin().await?;
    for batch in 0..4 {
        for number in 0..2500 {
            scribe.create(&school(&format!("{batch}-{number}"), "North"));
        }
        scribe.write(&mut session).await?;
    }
    session.finish(super::scribe::good_end()).await?;
    same("the last seq", &session.past().await?.last_seq, &10_000)?;
    same("pairs", &session.pairs(0, ALL).await?.len(), &10_000)?;
    let changes = store.changes(ROSTER, 9_998, ALL).await?;
    let ids: Vec<_> = changes.iter().map(|change| change.id.as_str()).collect();
    same("the last ids", &ids, &vec!["3-2498", "3-2499"])
}
