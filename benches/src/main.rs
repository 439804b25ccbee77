//! Our speed, as ratios to a reference measured in the same run: seconds differ from machine to machine, ratios hold.
//!
//! ```text
//! cargo run --release -p benches -- pull DIR|FILE [ROUNDS]
//! cargo run --release -p benches -- sync DIR NEXT_DIR [ROUNDS]
//! ```
//!
//! `pull` streams the OneRoster files of `DIR`, or the one-file roster `FILE`, into typed records, counts and drops them, and
//! compares that with a bare loop of the `csv` crate over the same files.
//!
//! `sync` brings a store in SQLite in step with `DIR`: at first, again with nothing changed, again with the rows in another
//! order, and with `NEXT_DIR`, the next day's files: as the command does it, and the unchanged ones with everything pulled
//! too, as they are after a while or when the host asks for it. A first sync is compared with the insertion of bodies that are ready and
//! sorted; the others with reading and hashing the rows, and reading as many keys and hashes back.
//!
//! Rounds are interleaved and each runs in a process of its own, so that peak memory is its own too; the first round warms
//! up and is not counted.
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

mod child;
mod pull;
mod sync;

use std::{error::Error, path::Path, process::ExitCode};

use child::Sample;
use roster::sync::Status;

type Done = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["pull", directory] => compare_pull(directory, "7"),
        ["pull", directory, rounds] => compare_pull(directory, rounds),
        ["sync", directory, next] => compare_sync(directory, next, "5"),
        ["sync", directory, next, rounds] => compare_sync(directory, next, rounds),
        // A round, in a process of its own.
        ["one", what, paths @ ..] => one(what, paths),
        _ => Err("usage: benches pull DIR|FILE [ROUNDS], benches sync DIR NEXT_DIR [ROUNDS]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn one(what: &str, paths: &[&str]) -> Done {
    let path = |number: usize| paths.get(number).map(Path::new).ok_or("a path is missing");
    let counted = match what {
        "raw" => pull::raw(path(0)?)?,
        "ours" => pull::streamed(path(0)?)?,
        "insert" => sync::insert_ready_bodies(path(0)?, path(1)?)?,
        "read-back" => sync::hash_and_read_back(path(0)?, path(1)?)?,
        "sync-changed" => sync::ours(path(0)?, path(1)?, false, Status::Applied)?,
        "sync-unchanged" => sync::ours(path(0)?, path(1)?, false, Status::Unchanged)?,
        "sync-unchanged-in-full" => sync::ours(path(0)?, path(1)?, true, Status::Unchanged)?,
        _ => return Err("no such round".into()),
    };
    println!("{counted}");
    Ok(())
}

fn compare_pull(directory: &str, rounds: &str) -> Done {
    let directory = Path::new(directory);
    compare(
        rounds.parse()?,
        Side::new("raw csv loop", || Sample::take("raw", &[directory])),
        Side::new("our pull", || Sample::take("ours", &[directory])),
    )
}

fn compare_sync(directory: &str, next: &str, rounds: &str) -> Done {
    let rounds = rounds.parse()?;
    let (directory, next) = (Path::new(directory), Path::new(next));
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);

    let insert = Side::new("ready bodies inserted", || {
        let fresh = tempfile::tempdir()?;
        Sample::take("insert", &[directory, fresh.path()])
    });
    let first = Side::new("first sync", || {
        let fresh = tempfile::tempdir()?;
        Sample::take("sync-changed", &[directory, &fresh.path().join("roster.db")])
    });
    compare(rounds, insert, first)?;

    let (store, pairs, shuffled) = (at("roster.db"), at("pairs.db"), at("shuffled"));
    sync::ours(directory, &store, false, Status::Applied)?;
    sync::write_pairs(directory, &pairs)?;
    sync::shuffle(directory, &shuffled)?;
    let read_back =
        || Side::new("rows hashed, pairs read back", || Sample::take("read-back", &[directory, &pairs]));
    for (what, way) in [("", "sync-unchanged"), (", everything pulled", "sync-unchanged-in-full")] {
        for (order, files) in [("", directory), (", rows in another order", shuffled.as_path())] {
            let name = format!("unchanged sync{order}{what}");
            compare(rounds, read_back(), Side::new(&name, || Sample::take(way, &[files, &store])))?;
        }
    }
    let next_day = Side::new("sync of the next day", || {
        let copy = at("copy.db");
        sync::copy_store(&store, &copy)?;
        Sample::take("sync-changed", &[next, &copy])
    });
    compare(rounds, read_back(), next_day)
}

/// One side of a comparison.
struct Side<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> Result<Sample, Box<dyn Error>> + 'a>,
}

impl<'a> Side<'a> {
    fn new(name: &'a str, run: impl FnMut() -> Result<Sample, Box<dyn Error>> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

fn compare(rounds: usize, mut reference: Side<'_>, mut ours: Side<'_>) -> Done {
    let (mut references, mut samples) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (one, other) = ((reference.run)()?, (ours.run)()?);
        if round > 0 {
            references.push(one);
            samples.push(other);
        }
    }
    let ratios: Vec<f64> =
        samples.iter().zip(&references).map(|(ours, reference)| ours.seconds / reference.seconds).collect();
    report(reference.name, &references);
    report(ours.name, &samples);
    println!("ratio: median {:.2} (least {:.2}, most {:.2})", median(&ratios), least(&ratios), most(&ratios));
    Ok(())
}

fn report(name: &str, samples: &[Sample]) {
    let seconds: Vec<f64> = samples.iter().map(|sample| sample.seconds).collect();
    let memory = samples.iter().map(|sample| sample.peak_kib).max().unwrap_or(0);
    let rows = samples.first().map_or(0, |sample| sample.rows);
    println!("{name}: {rows} rows, median {:.3} s, peak {} MiB", median(&seconds), memory / 1024);
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
