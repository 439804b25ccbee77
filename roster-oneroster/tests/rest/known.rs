//! Servers that do otherwise than the standard says, known before a pull.

use roster_core::{Completeness, EntityKind, PullMode, RosterSource};
use roster_oneroster::OneRosterSource;
use roster_testkit::sandbox::{OneRosterOptions, OneRosterSandbox, Quirk};
use serde_json::{Value, json};

use crate::{Pulled, VERSIONS, context, everything, sandbox, source};

fn with_profile(sandbox: &OneRosterSandbox, profile: Value) -> OneRosterSource {
    OneRosterSource::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.token())
        .profile(profile)
        .build()
        .unwrap()
}

async fn profile(sandbox: &OneRosterSandbox) -> Value {
    let before = sandbox.requests();
    let report = source(sandbox).check(&context()).await.unwrap();
    let requests = sandbox.requests() - before;
    assert!(requests <= 20, "{requests} requests");
    report.profile.unwrap()
}

/// Each quirk, what of the profile it changes, and what no request must say once it is known.
fn quirks() -> Vec<(OneRosterOptions, Value, &'static [&'static str])> {
    let plain = OneRosterOptions::default;
    let quirk = |quirk| plain().quirk(quirk);
    vec![
        (plain(), json!({}), &[]),
        (plain().clamp(30), json!({ "most_rows": 30 }), &["limit=1000"]),
        (quirk(Quirk::RefusesPagesAbove(500)), json!({ "most_rows": 500 }), &["limit=1000"]),
        (quirk(Quirk::FailsAbove(100)), json!({ "most_rows": 100 }), &["limit=1000"]),
        (plain().without_total(), json!({ "totals": false }), &[]),
        (quirk(Quirk::CountsThePage), json!({ "totals": false }), &[]),
        (quirk(Quirk::IgnoresOffset), json!({ "offsets": false }), &["offset=1", "offset=2", "offset=9"]),
        (quirk(Quirk::IgnoresFilter), json!({ "filters": false }), &["filter="]),
        (quirk(Quirk::RefusesFilter), json!({ "filters": false }), &["filter="]),
        (quirk(Quirk::IgnoresSort), json!({ "sorts": false }), &["sort="]),
        (quirk(Quirk::RefusesSort), json!({ "sorts": false }), &["sort="]),
        (quirk(Quirk::IgnoresFields), json!({ "fields": false }), &["fields="]),
        (quirk(Quirk::RefusesFields), json!({ "fields": false }), &["fields="]),
        (quirk(Quirk::DayStamps), json!({ "dates": "day" }), &[]),
        (quirk(Quirk::ZonelessStamps), json!({ "dates": "zoneless" }), &[]),
        (quirk(Quirk::JsonBooleans), json!({ "booleans": "json" }), &[]),
        (quirk(Quirk::BareReferences), json!({ "references": "bare" }), &[]),
        (
            quirk(Quirk::Withholds("demographics")),
            json!({ "shared": { "demographics": false } }),
            &["/demographics"],
        ),
    ]
}

/// A server without quirks, as a check tells it.
fn plain() -> Value {
    json!({
        "version": 1, "sorts": true, "filters": true, "fields": true, "totals": true, "offsets": true,
        "dates": "zoned", "booleans": "text", "references": "objects",
        "shared": {
            "orgs": true, "academicSessions": true, "courses": true, "classes": true, "users": true,
            "enrollments": true, "demographics": true,
        },
    })
}

fn merged(mut base: Value, over: &Value) -> Value {
    for (key, value) in over.as_object().unwrap() {
        let merged = if value.is_object() { merged(base[key].take(), value) } else { value.clone() };
        base[key] = merged;
    }
    base
}

