//! The partner: who shares, and how their data are reached.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use roster_core::{
    Ask, ConnectionState, Error, ErrorKind, PullContext, Result, RosterSource, SecretString, Tenant,
    TenantDirectory, async_trait,
};
use roster_http::{Auth, HttpLimits, Limiter, LookUp, OAuth1, RetryPolicy, Rotating};

use crate::{
    access::{Route, Way, check_id},
    builder::ClassLinkBuilder,
    client::PartnerClient,
    map::{self, Application},
    source::{ClassLinkSource, PROVIDER},
};

const OPENING: &str = "opening a district";

/// A partner of ClassLink: lists the districts that share with it, or might, and opens their sources.
///
/// Owns the partner's token, the list, and what is known of each district's credentials; all sources that it opens share them,
/// and one limiter. Cheap to clone. A tenant's id is the district's number, as text.
#[derive(Clone, Debug)]
pub struct ClassLinkPartner(Arc<Shared>);

/// What all sources of a partner share.
#[derive(Debug)]
struct Shared {
    data: Data,
    /// By application, so that a bearer that was changed is looked up once for all who use it.
    credentials: Mutex<HashMap<String, Auth>>,
}

/// What a way to data needs.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) client: PartnerClient,
    pub(crate) route: Route,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: HttpLimits,
    pub(crate) limiter: Limiter,
}

/// Where a district's data are, and who we are there.
pub(crate) struct Opened {
    pub(crate) base_url: String,
    pub(crate) auth: Auth,
}

impl ClassLinkPartner {
    /// Starts with no settings.
    pub fn builder() -> ClassLinkBuilder {
        ClassLinkBuilder::default()
    }

    pub(crate) fn new(data: Data) -> Self {
        Self(Arc::new(Shared { data, credentials: Mutex::default() }))
    }

    pub(crate) fn data(&self) -> &Data {
        &self.0.data
    }

    /// The district's source. Nothing is sent: whether the district shares is seen by `check` and `pull`.
    #[must_use]
    pub fn source(&self, tenant: impl Into<String>, profile: Option<serde_json::Value>) -> ClassLinkSource {
        ClassLinkSource::of_partner(tenant.into(), self.clone(), profile)
    }

    /// The one application of a tenant; of several, the one that can be read.
    pub(crate) async fn application(&self, tenant: &str, cx: &PullContext) -> Result<Application> {
        let list = self.0.data.client.recent_list(cx).await?;
        let of_tenant: Vec<_> = list.iter().filter(|application| application.is(tenant)).collect();
        let live: Vec<_> = of_tenant
            .iter()
            .copied()
            .filter(|application| application.state == ConnectionState::Live)
            .collect();
        match (live.as_slice(), of_tenant.as_slice()) {
            ([one], _) | ([], [one, ..]) => Ok((*one).clone()),
            ([], []) => {
                let message = "the partner's list has no such district: check `tenant`, and whether the district still \
                               shares with this partner";
                Err(Error::new(ErrorKind::Config, PROVIDER, OPENING, message))
            }
            _ => {
                let numbers: Vec<_> = live.iter().filter_map(|one| one.number.as_deref()).collect();
                let message = format!(
                    "the district shares several applications: add one of them to `tenant`, as in NUMBER/APPLICATION; \
                     there are: {}",
                    numbers.join(", ")
                );
                Err(Error::new(ErrorKind::Config, PROVIDER, OPENING, message))
            }
        }
    }

    /// Finds where an application's data are, and who we are there.
    pub(crate) async fn reach(&self, application: &Application, cx: &PullContext) -> Result<Opened> {
        let Data { client, route, .. } = &self.0.data;
        let list = client.wire().base();
        let opened = match route.way {
            Way::Proxy => {
                let base_url = route.through_proxy(list, &application.id)?;
                let bearer = application.bearer.as_ref().ok_or_else(no_bearer)?;
                Opened { base_url, auth: Auth::bearer(PROVIDER, bearer)? }
            }
            Way::Direct => {
                check_id(&application.id)?;
                let server = client.server(&application.id, cx).await?;
                let base_url = route.directly(list, &server.endpoint_url)?;
                Opened { base_url, auth: signed(server.key, server.secret, route) }
            }
        };
        let mut credentials = self.0.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = credentials.entry(application.id.clone()).or_insert_with(|| {
            Auth::Rotating(Rotating::new(PROVIDER, opened.auth, self.look_up(&application.id)))
        });
        Ok(Opened { base_url: opened.base_url, auth: shared.clone() })
    }

    /// Looks up credentials that a server refused.
    fn look_up(&self, id: &str) -> LookUp {
        let (Data { client, route, .. }, id) = (self.0.data.clone(), Arc::<str>::from(id));
        Arc::new(move |cx| {
            let (client, route, id) = (client.clone(), route.clone(), Arc::clone(&id));
            Box::pin(async move {
                tracing::info!(provider = PROVIDER, "a credential was refused, and is looked up again");
                match route.way {
                    Way::Proxy => {
                        let application = client.look_up(&id, &cx).await?;
                        let bearer = application.and_then(|application| application.bearer);
                        Auth::bearer(PROVIDER, &bearer.ok_or_else(no_bearer)?)
                    }
                    Way::Direct => {
                        let server = client.server(&id, &cx).await?;
                        Ok(signed(server.key, server.secret, &route))
                    }
                }
            })
        })
    }
}

pub(crate) fn signed(key: SecretString, secret: SecretString, route: &Route) -> Auth {
    Auth::Signed(OAuth1::new(PROVIDER, key, secret, route.method))
}

fn no_bearer() -> Error {
    let message = "the district has given us no credentials, or took them back: it has to set up the application in \
                   ClassLink's Roster Server";
    Error::new(ErrorKind::Config, PROVIDER, OPENING, message)
}

#[async_trait]
impl TenantDirectory for ClassLinkPartner {
    fn tenants(&self, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let (client, cx) = (self.0.data.client.clone(), cx.clone());
        let listed = async move {
            let tenants = map::tenants(&client.list(&cx).await?);
            Ok(stream::iter(tenants.into_iter().map(Ok)))
        };
        stream::once(listed).try_flatten().boxed()
    }

    async fn tenant(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        let list = self.0.data.client.list(cx).await?;
        let of_tenant = || list.iter().filter(|application| application.is(id));
        let live = of_tenant().find(|application| application.state == ConnectionState::Live);
        Ok(live.or_else(|| of_tenant().next()).map(|application| application.tenant(id.to_owned())))
    }

    async fn open(&self, id: &str, cx: &PullContext) -> Result<Box<dyn RosterSource>> {
        let application = self.application(id, cx).await?;
        if self.0.data.route.way == Way::Proxy && application.bearer.is_none() {
            return Err(no_bearer());
        }
        Ok(Box::new(self.source(id, None)))
    }

    async fn connect(&self, _: &str, _: Ask, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported(
            "a district asks for the application in ClassLink itself; nothing can be asked for from here",
        ))
    }

    async fn disconnect(&self, _: &str, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported(
            "a district takes access back in ClassLink itself; nothing can be given back from here",
        ))
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, PROVIDER, "changing a connection", message)
}
