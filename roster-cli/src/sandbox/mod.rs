//! `roster sandbox`: a fake vendor on loopback, until it is stopped.

mod classlink;
mod clever;
mod gclassroom;
mod oneroster;
mod wonde;

use std::{collections::BTreeMap, io};

use roster::{Error, ErrorKind};
use serde::Serialize;

use crate::{
    args::SandboxArgs,
    outcome::{Failure, Outcome},
    output::Output,
    source, stop,
};

const OPERATION: &str = "starting a sandbox";

/// A vendor that can be played.
struct Vendor {
    provider: &'static str,
    /// Its name, for people.
    name: &'static str,
    /// What a fault can be of.
    collections: fn() -> Vec<&'static str>,
    /// Whether it counts requests by the minute, so that `--quota` says something to it.
    has_quota: bool,
    start: fn(&SandboxArgs) -> Result<Box<dyn Running>, Failure>,
}

/// By provider, alphabetically.
const VENDORS: &[Vendor] =
    &[classlink::VENDOR, clever::VENDOR, gclassroom::VENDOR, oneroster::VENDOR, wonde::VENDOR];

/// A fake vendor that runs; dropping it stops it.
trait Running {
    fn started(&self) -> Started;
}

/// What it says at its start. Its credentials open invented data only, so they may be seen.
#[derive(Serialize)]
struct Started {
    provider: &'static str,
    base_url: String,
    /// By the names of the settings that want them.
    #[serde(flatten)]
    credentials: BTreeMap<&'static str, String>,
    /// A command that pulls from it.
    pull: String,
    /// Commands that move it.
    moves: Vec<String>,
}

pub(crate) fn run(args: &SandboxArgs, output: Output) -> Result<Outcome, Failure> {
    let vendor = VENDORS.iter().find(|vendor| vendor.provider == args.provider).ok_or_else(|| {
        let there: Vec<_> = VENDORS.iter().map(|vendor| vendor.provider).collect();
        let message = format!("there is no sandbox of that provider; there are: {}", there.join(", "));
        Failure::usage(OPERATION, message)
    })?;
    refuse_unknown_collections(args, &(vendor.collections)())?;
    if args.quota.is_some() && !vendor.has_quota {
        let counted: Vec<_> =
            VENDORS.iter().filter(|vendor| vendor.has_quota).map(|vendor| vendor.provider).collect();
        let message = format!("--quota is of vendors that count by the minute: {}", counted.join(", "));
        return Err(Failure::usage(OPERATION, message));
    }
    let sandbox = (vendor.start)(args)?;
    let started = sandbox.started();
    output.answer(&started, || text(vendor.name, &started))?;
    source::block_on(async {
        stop::signal().await;
        Ok(())
    })?;
    Ok(Outcome::Done)
}

fn refuse_unknown_collections(args: &SandboxArgs, there: &[&str]) -> Result<(), Failure> {
    let mut named = args.fault.iter().filter_map(|fault| fault.collection());
    match named.find(|name| !there.contains(name)) {
        Some(name) => {
            let message = format!("no collection `{name}` for a fault; there are: {}", there.join(", "));
            Err(Failure::usage(OPERATION, message))
        }
        None => Ok(()),
    }
}

/// Why a sandbox does not start.
fn not_started(args: &SandboxArgs, error: &io::Error) -> Failure {
    let message = format!("port {} of this machine can't be listened at: {}", args.port, error.kind());
    Error::new(ErrorKind::Transport, "host", OPERATION, message).into()
}

/// A request that moves the sandbox, as a command.
fn post(origin: &str, verb: &str) -> String {
    format!("curl -X POST {origin}/sandbox/{verb}")
}

fn text(name: &str, started: &Started) -> String {
    let Started { base_url, pull, moves, .. } = started;
    let moves = moves.join("\n  ");
    format!(
        "{name} at {base_url}\n\nPull from it:\n  {pull}\n\nMove it:\n  {moves}\n\nStop it with Ctrl-C.\n"
    )
}
