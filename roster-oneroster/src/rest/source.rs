//! The source.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use roster_core::{
    AcademicSessionField as Session, Capabilities, CheckReport, ClassField, ConnectionState, CourseField,
    EntityKind, Error, FieldSet, Incremental, KindCapability, OrgField, PersonField, PullContext,
    PullRequest, PullStream, RelationshipField, Result, RosterSource, SourceInfo, async_trait,
};

use super::{
    builder::OneRosterSourceBuilder,
    changes::Position,
    client::Client,
    collection::Collection,
    probe::{Found, probe},
    profile::Profile,
    pull::Pull,
};
use crate::Version;

/// The provider's id.
pub const PROVIDER: &str = "oneroster";

/// A server may purge what was deleted, and then only a full pull can tell.
const RECONCILE_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A server that speaks OneRoster, 1.1 or 1.2, over REST.
///
/// Cheap to clone: clones share connections, token, limiter, and what they learn of the server. Nothing is sent before a pull
/// is polled. Needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct OneRosterSource {
    settings: Arc<Settings>,
}

#[derive(Debug)]
struct Settings {
    tenant: String,
    version: Version,
    client: Client,
}

impl OneRosterSource {
    /// Starts with no settings.
    pub fn builder() -> OneRosterSourceBuilder {
        OneRosterSourceBuilder::default()
    }

    pub(crate) fn new(tenant: String, version: Version, client: Client) -> Self {
        Self { settings: Arc::new(Settings { tenant, version, client }) }
    }

    /// The version that the settings say.
    pub fn version(&self) -> Version {
        self.settings.version
    }
}

#[async_trait]
impl RosterSource for OneRosterSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(self.settings.client.vendor.provider, self.settings.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        EntityKind::ALL.into_iter().fold(Capabilities::default(), |capabilities, kind| {
            let mut capability = KindCapability::whole_sets(fields(kind));
            if self.settings.client.vendor.filters_changes {
                capability.incremental = Incremental::UpsertsOnly;
            }
            capability.reconcile_after = Some(RECONCILE_AFTER);
            capabilities.with(kind, capability)
        })
    }

    /// Learns what the server shares and what it does, in at most 20 requests: see [the crate's page](crate).
    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        let client = &self.settings.client;
        let known = client.habits().get(Profile::clone);
        let Found { profile, mut refused } = probe(client, known.clone(), cx).await?;
        let mut report = CheckReport::default();
        report.warnings.extend(refused.iter().map(|error| error.message().to_owned()));
        let shared = profile.shared.iter().filter(|(_, shared)| **shared).map(|(collection, _)| *collection);
        report.granted.extend(shared.filter(|of| *of != Collection::Demographics).map(Collection::kind));
        if let (true, Some(error)) = (report.granted.is_empty(), refused.pop()) {
            return Err(error);
        }
        if report.granted.contains(&EntityKind::Person) {
            report.granted.insert(EntityKind::Relationship);
        }
        if !profile.totals {
            report.warnings.push(NO_TOTAL.to_owned());
        }
        if !profile.offsets {
            report.warnings.push(NO_OFFSET.to_owned());
        }
        if let Some(checked) = client.habits().checked() {
            let drift = checked.drift(&profile);
            report.warnings.extend(drift.into_iter().map(|told| format!("{told}; keep the new profile")));
        }
        report.state = Some(ConnectionState::Live);
        report.profile = serde_json::to_value(&profile).ok();
        client.habits().check(profile);
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let info = self.info();
        match Position::of_request(&info, &request) {
            Ok(position) => {
                Pull::new(info, self.settings.client.clone(), request, position, cx).into_stream()
            }
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

const NO_OFFSET: &str =
    "the server takes no notice of an offset: a collection is read whole only if it fits on one page";

const NO_TOTAL: &str = "the server does not say how many rows there are, or says it wrongly: pages are read one after the other, which is slower";

/// Whether the server refused a collection, rather than failed.
pub(crate) fn is_withheld(error: &Error) -> bool {
    matches!(error.status(), Some(403 | 404 | 405 | 410 | 501))
}

/// What OneRoster can say of a kind.
pub(crate) fn fields(kind: EntityKind) -> FieldSet {
    match kind {
        EntityKind::Org => FieldSet::all(kind).without(OrgField::Grades).without(OrgField::TimeZone),
        EntityKind::AcademicSession => {
            FieldSet::all(kind).without(Session::Org).without(Session::Identifiers)
        }
        EntityKind::Course => FieldSet::all(kind).without(CourseField::Identifiers),
        EntityKind::Class => FieldSet::all(kind)
            .without(ClassField::Begin)
            .without(ClassField::End)
            .without(ClassField::Identifiers),
        EntityKind::Person => {
            use PersonField::{Addresses, Emails, Full, GraduationYear, Groups, LegalName, Prefix, Suffix};
            let unsaid = [Full, Prefix, Suffix, Groups, GraduationYear, LegalName, Emails, Addresses];
            FieldSet::all(kind).minus(FieldSet::of(unsaid))
        }
        EntityKind::Relationship => {
            use RelationshipField::{Contact, Kinds, Relation, Student};
            FieldSet::of([Student, Contact, Relation, Kinds])
        }
        _ => FieldSet::all(kind),
    }
}
