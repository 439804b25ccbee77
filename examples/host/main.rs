//! A product that keeps tables of its own in step with a roster, by the change log.
//!
//! `cargo run -p examples --example host [FOLDER]`, where the two databases are to lie; again and again if you like.
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

mod tables;

use std::{env, error::Error, path::Path};

use roster::{
    prelude::*,
    sync::{RosterSync, SqliteStore},
};
use rusqlite::Connection;

/// The district that comes with the project.
pub(crate) const LINCOLN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lincoln");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    println!("{}", night(LINCOLN.as_ref(), folder.as_ref()).await?);
    Ok(())
}

/// What a product does every night: a sync, and then what changed goes into its own tables.
pub(crate) async fn night(files: &Path, folder: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    let source = CsvSource::builder().path(files).build()?;
    let store = SqliteStore::open(folder.join("roster.db")).await?;
    let report = RosterSync::new(&store, "lincoln").run(&source, &PullContext::default()).await?;

    // SQL blocks. A server with other work does it where that may be, such as in `spawn_blocking`.
    let mut product = Connection::open(folder.join("product.db"))?;
    let seq = tables::follow(&store, "lincoln", &mut product).await?;
    let count = "SELECT (SELECT count(*) FROM person WHERE active), (SELECT count(*) FROM seat WHERE active)";
    let (people, seats): (i64, i64) = product.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(format!("{}; {people} people and {seats} seats as of change {seq}", report.status.as_str()))
}
