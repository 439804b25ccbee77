//! Delta sets: upserts and deletes, and what they can't tell.

use std::{collections::BTreeMap, fs, path::Path};

use futures::TryStreamExt;
use roster_core::{
    Completeness, EntityKind, PartialCode, PullContext, PullEvent, PullMode, PullRequest, Record,
    RelationshipField, Roster, RosterSource, RosterSourceExt, SensitiveField, SourcedId, codes,
};
use roster_csv::{BulkWithStatus, CsvSource};
use roster_testkit::district::{
    District, OneRosterCsv,
    OneRosterVersion::{self, V1_1, V1_2},
    oneroster_csv_delta, oneroster_csv_files,
};

use crate::making::{Files, codes_of, end};

fn write(path: &Path, files: &Files) {
    for entry in fs::read_dir(path).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in files {
        fs::write(path.join(name), bytes).unwrap();
    }
}

async fn pull(path: &Path, after: Option<&Roster>) -> Roster {
    let mut request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    // Relationships stand in people's rows, where a change can't take one back.
    request.entities.remove(&EntityKind::Relationship);
    if let Some(cursor) = after.and_then(|roster| roster.cursor.clone()) {
        (request.mode, request.cursor) = (PullMode::Changes, Some(cursor));
    }
    let source = CsvSource::builder().path(path).build().unwrap();
    source.collect(request, PullContext::default(), 100_000).await.unwrap()
}

fn records(roster: &Roster) -> BTreeMap<(EntityKind, SourcedId), Record> {
    let orgs = roster.orgs.iter().cloned().map(Record::from);
    let records = orgs
        .chain(roster.sessions.iter().cloned().map(Record::from))
        .chain(roster.courses.iter().cloned().map(Record::from))
        .chain(roster.classes.iter().cloned().map(Record::from))
        .chain(roster.people.iter().cloned().map(Record::from))
        .chain(roster.enrollments.iter().cloned().map(Record::from));
    records.map(|record| ((record.kind(), record.id().clone()), record)).collect()
}

async fn night(version: OneRosterVersion) {
    let (before, options) = (District::seed(7), OneRosterCsv::new(version).without_demographics());
    let (after, _) = before.next_day(3);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &oneroster_csv_files(&before, &options));
    let first = pull(folder.path(), None).await;
    write(folder.path(), &oneroster_csv_delta(&before, &after, &options));
    let changes = pull(folder.path(), Some(&first)).await;
    assert!(
        changes.ends.iter().all(|(.., completeness)| *completeness == Completeness::Changes),
        "{:?}",
        changes.ends
    );
    assert!(!changes.deletes.is_empty() && changes.people.len() < first.people.len());
    assert!(!codes_of(&changes).contains(&codes::DANGLING_REFERENCE));

    let mut held = records(&first);
    for deleted in &changes.deletes {
        held.remove(deleted);
    }
    held.extend(records(&changes));
    write(folder.path(), &oneroster_csv_files(&after, &options));
    let last = pull(folder.path(), Some(&changes)).await;
    assert!(last.ends.iter().all(|(.., completeness)| *completeness == Completeness::Complete));
    let last = records(&last);
    assert_eq!(held.keys().collect::<Vec<_>>(), last.keys().collect::<Vec<_>>());
    for (key, record) in &last {
        assert_eq!(&held[key], record, "{key:?}");
    }
}

#[tokio::test]
async fn bulk_then_delta_equals_the_next_bulk_alone() {
    for version in [V1_1, V1_2] {
        night(version).await;
    }
}

#[tokio::test]
async fn the_same_delta_again_changes_nothing_and_in_full_it_is_not_everything() {
    let (before, options) = (District::seed(7), OneRosterCsv::new(V1_1));
    let (after, _) = before.next_day(3);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &oneroster_csv_delta(&before, &after, &options));
    let first = pull(folder.path(), None).await;
    for (kind, _, completeness) in &first.ends {
        let is_partial = matches!(completeness, Completeness::Partial { code: PartialCode::NeedsFull, .. });
        assert!(is_partial, "{kind}: {completeness:?}");
    }
    assert!(!first.people.is_empty());
}

