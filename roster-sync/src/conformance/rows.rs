//! Records, and the narrow rows.

use roster_core::{Enrollment, Entity as _, EntityKind, Person, Role};

use super::{
    scribe::{ALL, ROSTER, Scribe, links, school},
    verdict::{Verdict, holds, same, there},
};
use crate::{Counted, Digest, Pair, RecordState, Store, Write};

pub(super) async fn records_come_once_each(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    for number in 0..7 {
        scribe.create(&school(&number.to_string(), "North"));
    }
    scribe.end(3)?;
    for number in 0..4 {
        scribe.quarantine(&school(&format!("q{number}"), "West"), None, true);
    }
    scribe.commit().await?;
    let all = store.records(ROSTER, None, None, ALL).await?;
    same("whether there is more", &all.next, &None)?;
    same("the number of records", &all.items.len(), &11)?;
    let uids: Vec<_> = all.items.iter().take(8).map(|record| record.uid).collect();
    same("the order", &uids, &(1..=7).map(Some).chain([None]).collect())?;
    for size in [1, 2, 3, 6, 7, 8, 10, 11, 12] {
        let mut paged = Vec::new();
        let mut next = None;
        for _ in 0..=all.items.len() {
            let page = store.records(ROSTER, None, next, size).await?;
            holds("a page is no longer than asked for", page.items.len() <= size)?;
            paged.extend(page.items);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        same("records in pages", &paged, &all.items)?;
        same("what comes after the last page", &next, &None)?;
    }
    holds(
        "a place that no page named is refused",
        store.records(ROSTER, None, Some("?".into()), 1).await.is_err(),
    )
}

pub(super) async fn records_can_be_of_one_kind(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    for number in 0..6 {
        scribe.create(&school(&number.to_string(), "North"));
        scribe.create(&Person::new(number.to_string()).into_record());
    }
    scribe.quarantine(&school("q", "West"), None, true);
    scribe.commit().await?;
    for (kind, wanted) in [(EntityKind::Org, 7), (EntityKind::Person, 6), (EntityKind::Class, 0)] {
        let mut found = 0;
        let mut next = None;
        loop {
            let page = store.records(ROSTER, Some(kind), next, 2).await?;
            holds("all are of the kind", page.items.iter().all(|record| record.kind == kind))?;
            found += page.items.len();
            next = page.next;
            if next.is_none() || found > wanted {
                break;
            }
        }
        same("how many are of the kind", &found, &wanted)?;
    }
    Ok(())
}

pub(super) async fn pairs_and_links_follow_the_writes(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    for number in 0..5 {
        scribe.create(&school(&number.to_string(), "North"));
    }
    let seq = scribe.update(2, &school("1", "Hill"));
    scribe.commit().await?;
    let before = scribe.pair(1).await?;
    let after = scribe.pair(2).await?;
    same("the seq of a pair", &(before.seq, after.seq), &(1, seq))?;
    same("its digest", &after.digest, &Digest::of(super::scribe::json(&school("1", "Hill")).as_bytes()))?;
    same("its key", &after.key, &crate::Key::of(EntityKind::Org, "1"))?;
    same("its kind and state", &(after.kind, after.state), &(EntityKind::Org, RecordState::Active))?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let uids: Vec<u64> = session.pairs(1, 3).await?.iter().map(|pair| pair.uid).collect();
    same("a page of pairs", &uids, &vec![2, 3, 4])?;
    let found: Vec<_> =
        session.links(1, 3).await?.iter().map(|row| (row.uid, (row.first, row.second))).collect();
    same("a page of links", &found, &vec![(2, links(seq)), (3, links(3)), (4, links(4))])?;
    same("pairs after the last", &session.pairs(5, ALL).await?.len(), &0)
}

pub(super) async fn restamp_changes_the_digest_alone(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let uid = scribe.create(&school("a", "North"));
    scribe.create(&school("b", "South"));
    scribe.commit().await?;
    let (before, other) = (scribe.pair(uid).await?, scribe.pair(2).await?);
    // Bytes of any value, zeros among them.
    for digest in [Digest::of(b"other"), Digest::from_bytes([0; 16]), Digest::from_bytes([0xFF; 16])] {
        scribe.batch.push(Write::Restamp { uid, digest });
        scribe.commit().await?;
        same("the pair", &scribe.pair(uid).await?, &Pair { digest, ..before })?;
    }
    same("the other pair", &scribe.pair(2).await?, &other)?;
    same("changes", &store.changes(ROSTER, 0, ALL).await?.len(), &2)
}

pub(super) async fn state_changes_alone(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    scribe.create(&school("a", "North"));
    let uid = scribe.create(&Enrollment::new("e", "c", "p", Role::Student).into());
    scribe.commit().await?;
    let before = scribe.pair(uid).await?;
    let states = [RecordState::Suppressed, RecordState::Quarantined, RecordState::Ended, RecordState::Active];
    for state in states {
        scribe.batch.push(Write::State { uid, state });
        scribe.commit().await?;
        same("the pair", &scribe.pair(uid).await?, &Pair { state, ..before })?;
        let records = store.records(ROSTER, None, None, ALL).await?.items;
        let seen: Vec<_> = records.iter().map(|record| record.state).collect();
        same("the records' states", &seen, &vec![RecordState::Active, state])?;
    }
    same("changes", &store.changes(ROSTER, 0, ALL).await?.len(), &2)
}

pub(super) async fn suppressed_record_says_nothing(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let active = scribe.create(&school("a", "North"));
    let ended = scribe.create(&school("b", "South"));
    let quarantined = scribe.create(&school("c", "West"));
    scribe.end(ended)?;
    scribe.end_as(quarantined, RecordState::Quarantined)?;
    scribe.quarantine(&school("c", "West, adrift"), Some(quarantined), true);
    scribe.commit().await?;
    let last = scribe.end_as(active, RecordState::Suppressed)?;
    for uid in [active, ended, quarantined] {
        scribe.batch.push(Write::State { uid, state: RecordState::Suppressed });
        scribe.batch.push(Write::Blank { uid, seq: last });
    }
    scribe.batch.push(Write::Unquarantine { key: crate::Key::of(EntityKind::Org, "c") });
    scribe.commit().await?;
    let records = store.records(ROSTER, None, None, ALL).await?.items;
    same("the number of records", &records.len(), &3)?;
    for (record, (uid, id)) in records.iter().zip([(active, "a"), (ended, "b"), (quarantined, "c")]) {
        same("a uid and its id", &(record.uid, record.id.as_str()), &(Some(uid), id))?;
        same("its state", &record.state, &RecordState::Suppressed)?;
        same("what is left of it", &record.record, &None)?;
        same("the state of its pair", &scribe.pair(uid).await?.state, &RecordState::Suppressed)?;
        let found = store.find(ROSTER, id).await?;
        let seen: Vec<_> = found.iter().map(|found| (found.record.state, found.history.len())).collect();
        same("what is found of it", &seen, &vec![(RecordState::Suppressed, 2)])?;
    }
    let told = store.changes(ROSTER, 0, ALL).await?;
    same("the number of changes", &told.len(), &6)?;
    holds("no change tells a record", told.iter().all(|change| change.record.is_none()))
}

pub(super) async fn census_is_set_and_removed(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    scribe.census(EntityKind::Person, "school/\u{1F393}'", 7);
    scribe.census(EntityKind::Person, "gone", 1);
    scribe.census(EntityKind::Org, "", 3);
    scribe.commit().await?;
    scribe.census(EntityKind::Person, "school/\u{1F393}'", 8);
    scribe.census(EntityKind::Person, "gone", 0);
    scribe.census(EntityKind::Class, "never there", 0);
    scribe.commit().await?;
    let mut session = there("a free roster", store.open(ROSTER).await?)?;
    let mut census = session.census().await?;
    census.sort();
    let wanted =
        vec![Counted::new(EntityKind::Org, "", 3), Counted::new(EntityKind::Person, "school/\u{1F393}'", 8)];
    same("the census", &census, &wanted)
}
