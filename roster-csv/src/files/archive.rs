//! A zip. Nothing of it is ever written to disk.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use roster_core::{Error, ErrorKind, Result};
use zip::{ZipArchive, result::ZipError};

use super::{OPENING, READING, cannot_open, is_litter, is_text_name};
use crate::{limits::Limits, source::PROVIDER};

/// A zip of files in its root, or in one folder of it.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// The number of each text file's entry, by the name without folders.
    entries: BTreeMap<String, usize>,
    strangers: Vec<(String, &'static str)>,
    /// The folder that the text files lie in.
    folder: Option<String>,
    bytes: u64,
    /// When the zip was changed.
    pub(super) modified: Option<std::time::SystemTime>,
}

/// Below this a high ratio proves nothing: a file of a header and blanks shrinks well.
const SMALL: u64 = 16 << 20;

impl Archive {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
        let metadata = file.metadata().map_err(|error| cannot_open(path, &error))?;
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let zip =
            ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&path.display(), &error))?;
        if zip.len() > limits.files {
            let message = format!("the zip has more than {} entries; is it the right one?", limits.files);
            return Err(Error::new(ErrorKind::TooLarge, PROVIDER, OPENING, message));
        }
        let mut archive =
            Self { zip, entries: BTreeMap::new(), strangers: Vec::new(), folder: None, bytes, modified };
        for index in 0..archive.zip.len() {
            archive.list(index)?;
        }
        Ok(archive)
    }

    /// Takes in one entry, or refuses the whole zip: one with a trap in it is no roster.
    fn list(&mut self, index: usize) -> Result<()> {
        let entry = self.zip.by_index_raw(index).map_err(|error| unreadable(&"an entry", &error))?;
        let name = entry.name().map_err(|error| unreadable(&"an entry's name", &error))?.replace('\\', "/");
        let climbs = name.split('/').any(|part| part == "..") || name.starts_with('/') || name.contains(':');
        if climbs || name.contains('\0') {
            return refuse("an entry's path leads out of the zip");
        }
        if entry.is_symlink() {
            return refuse("an entry is a link");
        }
        if entry.is_dir() || is_litter(&name) {
            return Ok(());
        }
        if entry.encrypted() {
            return refuse("an entry is encrypted; export it without a password");
        }
        let (folder, base) = name.rsplit_once('/').unwrap_or(("", &name));
        let (folder, base) = (folder.to_owned(), base.to_owned());
        if !is_text_name(&base) {
            let why = if base.to_ascii_lowercase().ends_with(".zip") {
                "it is a zip inside a zip"
            } else {
                "it is no text file"
            };
            self.strangers.push((base, why));
        } else if let Some(there) = self.entries.keys().find(|there| there.eq_ignore_ascii_case(&base)) {
            return refuse(&format!("there are two files named {there}"));
        } else if self.folder.get_or_insert_with(|| folder.clone()) != &folder {
            return refuse("its files lie in several folders; which of them are the set can't be told");
        } else {
            self.entries.insert(base, index);
        }
        Ok(())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    /// Entries that are no text files, and why they are left alone.
    pub(super) fn strangers(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.strangers.iter().map(|(name, why)| (name.as_str(), *why))
    }

    /// The size that the zip states for an entry.
    pub(super) fn size(&mut self, name: &str) -> u64 {
        let Some(index) = self.entries.get(name) else { return 0 };
        self.zip.by_index_raw(*index).map_or(0, |entry| entry.size())
    }

    /// Opens an entry for `read`. The other entries are `others` bytes long, as far as they were read.
    pub(super) fn read(
        &mut self,
        name: &str,
        others: u64,
        expansion: u64,
        read: impl FnOnce(&mut dyn Read) -> Result<()>,
    ) -> Result<()> {
        let index = *self.entries.get(name).ok_or_else(|| super::no_such_file(name))?;
        // The sizes that a zip states are a claim: what counts is what comes out.
        let allowed = self.bytes.saturating_mul(expansion).max(SMALL);
        let entry = self.zip.by_index(index).map_err(|error| unreadable(&name, &error))?;
        let mut metered = Metered { entry, left: allowed.saturating_sub(others), burst: false };
        let result = read(&mut metered);
        if metered.burst {
            let message =
                format!("{name} makes the zip expand more than {expansion} times; it looks like a zip bomb");
            return Err(Error::new(ErrorKind::TooLarge, PROVIDER, READING, message));
        }
        result
    }
}

/// Counts what an entry expands to, and stops it at the limit.
struct Metered<R> {
    entry: R,
    left: u64,
    burst: bool,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.entry.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => {
                self.burst = true;
                Err(io::Error::other("over the limit"))
            }
        }
    }
}

fn refuse(why: &str) -> Result<()> {
    Err(Error::new(ErrorKind::Decode, PROVIDER, OPENING, format!("the zip is refused: {why}")))
}

fn unreadable(what: &dyn std::fmt::Display, error: &ZipError) -> Error {
    let why = match error {
        ZipError::Io(error) => {
            return Error::new(
                ErrorKind::Transport,
                PROVIDER,
                OPENING,
                format!("can't read {what}: {}", error.kind()),
            );
        }
        ZipError::UnsupportedArchive(why) => why,
        _ => "it is damaged, or no zip",
    };
    Error::new(ErrorKind::Decode, PROVIDER, OPENING, format!("can't read {what}: {why}"))
}
