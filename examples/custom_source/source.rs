//! A roster in one JSON file, in the lists `schools`, `classes`, `seats` and `people`. Copy it to begin one of your own.

use std::{collections::BTreeMap, collections::BTreeSet, fmt, io, io::Read, sync::Arc};

use futures::stream;
use roster::{prelude::*, *};
use serde_json::Value;

/// The file is one page, and its records are made at once. Larger data come in pages, each with its own events.
const LIMIT: u64 = 4 << 20;
/// Each kind has its list. Seats follow classes, and people follow seats: so it is known in time who is in scope.
const LISTS: [(EntityKind, &str); 4] = [
    (EntityKind::Org, "schools"),
    (EntityKind::Class, "classes"),
    (EntityKind::Enrollment, "seats"),
    (EntityKind::Person, "people"),
];

/// One tenant's file, opened anew for each pull.
#[derive(Clone)]
pub(crate) struct JsonSource {
    pub(crate) tenant: String,
    pub(crate) open: Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>,
}

#[async_trait]
impl RosterSource for JsonSource {
    fn info(&self) -> SourceInfo {
        SourceInfo::new("json_file", &*self.tenant)
    }

    fn capabilities(&self) -> Capabilities {
        LISTS.iter().fold(Capabilities::default(), |all, (kind, _)| {
            all.with(*kind, KindCapability::whole_sets(fields(*kind, true)))
        })
    }

    async fn check(&self, _: &PullContext) -> Result<CheckReport> {
        self.clone().read(PullRequest::full()).await?;
        let mut report = CheckReport::default();
        report.granted = LISTS.iter().map(|(kind, _)| *kind).collect();
        Ok(report)
    }

    fn pull(&self, request: PullRequest, _: PullContext) -> PullStream {
        let page = stream::once(self.clone().read(request));
        page.map_ok(|events| stream::iter(events.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

impl JsonSource {
    /// Files block, so a thread reads. If that panics, it is an error like any other.
    async fn read(self, request: PullRequest) -> Result<Vec<PullEvent>> {
        let events = tokio::task::spawn_blocking(move || self.events(&request)).await;
        events.unwrap_or_else(|_| Err(error(ErrorKind::Transport, "the reader died")))
    }

    fn events(&self, request: &PullRequest) -> Result<Vec<PullEvent>> {
        let known: Option<String> = match (request.mode, &request.cursor) {
            (PullMode::Full, _) => None,
            (_, Some(cursor)) => cursor.decode(&self.info(), 1, request)?,
            (_, None) => return Err(error(ErrorKind::CursorInvalid, "no cursor: pull in full")),
        };
        let cut = |e: io::Error| error(ErrorKind::Transport, &e.kind().to_string());
        let mut bytes = Vec::new();
        io::copy(&mut (self.open)().map_err(cut)?.take(LIMIT + 1), &mut bytes).map_err(cut)?;
        if bytes.len() as u64 > LIMIT {
            return Err(error(ErrorKind::TooLarge, "it is over 4 MiB"));
        }
        let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes));
        let unchanged = known.as_ref() == Some(&hash);
        // Not the parser's own words: they may quote a person's data.
        let bad = |e: serde_json::Error| format!("line {}, column {} is not right", e.line(), e.column());
        let mut lists: BTreeMap<String, Vec<Value>> =
            serde_json::from_slice(&bytes).map_err(|e| error(ErrorKind::Decode, &bad(e)))?;
        let mut reading = Reading::new(request);
        for (kind, list) in LISTS {
            // A list that is missing is not an empty one.
            let missing = || error(ErrorKind::Decode, &format!("the list `{list}` is missing"));
            let rows = lists.remove(list).ok_or_else(missing)?;
            reading.list(kind, if unchanged { None } else { Some(rows) });
        }
        // What lacks records is no place to go on from: the next pull reads all again, and tells what is wrong.
        let position = (!reading.lost).then_some(hash);
        let cursor = Cursor::encode(&self.info(), 1, request, &position)?;
        reading.events.push(PullEvent::Checkpoint(Box::new(cursor)));
        Ok(reading.events)
    }
}

/// What was read so far.
struct Reading<'r> {
    request: &'r PullRequest,
    events: Vec<PullEvent>,
    lost: bool,
    classes: BTreeSet<SourcedId>,
    seated: BTreeSet<SourcedId>,
}

impl Reading<'_> {
    fn list(&mut self, kind: EntityKind, rows: Option<Vec<Value>>) {
        let (start, unchanged) = (self.events.len(), rows.is_none());
        let fields = fields(kind, self.request.sees(SensitiveField::BirthDate));
        self.events.push(PullEvent::Begin {
            kind,
            expected: None,
            fields,
        });
        // With a class or a seat that can't be read, it is not known either who is in scope by it.
        let mut whole = !self.lost || self.request.scope.is_everything();
        let mut seen = BTreeMap::new();
        for row in rows.into_iter().flatten() {
            let id = id_of(&row);
            let problem = match seen.get(&id) {
                _ if id.is_empty() => Problem::error(codes::MISSING_REQUIRED, "it has no id"),
                Some(before) if *before == row => {
                    Problem::warning(codes::DUPLICATE_IDENTICAL, "it is there twice")
                }
                Some(_) => Problem::error(codes::CONFLICT, "two records with this id; none was used"),
                None => match self.record(kind, id.clone(), &row) {
                    Some(record) => {
                        self.deliver(record);
                        seen.insert(id, row);
                        continue;
                    }
                    None => Problem::error("bad_record", "a field is missing or of another type"),
                },
            };
            seen.insert(id.clone(), row);
            let error = problem.severity == Severity::Error;
            self.lost |= error;
            whole &= !(error && id.is_empty());
            let problem = problem.of(kind);
            let problem = if id.is_empty() {
                problem
            } else {
                problem.with_id(id)
            };
            self.events.push(PullEvent::Problem(Box::new(problem)));
        }
        let completeness = match whole {
            _ if unchanged => Completeness::Unchanged,
            true => Completeness::Complete,
            false => Completeness::Partial {
                code: PartialCode::Unreadable,
                reason: "records can't be told".into(),
            },
        };
        self.events.push(PullEvent::End {
            kind,
            slice: Slice::All,
            completeness,
        });
        if !self.request.wants(kind) {
            self.events.truncate(start);
        }
    }

