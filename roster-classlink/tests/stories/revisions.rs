//! Data that are replaced while they are read, data that did not change, and pages that are not what they say.

use roster_core::{Completeness, EntityKind, ErrorKind, PartialCode, PullMode, SourcedId};
use roster_testkit::sandbox::{Quirk, SandboxFault};

use crate::{Pulled, paged, sandbox, server, source, truth};

#[tokio::test]
async fn data_that_are_replaced_twice_are_complete_and_as_they_are_last() {
    for collection in ["classes", "enrollments", "users"] {
        for times in [1, 2, 3] {
            let sandbox = sandbox(|servers| servers);
            let server = server(&sandbox);
            let before = truth(server);
            server.day_passes_at(collection, times);
            let pulled = Pulled::of(&source(&sandbox, "proxy"), paged()).await;
            assert!(pulled.is_whole(), "{collection} {times}: {:?} {:?}", pulled.error, pulled.ends);
            // What was told of the data before, and is gone from those after, is told as deleted.
            assert_eq!(pulled.ids(), truth(server), "{collection} {times}");
            let moved = pulled.problems.iter().filter(|problem| problem.code == "rows_moved").count();
            assert_eq!(moved, times as usize, "{collection} {times}");
            let gone = before.iter().filter(|id| !truth(server).contains(id)).count();
            assert!(gone > 0 || times == 1);
        }
    }
}

#[tokio::test]
async fn what_was_not_seen_whole_the_second_time_is_not_told_as_gone() {
    for (fault, is_whole) in [("wrong_count:orgs", true), ("wrong_count:enrollments", false)] {
        let sandbox = sandbox(|servers| servers);
        let server = server(&sandbox);
        let before = truth(server);
        server.fault(fault.parse::<SandboxFault>().unwrap());
        server.day_passes_at("users", 3);
        let pulled = Pulled::of(&source(&sandbox, "proxy"), paged()).await;
        let after = truth(server);
        let is_gone = |(kind, id): &&(EntityKind, SourcedId)| {
            *kind == EntityKind::Enrollment && !after.contains(&(*kind, id.clone()))
        };
        assert!(before.iter().any(|id| is_gone(&id)), "somebody left a class while it was read");
        assert_eq!(
            pulled.deleted.iter().any(|(kind, _)| *kind == EntityKind::Enrollment),
            is_whole,
            "{fault}"
        );
    }
}

#[tokio::test]
async fn data_that_do_not_stand_still_end_nothing() {
    let sandbox = sandbox(|servers| servers);
    server(&sandbox).day_passes_at("users", 4);
    let pulled = Pulled::of(&source(&sandbox, "proxy"), paged()).await;
    let error = pulled.error.as_ref().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unstable);
    assert!(error.message().contains("/users page 1"), "{error}");
    assert!(pulled.ends.is_empty() && pulled.deleted.is_empty() && pulled.cursor.is_none());
}

#[tokio::test]
async fn a_night_without_change_is_over_after_one_page() {
    let sandbox = sandbox(|servers| servers);
    let source = source(&sandbox, "proxy");
    let first = Pulled::of(&source, paged()).await;
    assert!(first.is_whole());
    let mut last = first;
    for _ in 0..2 {
        let requests = server(&sandbox).requests();
        let night = Pulled::of(&source, last.changes(&paged())).await;
        assert!(night.error.is_none() && night.ends.len() == 6 && night.end_all(&Completeness::Unchanged));
        assert_eq!((server(&sandbox).requests() - requests, night.records.len()), (1, 0));
        last = night;
    }
    // A full pull is never answered so.
    let mut full = last.changes(&paged());
    full.mode = PullMode::Full;
    assert!(Pulled::of(&source, full).await.is_whole());
    // The next day the whole set is read, since deleted rows are purged.
    server(&sandbox).next_day();
    let next = Pulled::of(&source, last.changes(&paged())).await;
    assert!(next.is_whole() && next.ids() == truth(server(&sandbox)));
}

