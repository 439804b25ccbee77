use std::sync::Mutex;

use futures::{StreamExt, stream};
use roster::{
    Capabilities, CheckReport, Completeness, Cursor, Entity, FieldSet, KindCapability, Org, OrgType,
    PartialCode, Place, Problem, PullEvent, PullStream, Result, Slice, SourceInfo, async_trait, codes,
};
use serde_json::{Value, json};

use super::*;

/// Says what it was told to say, once.
#[derive(Debug)]
struct Scripted(Mutex<Vec<Result<PullEvent>>>);

#[async_trait]
impl RosterSource for Scripted {
    fn info(&self) -> SourceInfo {
        SourceInfo::new("test", "lincoln")
    }

    fn capabilities(&self) -> Capabilities {
        let kind = EntityKind::Org;
        Capabilities::default().with(kind, KindCapability::whole_sets(FieldSet::all(kind)))
    }

    async fn check(&self, _: &PullContext) -> Result<CheckReport> {
        Ok(CheckReport::default())
    }

    fn pull(&self, _: PullRequest, _: PullContext) -> PullStream {
        stream::iter(std::mem::take(&mut *self.0.lock().unwrap())).boxed()
    }
}

fn begin() -> PullEvent {
    PullEvent::Begin { kind: EntityKind::Org, expected: None, fields: FieldSet::of([roster::OrgField::Name]) }
}

fn upsert(id: &str) -> PullEvent {
    PullEvent::Upsert {
        record: Org::new(id, OrgType::School, "A school").into_record(),
        unseen: FieldSet::EMPTY,
        place: None,
    }
}

fn problem() -> PullEvent {
    let place = Place::File { file: "orgs.csv".into(), line: 7, record: 6 };
    let problem = Problem::error(codes::MISSING_REQUIRED, "`name` is empty");
    PullEvent::Problem(Box::new(problem.of(EntityKind::Org).with_id("o7").at(place)))
}

fn end(slice: Slice, completeness: Completeness) -> PullEvent {
    PullEvent::End { kind: EntityKind::Org, slice, completeness }
}

fn checkpoint() -> PullEvent {
    let info = SourceInfo::new("test", "lincoln");
    PullEvent::Checkpoint(Box::new(Cursor::encode(&info, 1, &PullRequest::full(), &7).unwrap()))
}

fn broken() -> Error {
    Error::new(ErrorKind::Transport, "test", "pulling", "the disk is gone")
}

struct Ran {
    json: Value,
    text: String,
    lines: Vec<Value>,
    outcome: Outcome,
    cursor: bool,
}

fn ran(events: impl IntoIterator<Item = Result<PullEvent>>, kinds: &[EntityKind]) -> Ran {
    let source = Scripted(Mutex::new(events.into_iter().collect()));
    let request = PullRequest::full().only(kinds.iter().copied());
    let counting = Arc::new(Counting::default());
    let mut written = Vec::new();
    let mut pulling = Pulling::new(Some(Ndjson::to_file(&mut written)), None);
    let result = pull(&source, &request, counting.clone(), &mut pulling);
    let counts = pulling.finish();
    let capabilities = source.capabilities();
    let took = std::time::Duration::from_millis(20);
    let report = Report::new(&source.info(), &request, &capabilities, &counts, &counting, result.err(), took);
    Ran {
        json: serde_json::to_value(&report).unwrap(),
        text: summary::text(&report),
        outcome: report.outcome(),
        cursor: counts.cursor.is_some(),
        lines: String::from_utf8(written)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    }
}

#[test]
fn a_pull_that_is_done() {
    let events = [
        begin(),
        upsert("o1"),
        upsert("o1"),
        problem(),
        end(Slice::All, Completeness::Complete),
        checkpoint(),
    ];
    let ran = ran(events.map(Ok), &[EntityKind::Org, EntityKind::Course, EntityKind::Relationship]);
    assert_eq!(ran.outcome, Outcome::Done);
    assert!(ran.cursor);
    let no_course = json!({"supported": false, "records": 0, "deletes": 0, "problems": 0, "complete": false});
    assert_eq!(
        ran.json,
        json!({
            "provider": "test",
            "tenant": "lincoln",
            "kinds": {
                "org": {"supported": true, "records": 1, "deletes": 0, "problems": 1, "complete": true},
                "course": no_course,
            },
            "files": {},
            "problems": 1,
            "report": [{
                "code": "missing_required", "severity": "error", "kind": "org", "count": 1,
                "first": [{
                    "code": "missing_required", "severity": "error", "kind": "org", "id": "o7", "field": null,
                    "file": "orgs.csv", "line": 7, "record": 6, "message": "`name` is empty",
                }],
            }],
            "requests": 0,
            "seconds": 0.02,
        })
    );
    assert_eq!(
        ran.text,
        "lincoln (test)\n\
         \n\
         kind    records  deletes  problems  complete\n\
         org           1        0         1  yes\n\
         course        0        0         0  not supported\n\
         \n\
         error missing_required (org): 1\n    \
             `name` is empty\n    \
             \u{20} orgs.csv:7  o7\n    \
             What to do: Fill it in the system that exports.\n\
         \n\
         Done in 0.02 s: 1 record, 1 error, 0 warnings; every kind is complete.\n"
    );
}

