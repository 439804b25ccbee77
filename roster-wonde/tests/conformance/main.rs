//! The suite of all sources, on a sandbox: a secondary with classes, and a primary with registration groups.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod harness;

use harness::WondeHarness;

// Wonde keeps no record of what was forgotten: deletions have no end that is documented. Its pages hold rows, not records, so those
// alive are not counted here. There are no files whose rows could be counted.
macro_rules! conforms {
    ($name:ident, $school:literal, skips = [$($skip:ident),* $(,)?]) => {
        roster_testkit::conformance!(
            $name,
            || async { WondeHarness::new($school) },
            skips = [
                $($skip,)*
                forgotten_changes_are_told,
                records_alive_are_bounded,
                row_counts_add_up,
            ]
        );
    };
}

conforms!(primary, 0, skips = []);
conforms!(secondary, 1, skips = []);