#[tokio::test]
async fn what_was_not_had_whole_is_not_called_unchanged() {
    for fault in ["wrong_count:classes", "empty_page:users", "broken"] {
        let sandbox = sandbox(|servers| servers);
        let source = source(&sandbox, "proxy");
        if fault == "broken" {
            let id = server(&sandbox).district().enrollments[3].id.clone();
            assert!(server(&sandbox).break_record(EntityKind::Enrollment, &id));
        } else {
            server(&sandbox).fault(fault.parse::<SandboxFault>().unwrap());
        }
        let first = Pulled::of(&source, paged()).await;
        assert!(first.error.is_none() && first.cursor.is_some(), "{fault}");
        let second = Pulled::of(&source, first.changes(&paged())).await;
        assert!(second.ends.values().all(|end| *end != Completeness::Unchanged), "{fault}");
    }
}

#[tokio::test]
async fn what_is_not_shared_stays_so_on_a_night_without_change() {
    let sandbox = sandbox(|servers| servers.quirk(Quirk::Withholds("courses")));
    let source = source(&sandbox, "proxy");
    let mut last = Pulled::of(&source, paged()).await;
    assert!(matches!(
        last.ends[&EntityKind::Course],
        Completeness::Partial { code: PartialCode::Withheld, .. }
    ));
    for _ in 0..2 {
        let requests = server(&sandbox).requests();
        let night = Pulled::of(&source, last.changes(&paged())).await;
        assert_eq!(server(&sandbox).requests() - requests, 1);
        for (kind, end) in &night.ends {
            let is_withheld = matches!(end, Completeness::Partial { code: PartialCode::Withheld, .. });
            assert!(
                if *kind == EntityKind::Course { is_withheld } else { *end == Completeness::Unchanged },
                "{kind}"
            );
        }
        assert_eq!(night.problems.iter().filter(|problem| problem.code == "refused_collection").count(), 1);
        last = night;
    }
}

#[tokio::test]
async fn a_page_that_miscounts_itself_is_asked_for_again_and_then_partial() {
    let sandbox = sandbox(|servers| servers);
    let source = source(&sandbox, "proxy");
    let fault = |text: &str| server(&sandbox).fault(text.parse::<SandboxFault>().unwrap());
    fault("wrong_count:users:1");
    assert!(Pulled::of(&source, paged()).await.is_whole());
    fault("wrong_count:users");
    let pulled = Pulled::of(&source, paged()).await;
    for (kind, end) in &pulled.ends {
        match end {
            Completeness::Partial { code, reason } if *kind == EntityKind::Person => {
                assert_eq!(*code, PartialCode::Unreadable);
                assert!(reason.starts_with("/users page 1: the server says that the page has "), "{reason}");
            }
            end => assert_eq!(*end, Completeness::Complete, "{kind}"),
        }
    }
    assert_eq!(pulled.ids(), truth(server(&sandbox)));
}

#[tokio::test]
async fn servers_that_name_no_revision_are_read_too() {
    let sandbox = sandbox(|mut servers| {
        servers.revisions = false;
        servers
    });
    let source = source(&sandbox, "direct");
    let first = Pulled::of(&source, paged()).await;
    assert!(first.is_whole());
    server(&sandbox).next_day();
    let second = Pulled::of(&source, first.changes(&paged())).await;
    assert!(second.is_whole() && second.ids() == truth(server(&sandbox)));
}

#[tokio::test]
async fn pages_that_are_too_much_are_made_smaller() {
    let sandbox = sandbox(|servers| servers.quirk(Quirk::FailsAbove(50)));
    let mut request = paged();
    request.page_size = Some(1600);
    let pulled = Pulled::of(&source(&sandbox, "proxy"), request).await;
    assert!(pulled.is_whole() && pulled.ids() == truth(server(&sandbox)), "{:?}", pulled.error);
    let failed = server(&sandbox).asked().iter().filter(|(_, status)| *status == 502).count();
    // 1600, 800, 400, 200, 100: once each, since what is learnt holds for all.
    assert_eq!(failed, 5);
}
