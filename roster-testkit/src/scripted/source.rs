//! The source.

use std::fmt;

use futures::{StreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, Cursor, EntityKind, Error, ErrorKind, ExposeSecret, FieldSet, Incremental,
    KindCapability, PullContext, PullRequest, PullStream, Result, RosterSource, SecretString, SourceInfo,
    async_trait,
};
use serde::{Deserialize, Serialize};

use super::{
    reading::{Paging, Reading},
    vendor::ScriptedVendor,
};

pub(crate) const PROVIDER: &str = "scripted";

/// The version of this source's cursors.
pub(crate) const FORMAT: u16 = 1;

/// A source for a [`ScriptedVendor`] that keeps all laws.
#[derive(Clone)]
pub struct ScriptedSource {
    vendor: ScriptedVendor,
    token: SecretString,
    paging: Paging,
}

/// Where a pull ended: what the vendor had come to.
#[derive(Serialize, Deserialize)]
struct Position {
    revision: usize,
}

impl ScriptedSource {
    /// Opens the vendor's tenant, with the right credential.
    pub fn new(vendor: ScriptedVendor) -> Self {
        let token = Self::token_of(vendor.tenant());
        Self::with_token(vendor, token)
    }

    /// Opens the vendor's tenant with a credential that may be another's.
    pub fn with_token(vendor: ScriptedVendor, token: impl Into<SecretString>) -> Self {
        Self { vendor, token: token.into(), paging: Paging::Careful }
    }

    /// The credential of a tenant.
    pub fn token_of(tenant: &str) -> String {
        format!("secret-token-of-{tenant}")
    }

    pub(crate) fn follow(mut self, paging: Paging) -> Self {
        self.paging = paging;
        self
    }

    pub(super) fn paging(&self) -> Paging {
        self.paging
    }

    pub(crate) fn vendor(&self) -> &ScriptedVendor {
        &self.vendor
    }

    pub(super) fn prove_credential(&self) -> Result<()> {
        if self.token.expose_secret() == Self::token_of(self.vendor.tenant()) {
            return Ok(());
        }
        let message = "the credential belongs to another tenant; enter this tenant's own";
        Err(Error::new(ErrorKind::Config, PROVIDER, "proving the credential", message))
    }
}

/// A cursor that says how far the vendor had come.
pub(crate) fn cursor(info: &SourceInfo, request: &PullRequest, revision: usize) -> Result<Cursor> {
    Cursor::encode(info, FORMAT, request, &Position { revision })
}

/// What the request's cursor says.
pub(crate) fn revision_of(info: &SourceInfo, request: &PullRequest) -> Result<usize> {
    let Some(cursor) = &request.cursor else {
        let message = "a pull of changes needs a cursor; pull in full";
        return Err(Error::new(ErrorKind::CursorInvalid, PROVIDER, "reading a cursor", message));
    };
    let position: Position = cursor.decode(info, FORMAT, request)?;
    Ok(position.revision)
}

impl fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSource").field("vendor", &self.vendor).finish_non_exhaustive()
    }
}

#[async_trait]
impl RosterSource for ScriptedSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.vendor.tenant())
    }

    fn capabilities(&self) -> Capabilities {
        EntityKind::ALL.into_iter().fold(Capabilities::default(), |capabilities, kind| {
            let mut capability = KindCapability::whole_sets(FieldSet::all(kind));
            capability.incremental = Incremental::UpsertsAndDeletes;
            capabilities.with(kind, capability)
        })
    }

    async fn check(&self, _: &PullContext) -> Result<CheckReport> {
        self.prove_credential()?;
        let mut report = CheckReport::default();
        report.granted.extend(EntityKind::ALL);
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        stream::unfold(Reading::new(self.clone(), request, cx), Reading::next).boxed()
    }
}
