//! A district as files of OneRoster, and what of it they can say.

mod delta;
mod json;
mod projection;
mod rows;
mod set;
mod words;

use std::{collections::BTreeMap, fs, io, path::Path};

pub(crate) use self::json::{JsonRows, RestCollection, stamped};
use self::set::Set;
pub use self::{delta::oneroster_csv_delta, projection::what_oneroster_says};
use super::District;

/// The version of OneRoster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OneRosterVersion {
    /// A person has one role, the same in all of its orgs.
    V1_1,
    /// A person has any number of roles, each at its org and with its dates.
    V1_2,
}

impl OneRosterVersion {
    /// As the manifest writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }
}

/// How to write a bulk set of OneRoster CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneRosterCsv {
    /// The version.
    pub version: OneRosterVersion,
    /// Whether lines end with CR LF, not LF alone.
    pub crlf: bool,
    /// Whether each file begins with a byte order mark.
    pub bom: bool,
    /// Whether there is a file of demographics.
    pub with_demographics: bool,
}

impl OneRosterCsv {
    /// Lines that end with LF, no byte order mark, and demographics.
    pub const fn new(version: OneRosterVersion) -> Self {
        Self { version, crlf: false, bom: false, with_demographics: true }
    }

    /// Ends lines with CR LF.
    #[must_use]
    pub const fn crlf(mut self) -> Self {
        self.crlf = true;
        self
    }

    /// Begins each file with a byte order mark.
    #[must_use]
    pub const fn bom(mut self) -> Self {
        self.bom = true;
        self
    }

    /// Leaves out the file of demographics.
    #[must_use]
    pub const fn without_demographics(mut self) -> Self {
        self.with_demographics = false;
        self
    }
}

/// The files of a set by name, `manifest.csv` among them, ready to be written or zipped.
///
/// A file that would have no rows is left out and `absent` in the manifest, as the binding demands.
#[must_use]
pub fn oneroster_csv_files(district: &District, options: &OneRosterCsv) -> BTreeMap<String, Vec<u8>> {
    Set::of(district, options).into_files(options)
}

/// Writes a set into a folder, which is made if it is not there.
///
/// # Errors
///
/// Whatever the file system says.
pub fn write_oneroster_csv(district: &District, dir: &Path, options: &OneRosterCsv) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (name, bytes) in oneroster_csv_files(district, options) {
        fs::write(dir.join(name), bytes)?;
    }
    Ok(())
}
