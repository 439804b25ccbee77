//! The suite of all sources, through the proxy and directly.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod harness;

use harness::{
    ClassLinkHarness,
    Way::{Direct, Proxy},
};

// What ClassLink can't do: forget changes (it has no feed). Its pages hold rows, not records, so those alive are not counted here.
// There are no files whose rows could be counted.
macro_rules! conforms {
    ($name:ident, $way:ident) => {
        roster_testkit::conformance!(
            $name,
            || async { ClassLinkHarness::new($way) },
            skips = [forgotten_changes_are_told, records_alive_are_bounded, row_counts_add_up]
        );
    };
}

conforms!(through_the_proxy, Proxy);
conforms!(directly, Direct);
