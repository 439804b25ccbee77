//! Nights: what a store has after several pulls of different kinds.

use roster_core::{ClassState, EntityKind, Record};
use roster_gclassroom::GClassroomSource;
use roster_sync::{MemoryStore, RecordState, RosterSync, Status, Store, StoredRecord, SyncReport};
use roster_testkit::sandbox::{At, GoogleOptions, GoogleSandbox, SandboxFault};

use crate::{context, everything, sandbox, source, teacher};

async fn night(store: &MemoryStore, source: &GClassroomSource) -> SyncReport {
    let sync = RosterSync::new(store, "district").request(everything());
    let report = sync.run(source, &context()).await.unwrap();
    assert!(report.error.is_none(), "{:?}", report.error);
    report
}

fn ended(report: &SyncReport) -> u64 {
    report.kinds.values().map(|counts| counts.ended).sum()
}

async fn active(store: &MemoryStore, kind: EntityKind) -> Vec<StoredRecord> {
    let page = store.records("district", Some(kind), None, 100_000).await.unwrap();
    page.items.into_iter().filter(|record| record.state == RecordState::Active).collect()
}

#[tokio::test]
async fn a_second_night_changes_nothing() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    assert_eq!(night(&store, &source(&sandbox)).await.status, Status::Applied);
    let second = night(&store, &source(&sandbox)).await;
    assert_eq!(second.status, Status::Unchanged, "{:?}", second.kinds);
}

#[tokio::test]
async fn a_teacher_s_pull_after_a_district_s_ends_nobody_and_unsays_nothing() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    night(&store, &source(&sandbox)).await;
    let kinds = [
        EntityKind::Org,
        EntityKind::Class,
        EntityKind::Person,
        EntityKind::Enrollment,
        EntityKind::Relationship,
    ];
    let mut before = Vec::new();
    for kind in kinds {
        before.push(active(&store, kind).await.len());
    }
    let report = night(&store, &teacher(&sandbox)).await;
    assert_eq!(ended(&report), 0, "{:?}", report.kinds);
    for (kind, before) in kinds.into_iter().zip(before) {
        assert_eq!(active(&store, kind).await.len(), before, "{kind}");
    }
    // What only the Directory tells is still there.
    let back = night(&store, &source(&sandbox)).await;
    let changed =
        back.kinds.values().map(|it| it.created + it.updated + it.ended + it.restored + it.quarantined);
    assert_eq!(changed.sum::<u64>(), 0, "{:?}", back.kinds);
}

#[tokio::test]
async fn a_list_of_courses_that_breaks_off_ends_nobody() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    night(&store, &source(&sandbox)).await;
    let classes = active(&store, EntityKind::Class).await.len();
    sandbox.fault(SandboxFault::named("status_500").unwrap().of("courses").at(At::Last));
    let sync = RosterSync::new(&store, "district").request(everything());
    let report = sync.run(&source(&sandbox), &context()).await.unwrap();
    assert_eq!((report.status, ended(&report)), (Status::Failed, 0));
    assert!(report.error.unwrap().message.contains("/v1/courses page 2"));
    assert_eq!(active(&store, EntityKind::Class).await.len(), classes);
}

#[tokio::test]
async fn a_unit_that_is_renamed_is_the_same_school() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    night(&store, &source(&sandbox)).await;
    let before = active(&store, EntityKind::Org).await;
    sandbox.edit(|district| {
        let school = district.orgs.iter_mut().find(|org| org.parent.is_some()).unwrap();
        school.name.push_str(" Renamed");
    });
    let report = night(&store, &source(&sandbox)).await;
    assert_eq!((ended(&report), report.kinds[&EntityKind::Org].updated), (0, 1), "{:?}", report.kinds);
    assert_eq!(report.kinds[&EntityKind::Org].created, 0);
    let after = active(&store, EntityKind::Org).await;
    let names = |records: &[StoredRecord]| -> Vec<(Option<u64>, String)> {
        records
            .iter()
            .map(|it| {
                (
                    it.uid,
                    match &it.record {
                        Some(Record::Org(org)) => org.name.clone(),
                        _ => String::new(),
                    },
                )
            })
            .collect()
    };
    let changed: Vec<_> = names(&after).into_iter().zip(names(&before)).filter(|(a, b)| a != b).collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].0.0 == changed[0].1.0 && changed[0].0.1.ends_with(" Renamed"));
    // Its people are where they were.
    assert_eq!(report.kinds[&EntityKind::Person].updated, 0);
}

#[tokio::test]
async fn an_archived_course_ends_nothing_and_a_course_that_is_gone_does() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    night(&store, &source(&sandbox)).await;
    sandbox.edit(|district| district.classes[0].state = ClassState::Archived);
    let report = night(&store, &source(&sandbox)).await;
    assert_eq!((ended(&report), report.kinds[&EntityKind::Class].updated), (0, 1));
    let seats = active(&store, EntityKind::Enrollment).await.len();
    let mut of_class = 0;
    sandbox.edit(|district| {
        let class = district.classes.remove(1).id;
        of_class = district.enrollments.iter().filter(|seat| seat.class == class).count();
        district.enrollments.retain(|seat| seat.class != class);
    });
    let sync = RosterSync::new(&store, "district").request(everything());
    let held = sync.run(&source(&sandbox), &context()).await.unwrap();
    let report = match held.status {
        Status::Held => RosterSync::new(&store, "district")
            .request(everything())
            .approve(held.plan)
            .run(&source(&sandbox), &context())
            .await
            .unwrap(),
        _ => held,
    };
    assert_eq!((report.status, report.kinds[&EntityKind::Class].ended), (Status::Applied, 1));
    assert_eq!(active(&store, EntityKind::Enrollment).await.len(), seats - of_class);
}

#[tokio::test]
async fn a_course_that_can_t_be_read_keeps_its_seats() {
    let (sandbox, store) = (sandbox(GoogleOptions::default()), MemoryStore::new());
    night(&store, &source(&sandbox)).await;
    let seats = active(&store, EntityKind::Enrollment).await.len();
    let class = GoogleSandbox::course_id(&sandbox.district().classes[0].id);
    for fault in ["status_502", "status_403", "cut_body", "status_404", "missing_key"] {
        sandbox.recover();
        sandbox.fault(SandboxFault::named(fault).unwrap().of(&format!("students/{class}")));
        let report = night(&store, &source(&sandbox)).await;
        assert_eq!(ended(&report), 0, "{fault}: {:?}", report.kinds);
        assert_eq!(active(&store, EntityKind::Enrollment).await.len(), seats, "{fault}");
    }
}
