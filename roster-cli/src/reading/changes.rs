//! `roster changes`: the change log, in the order in which a host applies it.

use roster::{
    EntityKind, Record, SourcedId,
    sync::{Change, Op},
};
use serde::Serialize;

use super::{Names, PAGE};
use crate::{
    args::ChangesArgs,
    outcome::{Failure, Outcome},
    output::{Lines, Output},
    source, store,
};

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    run: u64,
    op: Op,
    kind: EntityKind,
    uid: u64,
    id: &'a SourcedId,
    from: Option<&'a SourcedId>,
    record: Option<&'a Record>,
    changed: Names,
}

pub(crate) fn run(args: &ChangesArgs, output: Output) -> Result<Outcome, Failure> {
    source::block_on(async {
        let store = store::to_read(&args.store).await?;
        store::require_roster(&*store, &args.store, &args.roster).await?;
        let mut lines = Lines::start(output);
        let mut after = args.after;
        loop {
            let changes = store.changes(&args.roster, after, PAGE).await?;
            let Some(last) = changes.last() else { break };
            after = last.seq;
            changes.iter().try_for_each(|change| lines.line(&line(change), || text(change)))?;
        }
        lines.end()
    })?;
    Ok(Outcome::Done)
}

fn line(change: &Change) -> Line<'_> {
    Line {
        seq: change.seq,
        run: change.run,
        op: change.op,
        kind: change.kind,
        uid: change.uid,
        id: &change.id,
        from: change.from.as_ref(),
        record: change.record.as_ref(),
        changed: Names(change.kind, change.changed),
    }
}

/// Without anybody's data: that is for `--json`.
fn text(change: &Change) -> String {
    let from = change.from.as_ref().map(|from| format!("{from} -> ")).unwrap_or_default();
    let changed: Vec<_> = change.changed.names(change.kind).collect();
    let line = format!(
        "{:>8}  run {:<5} {:<7}  {:<16}  {from}{}  {}",
        change.seq,
        change.run,
        change.op.as_str(),
        change.kind,
        change.id,
        changed.join(", ")
    );
    line.trim_end().replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use roster::{FieldSet, PersonField};

    use super::*;

    #[test]
    fn a_line_for_programs_and_one_for_people() {
        let mut change = Change::new(9, 2, Op::Rekey, EntityKind::Person, 4, "p2".into());
        change.from = Some("p1".into());
        change.changed = FieldSet::of([PersonField::Given]);
        assert_eq!(
            serde_json::to_string(&line(&change)).unwrap(),
            "{\"seq\":9,\"run\":2,\"op\":\"rekey\",\"kind\":\"person\",\"uid\":4,\"id\":\"p2\",\"from\":\"p1\",\
             \"record\":null,\"changed\":[\"given\"]}"
        );
        assert_eq!(text(&change), "       9  run 2     rekey    person            p1 -> p2  given");
    }
}
