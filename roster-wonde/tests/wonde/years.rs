//! A school year begins.

use std::time::Duration;

use roster_core::{EntityKind, PullRequest};
use roster_sync::{MemoryStore, Mode, RosterSync, Status};
use roster_testkit::{district::DistrictSpec, sandbox::WondeSandbox};

use super::{cx, source};

#[tokio::test]
async fn the_first_of_september_is_applied_and_not_held() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(900)).unwrap();
    for school in sandbox.schools() {
        let source = source(&sandbox, &school);
        let store = MemoryStore::new();
        let sync = RosterSync::new(&store, school).request(PullRequest::full());
        let first = sync.run(&source, &cx()).await.unwrap();
        let classes = first.kinds[&EntityKind::Class].created;
        assert!(first.status == Status::Applied && classes > 5, "{classes}");

        sandbox.pass(Duration::from_hours(24 * 330));
        let report = sync.run(&source, &cx()).await.unwrap();
        // What classes that did not change are in can't be told by changes.
        assert_eq!((report.status, report.mode), (Status::Applied, Mode::Full), "{:?}", report.holds);
        assert_eq!(report.kinds[&EntityKind::Class].updated, classes);
        assert_eq!(report.kinds[&EntityKind::AcademicSession].created, 1);
        let quiet = sync.run(&source, &cx()).await.unwrap();
        assert_eq!(quiet.status, Status::Unchanged);
    }
}
