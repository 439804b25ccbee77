//! Ways to the data, and credentials that change.

use roster_classlink::{Access, ClassLinkSource};
use roster_core::{ErrorKind, PullRequest, RosterSource};

use crate::{Pulled, context, paged, sandbox, server, source, tenant, truth};

#[tokio::test]
async fn the_proxy_and_the_server_give_the_same_roster() {
    let sandbox = sandbox(|servers| servers);
    let through = Pulled::of(&source(&sandbox, "proxy"), PullRequest::full()).await;
    let directly = Pulled::of(&source(&sandbox, "direct"), PullRequest::full()).await;
    assert!(through.is_whole() && directly.is_whole());
    assert!(through.records == directly.records && through.ids() == truth(server(&sandbox)));
    let sha1 = ClassLinkSource::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.partner_token())
        .tenant(tenant(&sandbox))
        .access("direct")
        .signature_method("HMAC-SHA1");
    assert!(Pulled::of(&sha1.build().unwrap(), PullRequest::full()).await.records == through.records);
}

#[tokio::test]
async fn an_id_reaches_the_server_as_it_came_in_either_path() {
    let sandbox = sandbox(|servers| servers);
    let id = sandbox.application_id(&tenant(&sandbox)).unwrap();
    assert!(id.contains("%2F"));
    for (template, begin) in [
        ("/{id}/ims/oneroster/v1p1", format!("/{id}/ims/")),
        ("/proxy/v1p0/{id}", format!("/proxy/v1p0/{id}/ims/")),
    ] {
        let before = sandbox.asked().len();
        let source = ClassLinkSource::builder()
            .base_url(sandbox.base_url())
            .token(sandbox.partner_token())
            .tenant(tenant(&sandbox))
            .path_template(template)
            .build()
            .unwrap();
        assert!(Pulled::of(&source, PullRequest::full()).await.is_whole());
        let asked = sandbox.asked().split_off(before);
        let data: Vec<_> = asked.iter().filter(|(path, _)| !path.starts_with("/applications?")).collect();
        assert!(
            data.len() >= 6 && data.iter().all(|(path, status)| path.starts_with(&begin) && *status == 200)
        );
    }
}

#[tokio::test]
async fn hosts_may_keep_credentials_themselves() {
    let sandbox = sandbox(|servers| servers);
    let id = tenant(&sandbox);
    let given = [
        Access::proxy(sandbox.application_id(&id).unwrap(), sandbox.bearer(&id).unwrap()),
        Access::direct(
            server(&sandbox).origin(),
            server(&sandbox).consumer_key(),
            server(&sandbox).consumer_secret(),
        ),
    ];
    for access in given {
        let builder = ClassLinkSource::builder().base_url(sandbox.base_url()).tenant(&id);
        let source = builder.given(access).build().unwrap();
        assert!(Pulled::of(&source, PullRequest::full()).await.is_whole());
    }
    assert_eq!(sandbox.lists(), 0);
}

#[tokio::test]
async fn a_bearer_that_changes_in_the_middle_is_looked_up_once() {
    let sandbox = sandbox(|servers| servers);
    let source = source(&sandbox, "proxy");
    let whole = Pulled::of(&source, paged()).await;
    let lists = sandbox.lists();
    sandbox.rotate_after(&tenant(&sandbox), 9);
    let pulled = Pulled::of(&source, paged()).await;
    assert!(pulled.is_whole() && pulled.records == whole.records, "{:?}", pulled.error);
    assert_eq!(sandbox.lists() - lists, 1);
    // The new one is kept.
    assert!(Pulled::of(&source, paged()).await.is_whole());
    assert_eq!(sandbox.lists() - lists, 1);
}

#[tokio::test]
async fn a_bearer_that_is_refused_and_the_same_is_an_error_at_once() {
    let sandbox = sandbox(|servers| servers);
    let source = source(&sandbox, "proxy");
    assert!(Pulled::of(&source, paged()).await.is_whole());
    let (lists, requests) = (sandbox.lists(), sandbox.requests());
    sandbox.refuse(&tenant(&sandbox));
    let pulled = Pulled::of(&source, paged()).await;
    let error = pulled.error.unwrap();
    assert!(error.kind() == ErrorKind::Unauthorized && error.message().contains("are the same"), "{error}");
    assert!(pulled.ends.is_empty() && pulled.deleted.is_empty());
    assert_eq!((sandbox.lists() - lists, sandbox.requests() - requests), (1, 2));
    // One that the district took back is told as such.
    sandbox.withdraw(&tenant(&sandbox));
    let error = Pulled::of(&source, paged()).await.error.unwrap();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("took them back"), "{error}");
}

#[tokio::test]
async fn what_a_check_learns_goes_back_into_the_builder() {
    let sandbox = sandbox(|servers| servers.clamp(25));
    let report = source(&sandbox, "proxy").check(&context()).await.unwrap();
    let profile = report.profile.unwrap();
    assert_eq!((profile["most_rows"].as_u64(), profile["fields"].as_bool()), (Some(25), Some(true)));
    let source = ClassLinkSource::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.partner_token())
        .tenant(tenant(&sandbox))
        .profile(profile)
        .build()
        .unwrap();
    let before = server(&sandbox).asked().len();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.is_whole() && pulled.ids() == truth(server(&sandbox)));
    let asked = server(&sandbox).asked().split_off(before);
    assert!(asked.iter().all(|(asked, status)| asked.contains("limit=25&") && *status == 200), "{asked:?}");
    let users = asked.iter().filter(|(asked, _)| asked.contains("/users?"));
    assert!(
        users.into_iter().all(|(asked, _)| asked.contains("&fields=sourcedId,") && !asked.contains("phone"))
    );
}
