//! A large district.

use std::collections::BTreeMap;

use roster_classlink::ClassLinkSource;
use roster_core::{EntityKind, PullRequest};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{ClassLinkOptions, ClassLinkSandbox, Quirk},
};

use crate::{Pulled, truth};

const PAGE: u64 = 10_000;

fn rows_of(pulled: &Pulled) -> BTreeMap<EntityKind, u64> {
    let mut rows = BTreeMap::new();
    pulled.records.keys().for_each(|(kind, _)| *rows.entry(*kind).or_default() += 1);
    rows
}

#[tokio::test]
async fn sixty_thousand_pupils_cost_few_requests_more_than_full_pages() {
    let spec =
        DistrictSpec::new(7).schools(40).students(60_000).classes_per_student(1).families_with_contacts(0);
    let sandbox = ClassLinkSandbox::start(&spec).unwrap();
    let tenant = sandbox.live()[0].clone();
    let builder = ClassLinkSource::builder().base_url(sandbox.base_url()).token(sandbox.partner_token());
    let source = builder.tenant(&tenant).build().unwrap();
    let mut request = PullRequest::full();
    request.page_size = Some(10_000);
    let pulled = Pulled::of(&source, request).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    let full: u64 = rows_of(&pulled).values().map(|rows| rows / PAGE).sum();
    let requests = sandbox.server(&tenant).unwrap().requests();
    assert!(full >= 12 && requests <= full + 12, "{requests} requests, {full} full pages");
}

#[tokio::test]
async fn a_server_that_fails_above_500_rows_is_read_whole_in_smaller_pages() {
    // Nobody whom the server counts, and who is not delivered.
    let spec = DistrictSpec::new(7).schools(2).students(1500).families_with_contacts(0);
    let options = ClassLinkOptions::default().servers(|servers| servers.quirk(Quirk::FailsAbove(500)));
    let sandbox = ClassLinkSandbox::start_with(&spec, &options).unwrap();
    let tenant = sandbox.live()[0].clone();
    let builder = ClassLinkSource::builder().base_url(sandbox.base_url()).token(sandbox.partner_token());
    let source = builder.tenant(&tenant).build().unwrap();
    let pulled = Pulled::of(&source, PullRequest::full()).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    let server = sandbox.server(&tenant).unwrap();
    assert_eq!(pulled.ids(), truth(server));
    let asked = server.asked();
    let failed = asked.iter().filter(|(_, status)| *status == 502).count();
    // 5,000, 2,500, 1,250 and 625 once each; what is learnt holds for all that follow.
    assert_eq!(failed, 4, "{asked:?}");
    // Of each collection pages of 312 that share a row, one that is not full, and one that shows that no more rows come.
    let most: u64 = rows_of(&pulled).values().map(|rows| rows / 311 + 2).sum();
    let pages = (asked.len() - failed) as u64;
    assert!(pages <= most, "{pages} pages, {most} at most");
}
