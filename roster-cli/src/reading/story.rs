//! A record's story in words.

use roster::{
    jiff::Timestamp,
    sync::{Op, RecordState, Status},
};

use super::why::{LastRun, Named, RecordStory, Step, Story};
use crate::problems;

/// The whole story. It names ids and fields, and nobody's data.
pub(super) fn text(story: &Story) -> String {
    let mut parts: Vec<_> = story.records.iter().map(record).collect();
    if !story.delivered {
        parts.push(never(story));
    }
    if !story.problems.is_empty() {
        let lines: String = story.problems.iter().map(problem).collect();
        parts.push(format!("Problems that named it in the last runs:\n{lines}"));
    }
    parts.extend(story.last_run.as_ref().and_then(last_run));
    parts.join("\n")
}

fn never(story: &Story) -> String {
    let Story { id, roster, .. } = story;
    let start = format!("Nothing under the id {id} was ever delivered for the roster {roster}");
    if story.problems.is_empty() {
        format!("{start}, and no problem of the last runs names it.\n")
    } else {
        format!("{start} and taken in, but problems name it.\n")
    }
}

fn record(record: &RecordStory) -> String {
    let uid = record.uid.map(|uid| format!(", uid {uid}")).unwrap_or_default();
    let since = record.since.map(|time| format!(" since {}", day_and_time(time))).unwrap_or_default();
    let state = match record.state {
        RecordState::Active => format!("stands in the roster{since}"),
        RecordState::Ended => format!("ended: it stands in the roster no more{since}"),
        RecordState::Quarantined => {
            format!("is quarantined{since}: it is delivered, and does not stand in the roster")
        }
        RecordState::Suppressed => "is suppressed: the host wants to know nothing of it".to_owned(),
        _ => "is in a state that this version does not know".to_owned(),
    };
    let mut text = format!("{} {}{uid}: {state}.\n", record.kind, record.id);
    if let Some(missing) = &record.missing {
        let (kind, id) = (missing.kind, &missing.id);
        let run = record.quarantined_by.map(|run| format!("Run {run} quarantined it")).unwrap_or_default();
        let run = if run.is_empty() { "It was quarantined".to_owned() } else { run };
        text.push_str(&format!(
            "{run}: the {kind} {id} that it hangs on is not there. It is taken in when that comes.\n"
        ));
    }
    text.extend(record.history.iter().map(step));
    text
}

fn step(step: &Step) -> String {
    let time = step.at.map(|time| format!(", {}", day_and_time(time))).unwrap_or_default();
    let what = match step.op {
        Op::Create => "came".to_owned(),
        Op::Update => "was updated".to_owned(),
        Op::End => "ended".to_owned(),
        Op::Restore => "came back".to_owned(),
        Op::Rekey => {
            let from = step.from.as_ref().map(|from| format!(", which was {from}")).unwrap_or_default();
            format!("got this id{from}")
        }
        other => other.as_str().to_owned(),
    };
    let fields: Vec<_> = step.fields.names().collect();
    let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
    format!("  run {}{time}: {what}{fields}\n", step.run)
}

fn problem(named: &Named) -> String {
    let Named { run, problem, .. } = named;
    let place = problems::place(problem).map(|place| format!(" ({place})")).unwrap_or_default();
    format!("  run {run}: {} {}: {}{place}\n", problem.severity, problem.code, problem.message)
}

/// Says of a last run that was not applied that the roster may be behind.
fn last_run(last: &LastRun) -> Option<String> {
    let why = match last.status {
        Status::Held => "was held by a guard, so that nothing of it was applied",
        Status::Failed => "failed, so that nothing or only a part of it was applied",
        Status::Interrupted => "was interrupted, so that nothing of it was applied",
        Status::Running => "is under way, and nothing of it is seen yet",
        _ => return None,
    };
    Some(format!("The last run, {} of {}, {why}.\n", last.run, day_and_time(last.started)))
}

fn day_and_time(time: Timestamp) -> String {
    format!("{time:.0}")
}

#[cfg(test)]
mod tests {
    use roster::{EntityKind, FieldSet, PersonField, Problem, codes};

    use super::*;
    use crate::reading::{Names, why::Missing};

    fn time() -> Timestamp {
        "2026-09-01T06:00:00Z".parse().unwrap()
    }

    fn story() -> Story {
        Story {
            roster: "lincoln".to_owned(),
            id: "p1".to_owned(),
            delivered: false,
            records: Vec::new(),
            problems: Vec::new(),
            last_run: None,
        }
    }

    #[test]
    fn what_never_came_is_said_so() {
        let mut story = story();
        assert_eq!(
            text(&story),
            "Nothing under the id p1 was ever delivered for the roster lincoln, and no problem of the last runs names it.\n"
        );
        let problem = Problem::error(codes::MISSING_REQUIRED, "`role` is empty").with_id("p1");
        story.problems.push(Named { run: 4, started: time(), problem });
        story.last_run = Some(LastRun { run: 4, started: time(), status: Status::Held });
        assert_eq!(
            text(&story),
            "Nothing under the id p1 was ever delivered for the roster lincoln and taken in, but problems name it.\n\n\
             Problems that named it in the last runs:\n  \
             run 4: error missing_required: `role` is empty (p1)\n\n\
             The last run, 4 of 2026-09-01T06:00:00Z, was held by a guard, so that nothing of it was applied.\n"
        );
    }

    #[test]
    fn a_record_has_its_state_and_its_history() {
        let mut story = story();
        story.delivered = true;
        story.records.push(RecordStory {
            kind: EntityKind::Person,
            uid: Some(7),
            id: "p1".into(),
            state: RecordState::Quarantined,
            since: Some(time()),
            missing: Some(Missing { kind: EntityKind::Org, id: "s9".into() }),
            quarantined_by: Some(3),
            history: vec![Step {
                seq: 7,
                run: 2,
                at: Some(time()),
                op: Op::Update,
                from: None,
                fields: Names(EntityKind::Person, FieldSet::of([PersonField::Given])),
            }],
        });
        assert_eq!(
            text(&story),
            "person p1, uid 7: is quarantined since 2026-09-01T06:00:00Z: it is delivered, and does not stand in \
             the roster.\n\
             Run 3 quarantined it: the org s9 that it hangs on is not there. It is taken in when that comes.\n  \
             run 2, 2026-09-01T06:00:00Z: was updated: given\n"
        );
    }
}