    /// `None` if a field is missing or is no text.
    fn record(&self, kind: EntityKind, id: SourcedId, row: &Value) -> Option<Record> {
        let org = || text(row, "school").map(SourcedId::from);
        Some(match kind {
            EntityKind::Org => Org::new(id, OrgType::School, text(row, "name")?).into(),
            EntityKind::Class => {
                let mut class = Class::new(id, text(row, "title")?);
                class.org = org();
                class.into()
            }
            EntityKind::Enrollment => Enrollment::new(
                id,
                text(row, "class")?,
                text(row, "person")?,
                Role::read(text(row, "role")?),
            )
            .into(),
            _ => {
                let mut person = Person::new(id);
                person.affiliations = vec![Affiliation::new(Role::read(text(row, "role")?), org())];
                person.name.given = text(row, "given").map(str::to_owned);
                person.name.family = text(row, "family").map(str::to_owned);
                if self.request.sees(SensitiveField::BirthDate)
                    && let Some(date) = text(row, "born")
                {
                    person.sensitive_mut().birth_date = Some(decode::date(date)?.value);
                }
                person.into()
            }
        })
    }

    fn deliver(&mut self, mut record: Record) {
        let scope = &self.request.scope;
        let of = |org: &Option<SourcedId>| scope.names_org(org.as_deref().unwrap_or(""));
        let in_scope = match &record {
            Record::Org(org) => scope.names_org(&org.id),
            Record::Class(class) => scope.names_class(&class.id) && of(&class.org),
            Record::Enrollment(seat) => scope.is_everything() || self.classes.contains(&seat.class),
            Record::Person(person) if person.is_contact() => {
                scope.is_everything() && self.request.sees(SensitiveField::Contacts)
            }
            Record::Person(person) => {
                self.seated.contains(&person.id)
                    || (scope.classes.is_none() && person.affiliations.iter().any(|at| of(&at.org)))
            }
            _ => false,
        };
        if !in_scope {
            return;
        }
        match &record {
            Record::Class(class) => self.classes.insert(class.id.clone()),
            Record::Enrollment(seat) => self.seated.insert(seat.person.clone()),
            _ => false,
        };
        record.normalize();
        self.events.push(PullEvent::Upsert {
            record,
            unseen: FieldSet::EMPTY,
            place: None,
        });
    }
}

fn text<'a>(row: &'a Value, field: &str) -> Option<&'a str> {
    row.get(field)?.as_str().filter(|text| !text.trim().is_empty())
}

fn fields(kind: EntityKind, birth_date: bool) -> FieldSet {
    use PersonField as P;
    match kind {
        EntityKind::Org => FieldSet::of([OrgField::Name]),
        EntityKind::Class => FieldSet::of([ClassField::Title, ClassField::Org]),
        EntityKind::Enrollment => FieldSet::of([
            EnrollmentField::Class,
            EnrollmentField::Person,
            EnrollmentField::Role,
        ]),
        _ if birth_date => FieldSet::of([P::Given, P::Family, P::Affiliations, P::BirthDate]),
        _ => FieldSet::of([P::Given, P::Family, P::Affiliations]),
    }
}

fn error(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, "json_file", "reading the file", message)
}

impl fmt::Debug for JsonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonSource({:?})", self.tenant)
    }
}
