//! The source.

use std::sync::Arc;

use futures::{StreamExt, stream};
use roster_core::{
    Capabilities, CheckReport, ClassField, ConnectionState, EnrollmentField, EntityKind, Error, ErrorKind,
    FieldSet, KindCapability, OrgField, PersonField, PullContext, PullRequest, PullStream, RelationshipField,
    Result, RosterSource, SecretString, SourceInfo, async_trait,
};

use crate::{
    builder::GClassroomSourceBuilder,
    changes,
    client::{Ask, Client, List},
    config::CourseState,
    map::{self, Row, Spot},
    pull::{Proof, Pull, prove},
    push::Registrations,
    rules::Rules,
    scopes::GoogleScope,
    wire,
};

/// The provider's id.
pub const PROVIDER: &str = "gclassroom";

/// A domain's classes and people, or one teacher's classes, at Google.
///
/// Cheap to clone: clones share connections, token and limiter. Nothing is sent before a pull is polled. Needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct GClassroomSource {
    settings: Arc<Settings>,
}

/// What a source is made of.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) tenant: String,
    pub(crate) mode: Mode,
    /// The user whom a service account stands for.
    pub(crate) subject: Option<SecretString>,
    pub(crate) rules: Rules,
    pub(crate) states: Vec<CourseState>,
    pub(crate) client: Client,
    /// Talks to Classroom about guardians.
    pub(crate) guardians: Client,
}

/// Whose classes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A domain's, by an administrator.
    District,
    /// The teacher's who logged in.
    Teacher,
}

