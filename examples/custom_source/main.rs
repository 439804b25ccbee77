//! Pulls from a source of one's own, as from any other.
//!
//! `cargo run -p examples --example custom_source [FILE]`
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

mod source;

use std::{env, path::PathBuf};

use roster::prelude::*;

use self::source::JsonSource;

/// A small file; everybody in it is invented.
pub(crate) const VILLAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/custom_source/village.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let path = env::args_os().nth(1).map_or_else(|| VILLAGE.into(), PathBuf::from);
    println!("{}", report(path).await?);
    Ok(())
}

/// Counts what is there, and tells what is wrong.
pub(crate) async fn report(path: PathBuf) -> Result<String> {
    let source = JsonSource { tenant: "village".to_owned(), path };
    // To collect is for small rosters; a host with large ones goes through the events of `pull` one by one.
    let roster = source.collect(PullRequest::full(), PullContext::default(), 10_000).await?;
    let mut lines = vec![format!("{} schools, {} people", roster.orgs.len(), roster.people.len())];
    lines.extend(roster.problems.iter().map(|problem| {
        let id = problem.id.as_deref().unwrap_or("without an id");
        format!("{} {} ({id}): {}", problem.severity, problem.code, problem.message)
    }));
    Ok(lines.join("\n"))
}
