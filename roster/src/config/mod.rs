//! Settings from `roster.toml` and the environment.
//!
//! ```toml
//! [sources.lincoln]
//! provider = "csv"
//! path = "exports/lincoln"
//! ```
//!
//! A setting is looked for in this order, and what comes first counts:
//!
//! 1. what the caller sets, such as `--set key=value` on the command line; never a secret
//! 2. the environment: `ROSTER_SOURCE_<NAME>_<KEY>` for a source that the file names, `ROSTER_<PROVIDER>_<KEY>` for one that
//!    is named ad hoc, such as `csv:exports/lincoln`. One never reads the other's, so that one district's token never
//!    pulls another district. A variable that is empty counts as not set
//! 3. the file
//!
//! A secret stands in the file as `token = { env = "LINCOLN_TOKEN" }` or `token = { file = "lincoln.token" }`, never
//! itself, and is read only when its source is resolved. Paths in the file are relative to the file's folder.
//!
//! Errors name file, line, column, source and key, and never quote a value: it might be what must not be seen.

mod capped;
mod environment;
mod file;
mod place;
mod resolve;
mod secret;
mod source_name;

pub use self::{
    file::Config,
    resolve::{ResolvedSource, Resolver},
};

use roster_core::{Error, ErrorKind};

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, "host", "reading the settings", message)
}
