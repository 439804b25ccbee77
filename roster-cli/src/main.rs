//! The command `roster`. See the crate's README for its verbs, and `roster help` for its flags.

mod args;
mod check;
mod init;
mod logging;
mod login;
mod observer;
mod outcome;
mod output;
mod plan;
mod private_file;
mod problems;
mod progress;
mod providers;
mod pull;
mod reading;
mod sandbox;
mod source;
mod stop;
mod store;
mod sync;
mod table;
mod tenants;

use std::process::ExitCode;

use crate::{
    args::{Command, Parsed},
    outcome::{Failure, Outcome},
    output::{Output, print},
};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let output = if args::asks_for_json(&arguments) { Output::Json } else { Output::Text };
    let result = match args::parse(arguments) {
        Ok(Parsed::Command(command)) => run(&command, output),
        Ok(Parsed::Help(text)) => print(&text).map(|()| Outcome::Done),
        Err(failure) => Err(failure),
    };
    let outcome = result.unwrap_or_else(|failure| output.failure(&failure));
    outcome.into()
}

fn run(command: &Command, output: Output) -> Result<Outcome, Failure> {
    logging::start(command.global().log);
    match command {
        Command::Init(global) => init::run(global, output),
        Command::Providers(_) => providers::run(output),
        Command::Tenants(args) => tenants::list(args, output),
        Command::Connect(args) => tenants::connect(args, output),
        Command::Disconnect(args) => tenants::disconnect(args, output),
        Command::Login(args) => login::run(args, output),
        Command::Check(args) => check::run(args, output),
        Command::Pull(args) => pull::run(args, output),
        Command::Plan(args) => plan::run(args, output),
        Command::Sync(args) => sync::run(args, output),
        Command::Records(args) => reading::records::run(args, output),
        Command::Changes(args) => reading::changes::run(args, output),
        Command::Runs(args) => reading::runs::run(args, output),
        Command::Why(args) => reading::why::run(args, output),
        Command::Sandbox(args) => sandbox::run(args, output),
    }
}
