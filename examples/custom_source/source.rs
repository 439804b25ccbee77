//! A source over one JSON file: the schools of a tenant and the people who belong to them, each under its id.

use std::{collections::BTreeMap, fmt::Display, fs::File, io, io::Read, path::PathBuf};

use futures::stream;
#[allow(clippy::wildcard_imports, reason = "a source needs much of it")]
use roster::{prelude::*, *};
use serde::Deserialize;
use serde_json::Value;

/// The file is one page, whose records are made at once. Larger data come in pages, each with its own events.
const LIMIT: u64 = 4 << 20;

/// What the file says, by id. A list that is missing is not an empty one: it is an error.
#[derive(Deserialize)]
struct Page {
    schools: BTreeMap<String, Value>,
    people: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Member {
    role: String,
    school: String,
    name: Option<String>,
    birth_date: Option<jiff::civil::Date>,
}

/// One tenant's file, read anew for each pull.
#[derive(Clone, Debug)]
pub(crate) struct JsonSource {
    pub(crate) tenant: String,
    pub(crate) path: PathBuf,
}

#[async_trait]
impl RosterSource for JsonSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new("json_file", &*self.tenant)
    }

    fn capabilities(&self) -> Capabilities {
        [EntityKind::Org, EntityKind::Person].into_iter().fold(Capabilities::default(), |all, kind| {
            all.with(kind, KindCapability::whole_sets(fields(kind, true)))
        })
    }

    async fn check(&self, cx: &PullContext) -> Result<CheckReport> {
        self.clone().read(PullRequest::full(), cx.clone()).await?;
        let mut report = CheckReport::default();
        report.granted = self.capabilities().kinds.into_keys().collect();
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        let page = stream::once(self.clone().read(request, cx));
        page.map_ok(|events| stream::iter(events).map(Ok)).try_flatten().boxed()
    }
}

impl JsonSource {
    /// Files block, so a thread reads. If that panics, it is an error like any other.
    async fn read(self, request: PullRequest, cx: PullContext) -> Result<Vec<PullEvent>> {
        cx.observer().notice(&Notice::Request { operation: "file" });
        let page = tokio::task::spawn_blocking(move || self.page(&request)).await;
        page.unwrap_or_else(|_| Err(error(ErrorKind::Transport, "the reader died")))
    }

    fn page(&self, request: &PullRequest) -> Result<Vec<PullEvent>> {
        let known: Option<String> = match (request.mode, &request.cursor) {
            (PullMode::Full, _) => None,
            (PullMode::Changes, Some(cursor)) => Some(cursor.decode(&self.info(), 1, request)?),
            (PullMode::Changes, None) => return Err(error(ErrorKind::CursorInvalid, "there is no cursor")),
        };
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|file| io::copy(&mut file.take(LIMIT + 1), &mut bytes));
        if read.map_err(|e| error(ErrorKind::Transport, e.kind()))? > LIMIT {
            return Err(error(ErrorKind::TooLarge, format!("more than {LIMIT} bytes")));
        }
        // Line and column alone: the parser's own words may quote a person's data.
        let place = |e: serde_json::Error| format!("see line {}, column {}", e.line(), e.column());
        let page: Page = serde_json::from_slice(&bytes).map_err(|e| error(ErrorKind::Decode, place(e)))?;
        let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes));
        let same = known.as_ref() == Some(&hash);
        let completeness = if same { Completeness::Unchanged } else { Completeness::Complete };
        let mut events = Vec::new();
        let lists = [(EntityKind::Org, page.schools), (EntityKind::Person, page.people)];
        for (kind, rows) in lists.into_iter().filter(|(kind, _)| request.wants(*kind)) {
            if rows.keys().any(|id| id.trim().is_empty()) {
                return Err(error(ErrorKind::Decode, format!("an id of {kind} is empty")));
            }
            let fields = fields(kind, request.sees(SensitiveField::BirthDate));
            events.push(PullEvent::Begin { kind, expected: None, fields });
            if !same {
                events.extend(rows.into_iter().filter_map(|(id, row)| event(request, kind, id.into(), row)));
            }
            // A row that is not delivered is out of scope, or a problem names it: so the list was seen whole.
            events.push(PullEvent::End { kind, slice: Slice::All, completeness: completeness.clone() });
        }
        events.push(PullEvent::Checkpoint(Box::new(Cursor::encode(&self.info(), 1, request, &hash)?)));
        Ok(events)
    }
}

/// What a row becomes: nothing if it is out of scope. A bad one is named, so that the host keeps what it has of it.
fn event(request: &PullRequest, kind: EntityKind, id: SourcedId, row: Value) -> Option<PullEvent> {
    let mapped = match kind {
        EntityKind::Org => String::deserialize(row).map(|name| {
            request.scope.names_org(&id).then(|| Org::new(id.clone(), OrgType::School, name).into())
        }),
        _ => Member::deserialize(row).map(|row| person(request, id.clone(), row)),
    };
    let Ok(record) = mapped else {
        let problem = Problem::error("bad_record", "a field is missing or of another type; it was left out");
        return Some(PullEvent::Problem(Box::new(problem.of(kind).with_id(id))));
    };
    let mut record = record?;
    record.normalize();
    Some(PullEvent::Upsert { record, unseen: FieldSet::EMPTY, place: None })
}

fn person(request: &PullRequest, id: SourcedId, row: Member) -> Option<Record> {
    let (scope, role) = (&request.scope, Role::read(&row.role));
    // Contacts need asking for, and are in scope by a pupil alone, whom this file does not tell.
    let asked = scope.is_everything() && request.sees(SensitiveField::Contacts);
    let in_scope = scope.classes.is_none() && scope.names_org(&row.school);
    let delivered = if role.is_contact() { asked } else { in_scope };
    let mut person = Person::new(id);
    person.affiliations.push(Affiliation::new(role, Some(row.school.into())));
    person.name.full = row.name.filter(|name| !name.trim().is_empty());
    if request.sees(SensitiveField::BirthDate) {
        person.sensitive_mut().birth_date = row.birth_date;
    }
    delivered.then(|| person.into())
}

fn fields(kind: EntityKind, with_birth_date: bool) -> FieldSet {
    use PersonField::{Affiliations, BirthDate, Full};
    match kind {
        EntityKind::Org => FieldSet::of([OrgField::Name]),
        _ if with_birth_date => FieldSet::of([Full, Affiliations, BirthDate]),
        _ => FieldSet::of([Full, Affiliations]),
    }
}

fn error(kind: ErrorKind, why: impl Display) -> Error {
    Error::new(kind, "json_file", "reading the file", why.to_string())
}
