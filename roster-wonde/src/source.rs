//! The source.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, ConnectionState, EntityKind, Error, ErrorKind, Incremental, KindCapability,
    PullContext, PullRequest, PullStream, Result, RosterSource, SourceInfo, TenantDirectory, async_trait,
};

use crate::{
    builder::WondeBuilder,
    changes::Position,
    config::WondeConfig,
    error::{INACTIVE, is_withheld},
    opening::{Account, Opened},
    options::Choices,
    probe,
    pull::{Pull, plan::all_fields},
    resource::Resource,
    state,
    tenants::WondeAccount,
};

/// The provider's id.
pub const PROVIDER: &str = "wonde";

/// Wonde advises frequent full pulls, and says nothing of some changes; a school is small.
const RECONCILE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// One school that shares its MIS through Wonde.
///
/// Cheap to clone: clones share connections, token and limiter. Nothing is sent before a pull is polled. Needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct WondeSource {
    settings: Arc<Settings>,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) school: String,
    pub(crate) account: Account,
    pub(crate) choices: Choices,
    /// The other schools of the account that have options of their own.
    pub(crate) others: Vec<String>,
}

impl WondeSource {
    /// Starts with no settings.
    pub fn builder() -> WondeBuilder {
        WondeBuilder::default()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }
}

#[async_trait]
impl RosterSource for WondeSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.settings.school.clone())
    }

    fn capabilities(&self) -> Capabilities {
        EntityKind::ALL.into_iter().fold(Capabilities::default(), |capabilities, kind| {
            let mut capability = KindCapability::whole_sets(all_fields(kind));
            capability.incremental = match kind {
                EntityKind::Org => Incremental::None,
                EntityKind::Course | EntityKind::Class | EntityKind::Person => Incremental::UpsertsAndDeletes,
                // Whether a membership that changes is told depends on whether its class is.
                _ => Incremental::UpsertsOnly,
            };
            capability.reconcile_after = Some(RECONCILE_AFTER);
            capabilities.with(kind, capability)
        })
    }

    /// Asks for the school, how it stands, what it has granted, and for the first row of each resource.
    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let Settings { school, account, .. } = &*self.settings;
        let opened = match account.open(school, cx).await {
            Ok(opened) => opened,
            Err(error) if error.status() == Some(INACTIVE) => {
                report.state = Some(ConnectionState::Offline);
                report.warnings.push(error.message().to_owned());
                return Ok(report);
            }
            // A school that has not given access, or has taken it back.
            Err(error) if is_withheld(&error) => return self.closed(error, cx).await,
            Err(error) => return Err(error),
        };
        let state = state::of_standing(opened.standing);
        report.state = Some(state.unwrap_or(ConnectionState::Live));
        match report.state {
            Some(ConnectionState::Live | ConnectionState::Offline) => {
                self.probe(&opened, &mut report, cx).await?;
            }
            Some(ConnectionState::AwaitingAudit) => {
                report
                    .warnings
                    .push("the school has given access; Wonde has yet to check its data".to_owned());
            }
            _ => report.warnings.push("the school has not given access, or has taken it back".to_owned()),
        }
        self.warn_of_strangers(&mut report, cx).await?;
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let info = self.info();
        match Position::of_request(&info, &request) {
            Ok(before) => Pull::new(info, Arc::clone(&self.settings), request, before, cx).into_stream(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

impl WondeSource {
    /// Where the connection is with a school that may not be read.
    async fn closed(&self, error: Error, cx: &PullContext) -> Result<CheckReport> {
        let Settings { school, account, .. } = &*self.settings;
        let directory = WondeAccount::new(account.clone(), WondeConfig::default());
        let Some(tenant) = directory.tenant(school, cx).await? else { return Err(error) };
        let mut report = CheckReport::default();
        report.state = Some(tenant.state);
        report.warnings.push(error.message().to_owned());
        Ok(report)
    }

    /// Options for a school that the account does not have are used for none: most likely the id is mistyped.
    async fn warn_of_strangers(&self, report: &mut CheckReport, cx: &PullContext) -> Result<()> {
        let Settings { account, others, .. } = &*self.settings;
        if others.is_empty() {
            return Ok(());
        }
        let directory = WondeAccount::new(account.clone(), WondeConfig::default());
        let known = match directory.connected(cx).await {
            Ok(known) => known,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            // What this school is told of does not depend on the others.
            Err(_) => return Ok(()),
        };
        let strangers: Vec<_> = others.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if !strangers.is_empty() {
            report.warnings.push(format!(
                "`schools` has options for schools that are on none of the account's lists, so that they count for none: {}. \
                 Check the ids",
                strangers.join(", ")
            ));
        }
        Ok(())
    }

    async fn probe(&self, opened: &Opened, report: &mut CheckReport, cx: &PullContext) -> Result<()> {
        use Resource::{Classes, Contacts, Employees, Registrations, Students, Subjects};
        report.granted.extend([EntityKind::Org, EntityKind::AcademicSession]);
        let mut nobody = 0;
        for resource in [Subjects, Employees, Classes, Registrations, Students, Contacts] {
            let allowed = opened.permissions.as_ref().and_then(|said| said.resource(resource)) != Some(false);
            let found =
                if allowed { probe::first(opened, resource, cx).await? } else { probe::Found::Refused };
            match found {
                probe::Found::Refused => {
                    report.warnings.push(format!("{}: the school does not share it", resource.path()));
                }
                probe::Found::Rows(rows) => {
                    nobody += usize::from(!rows && matches!(resource, Students | Employees));
                    report.granted.extend(granted(resource));
                }
            }
        }
        if nobody == 2 && opened.standing.audited != Some(true) {
            report.state = Some(ConnectionState::AwaitingAudit);
        }
        if opened.permissions.as_ref().and_then(crate::permissions::Permissions::upn) == Some(false) {
            report.warnings.push(
                "the school does not share Unique Pupil Numbers: after a change of its MIS pupils can't be told by them"
                    .to_owned(),
            );
        }
        if opened.standing.online == Some(false) {
            report
                .warnings
                .push("the school's MIS can't be reached by Wonde: its data may be old".to_owned());
        }
        Ok(())
    }
}

/// The kinds that a resource gives.
fn granted(resource: Resource) -> Vec<EntityKind> {
    match resource {
        Resource::Subjects => vec![EntityKind::Course],
        Resource::Classes | Resource::Registrations => vec![EntityKind::Class, EntityKind::Enrollment],
        Resource::Contacts => vec![EntityKind::Relationship],
        _ => vec![resource.kind()],
    }
}
