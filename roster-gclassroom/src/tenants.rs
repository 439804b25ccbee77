//! The domains of one Cloud project. Google has no list of who delegated to it, so the host names them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use roster_core::{
    Ask, ConnectionState, Error, ErrorKind, PullContext, Result, RosterSource, Tenant, TenantDirectory,
    async_trait,
};
use roster_http::{Limiter, Pace, RetryBudget};

use crate::{GClassroomConfig, GClassroomSource, GClassroomSourceBuilder, builder::wrong, source::PROVIDER};

/// What Google takes of a project in a minute, over all its users, at the time of writing.
const PROJECT_QUOTA: u32 = 3000;
const PROJECT_QUOTA_TIME: std::time::Duration = std::time::Duration::from_millis(60_600);
/// Requests under way at once, over all domains.
const IN_FLIGHT: usize = 64;

/// One Cloud project's service account, and the domains that may have delegated to it. All sources that it opens share the
/// project's quota, and those of one administrator that administrator's.
///
/// ```no_run
/// use roster_gclassroom::{GClassroomConfig, GoogleProject};
///
/// # fn open(key_file: String) -> roster_core::Result<()> {
/// let mut config = GClassroomConfig::default();
/// config.service_account = Some(key_file.into());
/// let project = GoogleProject::new(config)?.with_domain("district.example", "admin@district.example");
/// # let _ = project;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct GoogleProject {
    config: GClassroomConfig,
    domains: BTreeMap<String, String>,
    limiter: Limiter,
    users: Arc<Mutex<BTreeMap<String, Limiter>>>,
}

impl GoogleProject {
    /// A project, with what its domains have in common. A domain and subject in it are the first domain.
    ///
    /// # Errors
    ///
    /// `Config` if there is no service account: nobody else may read several domains.
    pub fn new(config: GClassroomConfig) -> Result<Self> {
        if config.service_account.is_none() {
            return Err(wrong(
                "`service_account` is missing: the domains of a project are read by its service account",
            ));
        }
        let pace = (config.quota != Some(0)).then(|| Pace::new(PROJECT_QUOTA, PROJECT_QUOTA_TIME));
        let limiter = Limiter::made(IN_FLIGHT, RetryBudget::default(), pace, None);
        let mut project = Self { config, domains: BTreeMap::new(), limiter, users: Arc::default() };
        if let (Some(domain), Some(subject)) = (project.config.domain.take(), project.config.subject.take()) {
            project = project.with_domain(domain, subject);
        }
        Ok(project)
    }

    /// And a domain, with the administrator whom the service account stands for there.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>, subject: impl Into<String>) -> Self {
        self.domains.insert(domain.into().to_ascii_lowercase(), subject.into());
        self
    }

    fn source(&self, domain: &str) -> Result<GClassroomSource> {
        let Some(subject) = self.domains.get(&domain.to_ascii_lowercase()) else {
            return Err(wrong("the domain is none of the project's: name it with its administrator"));
        };
        let mut config = self.config.clone();
        config.domain = Some(domain.to_owned());
        config.subject = Some(subject.clone());
        let builder = GClassroomSourceBuilder::from(config);
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter =
            users.entry(subject.clone()).or_insert_with(|| builder.new_limiter(Some(self.limiter.clone())));
        builder.limiter(limiter.clone()).build()
    }

    /// Asks the domain whether it lets us in.
    async fn look(&self, domain: &str, cx: &PullContext) -> Result<Tenant> {
        let mut tenant = Tenant::new(domain, domain, ConnectionState::Live);
        let checked = match self.source(domain) {
            Ok(source) => source.check(cx).await,
            Err(error) => Err(error),
        };
        match checked {
            Ok(report) => tenant.detail = report.warnings.into_iter().next(),
            Err(error) => {
                tenant.state = match error.kind() {
                    // The delegation is not there, or no longer.
                    ErrorKind::Forbidden => ConnectionState::NotRequested,
                    ErrorKind::Unauthorized | ErrorKind::NotFound => ConnectionState::Revoked,
                    // One domain that is misspelt hides none of the others.
                    ErrorKind::Config => ConnectionState::Failing,
                    _ => return Err(error),
                };
                tenant.detail = Some(error.message().to_owned());
            }
        }
        Ok(tenant)
    }
}

#[async_trait]
impl TenantDirectory for GoogleProject {
    fn tenants(&self, cx: &PullContext) -> BoxStream<'static, Result<Tenant>> {
        let domains: Vec<_> = self.domains.keys().cloned().collect();
        let (project, cx) = (self.clone(), cx.clone());
        stream::iter(domains)
            .then(move |domain| {
                let (project, cx) = (project.clone(), cx.clone());
                async move { project.look(&domain, &cx).await }
            })
            .boxed()
    }

    async fn tenant(&self, id: &str, cx: &PullContext) -> Result<Option<Tenant>> {
        if !self.domains.contains_key(&id.to_ascii_lowercase()) {
            return Ok(None);
        }
        self.look(id, cx).await.map(Some)
    }

    async fn open(&self, id: &str, _: &PullContext) -> Result<Box<dyn RosterSource>> {
        Ok(Box::new(self.source(id)?))
    }

    async fn connect(&self, _: &str, _: Ask, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported(
            "Google has no call for it: the domain's administrator adds the service account's client id under Security, API \
             controls, Domain-wide delegation, with the scopes that the documentation lists",
        ))
    }

    async fn disconnect(&self, _: &str, _: &PullContext) -> Result<ConnectionState> {
        Err(unsupported(
            "Google has no call for it: the domain's administrator removes the domain-wide delegation",
        ))
    }
}

fn unsupported(why: &str) -> Error {
    Error::new(ErrorKind::Unsupported, PROVIDER, "connecting", why)
}

/// Shows which domains there are.
impl fmt::Debug for GoogleProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GoogleProject").field(&self.domains.keys().collect::<Vec<_>>()).finish()
    }
}
