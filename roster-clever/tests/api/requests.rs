//! What is sent, and which tricks of paging are survived.

use roster_core::{EntityKind, ErrorKind, PullMode, PullRequest, RosterSource, SensitiveField};
use roster_testkit::sandbox::{CleverLinks, CleverOptions};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{header, path, query_param},
};

use super::{
    builder, context, pull,
    recorded::{recorded, source as source_of},
    sandbox, source,
};

#[tokio::test]
async fn a_full_pull_asks_for_pages_of_ten_thousand_by_role() {
    let server = recorded("v3.1").await;
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    pull(&source_of(&server, "3.1"), request).await.whole();
    let sent = server.received_requests().await.unwrap();
    let asked: Vec<String> = sent
        .iter()
        .map(|request| {
            let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", request.url.path())
        })
        .collect();
    assert_eq!(
        asked,
        [
            "/v3.1/events?limit=1&ending_before=last",
            "/v3.1/districts",
            "/v3.1/schools?limit=10000",
            "/v3.1/terms?limit=10000",
            "/v3.1/courses?limit=10000",
            "/v3.1/sections?limit=10000",
            "/v3.1/users?limit=10000&role=student",
            "/v3.1/users?limit=10000&role=teacher",
            "/v3.1/users?limit=10000&role=staff",
            "/v3.1/users?limit=10000&role=district_admin",
            "/v3.1/users?limit=10000&role=contact",
        ]
    );
    assert!(sent.iter().all(|request| request.headers["authorization"] == "Bearer t"));
    assert!(sent.iter().all(|request| request.method.as_str() == "GET"));
}

