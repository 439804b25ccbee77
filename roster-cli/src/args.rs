//! What the command line says.

mod login;
mod sandbox;
mod store;
mod tenants;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser, error::ErrorKind};
use roster::EntityKind;

pub(crate) use self::login::LoginArgs;
pub(crate) use self::sandbox::SandboxArgs;
pub(crate) use self::store::{
    ChangesArgs, PlanArgs, RecordsArgs, RunsArgs, StoreFlag, SyncArgs, SyncOptions, WhyArgs,
};
pub(crate) use self::tenants::{ConnectArgs, DisconnectArgs, TenantsArgs};
use crate::outcome::Failure;

const THERE: &str = "init, providers, tenants, connect, disconnect, login, check, pull, plan, sync, records, changes, runs, why, sandbox";

// No `Debug` here: `--set` may hold what somebody should not have typed.

/// Pulls school rosters from where they are, and says what is in them and what is wrong with them.
#[derive(Parser)]
#[command(
    name = "roster",
    version,
    after_help = "SOURCE is a name in roster.toml, or ad hoc: csv:PATH, oneroster:URL, clever:DISTRICT_ID,\n  classlink:TENANT, wonde:SCHOOL_ID, gclassroom:DOMAIN\n\n\
        Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 held by a guard,\n            4 done but a kind is partial"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command. They stand before the verb or after it, and are added up by hand: of flags that it calls
/// global, clap forgets those before the verb once one stands after it, and a limit would be lost.
#[derive(Args, Default)]
#[command(next_help_heading = "Every command takes")]
pub(crate) struct Global {
    /// The settings file [default: roster.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Sets a setting of the source, over file and environment; not for secrets
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Prints exactly one JSON document on stdout, also on failure
    #[arg(long)]
    pub(crate) json: bool,
    /// Logs to stderr
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<LogLevel>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Writes a commented roster.toml
    Init(Global),
    /// Lists what is compiled in, what each can do, which settings it has
    Providers(Global),
    /// Lists who has connected, and in which state
    Tenants(TenantsArgs),
    /// Asks for access, where the vendor has such a call
    Connect(ConnectArgs),
    /// Gives access back, where the vendor has such a call
    Disconnect(DisconnectArgs),
    /// Logs a teacher or an administrator in, by the browser
    Login(LoginArgs),
    /// Proves the credentials; says what may be read
    Check(CheckArgs),
    /// Pulls everything, or what changed; counts it, and groups what is wrong by cause
    Pull(PullArgs),
    /// Says what a sync would change, and which guards would hold it; writes nothing
    Plan(PlanArgs),
    /// Brings a roster of the store in step with the source
    Sync(SyncArgs),
    /// Lists the records of a roster; with --json one document a line
    Records(RecordsArgs),
    /// Lists what changed in a roster; with --json one document a line
    Changes(ChangesArgs),
    /// Lists the runs, oldest first; with --json one document a line
    Runs(RunsArgs),
    /// Tells one record's story: why it is there, or why not
    Why(WhyArgs),
    /// Runs a fake vendor on loopback until it is stopped
    Sandbox(SandboxArgs),
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// A name in roster.toml, or ad hoc, such as csv:PATH
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args)]
pub(crate) struct PullArgs {
    /// A name in roster.toml, or ad hoc, such as csv:PATH
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    #[arg(
        long,
        value_name = "K,..",
        value_delimiter = ',',
        help = "Pulls these kinds alone: org, academic_session, course, class, person, enrollment, relationship"
    )]
    pub(crate) kinds: Option<Vec<EntityKind>>,
    /// Pulls this school alone, by id; may be given several times
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) school: Vec<String>,
    /// Pulls this class alone, by id; may be given several times
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) class: Vec<String>,
    /// Pulls all sensitive fields, contacts and relationships too
    #[arg(long)]
    pub(crate) sensitive: bool,
    /// Pulls what changed since this cursor, as --cursor-out wrote it
    #[arg(long, value_name = "FILE")]
    pub(crate) changes: Option<PathBuf>,
    /// Writes where the pull ended, for --changes, if it succeeds
    #[arg(long, value_name = "FILE")]
    pub(crate) cursor_out: Option<PathBuf>,
    /// A summary, or the events, one JSON object a line
    #[arg(long, default_value = "summary")]
    pub(crate) format: Format,
    /// Writes the events of --format ndjson here, if the pull succeeds, and not to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Summary,
    Ndjson,
}

