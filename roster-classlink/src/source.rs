//! The source of one district: found in the partner's list when it is first asked, then read as OneRoster.

use std::{fmt, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, ConnectionState, Error, ErrorKind, PullContext, PullRequest, PullStream,
    Result, RosterSource, SourceInfo, async_trait,
};
use roster_http::Auth;
use roster_oneroster::{OneRosterSource, Vendor};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    access::{Access, Way},
    builder::ClassLinkBuilder,
    map::Application,
    tenants::{ClassLinkPartner, Data, Opened, signed},
};

/// The provider's id.
pub const PROVIDER: &str = "classlink";

/// What is known of ClassLink's servers: [fact sheets of consumers](https://developer.classlink.com/reference/accessing-data) have
/// the headers, pages of 5,000 rows are in use and 10,000 is the most, and deleted rows are purged.
const VENDOR: Vendor = Vendor::new(PROVIDER)
    .revision_header("x-perm-rev")
    .count_header("x-count")
    .pages(5000, 10_000)
    .whole_sets()
    .mixing_versions();

/// One district's roster, through ClassLink's proxy or from the district's own server.
///
/// Cheap to clone: clones share connections, credentials, limiter, and what they learn of the server. Nothing is sent before a
/// pull is polled. Needs a tokio runtime.
#[derive(Clone)]
pub struct ClassLinkSource(Arc<Inner>);

struct Inner {
    tenant: String,
    way: Reached,
    profile: Option<Value>,
}

/// How the district is reached.
enum Reached {
    /// By the partner's list, once it was asked.
    ByPartner(ClassLinkPartner, OnceCell<OneRosterSource>),
    /// By credentials that the host has.
    Given(OneRosterSource),
}

impl ClassLinkSource {
    /// Starts with no settings.
    pub fn builder() -> ClassLinkBuilder {
        ClassLinkBuilder::default()
    }

    pub(crate) fn of_partner(tenant: String, partner: ClassLinkPartner, profile: Option<Value>) -> Self {
        Self(Arc::new(Inner { tenant, way: Reached::ByPartner(partner, OnceCell::new()), profile }))
    }

    pub(crate) fn given(
        tenant: String,
        data: &Data,
        access: &Access,
        profile: Option<Value>,
    ) -> Result<Self> {
        let proxy = data.client.wire().base();
        let opened = match access {
            Access::Proxy { application_id, bearer } => Opened {
                base_url: data.route.through_proxy(proxy, application_id)?,
                auth: Auth::bearer(PROVIDER, bearer)?,
            },
            Access::Direct { endpoint_url, key, secret } => Opened {
                base_url: data.route.directly_given(endpoint_url)?,
                auth: signed(key.clone(), secret.clone(), &data.route),
            },
        };
        let source = oneroster(&tenant, data, opened, profile.as_ref())?;
        Ok(Self(Arc::new(Inner { tenant, way: Reached::Given(source), profile })))
    }

    /// Refuses a profile that can't be used before anything is sent.
    pub(crate) fn accept_profile(&self) -> Result<()> {
        let builder =
            OneRosterSource::builder().vendor(VENDOR).auth(Auth::None).base_url("http://127.0.0.1:1");
        match &self.0.profile {
            Some(profile) => builder.profile(profile.clone()).build().map(drop),
            None => Ok(()),
        }
    }

    /// The district's server, found and opened. What hinders it is told as an error.
    async fn server(&self, cx: &PullContext) -> Result<OneRosterSource> {
        let (partner, cell) = match &self.0.way {
            Reached::Given(source) => return Ok(source.clone()),
            Reached::ByPartner(partner, cell) => (partner, cell),
        };
        let opened = cell.get_or_try_init(|| async {
            let application = partner.application(&self.0.tenant, cx).await?;
            if let Some(hindrance) = hindrance(&application) {
                return Err(Error::new(ErrorKind::Forbidden, PROVIDER, "opening a district", hindrance));
            }
            let opened = partner.reach(&application, cx).await?;
            oneroster(&self.0.tenant, partner.data(), opened, self.0.profile.as_ref())
        });
        opened.await.cloned()
    }
}

/// Why a district that is in the list can't be read.
fn hindrance(application: &Application) -> Option<String> {
    match application.state {
        ConnectionState::Paused => {
            Some("the district has switched the application off in ClassLink; it has to enable it".to_owned())
        }
        ConnectionState::Failing => Some(format!(
            "ClassLink says of the district: {}; ask the district",
            application.detail.as_deref().unwrap_or("not active")
        )),
        _ if application.id.is_empty() => Some(
            "ClassLink names no application of the district yet: ask ClassLink, or the district".to_owned(),
        ),
        _ => None,
    }
}

fn oneroster(tenant: &str, data: &Data, opened: Opened, profile: Option<&Value>) -> Result<OneRosterSource> {
    let mut builder = OneRosterSource::builder()
        .vendor(VENDOR)
        .base_url(opened.base_url)
        .auth(opened.auth)
        .tenant(tenant)
        .retry(data.retry)
        .limits(data.limits)
        .limiter(data.limiter.clone());
    if let Some(profile) = profile {
        builder = builder.profile(profile.clone());
    }
    builder.build()
}

#[async_trait]
impl RosterSource for ClassLinkSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.0.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        // Building sends nothing, so any server will do; one on loopback needs no list of authorities.
        let builder =
            OneRosterSource::builder().vendor(VENDOR).auth(Auth::None).base_url("http://127.0.0.1:1");
        builder.build().map(|source| source.capabilities()).unwrap_or_default()
    }

    /// Finds the district in the partner's list, and learns what its server does. A district that can't be read now is no error:
    /// the report has its state.
    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        if let Reached::ByPartner(partner, _) = &self.0.way {
            let application = partner.application(&self.0.tenant, cx).await?;
            // The list has bearers alone: whether there is a way past the proxy, only the question for the server tells.
            if application.state == ConnectionState::Pending && partner.data().route.way == Way::Direct {
                match self.server(cx).await {
                    Ok(server) => return server.check(cx).await,
                    Err(error) if matches!(error.kind(), ErrorKind::Config | ErrorKind::Forbidden) => {}
                    Err(error) => return Err(error),
                }
            }
            if application.state != ConnectionState::Live {
                let mut report = CheckReport::default();
                report.state = Some(application.state);
                report.warnings.push(hindrance(&application).unwrap_or_else(|| NO_CREDENTIALS.to_owned()));
                return Ok(report);
            }
        }
        self.server(cx).await?.check(cx).await
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let source = self.clone();
        let opened = async move {
            let server = source.server(&cx).await?;
            Ok(server.pull(request, cx))
        };
        stream::once(opened).try_flatten().boxed()
    }
}

const NO_CREDENTIALS: &str = "the district has given us no credentials yet: it has to set up the application in ClassLink's \
                              Roster Server";

/// Shows the district, and no credential.
impl fmt::Debug for ClassLinkSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClassLinkSource({:?})", self.0.tenant)
    }
}
