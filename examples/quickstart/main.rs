//! Reads a roster and prints its schools with their classes and people.
//!
//! `cargo run -p examples --example quickstart [FOLDER OR ZIP]`
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

use std::{env, ffi::OsString};

use roster::{OrgType, prelude::*};

/// The district that comes with the project.
pub(crate) const LINCOLN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lincoln");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let path = env::args_os().nth(1).unwrap_or_else(|| LINCOLN.into());
    println!("{}", report(path).await?);
    Ok(())
}

/// Counts each school's classes and people. `collect` suits a first look; large rosters are pulled event by event.
pub(crate) async fn report(path: OsString) -> Result<String> {
    let source = CsvSource::builder().path(path).build()?;
    let roster = source.collect(PullRequest::full(), PullContext::default(), 100_000).await?;

    let mut lines = Vec::new();
    for school in roster.orgs.iter().filter(|org| org.org_type == OrgType::School) {
        let is_here = |org: &Option<SourcedId>| org.as_ref() == Some(&school.id);
        let classes = roster.classes.iter().filter(|class| is_here(&class.org)).count();
        let people =
            roster.people.iter().filter(|person| person.affiliations.iter().any(|a| is_here(&a.org)));
        lines.push(format!("{}: {classes} classes, {} people", school.name, people.count()));
    }
    lines.push(format!("{} people in all, {} problems", roster.people.len(), roster.problems.len()));
    Ok(lines.join("\n"))
}