#[test]
fn events_are_lines() {
    let partial = Completeness::Partial { code: PartialCode::Withheld, reason: "not shared".to_owned() };
    let delete = PullEvent::Delete { kind: EntityKind::Org, id: "o2".into() };
    let events = [begin(), upsert("o1"), delete, problem(), end(Slice::All, partial), checkpoint()];
    let lines = ran(events.map(Ok), &[EntityKind::Org]).lines;
    assert_eq!(
        lines[..5],
        [
            json!({"event": "begin", "kind": "org", "expected": null, "fields": ["name"]}),
            json!({"event": "upsert", "kind": "org", "id": "o1", "record": {
                "record_type": "org", "id": "o1", "org_type": "school", "name": "A school",
            }}),
            json!({"event": "delete", "kind": "org", "id": "o2"}),
            json!({
                "event": "problem", "code": "missing_required", "severity": "error", "kind": "org", "id": "o7",
                "field": null, "file": "orgs.csv", "line": 7, "record": 6, "message": "`name` is empty",
            }),
            json!({
                "event": "end", "kind": "org", "slice": "all", "completeness": "partial", "code": "withheld",
                "reason": "not shared",
            }),
        ]
    );
    assert_eq!(lines[5]["event"], "checkpoint");
    assert_eq!(lines[5]["cursor"]["tenant"], "lincoln");
}

#[test]
fn a_partial_kind_or_one_that_did_not_end_is_told() {
    let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: String::new() };
    let half = ran([begin(), end(Slice::All, partial)].map(Ok), &[EntityKind::Org]);
    assert_eq!(half.outcome, Outcome::Partial);
    assert!(
        half.text.contains("Done in 0.02 s, but not whole: 0 records, 0 errors, 0 warnings; partial: org.")
    );
    assert_eq!(ran([begin()].map(Ok), &[EntityKind::Org]).outcome, Outcome::Partial);
}

#[test]
fn nothing_is_complete_that_did_not_end_before_the_failure() {
    let school = Slice::Of(EntityKind::Org, "o1".into());
    let slices = [Ok(begin()), Ok(end(school, Completeness::Complete)), Err(broken())];
    let failed = ran(slices, &[EntityKind::Org]);
    assert_eq!(failed.outcome, Outcome::Failed);
    assert_eq!(failed.json["kinds"]["org"]["complete"], false);
    assert_eq!(
        failed.json["error"],
        json!({"kind": "transport", "operation": "pulling", "message": "the disk is gone"})
    );
    assert!(failed.text.ends_with("Failed after 0.02 s: 0 records, 0 errors, 0 warnings.\n"));

    let whole = [Ok(begin()), Ok(end(Slice::All, Completeness::Complete)), Err(broken())];
    assert_eq!(ran(whole, &[EntityKind::Org]).json["kinds"]["org"]["complete"], true);
}

#[test]
fn errors_end_as_the_user_can_act() {
    let error = |kind| Error::new(kind, "test", "pulling", "x");
    let ends = |kind| ran([Err(error(kind))], &[EntityKind::Org]);
    assert_eq!(ends(ErrorKind::Config).outcome, Outcome::Misused);
    assert_eq!(ends(ErrorKind::Unsupported).outcome, Outcome::Failed);
    let refused = ends(ErrorKind::CursorInvalid);
    assert_eq!(refused.outcome, Outcome::Failed);
    let advice = "leave --changes away to pull in full";
    assert!(refused.json["error"]["message"].as_str().unwrap().contains(advice));
    assert!(refused.text.contains(advice));
}

#[test]
fn a_stopped_pull_is_no_finished_one() {
    let source = Scripted(Mutex::new((0..5000).map(|id| Ok(upsert(&id.to_string()))).collect()));
    let mut pulling = Pulling::new(None, None);
    let stream = source.pull(PullRequest::full(), PullContext::default());
    let result = source::block_on(drive::drive(stream, std::future::ready(()), &mut pulling));
    let Err(Failure::Roster(error)) = result else {
        panic!("it was stopped");
    };
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(pulling.finish().tally.delivered(), 1024);
}

#[test]
fn a_closed_pipe_ends_the_pull() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let source = Scripted(Mutex::new(vec![Ok(begin())]));
    let mut pulling = Pulling::new(Some(Ndjson::to_file(Closed)), None);
    let result = pull(&source, &PullRequest::full(), Arc::new(Counting::default()), &mut pulling);
    assert!(result.is_err());
}
