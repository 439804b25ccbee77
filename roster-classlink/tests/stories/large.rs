//! A large district.

use roster_core::PullRequest;
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{ClassLinkOptions, ClassLinkSandbox, Quirk},
};

use crate::{Pulled, server, source};

const PAGE: u64 = 10_000;

/// 60,000 pupils in the last of the three districts.
fn large(quirk: Option<Quirk>) -> ClassLinkSandbox {
    let spec =
        DistrictSpec::new(7).schools(40).students(60_000).classes_per_student(1).families_with_contacts(0);
    let options = ClassLinkOptions::default().applications(3).servers(|servers| match quirk {
        Some(quirk) => servers.quirk(quirk),
        None => servers,
    });
    ClassLinkSandbox::start_with(&spec, &options).unwrap()
}

#[tokio::test]
async fn sixty_thousand_pupils_cost_few_requests_more_than_full_pages() {
    let sandbox = large(None);
    let mut request = PullRequest::full();
    request.page_size = Some(10_000);
    let pulled = Pulled::of(&source(&sandbox, "proxy"), request).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    let mut rows = std::collections::BTreeMap::<_, u64>::new();
    pulled.records.keys().for_each(|(kind, _)| *rows.entry(*kind).or_default() += 1);
    let full: u64 = rows.values().map(|rows| rows / PAGE).sum();
    let requests = server(&sandbox).requests();
    assert!(full >= 12 && requests <= full + 12, "{requests} requests, {full} full pages");
}
