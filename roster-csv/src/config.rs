//! Settings as data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the files are and how to read them. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CsvConfig {
    /// A folder or a zip.
    pub path: Option<PathBuf>,
    /// The name of the dialect, such as `oneroster_1_1`; without it the headers tell.
    #[serde(default)]
    pub dialect: Option<String>,
    /// The data set's name; without it, the stem of the file's or folder's name.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Read files of OneRoster that fill `status` or `dateLastModified` as what changed, whatever the manifest says: where the two
    /// contradict each other, the data win by the binding. By default such a file is taken for everything there is.
    #[serde(default)]
    pub bulk_with_status: BulkWithStatus,
    /// Repair names that were read in a wrong encoding once (`JosÃ©`), where that is exact. Ids and addresses are never touched.
    #[serde(default)]
    pub repair_mojibake: bool,
}

/// What a file is that fills `status` or `dateLastModified`, as only a file of changes should, and is none by the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BulkWithStatus {
    /// Everything there is, with a warning.
    #[default]
    Bulk,
    /// What changed.
    Delta,
}