#[tokio::test]
async fn each_quirk_is_recognized_and_no_useless_request_is_made() {
    for (options, changed, useless) in quirks() {
        for version in VERSIONS {
            let what = format!("{options:?}");
            let sandbox = sandbox(options.clone().version(version));
            let undisturbed = Pulled::of(&source(&sandbox), everything()).await;
            let profile = profile(&sandbox).await;
            assert_eq!(profile, merged(plain(), &changed), "{what}");

            let source = with_profile(&sandbox, profile);
            let asked = sandbox.asked().len();
            let mut request = everything();
            request.page_size = None;
            let pulled = Pulled::of(&source, request.clone()).await;
            assert!(pulled.is_whole(), "{what}: {:?} {:?}", pulled.error, pulled.ends);
            if undisturbed.is_whole() {
                assert!(pulled.records == undisturbed.records, "{what}");
            }
            sandbox.next_day();
            let mut changes = request;
            (changes.mode, changes.cursor) = (PullMode::Changes, pulled.cursor);
            assert!(Pulled::of(&source, changes).await.error.is_none(), "{what}");
            for (asked, status) in sandbox.asked().split_off(asked) {
                assert_eq!(status, 200, "{what}: {asked}");
                assert!(useless.iter().all(|useless| !asked.contains(useless)), "{what}: {asked}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_known_of_fields_keeps_what_nobody_asked_for_from_travelling() {
    for version in VERSIONS {
        let sandbox = sandbox(OneRosterOptions::default().version(version));
        let source = with_profile(&sandbox, profile(&sandbox).await);
        let before = sandbox.asked().len();
        let plain = Pulled::of(&source, roster_core::PullRequest::full()).await;
        assert!(
            plain.is_whole()
                && plain.records
                    == Pulled::of(&crate::source(&sandbox), roster_core::PullRequest::full()).await.records
        );
        let asked = sandbox.asked().split_off(before);
        let users: Vec<_> = asked
            .iter()
            .filter(|(asked, _)| asked.contains("/users?") && asked.contains("fields="))
            .collect();
        assert!(!users.is_empty());
        for (asked, _) in users {
            assert!(
                ["phone", "sms", "agents", "password", "metadata"].iter().all(|key| !asked.contains(key))
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_is_no_longer_as_it_was_known_is_told() {
    let before = sandbox(OneRosterOptions::default());
    let known = profile(&before).await;
    let quiet = with_profile(&before, known.clone()).check(&context()).await.unwrap();
    assert_eq!(quiet.warnings, Vec::<String>::new());
    let options = OneRosterOptions::default()
        .clamp(30)
        .quirk(Quirk::RefusesSort)
        .quirk(Quirk::DayStamps)
        .quirk(Quirk::Withholds("courses"));
    let now = sandbox(options);
    let source = with_profile(&now, known);
    let report = source.check(&context()).await.unwrap();
    let drift: Vec<_> =
        report.warnings.iter().filter(|warning| warning.starts_with("the server is not as")).collect();
    assert_eq!(drift.len(), 4, "{:?}", report.warnings);
    assert!(drift.iter().any(|warning| warning.contains("the most rows a page was not known and is 30")));
    // The source itself goes by what it found.
    let pulled = Pulled::of(&source, roster_core::PullRequest::full()).await;
    let Completeness::Partial { reason, .. } = &pulled.ends[&EntityKind::Course] else { panic!() };
    assert!(reason.contains("was not asked"), "{reason}");
    assert!(now.asked().iter().rev().take(5).all(|(_, status)| *status == 200));
}

/// What a pull tells of a server that is no longer as its profile says.
async fn drift(known: &Value, options: OneRosterOptions, page_size: Option<u32>) -> Vec<String> {
    let now = sandbox(options);
    let mut request = everything();
    request.page_size = page_size;
    let pulled = Pulled::of(&with_profile(&now, known.clone()), request).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    let told = pulled.problems.into_iter().filter(|problem| problem.code == "profile_drift");
    told.map(|problem| problem.message).collect()
}

#[tokio::test]
async fn a_pull_tells_what_of_its_profile_no_longer_fits() {
    let known = profile(&sandbox(OneRosterOptions::default())).await;
    let plain = OneRosterOptions::default;
    let quirk = |quirk| plain().quirk(quirk);
    for (options, told) in [
        (plain(), None),
        (plain().clamp(30), Some("the most rows a page was not known and is 30")),
        (quirk(Quirk::FailsAbove(100)), Some("the most rows a page was not known and is")),
        (quirk(Quirk::RefusesSort), Some("asking for an order was of use and is of no use")),
        (quirk(Quirk::RefusesFields), Some("choosing fields was of use and is of no use")),
        (plain().without_total(), Some("a total with each page was of use and is of no use")),
        (quirk(Quirk::IgnoresOffset).clamp(30), Some("asking by an offset was of use and is of no use")),
        (quirk(Quirk::DayStamps), Some("the form of stamps was zoned and is day")),
        (quirk(Quirk::ZonelessStamps), Some("the form of stamps was zoned and is zoneless")),
        (quirk(Quirk::Withholds("courses")), Some("/courses was shared and is not shared")),
        // Understood either way, and nothing that a pull goes by.
        (quirk(Quirk::JsonBooleans), None),
    ] {
        let what = format!("{options:?}");
        let drift = drift(&known, options, None).await;
        let begins = "the server is not as its profile says: ";
        assert!(drift.iter().all(|text| text.starts_with(begins) && text.contains("check the source again")));
        match told {
            None => assert_eq!(drift, Vec::<String>::new(), "{what}"),
            Some(told) => assert!(drift.iter().any(|text| text.contains(told)), "{what}: {drift:?}"),
        }
    }
    // A page that the host wants small is no sign of anything.
    assert_eq!(drift(&known, plain(), Some(7)).await, Vec::<String>::new());
    // Who has no profile is told nothing of it.
    let now = sandbox(plain().clamp(30));
    let pulled = Pulled::of(&source(&now), everything()).await;
    assert!(pulled.problems.iter().all(|problem| problem.code != "profile_drift"));
}

#[tokio::test]
async fn a_filter_that_is_no_longer_taken_is_drift_too() {
    let before = sandbox(OneRosterOptions::default());
    let known = profile(&before).await;
    let full = Pulled::of(&with_profile(&before, known.clone()), everything()).await;
    let now = sandbox(OneRosterOptions::default().quirk(Quirk::RefusesFilter));
    let source = OneRosterSource::builder()
        .base_url(now.base_url())
        .token(now.token())
        .tenant(with_profile(&before, known.clone()).info().tenant)
        .profile(known)
        .build()
        .unwrap();
    let mut changes = everything();
    (changes.mode, changes.cursor) = (PullMode::Changes, full.cursor);
    let pulled = Pulled::of(&source, changes).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    let told = "asking for what changed was of use and is of no use";
    assert!(
        pulled
            .problems
            .iter()
            .any(|problem| problem.code == "profile_drift" && problem.message.contains(told))
    );
}

#[tokio::test]
async fn a_profile_says_nothing_of_anybody() {
    let sandbox = sandbox(OneRosterOptions::default());
    let people = sandbox.district().people;
    let profile = profile(&sandbox).await.to_string();
    assert!(people.iter().all(|person| !profile.contains(person.id.as_str())));
    assert!(profile.len() < 1000, "{profile}");
    // Nobody's birth date was asked for.
    let facts: Vec<_> =
        sandbox.asked().into_iter().filter(|(asked, _)| asked.contains("/demographics?")).collect();
    assert!(facts.len() == 1 && facts[0].0.ends_with("&fields=sourcedId"), "{facts:?}");
}
