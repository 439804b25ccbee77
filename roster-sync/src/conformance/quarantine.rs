//! What hangs on what is not there.

use roster_core::{EntityKind, SourcedId};

use super::{
    scribe::{ALL, ROSTER, Scribe, json, school},
    verdict::{Verdict, same, there},
};
use crate::{Digest, Key, Quarantined, RecordState, Store, Write};

fn key(id: &str) -> Key {
    Key::of(EntityKind::Org, id)
}

pub(super) async fn goes_in_and_out(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let record = school("q", "West");
    scribe.quarantine(&record, None, true);
    let run = scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let digest = Digest::of(json(&record).as_bytes());
    let missing = (EntityKind::Org, SourcedId::from("gone"));
    let wanted = Quarantined::new(key("q"), EntityKind::Org, digest, None, missing.clone());
    same("what is quarantined", &session.quarantined().await?, &vec![wanted])?;
    let bodies = session.quarantined_bodies(vec![key("none"), key("q")]).await?;
    same("its body", &bodies, &vec![None, Some(json(&record))])?;
    drop(session);
    let found = store.find(ROSTER, "q").await?;
    let found = there("it, by its id,", found.first())?;
    same("what it lacks", &found.missing, &Some(missing))?;
    same("who quarantined it", &found.quarantined_by, &Some(run))?;
    same("its uid and state", &(found.record.uid, found.record.state), &(None, RecordState::Quarantined))?;
    same("how it looks", &found.record.record, &Some(record.clone()))?;

    scribe.batch.push(Write::Unquarantine { key: key("q") });
    scribe.create(&record);
    scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    same("what is quarantined", &session.quarantined().await?.len(), &0)?;
    drop(session);
    let found = store.find(ROSTER, "q").await?;
    same("how many are found", &found.len(), &1)?;
    let state = found.first().map(|found| (found.record.state, found.missing.is_some()));
    same("its state", &state, &Some((RecordState::Active, false)))
}

pub(super) async fn keeps_its_body_and_its_run(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    scribe.quarantine(&school("q", "West"), None, true);
    let run = scribe.commit().await?;
    scribe.quarantine(&school("q", "Other"), None, false);
    scribe.commit().await?;
    let looks = |name| Some((Some(run), Some(school("q", name))));
    let found = store.find(ROSTER, "q").await?;
    let seen = found.first().map(|found| (found.quarantined_by, found.record.record.clone()));
    same("what stayed as it was", &seen, &looks("West"))?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let digest = session.quarantined().await?.first().map(|row| row.digest);
    same("its digest", &digest, &Some(Digest::of(json(&school("q", "Other")).as_bytes())))?;
    drop(session);
    scribe.quarantine(&school("q", "Hill"), None, true);
    scribe.commit().await?;
    let found = store.find(ROSTER, "q").await?;
    let seen = found.first().map(|found| (found.quarantined_by, found.record.record.clone()));
    same("what says something else", &seen, &looks("Hill"))
}

pub(super) async fn known_record_comes_once(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let uid = scribe.create(&school("a", "North"));
    scribe.commit().await?;
    scribe.end_as(uid, RecordState::Quarantined)?;
    scribe.quarantine(&school("a", "North, adrift"), Some(uid), true);
    scribe.commit().await?;
    let records = store.records(ROSTER, None, None, ALL).await?.items;
    same("the number of records", &records.len(), &1)?;
    let record = there("the record", records.first())?;
    same("its uid and state", &(record.uid, record.state), &(Some(uid), RecordState::Quarantined))?;
    same("how it looks", &record.record, &Some(school("a", "North, adrift")))?;
    let found = store.find(ROSTER, "a").await?;
    same("how many are found", &found.len(), &1)?;
    let seen = found.first().map(|found| (found.missing.is_some(), found.history.len()));
    same("what it lacks, and its history", &seen, &Some((true, 2)))?;

    scribe.batch.push(Write::Unquarantine { key: key("a") });
    scribe.batch.push(Write::State { uid, state: RecordState::Ended });
    scribe.commit().await?;
    let records = store.records(ROSTER, None, None, ALL).await?.items;
    let seen = records.first().map(|record| (record.state, record.record.clone()));
    same(
        "what it is when it is no longer delivered",
        &seen,
        &Some((RecordState::Ended, Some(school("a", "North")))),
    )
}