impl GClassroomSource {
    /// Starts with no settings.
    pub fn builder() -> GClassroomSourceBuilder {
        GClassroomSourceBuilder::default()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    /// Registers for notifications with this source's credential. It has to be one of somebody who logged in: delegation to a
    /// service account does not serve for it.
    pub fn registrations(&self) -> Registrations {
        Registrations::new(self.settings.client.classroom.clone())
    }

    /// Asks for the first row of a list.
    async fn probe(&self, ask: Ask, cx: &PullContext) -> Result<Option<String>> {
        let list = ask.list;
        let client = if list == List::Guardians { &self.settings.guardians } else { &self.settings.client };
        let spot = Spot::new(EntityKind::Class, list.path(), 1);
        let id = |row: &wire::Head<'_>, _: &Spot| Row::Read(row.id.get().map(str::to_owned));
        let page = client.page(&ask, None, 1, cx, |body| map::page(body, list.key(), &spot, id)).await?;
        Ok(page.rows.into_iter().find_map(|row| if let Row::Read(id) = row { id } else { None }))
    }

    /// Whether a list may be read; a refusal becomes a warning.
    async fn may_read(
        &self,
        ask: Ask,
        report: &mut CheckReport,
        cx: &PullContext,
    ) -> Result<(bool, Option<String>)> {
        let scope = ask.list.scope();
        match self.probe(ask, cx).await {
            Ok(first) => Ok((true, first)),
            Err(error) if is_withheld(&error) => {
                report.warnings.push(format!("{} (scope {})", error.message(), scope.short()));
                Ok((false, None))
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl RosterSource for GClassroomSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.settings.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        kinds().iter().fold(Capabilities::default(), |capabilities, kind| {
            let fields = fields(*kind, self.settings.mode);
            capabilities.with(*kind, KindCapability::whole_sets(fields))
        })
    }

    /// Asks for the first row of each list.
    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        report.state = Some(ConnectionState::Live);
        let Settings { mode, client, .. } = &*self.settings;
        let mut courses = Ask::of(List::Courses).fields("id").with("pageSize", "1");
        if *mode == Mode::Teacher {
            courses = courses.with("teacherId", "me");
            report.warnings.push(A_TEACHER_SEES_PART.to_owned());
        } else {
            match prove(&self.settings, cx).await? {
                Proof::Administrator => {}
                Proof::NoAdministrator(reason) => {
                    report.warnings.push(format!("{reason}; {NO_ADMINISTRATOR}"));
                }
                Proof::Refused(error) => {
                    let scope = GoogleScope::Users.short();
                    report.warnings.push(format!("{} (scope {scope}); {NO_ADMINISTRATOR}", error.message()));
                }
            }
            let units = Ask::of(List::OrgUnits).fields("orgUnitId").with("type", "children");
            if self.may_read(units, &mut report, cx).await?.0 {
                report.granted.insert(EntityKind::Org);
            }
            let guardians = Ask::of(List::Guardians).fields("guardianId").with("pageSize", "1");
            match self.may_read(guardians, &mut report, cx).await {
                Ok((true, _)) => {
                    report.granted.insert(EntityKind::Relationship);
                }
                Ok((false, _)) => {}
                // The service account may have leave for all but guardians.
                Err(error) if error.kind() == ErrorKind::Forbidden => {
                    report.warnings.push(format!(
                        "{} (scope {})",
                        error.message(),
                        GoogleScope::Guardians.short()
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        // Without courses there is nothing to be had.
        let first = self.probe(courses, cx).await?;
        report.granted.extend([EntityKind::Class, EntityKind::Person, EntityKind::Enrollment]);
        if let Some(course) = first {
            let students = Ask::of_course(List::Students, &course).fields("userId").with("pageSize", "1");
            if !self.may_read(students, &mut report, cx).await?.0 {
                report.granted.remove(&EntityKind::Enrollment);
            }
        }
        report.warnings.extend(missing_scopes(client, *mode).map(lacks));
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let info = self.info();
        match changes::check(&info, &request) {
            Ok(()) => Pull::new(info, Arc::clone(&self.settings), request, cx).into_stream(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

const A_TEACHER_SEES_PART: &str =
    "a teacher's own classes are a part of the domain's: nothing that is absent is taken for gone";
pub(crate) const NO_ADMINISTRATOR: &str =
    "whether the credential is an administrator's can't be told, so nothing that is absent is taken for gone";

/// What is missing of a scope.
pub(crate) fn lacks(scope: GoogleScope) -> String {
    let what = match scope {
        GoogleScope::Courses => "courses",
        GoogleScope::Rosters => "who is in a course",
        GoogleScope::Emails => "e-mail addresses",
        GoogleScope::Guardians => "guardians",
        GoogleScope::Users => "users of the domain",
        GoogleScope::OrgUnits => "org units of the domain",
        GoogleScope::Push => "notifications",
    };
    format!("the scope {} was not granted: {what} can't be read", scope.short())
}

/// The scopes that were not granted, where the token's server said which were.
pub(crate) fn missing_scopes(client: &Client, mode: Mode) -> impl Iterator<Item = GoogleScope> {
    let wanted = if mode == Mode::Teacher { GoogleScope::TEACHER } else { GoogleScope::DISTRICT };
    let granted = client.granted_scopes();
    let usual = wanted.iter().copied().filter(|scope| *scope != GoogleScope::Guardians);
    usual.filter(move |scope| granted.as_ref().is_some_and(|granted| !scope.is_in(granted)))
}

/// Whether Google refused a list, rather than failed.
pub(crate) fn is_withheld(error: &Error) -> bool {
    // A token's refusal has a status, too.
    matches!(error.status(), Some(403 | 404 | 405 | 501)) && error.kind() != ErrorKind::RateLimited
}

/// What there is. A teacher's source says so of all kinds too, and that it sees none of some: one that had fewer would look as if
/// nobody asked for the others any longer, and what a district's pull brought would be taken for unwanted.
pub(crate) const fn kinds() -> &'static [EntityKind] {
    use EntityKind::{Class, Enrollment, Org, Person, Relationship};
    &[Org, Class, Person, Enrollment, Relationship]
}

/// What Google can say of a kind.
pub(crate) fn fields(kind: EntityKind, mode: Mode) -> FieldSet {
    match kind {
        EntityKind::Org | EntityKind::Relationship if mode == Mode::Teacher => FieldSet::EMPTY,
        EntityKind::Org => FieldSet::of([OrgField::Name, OrgField::OrgType, OrgField::Parent]),
        EntityKind::Class => {
            use ClassField::{
                ClassType, Extra, Grades, Identifiers, Location, Org, Periods, State, Subjects, Title,
            };
            let own = FieldSet::of([
                Title,
                ClassType,
                State,
                Grades,
                Subjects,
                Periods,
                Location,
                Identifiers,
                Extra,
            ]);
            if mode == Mode::District { own.with(Org) } else { own }
        }
        EntityKind::Person => {
            use PersonField::{Account, Affiliations, Emails, Extra, Grades, GraduationYear, Identifiers};
            let of_directory =
                FieldSet::of([Account, Affiliations, Grades, GraduationYear, Identifiers, Emails, Extra]);
            if mode == Mode::District {
                map::profile_fields().union(of_directory)
            } else {
                map::profile_fields()
            }
        }
        EntityKind::Enrollment => {
            use EnrollmentField::{Class, Person, Primary, Role};
            FieldSet::of([Class, Person, Role, Primary])
        }
        EntityKind::Relationship => {
            use RelationshipField::{Contact, Kinds, Relation, Student};
            FieldSet::of([Student, Contact, Relation, Kinds])
        }
        _ => FieldSet::EMPTY,
    }
}
