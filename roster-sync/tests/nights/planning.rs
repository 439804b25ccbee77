//! A plan, and the log of the run that applies it.

use roster_sync::PlannedChange;

use super::*;

stories! {
    a_plan_tells_what_the_log_will,
}

fn plan(store: &dyn Store, district: &District) -> (SyncReport, Vec<PlannedChange>) {
    let source = Playback::new(ROSTER).then(night(district.records()));
    let sync = RosterSync::new(store, ROSTER).request(request());
    let mut changes = Vec::new();
    let (cx, mut keep) = (PullContext::default(), |change| changes.push(change));
    let (report, _) = block_on(sync.plan(&source, &cx, &mut keep)).unwrap();
    (report, changes)
}

fn a_plan_tells_what_the_log_will(store: &dyn Store) {
    let mut today = district();
    for day in 0..3 {
        let before: BTreeMap<_, _> =
            all(store).into_iter().map(|stored| (stored.uid, stored.record)).collect();
        let last = block_on(store.changes(ROSTER, 0, 100_000)).unwrap().len() as u64;
        let (planned, told) = plan(store, &today);
        assert_eq!(block_on(store.runs(None, None, 100)).unwrap().len(), day, "a plan writes nothing");
        let report = sync_with(store, night(today.records()), |sync| sync.approve(&planned.plan));
        assert_eq!((report.status, &report.plan), (Status::Applied, &planned.plan));
        let log = block_on(store.changes(ROSTER, last, 100_000)).unwrap();
        assert_eq!(told.len(), log.len());
        assert!(day > 0 || told.len() > 512, "more than are read at once");
        for (told, change) in told.iter().zip(&log) {
            assert_eq!((told.op, told.kind, &told.id), (change.op, change.kind, &change.id));
            assert_eq!(
                (&told.from, &told.after, told.changed),
                (&change.from, &change.record, change.changed)
            );
            assert_eq!(told.uid, (change.op != Op::Create).then_some(change.uid));
            assert_eq!(told.before, told.uid.and_then(|uid| before[&Some(uid)].clone()));
        }
        today = today.next_day(day as u64).0.normalized();
    }
}
