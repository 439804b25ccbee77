//! The suite of all sources, on a sandbox of Google.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod harness;

use harness::GoogleHarness;

// Google has no feed of changes that could be forgotten. Its pages hold rows, not records, so those alive are not counted here.
// There are no files whose rows could be counted.
roster_testkit::conformance!(
    district,
    || async { GoogleHarness::new() },
    skips = [forgotten_changes_are_told, records_alive_are_bounded, row_counts_add_up]
);
