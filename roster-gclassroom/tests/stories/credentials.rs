//! Credentials: who we are to Google, and what is told when it does not know us.

use roster_core::{
    Ask, ConnectionState, EntityKind, ErrorKind, ExposeSecret, PullRequest, RosterSource, TenantDirectory,
    codes,
};
use roster_gclassroom::{Feed, GClassroomConfig, GClassroomSource, GoogleLogin, GoogleProject, GoogleScope};
use roster_testkit::sandbox::{GoogleOptions, GoogleSandbox};

use crate::{Pulled, builder, context, sandbox, source};

fn consented(sandbox: &GoogleSandbox, domain: &str) -> GClassroomSource {
    GClassroomSource::builder()
        .domain(domain)
        .refresh_token(sandbox.client_id(), sandbox.client_secret(), sandbox.refresh_token())
        .token_url(sandbox.token_url())
        .base_url(sandbox.base_url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn consent_that_was_taken_back_says_reconnect() {
    let sandbox = sandbox(GoogleOptions::default());
    sandbox.revoke();
    for source in [source(&sandbox), consented(&sandbox, "me")] {
        let error = source.check(&context()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(
            error.message().contains("invalid_grant") && error.message().contains("reconnect"),
            "{error}"
        );
        let pulled = Pulled::of(&source, PullRequest::full()).await;
        assert!(pulled.ends.is_empty() && pulled.error.is_some());
    }
}

#[tokio::test]
async fn scopes_that_were_not_delegated_are_told_by_the_error_s_own_code() {
    let sandbox = sandbox(GoogleOptions::default());
    sandbox.grant(&["classroom.courses.readonly"]);
    let error = source(&sandbox).check(&context()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.message().contains("unauthorized_client: domain-wide delegation"), "{error}");
}

#[tokio::test]
async fn guardians_need_a_scope_of_their_own() {
    let sandbox = sandbox(GoogleOptions::default());
    sandbox.grant(&[
        "classroom.courses.readonly",
        "classroom.rosters.readonly",
        "classroom.profile.emails",
        "admin.directory.user.readonly",
        "admin.directory.orgunit.readonly",
    ]);
    assert!(Pulled::of(&source(&sandbox), PullRequest::full()).await.is_whole());
    assert_eq!(sandbox.tokens_given(), 1);
    let pulled = Pulled::of(&source(&sandbox), crate::everything()).await;
    assert!(pulled.error.is_none() && pulled.all(EntityKind::Relationship).unwrap().is_partial());
    let told = pulled.problem(codes::REFUSED_COLLECTION).unwrap();
    assert!(told.message.contains("classroom.guardianlinks.students.readonly"), "{}", told.message);
    let report = source(&sandbox).check(&context()).await.unwrap();
    assert!(
        !report.granted.contains(&EntityKind::Relationship) && report.granted.contains(&EntityKind::Person)
    );
}

#[tokio::test]
async fn a_domain_that_is_another_s_is_refused() {
    let sandbox = sandbox(GoogleOptions::default());
    let other = builder(&sandbox).domain("other.example").build().unwrap();
    let pulled = Pulled::of(&other, PullRequest::full()).await;
    assert_eq!(pulled.error.map(|error| error.kind()), Some(ErrorKind::Config));
    assert_eq!(other.check(&context()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn whoever_is_no_administrator_ends_nobody() {
    let sandbox = sandbox(GoogleOptions::default());
    let subject = format!("teacher@{}", sandbox.domain());
    let source = builder(&sandbox).service_account(sandbox.key_file(), subject).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    assert!(pulled.count(EntityKind::Class) > 0);
    for kind in [EntityKind::Class, EntityKind::Person, EntityKind::Org] {
        assert!(pulled.all(kind).unwrap().is_partial(), "{kind}");
    }
    assert_eq!(pulled.all(EntityKind::Enrollment), None);
    let warnings = source.check(&context()).await.unwrap().warnings;
    assert!(warnings[0].contains("no administrator"), "{warnings:?}");
}

#[tokio::test]
async fn who_administers_the_directory_alone_ends_nobody() {
    let sandbox = sandbox(GoogleOptions::default());
    let source = builder(&sandbox).service_account(sandbox.key_file(), sandbox.delegate()).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.error.is_none(), "{:?}", pulled.error);
    assert!(pulled.count(EntityKind::Class) == 0 && pulled.count(EntityKind::Person) > 0);
    for kind in [EntityKind::Class, EntityKind::Person, EntityKind::Enrollment] {
        assert!(pulled.all(kind).unwrap().is_partial(), "{kind}");
    }
    assert!(pulled.problem(codes::SCOPE_MISSING).unwrap().message.contains("isAdmin"));
    // Of a token whose user nobody named, Classroom tells whose it is.
    let token = builder(&sandbox).build().unwrap();
    assert!(token.check(&context()).await.unwrap().warnings.is_empty());
    let given = GClassroomSource::builder().domain(sandbox.domain()).token(sandbox.token());
    let given = given.base_url(sandbox.base_url()).build().unwrap();
    assert!(Pulled::of(&given, PullRequest::full()).await.is_whole());
}

#[tokio::test]
async fn somebody_logs_in_and_the_refresh_token_serves() {
    let sandbox = sandbox(GoogleOptions::default());
    let back = "http://127.0.0.1:9/back";
    let login = GoogleLogin::at(
        &sandbox.login_url(),
        &sandbox.token_url(),
        sandbox.client_id(),
        sandbox.client_secret(),
        back,
        GoogleScope::TEACHER,
    )
    .unwrap();
    let asked = login.begin().unwrap();
    let browser = reqwest_free_visit(asked.url.as_str()).await;
    let query = browser.split_once('?').unwrap().1.to_owned();
    let value = |key: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{key}="))).unwrap().to_owned()
    };
    assert_eq!(value("state"), asked.state.expose_secret());
    let wrong = login.exchange(&value("code").into(), &"guess".into(), &context()).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Unauthorized);
    let asked = login.begin().unwrap();
    let browser = reqwest_free_visit(asked.url.as_str()).await;
    let code = browser.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
    let tokens = login.exchange(&code.into(), &asked.verifier, &context()).await.unwrap();
    let refresh = tokens.refresh.unwrap();
    assert_eq!(tokens.scopes.unwrap().len(), 3);
    assert!(login.refresh(&refresh, &context()).await.unwrap().refresh.is_none());
    let pulled = Pulled::of(&consented(&sandbox, "me"), PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.count(EntityKind::Class) > 0);
}

/// Where a page sends the browser.
async fn reqwest_free_visit(url: &str) -> String {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        stream
            .write_all(
                format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes(),
            )
            .unwrap();
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            answer.extend(piece.iter().take(read));
        }
        let answer = String::from_utf8(answer).unwrap();
        let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("location: ")).unwrap();
        line.split_once(' ').unwrap().1.trim().to_owned()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn registrations_are_made_renewed_and_given_back() {
    let sandbox = sandbox(GoogleOptions::default());
    let registrations = consented(&sandbox, "me").registrations();
    let made =
        registrations.create(Feed::Course("600".into()), "projects/p/topics/t", &context()).await.unwrap();
    assert!(made.expires.is_some() && !made.is_due(roster_core::Clock::now(&roster_core::SystemClock)));
    let renewed = registrations.renew(&made, &context()).await.unwrap();
    assert_eq!((renewed.feed, renewed.topic), (made.feed.clone(), made.topic.clone()));
    registrations.delete(&made.id, &context()).await.unwrap();
    registrations.delete(&made.id, &context()).await.unwrap();
    sandbox.grant(&["classroom.rosters.readonly"]);
    let refused =
        consented(&sandbox, "me").registrations().create(Feed::Domain, "t", &context()).await.unwrap_err();
    assert!(refused.message().contains("classroom.push-notifications"), "{refused}");
}

#[tokio::test]
async fn a_project_knows_which_of_its_domains_let_it_in() {
    use futures::TryStreamExt;
    let sandbox = sandbox(GoogleOptions::default());
    let mut config = GClassroomConfig::default();
    config.service_account = Some(sandbox.key_file().into());
    config.base_url = Some(sandbox.base_url());
    let project = GoogleProject::new(config).unwrap().with_domain(sandbox.domain(), sandbox.subject());
    let listed: Vec<_> = project.tenants(&context()).try_collect().await.unwrap();
    assert_eq!((listed.len(), listed[0].state), (1, ConnectionState::Live));
    assert!(project.tenant("other.example", &context()).await.unwrap().is_none());
    // One that is misspelt is shown as such, among the others.
    let two = project.clone().with_domain("other.example", sandbox.subject());
    let two = two.with_domain("misspelt", sandbox.subject());
    let listed: Vec<_> = two.tenants(&context()).try_collect().await.unwrap();
    let states: Vec<_> = listed.iter().map(|tenant| tenant.state).collect();
    assert_eq!(states, [ConnectionState::Live, ConnectionState::Failing, ConnectionState::Failing]);
    assert!(listed[1].detail.is_some() && listed[2].detail.as_ref().unwrap().contains("`domain`"));
    let source = project.open(sandbox.domain(), &context()).await.unwrap();
    assert_eq!(source.info().tenant, sandbox.domain());
    let error = project.connect(sandbox.domain(), Ask::default(), &context()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    sandbox.revoke();
    let tenant = project.tenant(sandbox.domain(), &context()).await.unwrap().unwrap();
    assert_eq!(tenant.state, ConnectionState::Revoked);
}
