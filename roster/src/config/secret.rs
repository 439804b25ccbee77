//! Where a secret stands.

use std::path::PathBuf;

use roster_core::{Result, SecretString};

use super::{capped, environment::Environment, wrong};

const LIMIT: u64 = 64 * 1024;

/// Says where a secret stands. Its `Debug` is left out: somebody may have written the secret itself in here.
#[derive(Clone)]
pub(super) enum SecretPlace {
    Environment(String),
    File(PathBuf),
}

impl SecretPlace {
    /// Reads it. `what` names setting and source, for messages.
    pub(super) fn read(&self, environment: &Environment<'_>, what: &str) -> Result<SecretString> {
        match self {
            Self::Environment(name) => {
                let text = environment(name)
                    .ok_or_else(|| {
                        wrong(format!("{what}: the environment variable that it names is not set"))
                    })?
                    .into_string()
                    .map_err(|_| {
                        wrong(format!("{what}: the environment variable that it names is not UTF-8"))
                    })?;
                sealed(text, what)
            }
            Self::File(path) => {
                sealed(capped::read(path, LIMIT, &format!("{what}: the file that it names"))?, what)
            }
        }
    }
}

/// Takes one line break off the end, as editors put there, and hides the rest.
pub(super) fn sealed(mut text: String, what: &str) -> Result<SecretString> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.trim().is_empty() {
        return Err(wrong(format!("{what}: the secret is empty")));
    }
    Ok(SecretString::from(text))
}
