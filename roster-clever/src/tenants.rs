//! Which districts have connected to the app.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use roster_core::{
    Ask, ConnectionState, Error, ErrorKind, PullContext, Result, RosterSource, Tenant, TenantDirectory,
    async_trait, jiff::Timestamp,
};
use roster_http::{BaseUrl, HttpLimits, Limiter, RetryPolicy};

use crate::{
    builder::{CleverSourceBuilder, limiter},
    client::{Client, Credential, Parts},
    error::is_withheld,
    map::{Said, Standing, Wants},
    source::{CleverSource, PROVIDER},
    token::{Granted, Listed, TokenList, nameless_rows},
    version::ApiVersion,
};

/// How many districts are asked at once how they are.
const AT_ONCE: usize = 8;

/// An app's account at Clever: its client, and the districts that have connected to it.
///
/// Cheap to clone: clones share the limiters of the districts' tokens.
#[derive(Clone)]
pub struct CleverAccount(Arc<Inner>);

/// What an account is made of.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) base: BaseUrl,
    pub(crate) version: ApiVersion,
    pub(crate) list: TokenList,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: HttpLimits,
    pub(crate) limiter: Option<Limiter>,
}

struct Inner {
    settings: Settings,
    /// By district, since Clever counts by token.
    limiters: Mutex<HashMap<String, Limiter>>,
}

impl CleverAccount {
    /// Starts with no settings.
    pub fn builder() -> CleverSourceBuilder {
        CleverSourceBuilder::default()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(Inner { settings, limiters: Mutex::default() }))
    }

    fn client(&self, district: &str, credential: Credential) -> Client {
        let Settings { base, version, retry, limits, .. } = &self.0.settings;
        Client::new(Parts {
            district: district.to_ascii_lowercase(),
            version: *version,
            base: base.clone(),
            credential,
            retry: *retry,
            limits: *limits,
            limiter: self.limiter(district),
        })
    }

    fn limiter(&self, district: &str) -> Limiter {
        if let Some(shared) = &self.0.settings.limiter {
            return shared.clone();
        }
        let mut limiters = self.0.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        limiters.entry(district.to_ascii_lowercase()).or_insert_with(limiter).clone()
    }

    /// How it is with a district that has connected.
    async fn tenant_of(&self, granted: Granted, cx: &PullContext) -> Result<Tenant> {
        let client = self.client(&granted.district, Credential::Token(granted.token));
        let since = granted.created;
        match client.district(&Wants::default(), cx).await {
            Ok(row) => {
                let mut tenant = Tenant::new(&granted.district, &granted.district, ConnectionState::Live);
                if let Said::District(district) = row.said {
                    describe(&mut tenant, &district.org, district.standing);
                }
                tenant.since = tenant.since.or(since);
                Ok(tenant)
            }
            // The list has a token that is not taken: the district is there, and can't be read.
            Err(error)
                if error.status() == Some(401)
                    || is_withheld(&error)
                    || error.kind() == ErrorKind::Config =>
            {
                Ok(failing(&granted.district, since, error.message()))
            }
            Err(error) => Err(error),
        }
    }

    /// The same, as one of a list: what is wrong with one district must not hide the others.
    async fn listed(&self, granted: Granted, cx: &PullContext) -> Tenant {
        let (district, since) = (granted.district.clone(), granted.created);
        self.tenant_of(granted, cx).await.unwrap_or_else(|error| failing(&district, since, error.message()))
    }
}

/// A district that is connected, and of which nothing else can be told.
fn failing(district: &str, since: Option<Timestamp>, why: &str) -> Tenant {
    let mut tenant = Tenant::new(district, district, ConnectionState::Failing);
    tenant.since = since;
    tenant.detail = Some(why.to_owned());
    tenant
}

fn describe(tenant: &mut Tenant, org: &roster_core::Org, standing: Standing) {
    org.name.clone_into(&mut tenant.name);
    tenant.state = standing.state;
    tenant.data_as_of = standing.data_as_of;
    tenant.since = standing.launched.as_deref().and_then(first_moment);
    tenant.detail = match (standing.word, standing.error) {
        (Some(word), Some(error)) => Some(format!("{word}: {error}")),
        (word, error) => error.or(word.filter(|_| standing.state != ConnectionState::Live)),
    };
    let identifiers = org.identifiers.iter();
    tenant.identifiers = identifiers.map(|id| format!("{}:{}", id.scheme, id.value)).collect();
}

/// A day in UTC, as an instant.
fn first_moment(day: &str) -> Option<Timestamp> {
    day.get(..10)?.parse::<roster_core::jiff::civil::Date>().ok()?;
    format!("{}T00:00:00Z", day.get(..10)?).parse().ok()
}

#[async_trait]
impl TenantDirectory for CleverAccount {
    /// A district that can't be looked at, or whose token can't be read, is `Failing`, with the reason. Rows of the list that name
    /// no district are an error, after all others.
    fn tenants(&self, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let (account, cx) = (self.clone(), cx.clone());
        stream::once(async move {
            let Listed { granted, broken, nameless } = account.0.settings.list.all(&cx).await?;
            let tenants = stream::iter(granted).map(move |granted| {
                let (account, cx) = (account.clone(), cx.clone());
                async move { Ok(account.listed(granted, &cx).await) }
            });
            let broken = broken.into_iter().map(|row| Ok(failing(&row.district, None, &row.why())));
            let unknown = (nameless > 0).then(|| Err(nameless_rows(nameless)));
            Ok::<_, Error>(
                tenants.buffered(AT_ONCE).chain(stream::iter(broken.chain(unknown).collect::<Vec<_>>())),
            )
        })
        .try_flatten()
        .boxed()
    }

    async fn tenant(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        match self.0.settings.list.of(id.trim(), cx).await? {
            Some(granted) => self.tenant_of(granted, cx).await.map(Some),
            None => Ok(None),
        }
    }

    async fn open(&self, id: &str, cx: &PullContext) -> Result<Box<dyn RosterSource>> {
        let id = id.trim();
        let list = self.0.settings.list.clone();
        if list.of(id, cx).await?.is_none() {
            let message =
                format!("the district {id} has not connected to the app, or has taken its access back");
            return Err(Error::new(ErrorKind::Config, PROVIDER, "opening a district", message));
        }
        Ok(Box::new(CleverSource::new(self.client(id, Credential::List(list)))))
    }

    async fn connect(&self, _: &str, _: Ask, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported("a district connects by itself, in its own dashboard at Clever"))
    }

    async fn disconnect(&self, _: &str, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported("a district takes its access back by itself, in its own dashboard at Clever"))
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, PROVIDER, "connecting a district", message)
}

/// Shows no credential.
impl fmt::Debug for CleverAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CleverAccount({})", self.0.settings.version.as_str())
    }
}
