//! A folder of files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use roster_core::{Error, ErrorKind, Result};

use super::{OPENING, cannot_open, is_litter, is_text_name};
use crate::source::PROVIDER;

/// The files of a folder; what lies in folders below it is not looked at.
#[derive(Default)]
pub(super) struct Folder {
    files: BTreeMap<String, PathBuf>,
    strangers: Vec<(String, PathBuf)>,
}

impl Folder {
    pub(super) fn list(path: &Path, limit: usize) -> Result<Self> {
        let mut folder = Self::default();
        let entries = std::fs::read_dir(path).map_err(|error| cannot_open(path, &error))?;
        for (count, entry) in entries.enumerate() {
            if count >= limit {
                let message =
                    format!("{} holds more than {limit} files; is it the right folder?", path.display());
                return Err(Error::new(ErrorKind::TooLarge, PROVIDER, OPENING, message));
            }
            let entry = entry.map_err(|error| cannot_open(path, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_litter(&name) || entry.path().is_dir() {
                continue;
            }
            // A pipe or a device would never end. A link counts as what it leads to.
            if is_text_name(&name) && entry.path().is_file() {
                folder.files.insert(name, entry.path());
            } else {
                folder.strangers.push((name, entry.path()));
            }
        }
        folder.strangers.sort();
        Ok(folder)
    }

    /// One file as a set of its own, whatever its name ends with.
    pub(super) fn of_file(path: &Path) -> Self {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { files: BTreeMap::from([(name, path.to_owned())]), strangers: Vec::new() }
    }

    /// The zip of a folder that holds one zip and no text file.
    pub(super) fn lone_zip(&self) -> Option<PathBuf> {
        let mut zips = self.strangers.iter().filter(|(name, _)| name.to_ascii_lowercase().ends_with(".zip"));
        let zip = zips.next()?;
        (self.files.is_empty() && zips.next().is_none()).then(|| zip.1.clone())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// Files that are no text files by their name.
    pub(super) fn strangers(&self) -> impl Iterator<Item = &str> {
        self.strangers.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.values().map(PathBuf::as_path)
    }

    pub(super) fn path(&self, name: &str) -> Option<&Path> {
        self.files.get(name).map(PathBuf::as_path)
    }
}
