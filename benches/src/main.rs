//! Our speed, as ratios to a reference measured in the same run: seconds differ from machine to machine, ratios hold.
//!
//! ```text
//! cargo run --release -p benches -- pull DIR [ROUNDS]
//! ```
//!
//! `pull` streams the OneRoster files of DIR into typed records, counts and drops them, and compares that with a bare loop
//! of the `csv` crate over the same files. Rounds are interleaved and each runs in a process of its own, so that peak memory
//! is its own too; the first round warms up and is not counted.
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

mod child;
mod pull;

use std::{error::Error, path::PathBuf, process::ExitCode};

use child::Sample;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["pull", directory] => compare(directory, 7),
        ["pull", directory, rounds] => {
            rounds.parse().map_err(Into::into).and_then(|rounds| compare(directory, rounds))
        }
        // A round, in a process of its own.
        ["one", what, directory] => one(what, directory),
        _ => Err("usage: benches pull DIR [ROUNDS]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn one(what: &str, directory: &str) -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(directory);
    let rows = match what {
        "raw" => pull::raw(&directory)?,
        _ => pull::streamed(&directory)?,
    };
    println!("{rows}");
    Ok(())
}

fn compare(directory: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (reference, sample) = (Sample::take("raw", directory)?, Sample::take("ours", directory)?);
        if round > 0 {
            raw.push(reference);
            ours.push(sample);
        }
    }
    let ratios: Vec<f64> = ours.iter().zip(&raw).map(|(ours, raw)| ours.seconds / raw.seconds).collect();
    report("raw csv loop", &raw);
    report("our pull", &ours);
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