#[tokio::test]
async fn a_role_without_its_person_needs_a_whole_set() {
    let (before, options) = (District::seed(7), OneRosterCsv::new(V1_2).without_demographics());
    let (after, _) = before.next_day(3);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &oneroster_csv_files(&before, &options));
    let first = pull(folder.path(), None).await;
    let mut delta = oneroster_csv_delta(&before, &after, &options);
    delta.remove("users.csv");
    let manifest = String::from_utf8(delta["manifest.csv"].clone()).unwrap();
    delta.insert(
        "manifest.csv".into(),
        manifest.replace("file.users,delta", "file.users,absent").into_bytes(),
    );
    write(folder.path(), &delta);
    let changes = pull(folder.path(), Some(&first)).await;
    let problem =
        changes.problems.iter().find(|problem| problem.code == codes::DELTA_INCOMPLETE_PERSON).unwrap();
    assert!(problem.protects().is_some_and(|(kind, _)| kind == EntityKind::Person));
    let needs_full = |completeness: &Completeness| {
        matches!(completeness, Completeness::Partial { code: PartialCode::NeedsFull, .. })
    };
    assert!(needs_full(end(&changes, EntityKind::Person)));
    assert_eq!(end(&changes, EntityKind::Enrollment), &Completeness::Changes);
}

/// A pupil changed, and its guardian did not: what the guardian is to it is not among the changes.
#[tokio::test]
async fn what_a_contact_is_who_did_not_change_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let header = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,agentSourcedIds";
    let pupil = "p1,active,2026-09-01T00:00:00Z,true,s1,student,p1,Ana,Oak,g1";
    let manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,delta\n";
    fs::write(folder.path().join("users.csv"), format!("{header}\n{pupil}\n")).unwrap();
    fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
    let source = CsvSource::builder().path(folder.path()).build().unwrap();
    let mut request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    request.entities = [EntityKind::Relationship].into();
    let events: Vec<_> = source.pull(request, PullContext::default()).try_collect().await.unwrap();
    let upserts: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            PullEvent::Upsert { record: Record::Relationship(related), unseen, .. } => {
                Some((related, *unseen))
            }
            _ => None,
        })
        .collect();
    assert_eq!(upserts.len(), 1);
    let (related, unseen) = &upserts[0];
    assert_eq!((&*related.student, &*related.contact), ("p1", "g1"));
    assert!(unseen.contains(RelationshipField::Kinds) && unseen.contains(RelationshipField::Relation));
    let is_dangling = |event: &PullEvent| matches!(event, PullEvent::Problem(problem) if problem.code == codes::DANGLING_REFERENCE);
    assert!(!events.iter().any(is_dangling));
}

/// What changed, in a set whose manifest says nothing of it: the rows' own status tells.
#[tokio::test]
async fn a_bulk_file_with_a_status_is_read_as_the_setting_says() {
    let (before, options) = (District::seed(7), OneRosterCsv::new(V1_1).without_demographics());
    let (after, _) = before.next_day(3);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &oneroster_csv_files(&before, &options));
    let first = pull(folder.path(), None).await;
    let mut changes = oneroster_csv_delta(&before, &after, &options);
    let manifest = String::from_utf8(changes["manifest.csv"].clone()).unwrap();
    changes.insert("manifest.csv".to_owned(), manifest.replace(",delta", ",bulk").into_bytes());
    write(folder.path(), &changes);
    let source =
        |reading| CsvSource::builder().path(folder.path()).bulk_with_status(reading).build().unwrap();
    let request = |mode| {
        let mut request = PullRequest::full();
        request.entities.remove(&EntityKind::Relationship);
        (request.mode, request.cursor) = (mode, first.cursor.clone());
        request
    };
    let read = async |reading, mode| {
        source(reading).collect(request(mode), PullContext::default(), 100_000).await.unwrap()
    };
    let as_bulk = read(BulkWithStatus::Bulk, PullMode::Full).await;
    assert!(codes_of(&as_bulk).contains(&codes::BULK_WITH_STATUS));
    assert_eq!(*end(&as_bulk, EntityKind::Enrollment), Completeness::Complete);
    let as_delta = read(BulkWithStatus::Delta, PullMode::Full).await;
    assert!(!codes_of(&as_delta).contains(&codes::BULK_WITH_STATUS));
    let needs_full =
        |it: &Completeness| matches!(it, Completeness::Partial { code: PartialCode::NeedsFull, .. });
    assert!(as_delta.ends.iter().all(|(.., completeness)| needs_full(completeness)), "{:?}", as_delta.ends);
    assert!(!as_delta.deletes.is_empty());
}
