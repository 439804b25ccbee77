//! The suite of all sources, on a sandbox of either version.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod harness;

use harness::RestHarness;
use roster_testkit::district::OneRosterVersion::{V1_1, V1_2};

// What a server of OneRoster can't do: say whose credential it is given, or forget changes (it has no feed). Its pages hold rows,
// not records, so those alive are not counted here. There are no files whose rows could be counted.
macro_rules! conforms {
    ($name:ident, $version:ident) => {
        roster_testkit::conformance!(
            $name,
            || async { RestHarness::new($version) },
            skips = [
                foreign_credential_is_refused,
                forgotten_changes_are_told,
                records_alive_are_bounded,
                row_counts_add_up,
            ]
        );
    };
}

conforms!(oneroster_1_1, V1_1);
conforms!(oneroster_1_2, V1_2);
