//! The source.

use std::path::PathBuf;

use futures::{StreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, Error, ErrorKind, PullContext, PullRequest, PullStream, Result, RosterSource,
    SourceInfo, async_trait,
};

use crate::builder::CsvSourceBuilder;

/// The provider's id.
pub const PROVIDER: &str = "csv";

/// A roster in files.
#[derive(Clone, Debug)]
pub struct CsvSource {
    path: PathBuf,
    tenant: String,
}

impl CsvSource {
    /// Starts with no settings.
    pub fn builder() -> CsvSourceBuilder {
        CsvSourceBuilder::default()
    }

    pub(crate) fn new(path: PathBuf, _dialect: Option<String>, tenant: String) -> Result<Self> {
        Ok(Self { path, tenant })
    }
}

#[async_trait]
impl RosterSource for CsvSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn check(&self, _cx: &PullContext) -> Result<CheckReport> {
        Ok(CheckReport::default())
    }

    fn pull(&self, _request: PullRequest, _cx: PullContext) -> PullStream {
        let path = self.path.display().to_string();
        stream::iter([Err(Error::new(ErrorKind::Unsupported, PROVIDER, "pulling", path))]).boxed()
    }
}
