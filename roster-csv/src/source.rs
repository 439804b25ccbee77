//! The source.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, channel::oneshot, stream};
use roster_core::{
    Capabilities, CheckReport, ConnectionState, EntityKind, Error, ErrorKind, FieldSet, Incremental,
    KindCapability, PullContext, PullRequest, PullStream, RelationshipField, Result, RosterSource,
    SensitiveField, SourceInfo, async_trait, table::Rows,
};

use crate::{
    builder::CsvSourceBuilder,
    changes::Position,
    dialect::{DIALECTS, Dialect},
    files::FileSet,
    limits::Limits,
    mapping::propose,
    pull::{Job, Pull},
    survey::{Survey, header},
};

/// The provider's id.
pub const PROVIDER: &str = "csv";

/// A roster in files: a folder, a zip, or a zip that lies alone in a folder.
///
/// Cheap to clone. Nothing is opened before a pull is polled; each pull reads the files as they are then.
#[derive(Clone, Debug)]
pub struct CsvSource {
    pub(crate) settings: Arc<Settings>,
}

/// What a source knows.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) path: PathBuf,
    pub(crate) dialect: Option<&'static Dialect>,
    pub(crate) tenant: String,
    pub(crate) limits: Limits,
    pub(crate) may_repair: bool,
    /// Files that fill `status` hold what changed.
    pub(crate) status_means_delta: bool,
    /// The dialect that the files were in when they were last looked at.
    pub(crate) found: Mutex<Option<&'static Dialect>>,
}

impl CsvSource {
    /// Starts with no settings.
    pub fn builder() -> CsvSourceBuilder {
        CsvSourceBuilder::default()
    }

    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }
}

#[async_trait]
impl RosterSource for CsvSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new(PROVIDER, self.settings.tenant.clone())
    }

    fn capabilities(&self) -> Capabilities {
        let found = *self.settings.found.lock().unwrap_or_else(PoisonError::into_inner);
        let dialects: Vec<_> = match self.settings.dialect.or(found) {
            Some(dialect) => vec![dialect],
            None => DIALECTS.iter().collect(),
        };
        let kinds = EntityKind::ALL.into_iter();
        let kinds = kinds.filter(|kind| dialects.iter().any(|dialect| dialect.has(*kind)));
        kinds.fold(Capabilities::default(), |capabilities, kind| {
            let fields =
                dialects.iter().fold(FieldSet::EMPTY, |fields, dialect| fields.union(says(dialect, kind)));
            let mut capability = KindCapability::whole_sets(fields);
            if dialects.iter().any(|dialect| dialect.version.is_some()) {
                // A set of changes tells of deletions too.
                capability.incremental = Incremental::UpsertsAndDeletes;
            }
            capabilities.with(kind, capability)
        })
    }

    /// Opens the set and reads the headers.
    async fn check(&self, _cx: &PullContext) -> Result<CheckReport> {
        let settings = Arc::clone(&self.settings);
        let (sender, receiver) = oneshot::channel();
        std::thread::Builder::new()
            .name("roster-csv-check".to_owned())
            // Nobody listens any more if the check was dropped.
            .spawn(move || drop(sender.send(look(&settings))))
            .map_err(|error| stopped(&format!("no thread can be started: {}", error.kind())))?;
        receiver.await.unwrap_or_else(|_| Err(stopped("the reader panicked, which is a bug of this library")))
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let info = self.info();
        let known = match Position::of_request(&info, &request) {
            Ok(known) => known,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let job = Job { settings: Arc::clone(&self.settings), request, known };
        Pull::new(info, job, cx).boxed()
    }
}

fn stopped(why: &str) -> Error {
    Error::new(ErrorKind::Transport, PROVIDER, "looking at the files", why)
}

/// Proposes a mapping for the first file whose headers are of no dialect.
fn proposed(settings: &Settings) -> Option<CheckReport> {
    let mut files = FileSet::open(&settings.path, settings.limits).ok()?;
    let names = files.names().to_vec();
    let (name, proposal) = names.into_iter().find_map(|name| {
        let header = header(&mut files, &name, &settings.limits)?;
        Some((name, propose(&header)?))
    })?;
    let mut report = CheckReport::default();
    report.data_as_of = files.newest();
    report.warnings.push(format!(
        "the headers of {name} are of no dialect; look at the mapping below, save it, and name it with `mapping`"
    ));
    report.warnings.extend(proposal.missing);
    report.warnings.push(format!("a mapping to begin with:\n\n{}", proposal.toml));
    report.profile = Some(serde_json::json!({ "file": name, "mapping": proposal.toml }));
    Some(report)
}

/// What a dialect can say of a kind.
fn says(dialect: &Dialect, kind: EntityKind) -> FieldSet {
    if kind == EntityKind::Relationship && dialect.has_agents() {
        use RelationshipField::{Contact, Kinds, Relation, Student};
        return FieldSet::of([Student, Contact, Relation, Kinds]);
    }
    let tables = dialect.tables.iter().filter(|table| match table.rows {
        Rows::Records(of) => of == kind,
        Rows::Other => false,
        _ => kind == EntityKind::Person,
    });
    let columns = tables.flat_map(|table| table.columns);
    columns.fold(crate::pull::extra_field(kind), |fields, column| fields.union(column.holds.fields()))
}

fn look(settings: &Settings) -> Result<CheckReport> {
    let mut files = FileSet::open(&settings.path, settings.limits)?;
    let survey = match Survey::take(&mut files, settings) {
        Ok(survey) => survey,
        Err(error) if error.kind() == ErrorKind::Config && settings.dialect.is_none() => {
            return proposed(settings).ok_or(error);
        }
        Err(error) => return Err(error),
    };
    *settings.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(survey.dialect);
    let mut report = CheckReport::default();
    report.state = Some(ConnectionState::Live);
    report.data_as_of = files.newest();
    let request = PullRequest::full().with_sensitive(SensitiveField::ALL);
    report.granted =
        request.wanted().filter(|kind| crate::pull::blocked(&survey, &request, *kind).is_none()).collect();
    report.warnings =
        survey.problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect();
    let withheld = survey.unreadable.iter().filter(|file| file.code == roster_core::PartialCode::Withheld);
    report.warnings.extend(withheld.map(|file| file.reason.clone()));
    report.profile = Some(serde_json::json!({ "dialect": survey.dialect.name }));
    Ok(report)
}
