//! A roster in one JSON file, in the lists `schools`, `classes`, `seats` and `people`. Copy it to begin a source of your own.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, io, io::Read, sync::Arc};

use futures::{Stream, stream};
use roster::{self as core, FieldSet, PersonField, prelude::*};
use serde::Deserialize;
use serde_json::Value;

/// The file is one page: this bounds what is held of it.
const LIMIT: u64 = 16 << 20;
/// A list for each kind. Classes come before seats: who is in scope is told in this order.
const LISTS: [(EntityKind, &str); 4] = [
    (EntityKind::Org, "schools"),
    (EntityKind::Class, "classes"),
    (EntityKind::Enrollment, "seats"),
    (EntityKind::Person, "people"),
];

type Open = dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// One tenant's file, opened anew for each pull.
#[derive(Clone)]
pub(crate) struct JsonSource {
    pub(crate) tenant: String,
    pub(crate) open: Arc<Open>,
}

impl JsonSource {
    /// The lists, and a hash of the file. Files block, so a thread reads it; if that panics, it is an error as any other.
    async fn read(&self) -> Result<(BTreeMap<String, Vec<Value>>, String)> {
        let open = Arc::clone(&self.open);
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            io::copy(&mut open()?.take(LIMIT + 1), &mut bytes).map(|_| bytes)
        });
        let read = read
            .await
            .map_err(|_| error(ErrorKind::Transport, "the reader died"))?;
        let bytes =
            read.map_err(|e| error(ErrorKind::Transport, format!("it can't be read: {}", e.kind())))?;
        if bytes.len() as u64 > LIMIT {
            return Err(error(
                ErrorKind::TooLarge,
                format!("it has more than {LIMIT} bytes"),
            ));
        }
        // Line and column, and not the parser's own message: that may quote a person's data.
        let bad = |e: serde_json::Error| format!("no such JSON: line {}, column {}", e.line(), e.column());
        let lists = serde_json::from_slice(&bytes).map_err(|e| error(ErrorKind::Decode, bad(e)))?;
        Ok((lists, format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))))
    }

    async fn start(
        self,
        request: PullRequest,
        cx: PullContext,
    ) -> Result<impl Stream<Item = Result<PullEvent>>> {
        let known: Option<String> = match (request.mode, &request.cursor) {
            (PullMode::Full, _) => None,
            (_, Some(cursor)) => Some(cursor.decode(&self.info(), 1, &request)?),
            (_, None) => {
                return Err(error(
                    ErrorKind::CursorInvalid,
                    "no cursor to go on from; pull in full",
                ));
            }
        };
        cx.observer().notice(&core::Notice::Request { operation: "file" });
        let (mut lists, hash) = self.read().await?;
        let cursor = Cursor::encode(&self.info(), 1, &request, &hash)?;
        let unchanged = known == Some(hash);
        let mut reading = Reading {
            request,
            ids: BTreeMap::new(),
            classes: BTreeSet::new(),
            seated: BTreeSet::new(),
        };
        let (mut begins, mut rows, mut ends, mut whole) = (Vec::new(), Vec::new(), Vec::new(), true);
        for (kind, list) in LISTS {
            // A list that is missing is not an empty one.
            let missing = || error(ErrorKind::Decode, format!("the list `{list}` is missing"));
            let values = lists.remove(list).ok_or_else(missing)?;
            let named = values.iter().filter(|value| reading.look(kind, value)).count();
            if !reading.request.wants(kind) {
                continue;
            }
            let completeness = match () {
                () if unchanged => Completeness::Unchanged,
                () if named == values.len() => Completeness::Complete,
                () => Completeness::Partial {
                    code: core::PartialCode::Unreadable,
                    reason: "ids are missing".into(),
                },
            };
            whole &= !completeness.is_partial();
            let seen = fields(kind);
            begins.push(PullEvent::Begin {
                kind,
                expected: None,
                fields: if reading.request.sees(SensitiveField::BirthDate) {
                    seen
                } else {
                    seen.without(PersonField::BirthDate)
                },
            });
            rows.extend(
                values
                    .into_iter()
                    .filter(|_| !unchanged)
                    .map(|value| (kind, value)),
            );
            ends.push(PullEvent::End {
                kind,
                slice: Slice::All,
                completeness,
            });
        }
        // Without a checkpoint the next pull reads everything again, and tells again what is wrong.
        let last = whole.then(|| PullEvent::Checkpoint(Box::new(cursor)));
        let records = rows
            .into_iter()
            .filter_map(move |(kind, value)| reading.event(kind, value));
        Ok(stream::iter(
            begins.into_iter().chain(records).chain(ends).chain(last).map(Ok),
        ))
    }
}

#[core::async_trait]
impl RosterSource for JsonSource {
    fn info(&self) -> core::SourceInfo {
        core::SourceInfo::new("json_file", &*self.tenant)
    }

    fn capabilities(&self) -> core::Capabilities {
        LISTS
            .iter()
            .fold(core::Capabilities::default(), |all, (kind, _)| {
                all.with(*kind, core::KindCapability::whole_sets(fields(*kind)))
            })
    }

    async fn check(&self, _: &PullContext) -> Result<core::CheckReport> {
        self.read().await?;
        let mut report = core::CheckReport::default();
        report.granted = LISTS.iter().map(|(kind, _)| *kind).collect();
        Ok(report)
    }

    fn pull(&self, request: PullRequest, cx: PullContext) -> PullStream {
        stream::once(self.clone().start(request, cx))
            .try_flatten()
            .boxed()
    }
}

impl fmt::Debug for JsonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonSource({:?})", self.tenant)
    }
}

/// What is known of the whole file before the first record is made.
struct Reading {
    request: PullRequest,
    ids: BTreeMap<(EntityKind, SourcedId), u32>,
    classes: BTreeSet<String>,
    seated: BTreeSet<String>,
}

impl Reading {
    fn look(&mut self, kind: EntityKind, row: &Value) -> bool {
        todo!()
    }
    fn event(&self, kind: EntityKind, row: Value) -> Option<PullEvent> {
        todo!()
    }
}

fn fields(kind: EntityKind) -> FieldSet {
    FieldSet::all(kind)
}
fn error(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, "json_file", "reading the file", message)
}
