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
    /// Repair names that were read in a wrong encoding once (`JosÃ©`), where that is exact. Ids and addresses are never touched.
    #[serde(default)]
    pub repair_mojibake: bool,
}
