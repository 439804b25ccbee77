//! The list of checks: the one place that names them all.

/// Hands the list of checks to one of this crate's macros. A check that is not in it is dead code, and the compiler says so.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_check {
    ($macro:ident $($arguments:tt)*) => {
        $crate::$macro! { $($arguments)* [
            1 laziness::stream_is_lazy
                "`pull` does nothing before its stream is polled.";
            1 laziness::info_and_capabilities_do_no_work
                "`info` and `capabilities` do no I/O.";
            1 laziness::drop_stops_the_work
                "A pull that is dropped leaves nothing running.";
            1 reading::dead_reader_is_an_error
                "A reader that dies, or an answer that breaks off, is never a quiet end.";
            2 reading::no_complete_after_an_error
                "Where reading failed, no slice that lacks records ends `Complete`.";
            2 wholeness::nothing_is_swallowed
                "A full pull delivers all that is there, and reports all that can't be read.";
            2 wholeness::nothing_is_made_up
                "A full pull delivers nothing that is not there.";
            2 wholeness::empty_page_is_not_the_end
                "An empty page that names a next one does not end the reading.";
            2 wholeness::repeated_page_token_is_an_error
                "Where the vendor turns in circles, the pull neither follows for ever nor ends as if all were read.";
            2 wholeness::page_size_changes_nothing
                "The wish for a page size changes nothing in what is delivered.";
            2 changes::deletes_name_only_what_is_gone
                "A `Delete` names nothing that is still there, readable or not.";
            3 rejection::bad_record_becomes_a_problem
                "One bad record is a `Problem` of severity error, and the stream goes on with all others.";
            3 rejection::rejected_record_is_not_gone
                "A record that can't be read is protected by its problem, or its slice is not `Complete`.";
            3 rejection::one_id_says_one_thing
                "An id that is delivered twice in a quiet time is delivered as the same record.";
            3 rejection::problems_are_coded
                "Codes are snake_case, and an error names its kind.";
            3 reading::err_is_the_last_item
                "Nothing follows an `Err`.";
            3 reading::unservable_request_is_an_error_first
                "A changes pull without a cursor is an `Err` as the first item.";
            4 changes::full_pull_is_never_unchanged
                "A full pull that is given the old cursor delivers everything all the same.";
            4 changes::unchanged_means_unchanged
                "`Unchanged` is said only of a kind in which nothing changed.";
            4 changes::changes_miss_nothing
                "A changes pull after a full one tells all that came, changed and went.";
            4 changes::deltas_add_up
                "A full pull and the changes of several days give what a full pull gives then.";
            4 changes::changes_are_told_as_promised
                "Only a kind with a feed, by the capabilities, ends `Changes`.";
            5 cursors::cursor_is_taken_first
                "What changes during a full pull is told by the changes pull after it.";
            5 cursors::cursor_survives_json_and_restart
                "A cursor that was stored as JSON serves a source opened anew.";
            5 refusal::cursor_is_refused_by_other_tenant
                "A cursor is refused by the source of another tenant.";
            5 refusal::cursor_is_refused_for_other_kinds
                "A cursor is refused where other kinds are asked for.";
            5 refusal::cursor_is_refused_for_other_scope
                "A cursor is refused in another scope.";
            5 refusal::cursor_is_refused_for_other_sensitive_fields
                "A cursor is refused where other sensitive fields are asked for.";
            5 refusal::cursor_is_refused_for_other_extra
                "A cursor is refused where extra fields are asked for and were not, or the other way round.";
            5 cursors::forgotten_changes_are_told
                "Changes that the vendor no longer keeps are not taken for a quiet day.";
            6 memory::records_alive_are_bounded
                "The records held are no more than those of the pages in flight.";
            7 frame::every_kind_begins_once
                "Each kind that is due gets exactly one `Begin`.";
            7 frame::every_kind_ends
                "Each kind that is due gets an `End`, after its `Begin`.";
            7 frame::all_ends_at_most_once
                "`Slice::All` of a kind, and any other slice of it, ends at most once.";
            7 frame::records_lie_inside_their_kind
                "Upserts and deletes come between the `Begin` of their kind and its last `End`.";
            7 frame::only_kinds_asked_for
                "Kinds that were not asked for, or are not supported, do not come.";
            8 privacy::debug_shows_no_secret
                "`Debug` of source, info, check report and events, and `Display` of errors, show no secret.";
            8 privacy::debug_shows_no_personal_data
                "`Debug` of source, info, check report and events shows no person's data.";
            8 privacy::problems_quote_no_data
                "Problems, and the reasons of partial slices, quote no person's data and no secret.";
            8 privacy::errors_quote_no_data
                "Errors and their causes quote no person's data and no secret.";
            8 privacy::notices_quote_no_data
                "What an observer hears quotes no person's data and no secret.";
            8 privacy::cursor_holds_no_data
                "A cursor holds no secret and no person's data.";
            9 credential::foreign_credential_is_refused
                "A credential of another tenant ends in `Config` before the first `Begin`.";
            9 credential::check_tells_what_is_granted
                "`check` works, and grants each kind that a pull delivers and none that is not supported.";
            10 scope::scope_is_kept
                "A pull in a scope delivers what the scope reaches, all of it and nothing else.";
            10 scope::empty_scope_reaches_nothing
                "A scope that names no school or no class delivers no class, no person and no enrollment.";
            10 scope::coming_into_scope_is_not_missed
                "Records that come into scope are delivered, or their kind ends `Partial`, with `NeedsFull`.";
            0 records::records_are_normalized
                "Lists are sorted and without duplicates.";
            0 records::ids_are_never_empty
                "No record has an empty id.";
            0 records::missing_text_is_none
                "Text that the vendor did not send is `None`, never an empty string.";
            0 records::fields_are_told_truly
                "`Begin.fields` has each field that comes, and none that the capabilities lack.";
            0 records::row_counts_add_up
                "Of a file, each row ends in exactly one count.";
            0 sensitive::sensitive_fields_need_asking
                "Sensitive fields come only if they are asked for, each by itself.";
            0 sensitive::contacts_need_asking
                "Contacts, relationships and contacts' roles come only if contacts are asked for.";
            0 sensitive::extra_needs_asking
                "Extra fields come only if they are asked for.";
        ] }
    };
}

