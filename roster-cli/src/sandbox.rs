//! `roster sandbox`: a fake vendor on loopback, until it is stopped.

use std::time::Duration;

use roster::{Error, ErrorKind};
use roster_testkit::{
    district::{DistrictSpec, OneRosterVersion},
    sandbox::{OneRosterOptions, OneRosterSandbox},
};
use serde::Serialize;

use crate::{
    args::SandboxArgs,
    outcome::{Failure, Outcome},
    output::Output,
    source, stop,
};

const OPERATION: &str = "starting a sandbox";

/// What it says at its start. Its credentials open invented data only, so they may be seen.
#[derive(Serialize)]
struct Started<'a> {
    provider: &'a str,
    base_url: String,
    token: &'a str,
    token_url: String,
    client_id: &'a str,
    client_secret: &'a str,
    pull: String,
    moves: [String; 3],
}

pub(crate) fn run(args: &SandboxArgs, output: Output) -> Result<Outcome, Failure> {
    if args.provider != "oneroster" {
        return Err(Failure::usage(OPERATION, "there is no sandbox of that provider; there is: oneroster"));
    }
    let version = match args.api_version.as_str() {
        "1.1" => OneRosterVersion::V1_1,
        "1.2" => OneRosterVersion::V1_2,
        _ => return Err(Failure::usage(OPERATION, "--api-version wants 1.1 or 1.2")),
    };
    let spec = DistrictSpec::new(args.seed).schools(args.schools).students(args.students);
    let latency = Duration::from_millis(args.latency);
    let options = OneRosterOptions::default().version(version).latency(latency).port(args.port);
    let sandbox = OneRosterSandbox::start_with(spec.generate(), options).map_err(|error| {
        let message = format!("port {} of this machine can't be listened at: {}", args.port, error.kind());
        Error::new(ErrorKind::Transport, "host", OPERATION, message)
    })?;
    args.fault.iter().cloned().for_each(|fault| sandbox.fault(fault));
    let started = started(&sandbox);
    output.answer(&started, || text(&started))?;
    source::block_on(async {
        stop::signal().await;
        Ok(())
    })?;
    Ok(Outcome::Done)
}

fn started(sandbox: &OneRosterSandbox) -> Started<'_> {
    let base_url = sandbox.base_url();
    let post = |verb| format!("curl -X POST {}/sandbox/{verb}", sandbox.origin());
    Started {
        provider: "oneroster",
        pull: format!("ROSTER_ONEROSTER_TOKEN={} roster pull oneroster:{base_url}", sandbox.token()),
        base_url,
        token: sandbox.token(),
        token_url: sandbox.token_url(),
        client_id: sandbox.client_id(),
        client_secret: sandbox.client_secret(),
        moves: [post("next-day"), post("new-term"), post("change-id")],
    }
}

fn text(started: &Started<'_>) -> String {
    let Started { base_url, pull, moves, .. } = started;
    let moves = moves.join("\n  ");
    format!(
        "OneRoster at {base_url}\n\nPull from it:\n  {pull}\n\nMove it:\n  {moves}\n\nStop it with Ctrl-C.\n"
    )
}
