//! The source.

use std::{fmt, time::Duration};

use futures::{StreamExt, stream};
use roster_core::{
    AcademicSessionField as Session, Capabilities, CheckReport, ClassField, CourseField, EntityKind,
    FieldSet, Incremental, KindCapability, OrgField, PersonField, PullContext, PullRequest, PullStream,
    RelationshipField, Result, RosterSource, SourceInfo, async_trait,
};

use crate::{
    builder::CleverSourceBuilder, changes::Position, check::check, client::Client, pull::Pull,
    version::ApiVersion,
};

/// The provider's id.
pub const PROVIDER: &str = "clever";

/// A feed may lose something; once a week everything is compared.
const RECONCILE_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A district on Clever.
///
/// Cheap to clone: clones share connections, token and limiter. Nothing is sent before a pull is polled. Needs a tokio runtime.
#[derive(Clone)]
pub struct CleverSource {
    client: Client,
}

impl CleverSource {
    /// Starts with no settings.
    pub fn builder() -> CleverSourceBuilder {
        CleverSourceBuilder::default()
    }

    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The version of the API that is spoken.
    pub fn version(&self) -> ApiVersion {
        self.client.version()
    }
}

/// Names the district.
impl fmt::Debug for CleverSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CleverSource({}, {})", self.client.district_id(), self.version().as_str())
    }
}

#[async_trait]
impl RosterSource for CleverSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.client.district_id())
    }

    fn capabilities(&self) -> Capabilities {
        EntityKind::ALL.into_iter().fold(Capabilities::default(), |capabilities, kind| {
            let mut capability = KindCapability::whole_sets(fields(kind));
            capability.incremental = Incremental::UpsertsAndDeletes;
            capability.reconcile_after = Some(RECONCILE_AFTER);
            capabilities.with(kind, capability)
        })
    }

    /// Looks the token up, asks for the district, the first row of each collection, and the newest event.
    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        check(&self.client, cx).await
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let info = self.info();
        match Position::of_request(&info, &request) {
            Ok(position) => Pull::new(info, self.client.clone(), request, position, cx).into_stream(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

/// What Clever can say of a kind.
pub(crate) fn fields(kind: EntityKind) -> FieldSet {
    match kind {
        EntityKind::Org => FieldSet::all(kind).without(OrgField::TimeZone),
        EntityKind::AcademicSession => FieldSet::of([
            Session::Title,
            Session::SessionType,
            Session::Begin,
            Session::End,
            Session::Identifiers,
        ]),
        EntityKind::Course => {
            FieldSet::of([CourseField::Title, CourseField::Code, CourseField::Org, CourseField::Identifiers])
        }
        EntityKind::Class => FieldSet::all(kind)
            .without(ClassField::State)
            .without(ClassField::Begin)
            .without(ClassField::End)
            .without(ClassField::Location),
        EntityKind::Person => {
            use PersonField::{Account, Emails, Groups, LegalName, Prefix, Pronouns, Suffix};
            FieldSet::all(kind)
                .minus(FieldSet::of([Prefix, Suffix, Pronouns, Account, Groups, LegalName, Emails]))
        }
        EntityKind::Enrollment => {
            use roster_core::EnrollmentField::{Class, Org, Person, Primary, Role};
            FieldSet::of([Class, Person, Role, Primary, Org])
        }
        EntityKind::Relationship => {
            use RelationshipField::{Contact, Kinds, Relation, Student};
            FieldSet::of([Student, Contact, Relation, Kinds])
        }
        _ => FieldSet::all(kind),
    }
}
