//! Changes.

use roster_core::{Completeness, EntityKind, PartialCode, PullMode, PullRequest, SensitiveField};
use roster_testkit::sandbox::{OneRosterOptions, OneRosterSandbox, SandboxFault};

use crate::{Pulled, VERSIONS, everything, sandbox, source};

fn changes(request: &PullRequest, from: &Pulled) -> PullRequest {
    let mut request = request.clone();
    request.mode = PullMode::Changes;
    request.cursor.clone_from(&from.cursor);
    request
}

/// Puts what a changes pull told onto what was there.
fn apply(stored: &mut Pulled, pulled: Pulled) {
    for (key, (record, unseen)) in pulled.records {
        if unseen.is_empty() || !stored.records.contains_key(&key) {
            stored.records.insert(key, (record, unseen));
        }
    }
    for key in &pulled.deleted {
        stored.records.remove(key);
    }
    stored.cursor = pulled.cursor;
}

fn move_on(sandbox: &OneRosterSandbox) {
    for _ in 0..30 {
        sandbox.next_day();
    }
}

#[tokio::test]
async fn thirty_days_of_changes_give_what_a_full_pull_gives() {
    for version in VERSIONS {
        for tombstones in [true, false] {
            let options = OneRosterOptions::default().version(version);
            let sandbox = sandbox(if tombstones { options } else { options.purging() });
            let source = source(&sandbox);
            let request = PullRequest::full();
            let mut stored = Pulled::of(&source, request.clone()).await;
            move_on(&sandbox);
            let pulled = Pulled::of(&source, changes(&request, &stored)).await;
            assert!(pulled.error.is_none() && pulled.ends.values().all(|end| *end == Completeness::Changes));
            assert!(pulled.records.len() < stored.records.len());
            assert_eq!(tombstones, !pulled.deleted.is_empty());
            apply(&mut stored, pulled);
            let full = Pulled::of(&source, request).await;
            let missing = full.records.iter().find(|(key, record)| stored.records.get(*key) != Some(*record));
            assert!(missing.is_none(), "{:?}", missing.map(|(key, _)| key));
            // Purged rows are left over, and the next full pull, which is complete, finds those.
            assert_eq!(tombstones, stored.records.len() == full.records.len());
            assert!(full.is_whole());
        }
    }
}

#[tokio::test]
async fn a_server_that_knows_no_filter_is_read_whole() {
    let sandbox = sandbox(OneRosterOptions::default());
    let source = source(&sandbox);
    let request = PullRequest::full().only([EntityKind::Class]);
    let full = Pulled::of(&source, request.clone()).await;
    // The order is left out first, then a smaller page is asked for, and the filter is left out last.
    sandbox.fault("status_400:classes:3".parse::<SandboxFault>().unwrap());
    let pulled = Pulled::of(&source, changes(&request, &full)).await;
    assert_eq!(pulled.ends[&EntityKind::Class], Completeness::Complete, "{:?}", pulled.error);
    assert_eq!(pulled.records.len(), full.records.len());
}

#[tokio::test]
async fn facts_that_changed_alone_need_a_full_pull() {
    let sandbox = sandbox(OneRosterOptions::default());
    let source = source(&sandbox);
    let request = everything().with_sensitive([SensitiveField::BirthDate]);
    let full = Pulled::of(&source, request.clone()).await;
    sandbox.edit(|district| {
        let sensitive = district.people.iter_mut().find_map(|person| person.sensitive.as_mut()).unwrap();
        sensitive.birth_date = sensitive.birth_date.and_then(|date| date.tomorrow().ok());
    });
    let pulled = Pulled::of(&source, changes(&request, &full)).await;
    let needs_full =
        |end: &Completeness| matches!(end, Completeness::Partial { code: PartialCode::NeedsFull, .. });
    assert!(needs_full(&pulled.ends[&EntityKind::Person]), "{:?}", pulled.ends);
}

/// A change of the sandbox, and whether a changes pull tells it as a full pull does.
async fn told(change: impl FnOnce(&OneRosterSandbox)) -> (Pulled, Pulled) {
    let sandbox = sandbox(OneRosterOptions::default());
    let source = source(&sandbox);
    let mut stored = Pulled::of(&source, PullRequest::full()).await;
    change(&sandbox);
    let pulled = Pulled::of(&source, changes(&PullRequest::full(), &stored)).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    let told =
        Pulled { deleted: pulled.deleted.clone(), records: pulled.records.clone(), ..Pulled::default() };
    apply(&mut stored, pulled);
    let full = Pulled::of(&source, PullRequest::full()).await;
    assert!(stored.records == full.records);
    (told, full)
}

#[tokio::test]
async fn a_new_term_changes_every_class() {
    let (told, full) = told(OneRosterSandbox::new_term).await;
    assert_eq!(told.of_kind(EntityKind::AcademicSession), 1);
    assert_eq!(told.of_kind(EntityKind::Class), full.of_kind(EntityKind::Class));
    assert_eq!((told.of_kind(EntityKind::Person), told.deleted.len()), (0, 0));
}

#[tokio::test]
async fn a_changed_id_is_a_person_that_goes_and_one_that_comes() {
    let (told, _) = told(OneRosterSandbox::change_id).await;
    let gone: Vec<_> = told.deleted.iter().filter(|(kind, _)| *kind == EntityKind::Person).collect();
    assert_eq!((gone.len(), told.of_kind(EntityKind::Person)), (1, 1));
    let came = told.records.keys().find(|(kind, _)| *kind == EntityKind::Person).unwrap();
    assert_eq!(came.1.as_str(), format!("{}-new", gone[0].1));
    // The seats stay, and name another person.
    assert!(told.of_kind(EntityKind::Enrollment) > 0);
}
