//! Finding records by their ids.

use roster_core::{Entity as _, Person};

use super::{
    scribe::{ROSTER, Scribe, school},
    verdict::{Verdict, same, there},
};
use crate::{Op, Store};

pub(super) async fn rekeyed_is_found_by_both_ids(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let uid = scribe.create(&school("old", "North"));
    scribe.create(&school("other", "South"));
    scribe.commit().await?;
    scribe.rekey(uid, "old", &school("new", "North"));
    scribe.commit().await?;
    scribe.update(uid, &school("new", "Hill"));
    scribe.commit().await?;
    for id in ["old", "new"] {
        let found = store.find(ROSTER, id).await?;
        same("how many are found", &found.len(), &1)?;
        let found = there("the record", found.first())?;
        same("its uid and id", &(found.record.uid, found.record.id.as_str()), &(Some(uid), "new"))?;
        let history: Vec<_> = found
            .history
            .iter()
            .map(|change| (change.op, change.from.as_deref(), change.id.as_str()))
            .collect();
        let wanted =
            vec![(Op::Create, None, "old"), (Op::Rekey, Some("old"), "new"), (Op::Update, None, "new")];
        same("its history", &history, &wanted)?;
    }
    // A new record may bear an id that another gave up.
    scribe.create(&school("old", "East"));
    scribe.commit().await?;
    same("how many are found by an id that was used twice", &store.find(ROSTER, "old").await?.len(), &2)?;
    same("how many are found by no id", &store.find(ROSTER, "none").await?.len(), &0)
}

pub(super) async fn any_id_is_kept(store: &dyn Store) -> Verdict {
    let long = "\u{5B66}\u{751F}x".repeat(100);
    let ids = [
        long.as_str(),
        "a'b\"c\\d",
        "%_",
        " a ",
        "A",
        "a",
        "\u{1F393}",
        "e\u{301}",
        "\u{E9}",
        "007",
        "7",
        "a\nb",
        "\0",
    ];
    let mut scribe = Scribe::new(store);
    for id in ids {
        scribe.create(&school(id, "North"));
    }
    scribe.commit().await?;
    for (uid, id) in (1..).zip(ids) {
        let found: Vec<_> = store
            .find(ROSTER, id)
            .await?
            .into_iter()
            .map(|found| (found.record.uid, found.record.id.as_str().to_owned()))
            .collect();
        same("what is found", &found, &vec![(Some(uid), id.to_owned())])?;
    }
    let from: &str = &long;
    scribe.rekey(1, from, &school("short", "North"));
    scribe.commit().await?;
    same("what is found by a long id of before", &store.find(ROSTER, from).await?.len(), &1)
}

pub(super) async fn one_id_may_be_of_several_kinds(store: &dyn Store) -> Verdict {
    let mut scribe = Scribe::new(store);
    let org = scribe.create(&school("1", "North"));
    let person = scribe.create(&Person::new("1").into_record());
    scribe.commit().await?;
    let mut uids: Vec<_> = store.find(ROSTER, "1").await?.iter().map(|found| found.record.uid).collect();
    uids.sort_unstable();
    same("what is found", &uids, &vec![Some(org), Some(person)])
}
