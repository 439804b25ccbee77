//! Pulls a domain from Google Classroom: its schools by rules, its classes, and who is in them.
//!
//! Without settings it starts a sandbox, so that it runs anywhere.

use std::collections::BTreeMap;

use roster::{
    gclassroom::{GClassroomSource, GoogleRules},
    prelude::*,
};
use roster_testkit::{district::DistrictSpec, sandbox::GoogleSandbox};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program to be run by hand")]
async fn main() -> Result<()> {
    println!("{}", report().await?);
    Ok(())
}

/// Pulls everything, and says how many people each school has.
pub(crate) async fn report() -> Result<String> {
    let sandbox = GoogleSandbox::start(DistrictSpec::new(7).students(40)).map_err(|error| {
        let message = format!("no port of this machine can be listened at: {}", error.kind());
        Error::new(ErrorKind::Transport, "host", "starting a sandbox", message)
    })?;
    let source = GClassroomSource::builder()
        .domain(sandbox.domain())
        .service_account(sandbox.key_file(), sandbox.subject())
        .rules(GoogleRules::from_toml(&GoogleSandbox::rules())?)
        // At Google these are not needed.
        .base_url(sandbox.base_url())
        .build()?;

    let (mut schools, mut people, mut seats, mut whole) =
        (BTreeMap::new(), BTreeMap::<_, u32>::new(), 0, true);
    let mut pull = source.pull(PullRequest::full(), PullContext::default());
    while let Some(event) = pull.try_next().await? {
        match event {
            PullEvent::Upsert { record: Record::Org(org), .. } => {
                schools.insert(org.id.clone(), org.name.clone());
            }
            PullEvent::Upsert { record: Record::Person(person), .. } => {
                for school in person.affiliations.iter().filter_map(|affiliation| affiliation.org.clone()) {
                    *people.entry(school).or_default() += 1;
                }
            }
            PullEvent::Upsert { record: Record::Enrollment(_), .. } => seats += 1,
            PullEvent::End { completeness, .. } => whole &= !completeness.is_partial(),
            _ => {}
        }
    }
    let mut report = format!("{seats} seats, seen whole: {whole}");
    for (school, count) in people {
        let name = schools.get(&school).map_or("?", String::as_str);
        report.push_str(&format!("\n{name}: {count} people"));
    }
    Ok(report)
}