#[tokio::test]
async fn the_token_is_looked_up_with_basic_credentials() {
    let server = recorded("v3.1").await;
    Mock::given(path("/oauth/tokens"))
        .and(query_param("owner_type", "district"))
        .and(header("authorization", "Basic aWQ6c2VjcmV0"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [{
            "id": "1", "owner": { "type": "district", "id": super::recorded::DISTRICT }, "access_token": "found", "scopes": [],
        }] })))
        .expect(1)
        .mount(&server)
        .await;
    let source = roster_clever::CleverSource::builder()
        .base_url(server.uri())
        .district(super::recorded::DISTRICT)
        .client("id", "secret")
        .build()
        .unwrap();
    pull(&source, PullRequest::full().only([EntityKind::Org])).await.whole();
    let sent = server.received_requests().await.unwrap();
    assert!(sent[1..].iter().all(|request| request.headers["authorization"] == "Bearer found"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_looked_up_once_more() {
    let sandbox = sandbox(40, CleverOptions::default().token_requests(5));
    let told = pull(&source(&sandbox), PullRequest::full()).await;
    // Each of the tokens that are listed is taken for five requests; ten are needed.
    assert!(told.error.is_none(), "{:?}", told.error);
    assert!(sandbox.tokens_given() >= 2);
    sandbox.revoke(true);
    let error = pull(&source(&sandbox), PullRequest::full()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.message().contains("taken access back") && error.message().contains("nothing"), "{error}");
}

#[tokio::test]
async fn the_size_of_pages_and_the_form_of_links_change_nothing() {
    let usual = sandbox(60, CleverOptions::default());
    let request = || PullRequest::full().with_sensitive(SensitiveField::ALL);
    let whole = pull(&source(&usual), request()).await.whole().records();
    assert!(whole.len() > 300);
    for links in [CleverLinks::Whole, CleverLinks::Bare, CleverLinks::ToEmptyPages, CleverLinks::None] {
        let sandbox = sandbox(60, CleverOptions::default().links(links));
        for size in [1, 99, 100, 10_000] {
            let mut request = request();
            request.page_size = Some(size);
            let told = pull(&source(&sandbox), request).await.whole();
            assert!(told.records() == whole, "{links:?} {size}");
        }
        let mut request = request();
        request.page_size = Some(0);
        assert!(pull(&source(&sandbox), request).await.whole().records() == whole, "{links:?} by default");
    }
}

#[tokio::test]
async fn sixty_thousand_students_take_at_most_twenty_requests() {
    let spec = roster_testkit::district::DistrictSpec::new(33)
        .schools(60)
        .students(60_000)
        .families_with_contacts(0);
    let sandbox = roster_testkit::sandbox::CleverSandbox::start(spec).unwrap();
    let told =
        pull(&builder(&sandbox).token(sandbox.token()).build().unwrap(), PullRequest::full()).await.whole();
    assert!(sandbox.requests() <= 20, "{} requests", sandbox.requests());
    let said = sandbox.said();
    let seats = told.events.iter().filter(|event| matches!(event, roster_core::PullEvent::Upsert { record, .. } if record.kind() == EntityKind::Enrollment));
    assert_eq!(seats.count(), said.enrollments.len());
    assert_eq!(told.count(EntityKind::Person), said.people.len());
}

#[tokio::test]
async fn a_full_pull_tells_exactly_what_clever_says() {
    let sandbox = sandbox(80, CleverOptions::default());
    let told = pull(&source(&sandbox), PullRequest::full().with_sensitive(SensitiveField::ALL)).await.whole();
    let mut told = told.records();
    for record in sandbox.said().records() {
        let key = (record.kind(), record.id().to_string());
        let Some(ours) = told.remove(&key) else { panic!("{key:?} was not told") };
        assert!(
            ours == record,
            "{key:?}:\n{}\n{}",
            serde_json::to_string(&ours).unwrap(),
            serde_json::to_string(&record).unwrap()
        );
    }
    assert!(told.is_empty(), "{:?}", told.keys().next());
}

#[tokio::test]
async fn a_user_s_token_is_refused_with_the_reason() {
    let sandbox = sandbox(10, CleverOptions::default());
    let source = builder(&sandbox).token(sandbox.user_token()).build().unwrap();
    let told = pull(&source, PullRequest::full()).await;
    assert!(told.events.is_empty());
    let error = told.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("user") && error.message().contains("Secure Sync"), "{error}");
    assert_eq!(source.check(&context()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn without_a_feed_the_full_pull_serves() {
    let sandbox = sandbox(20, CleverOptions::default());
    for on in [true, false] {
        // Switched on and empty, or switched off.
        sandbox.switch_events(on);
        sandbox.forget_events();
        let told = pull(&source(&sandbox), PullRequest::full()).await.whole();
        assert!(told.codes().contains(&"no_event_feed"));
        // What was seen is remembered, and a pull of changes reads everything.
        let mut changes = PullRequest::full();
        (changes.mode, changes.cursor) = (PullMode::Changes, Some(told.cursor().unwrap()));
        let again = pull(&source(&sandbox), changes).await.whole();
        assert!(again.records() == told.records() && again.cursor().is_some());
        assert_eq!(*again.end(EntityKind::Person), roster_core::Completeness::Complete);
        assert_eq!(
            told.count(EntityKind::Person),
            sandbox.said().people.iter().filter(|person| !person.is_contact()).count()
        );
        let report = source(&sandbox).check(&context()).await.unwrap();
        assert!(report.warnings.iter().any(|warning| warning.contains("feed")), "{:?}", report.warnings);
    }
}

#[tokio::test]
async fn contacts_that_are_unshared_without_a_feed_are_frozen() {
    let sandbox = sandbox(20, CleverOptions::default());
    sandbox.switch_events(false);
    let request = || PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    let full = pull(&source(&sandbox), request()).await.whole();
    sandbox.share_contacts(false);
    let mut changes = request();
    (changes.mode, changes.cursor) = (PullMode::Changes, full.cursor());
    let told = pull(&source(&sandbox), changes).await.whole();
    let is_frozen = told.ends(EntityKind::Person).into_iter().any(|(slice, how)| {
        *slice == roster_core::Slice::Role(roster_core::Role::Contact)
            && matches!(
                how,
                roster_core::Completeness::Partial { code: roster_core::PartialCode::Frozen, .. }
            )
    });
    assert!(is_frozen, "{:?}", told.ends(EntityKind::Person));
}

#[tokio::test]
async fn a_feed_that_is_denied_later_is_an_expired_cursor() {
    for fault in ["status_403:events", "status_501:events"] {
        let sandbox = sandbox(20, CleverOptions::default());
        let full = pull(&source(&sandbox), PullRequest::full()).await.whole();
        sandbox.fault(fault.parse().unwrap());
        let mut changes = PullRequest::full();
        (changes.mode, changes.cursor) = (PullMode::Changes, full.cursor());
        let error = pull(&source(&sandbox), changes).await.error.unwrap();
        assert_eq!(error.kind(), ErrorKind::CursorExpired, "{fault}");
    }
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_withheld_and_not_empty() {
    let server = recorded("v3.1").await;
    Mock::given(path("/oauth/tokens"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [{
            "id": "1", "owner": { "type": "district", "id": super::recorded::DISTRICT }, "access_token": "found",
            "scopes": ["read:districts", "read:sections", "read:students", "read:teachers", "read:school_admins"],
        }] })))
        .mount(&server)
        .await;
    Mock::given(path("/v3.1/users"))
        .and(query_param("role", "district_admin"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [], "links": [] })))
        .with_priority(1)
        .mount(&server)
        .await;
    let source = roster_clever::CleverSource::builder()
        .base_url(server.uri())
        .district(super::recorded::DISTRICT)
        .client("id", "secret")
        .build()
        .unwrap();
    let told = pull(&source, PullRequest::full()).await.whole();
    let is_withheld = |how: &roster_core::Completeness| {
        matches!(how, roster_core::Completeness::Partial { code: roster_core::PartialCode::Withheld, .. })
    };
    // No school came, and no administrator of the district: neither was granted.
    assert!(is_withheld(told.end(EntityKind::Org)));
    for (slice, how) in told.ends(EntityKind::Person) {
        let is_lacking = *slice == roster_core::Slice::Role(roster_core::Role::DistrictAdministrator);
        assert_eq!(is_withheld(how), is_lacking, "{slice:?} {how:?}");
    }
    assert_eq!(*told.end(EntityKind::Class), roster_core::Completeness::Complete);
    let report = source.check(&context()).await.unwrap();
    assert!(report.warnings.iter().any(|warning| warning.contains("read:district_admins was not granted")));
}

#[tokio::test]
async fn one_contact_that_is_edited_does_not_hide_that_contacts_are_unshared() {
    let sandbox = sandbox(40, CleverOptions::default());
    let request = || PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    // A fixed token says nothing of its scopes.
    let source = builder(&sandbox).token(sandbox.token()).build().unwrap();
    let full = pull(&source, request()).await.whole();
    let contact = json!({ "id": "65f0000000000000000000c1", "name": { "last": "Ada Moss" }, "roles": { "contact": {} } });
    sandbox.add_event("users.updated", &contact);
    sandbox.share_contacts(false);
    let mut changes = request();
    (changes.mode, changes.cursor, changes.page_size) = (PullMode::Changes, full.cursor(), Some(3));
    let told = pull(&source, changes).await.whole();
    let gone = told.events.iter().filter(
        |event| matches!(event, roster_core::PullEvent::Delete { kind, .. } if *kind == EntityKind::Person),
    );
    assert_eq!(gone.count(), 0);
    assert!(told.codes().contains(&"not_shared"));
}

#[tokio::test]
async fn cursors_end_after_25_days_and_where_the_feed_does_not_know_them() {
    let sandbox = sandbox(20, CleverOptions::default());
    let clock = std::sync::Arc::new(roster_testkit::TestClock::default());
    let cx = || roster_core::PullContext::default().with_clock(clock.clone());
    let full = super::pull_with(&source(&sandbox), PullRequest::full(), cx()).await.whole();
    let mut changes = PullRequest::full();
    (changes.mode, changes.cursor) = (PullMode::Changes, full.cursor());
    let before = sandbox.requests();
    assert!(super::pull_with(&source(&sandbox), changes.clone(), cx()).await.error.is_none());
    assert!(sandbox.requests() - before <= 5);
    clock.advance(std::time::Duration::from_secs(25 * 86_400));
    let error = super::pull_with(&source(&sandbox), changes.clone(), cx()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::CursorExpired);
    let again = super::pull_with(&source(&sandbox), PullRequest::full(), cx()).await.whole();
    changes.cursor = again.cursor();
    sandbox.forget_events();
    let error = super::pull_with(&source(&sandbox), changes, cx()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::CursorExpired);
}
