//! `csv`: files, folders and zips.

use std::path::Path;

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource};
use roster_csv::{CsvSource, PROVIDER as ID};

use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider =
    Provider::new(ID, "CSV files: a folder or a zip, such as a OneRoster export.", KEYS, capabilities, open);

const KEYS: &[Key] = &[
    Key::new("path", "The folder or zip to read. Its stem names the tenant.", Form::Path).required(),
    Key::new("dialect", "The dialect of the files. Without it their headers tell.", Form::Text),
    Key::new("mapping", "How columns of no dialect are to be read. Not in this version yet.", Form::Path),
];

fn capabilities() -> Capabilities {
    // Building reads nothing, so any path will do.
    CsvSource::builder().path("roster").build().map(|source| source.capabilities()).unwrap_or_default()
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
    if settings.get("mapping").is_some() {
        return Err(Error::new(
            ErrorKind::Config,
            ID,
            "opening a source",
            "`mapping` is not in this version yet: leave it out, and use files of a dialect that it knows",
        ));
    }
    let mut builder = CsvSource::builder();
    if let Some(path) = settings.path("path")? {
        builder = builder.path(path);
        if let Some(tenant) = stem_of_nameless(path) {
            builder = builder.tenant(tenant);
        }
    }
    if let Some(dialect) = settings.text("dialect")? {
        builder = builder.dialect(dialect);
    }
    Ok(Box::new(builder.build()?))
}

/// Names the folder that a path such as `.` or `..` means.
fn stem_of_nameless(path: &Path) -> Option<String> {
    if path.file_name().is_some() {
        return None;
    }
    let whole = path.canonicalize().ok()?;
    Some(whole.file_stem()?.to_string_lossy().into_owned())
}
