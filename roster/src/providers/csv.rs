//! `csv`: files, folders and zips.

use std::{fs::File, io::Read, path::Path};

use roster_core::{Capabilities, Error, ErrorKind, Result, RosterSource};
use roster_csv::{BulkWithStatus, CsvMapping, CsvSource, PROVIDER as ID};

use crate::{Form, Key, Provider, Settings};

pub(super) const PROVIDER: Provider =
    Provider::new(ID, "CSV files: a folder or a zip, such as a OneRoster export.", KEYS, capabilities, open);

const KEYS: &[Key] = &[
    Key::new("path", "The folder or zip to read. Its stem names the tenant.", Form::Path).required(),
    Key::new("dialect", "The dialect of the files. Without it their headers tell.", Form::Text),
    Key::new(
        "bulk_with_status",
        "What a OneRoster file is that fills `status` though it is no delta by the manifest: `bulk` (the default) or `delta`.",
        Form::Text,
    ),
    Key::new("mapping", "A file in TOML that says what the columns of files of no dialect hold.", Form::Path),
];

/// How large a mapping may be.
const LARGEST_MAPPING: u64 = 256 << 10;

fn capabilities() -> Capabilities {
    // Building reads nothing, so any path will do.
    CsvSource::builder().path("roster").build().map(|source| source.capabilities()).unwrap_or_default()
}

fn open(settings: &Settings) -> Result<Box<dyn RosterSource>> {
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
    match settings.text("bulk_with_status")? {
        None | Some("bulk") => {}
        Some("delta") => builder = builder.bulk_with_status(BulkWithStatus::Delta),
        Some(_) => {
            let message = "`bulk_with_status` is either `bulk` or `delta`";
            return Err(Error::new(ErrorKind::Config, ID, "opening a source", message));
        }
    }
    if let Some(mapping) = settings.path("mapping")? {
        builder = builder.mapping(mapping_in(mapping)?);
    }
    Ok(Box::new(builder.build()?))
}

#[expect(clippy::disallowed_methods, reason = "the read is capped by `take`")]
fn mapping_in(path: &Path) -> Result<CsvMapping> {
    let wrong = |why: &str| {
        let message = format!("can't read the mapping {}: {why}", path.display());
        Error::new(ErrorKind::Config, ID, "opening a source", message)
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| wrong(&error.kind().to_string()))?;
    let read = file.take(LARGEST_MAPPING + 1).read_to_end(&mut bytes);
    read.map_err(|error| wrong(&error.kind().to_string()))?;
    if bytes.len() as u64 > LARGEST_MAPPING {
        return Err(wrong("it is larger than a mapping can be"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not in UTF-8"))?;
    CsvMapping::from_toml(&text)
}

/// Names the folder that a path such as `.` or `..` means.
fn stem_of_nameless(path: &Path) -> Option<String> {
    if path.file_name().is_some() {
        return None;
    }
    let whole = path.canonicalize().ok()?;
    Some(whole.file_name()?.to_string_lossy().into_owned())
}
