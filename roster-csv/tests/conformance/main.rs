//! The suite of all sources, on districts in files.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod harness;

use harness::FilesHarness;
use roster_testkit::district::OneRosterVersion::{V1_1, V1_2};

// What a folder can't do: hold secrets or another tenant's credential, send pages, forget changes (it tells none), count what
// is asked of it. That the reader is lazy, stops when it is dropped, may not die quietly and holds little is tested in
// `lazy.rs`, beside its code and by `benches`.
macro_rules! conforms {
    ($name:ident, $version:ident) => {
        roster_testkit::conformance!(
            $name,
            || async { FilesHarness::new($version) },
            skips = [
                debug_shows_no_secret,
                drop_stops_the_work,
                empty_page_is_not_the_end,
                foreign_credential_is_refused,
                forgotten_changes_are_told,
                info_and_capabilities_do_no_work,
                records_alive_are_bounded,
                repeated_page_token_is_an_error,
                stream_is_lazy,
            ]
        );
    };
}

conforms!(oneroster_1_1, V1_1);
conforms!(oneroster_1_2, V1_2);
