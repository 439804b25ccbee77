//! Limits are summed over a day, so that nobody is ended in slices.

use std::{sync::Arc, time::Duration};

use roster_core::{Entity, Person};
use roster_testkit::TestClock;

use super::*;

stories! {
    a_roster_is_not_emptied_in_slices,
}

const PUPILS: u32 = 40;

fn pupils(from: u32) -> Vec<Result<PullEvent>> {
    night((from..PUPILS).map(|number| Person::new(format!("p{number}")).into_record()))
}

fn sync_at(
    store: &dyn Store,
    clock: &TestClock,
    events: Vec<Result<PullEvent>>,
    approval: Option<&str>,
) -> SyncReport {
    let source = Playback::new(ROSTER).then(events);
    let mut sync = RosterSync::new(store, ROSTER).request(request());
    if let Some(hash) = approval {
        sync = sync.approve(hash);
    }
    let cx = PullContext::default().with_clock(Arc::new(clock.clone()));
    block_on(sync.run(&source, &cx)).unwrap()
}

fn a_roster_is_not_emptied_in_slices(store: &dyn Store) {
    let clock = TestClock::default();
    let hour = Duration::from_secs(3600);
    assert_eq!(sync_at(store, &clock, pupils(0), None).status, Status::Applied);
    // Four are few; four more within the day are too many of the forty that stood at its beginning.
    assert_eq!(sync_at(store, &clock, pupils(4), None).status, Status::Applied);
    clock.advance(hour);
    let held = sync_at(store, &clock, pupils(8), None);
    assert_eq!(held.status, Status::Held);
    let ends = held.holds.iter().find(|hold| hold.school.is_none()).unwrap();
    assert_eq!((ends.guard, ends.count, ends.of, ends.limit), (Guard::Ends, 8, 40, 5));
    // Once that is approved, the count begins anew.
    assert_eq!(sync_at(store, &clock, pupils(8), Some(&held.plan)).status, Status::Applied);
    assert_eq!(sync_at(store, &clock, pupils(12), None).status, Status::Applied);
    assert_eq!(sync_at(store, &clock, pupils(16), None).status, Status::Held);
    // The next day it does so by itself.
    clock.advance(24 * hour);
    assert_eq!(sync_at(store, &clock, pupils(16), None).status, Status::Applied);
}
