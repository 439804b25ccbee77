//! Who shares.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use roster_classlink::{ClassLinkPartner, ClassLinkSource};
use roster_core::{ConnectionState, ErrorKind, PullRequest, RosterSource, Tenant, TenantDirectory};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{ClassLinkOptions, ClassLinkSandbox},
};

use crate::{Pulled, context, sandbox, tenant};

fn partner(sandbox: &ClassLinkSandbox) -> ClassLinkPartner {
    ClassLinkPartner::builder().base_url(sandbox.base_url()).token(sandbox.partner_token()).partner().unwrap()
}

async fn list(sandbox: &ClassLinkSandbox) -> Vec<Tenant> {
    partner(sandbox).tenants(&context()).try_collect().await.unwrap()
}

#[tokio::test]
async fn of_134_applications_three_are_live_and_the_others_are_told_apart() {
    for clamp in [1000, 100, 7] {
        let options = ClassLinkOptions::default().list_clamp(clamp);
        let sandbox = ClassLinkSandbox::start_with(&DistrictSpec::new(7).students(4), &options).unwrap();
        let tenants = list(&sandbox).await;
        let mut states: BTreeMap<&str, u32> = BTreeMap::new();
        for tenant in &tenants {
            *states.entry(tenant.state.as_str()).or_default() += 1;
        }
        assert_eq!(tenants.len(), 134);
        assert_eq!(states["live"], 3);
        // Of four others one has no bearer, one is not enabled, one suspended, and one says nothing and has no bearer.
        assert_eq!(
            states.into_iter().filter(|(state, _)| *state != "live").collect::<Vec<_>>(),
            [("failing", 32), ("paused", 34), ("pending", 65),]
        );
        let live: Vec<_> = tenants.iter().filter(|tenant| tenant.state == ConnectionState::Live).collect();
        assert_eq!(live.iter().map(|tenant| tenant.id.clone()).collect::<Vec<_>>(), sandbox.live());
        assert!(tenants.iter().all(|tenant| tenant.id.chars().all(|c| c.is_ascii_digit())));
        // To an empty page, and no further.
        assert_eq!(sandbox.lists(), 134_u64.div_ceil(clamp as u64) + 1);
    }
}

#[tokio::test]
async fn a_district_that_can_not_be_read_says_why() {
    let sandbox = sandbox(|servers| servers);
    let tenants = list(&sandbox).await;
    let of = |state| tenants.iter().find(|tenant| tenant.state == state).unwrap().id.clone();
    for (state, kind, word) in [
        (ConnectionState::Paused, ErrorKind::Forbidden, "switched the application off"),
        (ConnectionState::Failing, ErrorKind::Forbidden, "Suspended"),
        (ConnectionState::Pending, ErrorKind::Config, "no credentials"),
    ] {
        let source = partner(&sandbox).source(of(state), None);
        let report = source.check(&context()).await.unwrap();
        assert_eq!((report.state, report.granted.len(), report.warnings.len()), (Some(state), 0, 1));
        let pulled = Pulled::of(&source, PullRequest::full()).await;
        let error = pulled.error.unwrap();
        assert!(error.kind() == kind && error.message().contains(word), "{error}");
        assert!(pulled.records.is_empty() && pulled.ends.is_empty());
    }
    let error = partner(&sandbox).open(&of(ConnectionState::Pending), &context()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let gone = partner(&sandbox).source("1", None).check(&context()).await.unwrap_err();
    assert!(gone.kind() == ErrorKind::Config && gone.message().contains("no such district"), "{gone}");
}

#[tokio::test]
async fn a_tenant_is_asked_for_by_its_number_and_connections_are_made_elsewhere() {
    let sandbox = sandbox(|servers| servers);
    let partner = partner(&sandbox);
    let id = tenant(&sandbox);
    let found = partner.tenant(&id, &context()).await.unwrap().unwrap();
    assert_eq!((found.id, found.state), (id.clone(), ConnectionState::Live));
    assert_eq!(partner.tenant("1", &context()).await.unwrap(), None);
    let asked = partner.connect(&id, roster_core::Ask::default(), &context()).await.unwrap_err();
    let given = partner.disconnect(&id, &context()).await.unwrap_err();
    assert!([asked, given].iter().all(|error| error.kind() == ErrorKind::Unsupported));
}

#[tokio::test]
async fn fifty_pulls_read_the_list_once() {
    let sandbox = sandbox(|servers| servers);
    let partner = partner(&sandbox);
    let pulls = (0..50).map(|at| {
        let source = partner.source(sandbox.live()[at % 3].clone(), None);
        async move { Pulled::of(&source, PullRequest::full()).await }
    });
    let pulled = futures::future::join_all(pulls).await;
    assert!(pulled.iter().all(Pulled::is_whole));
    // One page, and an empty one.
    assert_eq!(sandbox.lists(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_known_is_told() {
    let sandbox = sandbox(|servers| servers);
    let source = ClassLinkSource::builder()
        .base_url(sandbox.base_url())
        .token("guess")
        .tenant("2000")
        .build()
        .unwrap();
    let error = source.check(&context()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthorized, Some(401)));
}