impl Command {
    /// The flags that every command takes.
    pub(crate) const fn global(&self) -> &Global {
        match self {
            Self::Init(global) | Self::Providers(global) => global,
            Self::Tenants(args) => &args.global,
            Self::Connect(args) => &args.global,
            Self::Disconnect(args) => &args.global,
            Self::Login(args) => &args.global,
            Self::Check(args) => &args.global,
            Self::Pull(args) => &args.global,
            Self::Plan(args) => &args.options.global,
            Self::Sync(args) => &args.options.global,
            Self::Records(args) => &args.global,
            Self::Changes(args) => &args.global,
            Self::Runs(args) => &args.global,
            Self::Why(args) => &args.global,
            Self::Sandbox(args) => &args.global,
        }
    }

    /// Adds the flags that stood before the verb; of two that contradict each other, the latter counts.
    fn after(mut self, before: Global) -> Self {
        let global = match &mut self {
            Self::Init(global) | Self::Providers(global) => global,
            Self::Tenants(args) => &mut args.global,
            Self::Connect(args) => &mut args.global,
            Self::Disconnect(args) => &mut args.global,
            Self::Login(args) => &mut args.global,
            Self::Check(args) => &mut args.global,
            Self::Pull(args) => &mut args.global,
            Self::Plan(args) => &mut args.options.global,
            Self::Sync(args) => &mut args.options.global,
            Self::Records(args) => &mut args.global,
            Self::Changes(args) => &mut args.global,
            Self::Runs(args) => &mut args.global,
            Self::Why(args) => &mut args.global,
            Self::Sandbox(args) => &mut args.global,
        };
        global.config = global.config.take().or(before.config);
        global.set.splice(0..0, before.set);
        global.json |= before.json;
        global.log = global.log.or(before.log);
        self
    }
}

/// A command line that was understood.
pub(crate) enum Parsed {
    Command(Box<Command>),
    /// Help or version was asked for.
    Help(String),
}

/// Whether `--json` stands there; asked before anything is understood, since misuse is answered in JSON too.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().skip(1).take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

/// Understands the command line.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Parsed, Failure> {
    Cli::try_parse_from(arguments)
        .map(|cli| Parsed::Command(Box::new(cli.command.after(cli.global))))
        .or_else(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Parsed::Help(error.render().to_string()))
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
                Err(misuse(format!("no command; there are: {THERE}; `roster --help` explains them")))
            }
            _ => Err(misuse(explain(&error))),
        })
}

fn explain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned()
}

fn misuse(message: String) -> Failure {
    Failure::usage("reading the command line", message)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse_words(words: &str) -> Result<Parsed, Failure> {
        parse(words.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_verb_that_is_none_is_told() {
        let Err(Failure::Usage { message, .. }) = parse_words("roster snyc") else {
            panic!("`snyc` is a mistake");
        };
        assert!(message.starts_with("unrecognized subcommand"), "{message}");
    }

    #[test]
    fn flags_stand_before_or_after_the_verb() {
        for words in ["roster --json --set a=1 check x", "roster check x --json --set a=1"] {
            let Ok(Parsed::Command(command)) = parse_words(words) else {
                panic!("{words}");
            };
            assert!(command.global().json);
            assert_eq!(command.global().set, ["a=1"]);
        }
        let Ok(Parsed::Command(command)) =
            parse_words("roster --set a=1 --config x check x --set b=2 --config y")
        else {
            panic!();
        };
        assert_eq!(command.global().set, ["a=1", "b=2"]);
        assert_eq!(command.global().config.as_deref(), Some("y".as_ref()));
    }
}