/// Makes of the list the table, the public functions, and the way from a name to its function.
#[doc(hidden)]
#[macro_export]
macro_rules! __check_table {
    ([$($law:literal $module:ident::$name:ident $what:literal;)+]) => {
        /// All checks, by law.
        pub const CHECKS: &[CheckInfo] = &[$(CheckInfo { name: stringify!($name), law: $law, what: $what },)+];

        $(
            #[doc = $what]
            ///
            /// # Errors
            ///
            /// If the source does otherwise. Needs tokio's clock.
            pub async fn $name<H: Harness>(harness: &H, form: Form) -> Result<Outcome, Violation> {
                verdict_in_time(harness, $module::$name(harness, form)).await.map_err(|breach| Violation {
                    check: stringify!($name),
                    law: $law,
                    message: breach.0,
                })
            }
        )+

        /// Makes the check of that name; `None` if there is no such check.
        pub async fn run_check<H: Harness>(
            name: &str,
            harness: &H,
            form: Form,
        ) -> Option<Result<Outcome, Violation>> {
            Some(match name {
                $(stringify!($name) => Box::pin($name(harness, form)).await,)+
                _ => return None,
            })
        }
    };
}

/// Makes of the list a test for each check and form.
#[doc(hidden)]
#[macro_export]
macro_rules! __check_tests {
    ($form:ident, $make:expr, [$($law:literal $module:ident::$name:ident $what:literal;)+]) => {
        $(
            #[test]
            fn $name() {
                $crate::conformance::assert_conforms(
                    stringify!($name),
                    $crate::conformance::Form::$form,
                    $make,
                    MAY_SKIP,
                );
            }
        )+
    };
}

/// Makes one test of each check and form, with paths such as `scripted::value::stream_is_lazy`.
///
/// Give it a name for the module and a way to make a [`Harness`](crate::Harness): a closure or function without
/// arguments that returns a future of one. The tests run on a small tokio runtime of their own, so the crate that is tested
/// needs none.
///
/// A check that the harness does not support is skipped, and its output says so. With a list of the checks that may be
/// skipped, any other one that is skipped fails, and so does one of the list that is not: a check must not fall asleep
/// unnoticed.
///
/// ```
/// use roster_testkit::scripted::ScriptedHarness;
///
/// roster_testkit::conformance!(scripted, || async { ScriptedHarness::new() });
/// roster_testkit::conformance!(strict, || async { ScriptedHarness::new() }, skips = []);
/// ```
#[macro_export]
macro_rules! conformance {
    ($module:ident, $make:expr $(,)?) => {
        $crate::conformance!(@ $module, $make, [any]);
    };
    ($module:ident, $make:expr, skips = [$($skip:ident),* $(,)?] $(,)?) => {
        $crate::conformance!(@ $module, $make, [$($skip),*]);
    };
    (@ $module:ident, $make:expr, [$($skip:ident),*]) => {
        #[cfg(test)]
        #[allow(unused_imports, clippy::wildcard_imports, reason = "the maker may name anything of the module around it")]
        mod $module {
            use super::*;

            const MAY_SKIP: &[&str] = &[$(stringify!($skip)),*];

            mod value {
                use super::*;
                $crate::__each_check! { __check_tests Value, $make, }
            }

            mod boxed {
                use super::*;
                $crate::__each_check! { __check_tests Boxed, $make, }
            }

            mod shared {
                use super::*;
                $crate::__each_check! { __check_tests Shared, $make, }
            }
        }
    };
}
