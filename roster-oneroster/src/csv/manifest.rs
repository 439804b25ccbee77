//! `manifest.csv`: which files the set has, and of which version it is.

use std::collections::BTreeMap;

use crate::Version;

/// What a manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `oneroster.version`, if it is one that we know.
    pub version: Option<Version>,
    /// `file.<name>`, by the file's name without `.csv`.
    pub files: BTreeMap<String, ManifestFile>,
    /// `source.systemName`.
    pub system: Option<String>,
}

/// What a manifest says of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestFile {
    /// The file is not in the set.
    Absent,
    /// The file is in the set.
    Present(Mode),
    /// A word that the binding does not have.
    Unknown,
}

/// Whether a file holds everything or only changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything: what is missing is gone.
    Bulk,
    /// Changes only.
    Delta,
}

impl Manifest {
    /// Takes in one row. The header is a row like any other: its name is no property.
    pub fn add(&mut self, name: &str, value: &str) {
        match name {
            "oneroster.version" => self.version = Version::read(value),
            "source.systemName" if !value.is_empty() => self.system = Some(value.to_owned()),
            _ => {
                if let Some(file) = name.strip_prefix("file.") {
                    self.files.insert(file.to_owned(), ManifestFile::read(value));
                }
            }
        }
    }
}

impl ManifestFile {
    fn read(value: &str) -> Self {
        match value.to_ascii_lowercase().as_str() {
            "absent" => Self::Absent,
            "bulk" => Self::Present(Mode::Bulk),
            "delta" => Self::Present(Mode::Delta),
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_it_knows_and_leaves_the_rest() {
        let mut manifest = Manifest::default();
        for (name, value) in [
            ("propertyName", "value"),
            ("manifest.version", "1.0"),
            ("oneroster.version", "1.2"),
            ("file.users", "Bulk"),
            ("file.orgs", "absent"),
            ("file.classes", "delta"),
            ("file.courses", "yes"),
            ("source.systemName", "A SIS"),
        ] {
            manifest.add(name, value);
        }
        assert_eq!(manifest.version, Some(Version::V1_2));
        assert_eq!(manifest.files["users"], ManifestFile::Present(Mode::Bulk));
        assert_eq!(manifest.files["orgs"], ManifestFile::Absent);
        assert_eq!(manifest.files["classes"], ManifestFile::Present(Mode::Delta));
        assert_eq!(manifest.files["courses"], ManifestFile::Unknown);
        assert_eq!(manifest.system.as_deref(), Some("A SIS"));
    }
}
