//! Settings, checked all at once.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use roster_core::{Error, ErrorKind, Result};

use crate::{
    config::{BulkWithStatus, CsvConfig},
    dialect::{DIALECTS, Dialect},
    limits::Limits,
    mapping::CsvMapping,
    source::{CsvSource, PROVIDER, Settings},
};

/// Builds a [`CsvSource`]. Setters never fail; [`build`](Self::build) checks everything at once and names the wrong field.
#[derive(Clone, Debug, Default)]
pub struct CsvSourceBuilder {
    config: CsvConfig,
    mapping: Option<CsvMapping>,
    limits: Limits,
}

impl From<CsvConfig> for CsvSourceBuilder {
    fn from(config: CsvConfig) -> Self {
        Self { config, mapping: None, limits: Limits::default() }
    }
}

impl CsvSourceBuilder {
    /// A folder or a zip.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.path = Some(path.into());
        self
    }

    /// The name of the dialect, such as `oneroster_1_1`. Without it the headers tell.
    #[must_use]
    pub fn dialect(mut self, name: impl Into<String>) -> Self {
        self.config.dialect = Some(name.into());
        self
    }

    /// Which columns of files of no dialect hold what.
    #[must_use]
    pub fn mapping(mut self, mapping: CsvMapping) -> Self {
        self.mapping = Some(mapping);
        self
    }

    /// The data set's name. Without it, the stem of the file's or folder's name.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.config.tenant = Some(tenant.into());
        self
    }

    /// Repairs names that were read in a wrong encoding once (`JosÃ©`), where that is exact; else they are only told of.
    #[must_use]
    pub fn repair_mojibake(mut self, repair: bool) -> Self {
        self.config.repair_mojibake = repair;
        self
    }

    /// How files are read that fill `status` or `dateLastModified`, and hold everything by the manifest.
    #[must_use]
    pub fn bulk_with_status(mut self, reading: BulkWithStatus) -> Self {
        self.config.bulk_with_status = reading;
        self
    }

    /// What the set may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks the settings. Reads nothing: whether the files are there is seen by `check` and `pull`.
    ///
    /// # Errors
    ///
    /// `Config` if the path is missing or has no name, or if there is no dialect of that name, or one and a mapping.
    pub fn build(self) -> Result<CsvSource> {
        let Some(path) = self.config.path else {
            return Err(config("`path` is missing: name a folder or a zip"));
        };
        let tenant = match self.config.tenant {
            Some(tenant) => tenant,
            None => stem(&path).ok_or_else(|| {
                config("`path` has no name to take the data set's name from; name a folder or a file")
            })?,
        };
        let may_repair = self.config.repair_mojibake
            || self.mapping.as_ref().is_some_and(|mapping| mapping.repair_mojibake);
        let dialect = match (self.config.dialect, self.mapping) {
            (Some(_), Some(_)) => {
                return Err(config("`dialect` and `mapping` contradict each other; leave one out"));
            }
            (None, Some(mapping)) => Some(mapping.dialect()?),
            (None, None) => None,
            (Some(name), None) => Some(Dialect::named(&name).ok_or_else(|| unknown_dialect(&name))?),
        };
        Ok(CsvSource::new(Settings {
            path,
            dialect,
            tenant,
            limits: self.limits,
            may_repair,
            status_means_delta: self.config.bulk_with_status == BulkWithStatus::Delta,
            found: Mutex::new(None),
        }))
    }
}

/// The name of a file without what says of which kind it is, or of a folder, whatever dots are in it.
fn stem(path: &Path) -> Option<String> {
    const ENDINGS: [&str; 9] = ["csv", "txt", "tsv", "tab", "zip", "xlsx", "xlsm", "xls", "ods"];
    let name = path.file_name()?.to_string_lossy();
    let stem = name.rsplit_once('.').filter(|(stem, ending)| {
        !stem.is_empty() && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    Some(stem.map_or(&*name, |(stem, _)| stem).to_owned())
}

fn unknown_dialect(name: &str) -> Error {
    let known = DIALECTS.iter().map(|dialect| dialect.name).collect::<Vec<_>>().join(", ");
    config(&format!("there is no dialect `{name}`; known are: {known}"))
}

fn config(message: &str) -> Error {
    Error::new(ErrorKind::Config, PROVIDER, "reading the settings", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_called_as_its_file_or_folder() {
        for (path, name) in [
            ("exports/lincoln.zip", "lincoln"),
            ("sds/v2.1", "v2.1"),
            ("a/lincoln.CSV", "lincoln"),
            ("north.district.csv", "north.district"),
            ("lincoln/", "lincoln"),
            (".csv", ".csv"),
        ] {
            assert_eq!(stem(Path::new(path)).as_deref(), Some(name), "{path}");
        }
        assert_eq!(stem(Path::new("..")), None);
    }
}
