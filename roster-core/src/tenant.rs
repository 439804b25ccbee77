//! Who has connected, where a vendor can tell.

use std::fmt;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PullContext, Result, RosterSource};

/// A vendor's list of customers. It owns the token cache and the limiter that all sources it opens share.
#[async_trait]
pub trait TenantDirectory: fmt::Debug + Send + Sync + 'static {
    /// Lists who has connected, and in which state. Lazy, as a pull is.
    fn tenants(&self, cx: &PullContext) -> BoxStream<'static, Result<Tenant>>;

    /// Lists those whose name or id has this in it, whatever the case. A vendor that knows customers who have not connected lists
    /// them too.
    fn search(&self, text: &str, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let text = text.to_lowercase();
        let has = move |tenant: &Tenant| {
            tenant.name.to_lowercase().contains(&text) || tenant.id.to_lowercase().contains(&text)
        };
        self.tenants(cx).try_filter(move |tenant| std::future::ready(has(tenant))).boxed()
    }

    /// Asks for one tenant. `None` if the vendor no longer knows it: the connection is lost, the people are not gone.
    ///
    /// # Errors
    ///
    /// As [`RosterSource::check`].
    async fn tenant(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>>;

    /// Opens the tenant's source.
    ///
    /// # Errors
    ///
    /// `Config` if the tenant has given no credential yet.
    async fn open(&self, id: &str, cx: &PullContext) -> Result<Box<dyn RosterSource>>;

    /// Asks the tenant for access, and tells the state after that.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the vendor has no such call.
    async fn connect(&self, id: &str, ask: Ask, cx: &PullContext) -> Result<ConnectionState>;

    /// Gives access back, granted or still asked for, and tells the state after that.
    ///
    /// # Errors
    ///
    /// As [`TenantDirectory::connect`].
    async fn disconnect(&self, id: &str, cx: &PullContext) -> Result<ConnectionState>;
}

/// Whom the tenant may call back, and why we ask.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Ask {
    /// A person's name.
    pub contact_name: Option<String>,
    /// An e-mail address.
    pub contact_email: Option<String>,
    /// A telephone number.
    pub contact_phone: Option<String>,
    /// What the tenant should know.
    pub notes: Option<String>,
}

/// Shows nothing: it names a person.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask(..)")
    }
}

/// What a vendor calls its customer: a district, a school, a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tenant {
    /// The vendor's id.
    pub id: String,
    /// The name, as shown to people.
    pub name: String,
    /// How far the connection is.
    pub state: ConnectionState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// In the vendor's words, such as why it was declined.
    pub detail: Option<String>,
    /// How old its data are, where the vendor says so.
    pub data_as_of: Option<Timestamp>,
    /// Where its data live, where the vendor has several places.
    pub region: Option<String>,
    /// Official numbers, as `scheme:value`.
    pub identifiers: Vec<String>,
}

impl Tenant {
    /// A tenant with nothing but what each must have.
    pub fn new(id: impl Into<String>, name: impl Into<String>, state: ConnectionState) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            state,
            since: None,
            detail: None,
            data_as_of: None,
            region: None,
            identifiers: Vec::new(),
        }
    }
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// Nobody has asked for access.
    NotRequested,
    /// Access was asked for and not yet given.
    Pending,
    /// Access was refused.
    Declined,
    /// The vendor checks the tenant's data before they may be read.
    AwaitingAudit,
    /// Data can be read.
    Live,
    /// The tenant or the vendor has paused it.
    Paused,
    /// The vendor's own sync with the tenant fails.
    Failing,
    /// The tenant's system can't be reached.
    Offline,
    /// Access was taken back.
    Revoked,
}

impl ConnectionState {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequested => "not_requested",
            Self::Pending => "pending",
            Self::Declined => "declined",
            Self::AwaitingAudit => "awaiting_audit",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Failing => "failing",
            Self::Offline => "offline",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
