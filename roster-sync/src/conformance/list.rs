//! The list of checks: the one place that names them all.

/// Hands the list of checks to one of this crate's macros. A check that is not in it is dead code, and the compiler says so.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_store_check {
    ($macro:ident $($arguments:tt)*) => {
        $crate::$macro! { $($arguments)* [
            locks::lock_is_exclusive
                "A roster has one session, and others have theirs beside it.";
            locks::drop_gives_the_lock_free
                "A session that is dropped gives its roster free at once.";
            visibility::nothing_is_visible_before_the_end
                "What a session writes is visible to it alone until it finishes the run.";
            visibility::drop_takes_all_back
                "A session that is dropped takes back all that it wrote.";
            visibility::run_without_memory_writes_nothing
                "Of a run that ends without a memory nothing is kept but its own row.";
            visibility::unchanged_run_leaves_all_else
                "A run that wrote nothing leaves everything else as it was.";
            visibility::rosters_are_apart
                "Two rosters of a store do not see each other.";
            log::seqs_have_no_gap
                "Changes come in order and without a gap, and the last one's seq is told.";
            log::changes_come_in_pages
                "Pages of changes of any size give all of them.";
            log::changes_say_what_happened
                "A change tells operation, ids, fields and record; an end tells no record.";
            log::version_out_of_order_is_refused
                "A version that would leave a gap is refused, and nothing of its run is kept.";
            log::bodies_come_as_asked
                "Bodies come in the order asked for; of an end, the one before it.";
            log::blanked_bodies_are_gone
                "What was blanked is gone for good, up to that seq, and kind and id stay.";
            log::many_writes_are_kept
                "Thousands of writes in several batches are all kept.";
            rows::records_come_once_each
                "Pages of records of any size give each of them once, by uid.";
            rows::records_can_be_of_one_kind
                "Records of one kind come alone.";
            rows::pairs_and_links_follow_the_writes
                "Pairs and links are those of the latest version.";
            rows::restamp_changes_the_digest_alone
                "A new stamp changes the digest and nothing else.";
            rows::state_changes_alone
                "A new state changes no version.";
            rows::suppressed_record_says_nothing
                "A record that is suppressed is told so, keeps its place and its history, and says nothing any more.";
            rows::census_is_set_and_removed
                "Counts are set, set anew, and taken away by 0.";
            ids::rekeyed_is_found_by_both_ids
                "A record that was re-keyed is found by its old id and by its new one, with its history.";
            ids::any_id_is_kept
                "Ids of any length and of any characters are kept and found.";
            ids::one_id_may_be_of_several_kinds
                "An id that several kinds use finds all of them.";
            quarantine::goes_in_and_out
                "What is quarantined is listed, with its body, until it leaves.";
            quarantine::keeps_its_body_and_its_run
                "What stays in quarantine keeps its body, unless it gets another, and the run that put it there.";
            quarantine::known_record_comes_once
                "A record that has a uid and is quarantined comes once, as it looks in quarantine.";
            runs::run_is_recorded_as_it_ended
                "A run is told with times, report and problems.";
            runs::run_without_an_end_is_interrupted
                "A run is running while its roster is held, and interrupted if it is left without an end.";
            runs::runs_come_newest_first
                "Pages of runs give all of them, newest first, of one roster or of all.";
            runs::memory_is_of_the_last_run_that_left_one
                "A run that leaves no memory leaves the one before.";
            runs::many_runs_leave_what_is_needed
                "However many runs there were, each keeps its report, the last memory stays, and the newest tell their problems.";
            runs::rosters_tell_their_last_good_run
                "A roster is told with provider, tenant and origin of the last run that counted.";
        ] }
    };
}

/// Makes of the list the table, the public functions, and the way from a name to its function.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_check_table {
    ([$($module:ident::$name:ident $what:literal;)+]) => {
        /// All checks.
        pub const CHECKS: &[CheckInfo] = &[$(CheckInfo { name: stringify!($name), what: $what },)+];

        $(
            #[doc = $what]
            ///
            /// # Errors
            ///
            /// If the store does otherwise.
            pub async fn $name(store: &dyn Store) -> Result<(), Violation> {
                $module::$name(store).await.map_err(|Breach(message)| Violation {
                    check: stringify!($name),
                    message,
                })
            }
        )+

        /// Makes the check of that name on an empty store; `None` if there is no such check.
        pub async fn run_check(name: &str, store: &dyn Store) -> Option<Result<(), Violation>> {
            Some(match name {
                $(stringify!($name) => Box::pin($name(store)).await,)+
                _ => return None,
            })
        }
    };
}

/// Makes of the list a test for each check.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_check_tests {
    ($make:expr, $run:expr, [$($module:ident::$name:ident $what:literal;)+]) => {
        $(
            #[test]
            fn $name() {
                $run($crate::conformance::assert_conforms(stringify!($name), $make));
            }
        )+
    };
}

/// Makes one test of each check, with paths such as `memory::lock_is_exclusive`.
///
/// Give it a name for the module and a way to make an empty store: a closure or function without arguments that returns a
/// future of one, or of a pair of a store and what has to live as long ([`Fresh`](crate::conformance::Fresh)). A store that
/// needs a runtime gets a third argument: what blocks on a future.
///
/// ```
/// roster_sync::conformance!(memory, || async { roster_sync::MemoryStore::new() });
/// ```
#[macro_export]
macro_rules! conformance {
    ($module:ident, $make:expr $(,)?) => {
        $crate::conformance!($module, $make, $crate::conformance::block_on);
    };
    ($module:ident, $make:expr, $run:expr $(,)?) => {
        #[cfg(test)]
        #[allow(unused_imports, clippy::wildcard_imports, reason = "the maker may name anything around it")]
        mod $module {
            use super::*;
            $crate::__each_store_check! { __store_check_tests $make, $run, }
        }
    };
}
