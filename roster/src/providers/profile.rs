//! What a check learnt of a server, from a file.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use roster_core::{Error, ErrorKind, Result};

/// A profile is a few lines; a report of a check around it is a few more.
const PROFILE_BYTES: u64 = 64 * 1024;

/// Reads a profile, alone or in the report of a check.
pub(super) fn read(provider: &'static str, path: &Path) -> Result<serde_json::Value> {
    let wrong = |why: String| {
        let message =
            format!("`profile`, {}: {why}; write it anew with `roster check --json`", path.display());
        Error::new(ErrorKind::Config, provider, "opening a source", message)
    };
    let file = File::open(path).map_err(|error| wrong(error.kind().to_string()))?;
    let mut read: serde_json::Value = serde_json::from_reader(BufReader::new(file.take(PROFILE_BYTES)))
        .map_err(|error| wrong(format!("no JSON at line {}, column {}", error.line(), error.column())))?;
    Ok(match read.get_mut("profile") {
        Some(profile) => profile.take(),
        None => read,
    })
}
