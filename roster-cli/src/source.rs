//! From SOURCE on the command line to a source.

use roster::config::{Config, ResolvedSource, Resolver};

use crate::{args::Global, outcome::Failure};

const DEFAULT: &str = "roster.toml";

/// The settings file's name.
pub(crate) fn settings_file(global: &Global) -> &std::path::Path {
    global.config.as_deref().unwrap_or(DEFAULT.as_ref())
}

/// Finds the source. A settings file that was asked for must be there; the default one need not.
pub(crate) fn resolve(global: &Global, source: &str) -> Result<ResolvedSource, Failure> {
    let config = config(global)?;
    Ok(resolver(global, &config)?.resolve(source)?)
}

/// Finds what the directory of a provider needs.
pub(crate) fn resolve_directory(global: &Global, provider: &str) -> Result<ResolvedSource, Failure> {
    let config = config(global)?;
    Ok(resolver(global, &config)?.resolve_directory(provider)?)
}

fn config(global: &Global) -> Result<Config, Failure> {
    let file = settings_file(global);
    Ok(if global.config.is_some() { Config::load(file)? } else { Config::load_if_there(file)? })
}

fn resolver<'a>(global: &Global, config: &'a Config) -> Result<Resolver<'a>, Failure> {
    let mut resolver = Resolver::new(config);
    for setting in &global.set {
        // Not quoted: it may be a secret that somebody typed.
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::usage("reading the command line", "--set wants KEY=VALUE"))?;
        resolver = resolver.set(key.trim(), value);
    }
    Ok(resolver)
}

/// Runs an async command to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            roster::Error::new(
                roster::ErrorKind::Transport,
                "host",
                "starting",
                format!("the system gives no event queue: {error}"),
            )
        })?
        .block_on(work)
}
