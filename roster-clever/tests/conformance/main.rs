//! The suite of all sources, on a sandbox of either way to say who we are.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod harness;

use harness::{CleverHarness, Way};

// Its pages hold rows, not records, so those alive are not counted here. There are no files whose rows could be counted.
macro_rules! conforms {
    ($name:ident, $way:ident) => {
        roster_testkit::conformance!(
            $name,
            || async { CleverHarness::new(Way::$way) },
            skips = [records_alive_are_bounded, row_counts_add_up]
        );
    };
}

conforms!(by_token, Token);
conforms!(by_client, Client);
