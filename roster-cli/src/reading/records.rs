//! `roster records`: what stands in a roster, and what did.

use roster::{
    EntityKind, Record, SourcedId,
    sync::{RecordState, StoredRecord},
};
use serde::Serialize;

use super::PAGE;
use crate::{
    args::RecordsArgs,
    outcome::{Failure, Outcome},
    output::{Lines, Output},
    source, store,
};

#[derive(Serialize)]
struct Line<'a> {
    kind: EntityKind,
    uid: Option<u64>,
    id: &'a SourcedId,
    state: RecordState,
    record: Option<&'a Record>,
}

pub(crate) fn run(args: &RecordsArgs, output: Output) -> Result<Outcome, Failure> {
    source::block_on(async {
        let store = store::to_read(&args.store).await?;
        store::require_roster(&*store, &args.store, &args.roster).await?;
        let mut lines = Lines::start(output);
        let mut after = None;
        loop {
            let page = store.records(&args.roster, args.kind, after, PAGE).await?;
            page.items.iter().try_for_each(|stored| lines.line(&line(stored), || text(stored)))?;
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        lines.end()
    })?;
    Ok(Outcome::Done)
}

fn line(stored: &StoredRecord) -> Line<'_> {
    let record = stored.record.as_ref();
    Line { kind: stored.kind, uid: stored.uid, id: &stored.id, state: stored.state, record }
}

/// Without anybody's data: that is for `--json`.
fn text(stored: &StoredRecord) -> String {
    let uid = stored.uid.map_or_else(|| "-".to_owned(), |uid| uid.to_string());
    let id = stored.id.as_str().replace('\n', "\u{fffd}");
    format!("{:<16}  {uid:>8}  {:<11}  {id}", stored.kind, stored.state.as_str())
}

#[cfg(test)]
mod tests {
    use roster::{Entity, Org, OrgType};

    use super::*;

    #[test]
    fn a_line_for_programs_and_one_for_people() {
        let record = Org::new("o1", OrgType::School, "Elm School").into_record();
        let stored =
            StoredRecord::new(EntityKind::Org, Some(7), "o1".into(), RecordState::Active, Some(record));
        assert_eq!(
            serde_json::to_string(&line(&stored)).unwrap(),
            "{\"kind\":\"org\",\"uid\":7,\"id\":\"o1\",\"state\":\"active\",\"record\":\
             {\"record_type\":\"org\",\"id\":\"o1\",\"org_type\":\"school\",\"name\":\"Elm School\"}}"
        );
        assert_eq!(text(&stored), "org                      7  active       o1");
    }
}
