//! Sources that break one law each.
//!
//! A test that cannot fail is a defect: for each check of the [suite](mod@crate::conformance) there is at least one defect here
//! that it finds. [`SabotagedHarness`] puts one into the [scripted source](crate::scripted). Who writes checks, guards or an
//! import of their own may try them on these, too.

mod cursors;
mod failing;
mod frame;
mod harness;
mod records;
mod source;
mod spoiler;

use std::fmt;

pub use self::{harness::SabotagedHarness, source::SabotagedSource};

macro_rules! sabotages {
    ($($name:ident: $check:ident, $what:literal;)+) => {
        /// A defect; the first sentence of each says what the source does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Sabotage {
            $(
                #[doc = $what]
                #[doc = concat!("\n\nCaught by [`", stringify!($check), "`](crate::conformance::", stringify!($check), ").")]
                $name,
            )+
        }

        impl Sabotage {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name of the check that is meant for it.
            pub const fn caught_by(self) -> &'static str {
                match self { $(Self::$name => stringify!($check),)+ }
            }
        }
    };
}

sabotages! {
    WorkBeforeFirstPoll: stream_is_lazy, "Asks the vendor as soon as `pull` is called.";
    WorkInCapabilities: info_and_capabilities_do_no_work, "Asks the vendor what it can do.";
    WorkAfterDrop: drop_stops_the_work, "Reads on in a task of its own when the stream is dropped.";
    ReaderDiesQuietly: dead_reader_is_an_error, "Ends the stream, without an error, where its reader dies.";
    CompleteAfterError: no_complete_after_an_error, "Says `Complete` of the kind in which reading failed.";
    SwallowedRecord: nothing_is_swallowed, "Leaves out one record.";
    MadeUpRecord: nothing_is_made_up, "Delivers a record that is not there.";
    StopAtEmptyPage: empty_page_is_not_the_end, "Takes an empty page for the last.";
    EndlessPages: repeated_page_token_is_an_error, "Follows the same page token again and again.";
    PageSizeTruncates: page_size_changes_nothing, "Takes the wish for a page size for a limit.";
    DeleteOfThePresent: deletes_name_only_what_is_gone, "Deletes a record that is there.";
    DeleteOfTheRejected: deletes_name_only_what_is_gone, "Deletes a record that it can't read.";
    BadRecordIsFatal: bad_record_becomes_a_problem, "Ends the pull at a bad record.";
    BadRecordIsSilent: bad_record_becomes_a_problem, "Leaves a bad record out without a problem.";
    RejectedTakenForGone: rejected_record_is_not_gone,
        "Says `Complete` of a kind with a bad record whose problem does not name it.";
    OneIdTwoRecords: one_id_says_one_thing, "Delivers one id twice, with different bodies.";
    ShoutedCode: problems_are_coded, "Writes a problem's code in capitals.";
    ErrorWithoutKind: problems_are_coded, "Reports an error of no kind.";
    GoesOnAfterErr: err_is_the_last_item, "Goes on after an `Err`.";
    ChangesWithoutCursor: unservable_request_is_an_error_first, "Answers a changes pull without a cursor.";
    UnchangedInFullPull: full_pull_is_never_unchanged, "Answers a full pull with `Unchanged`.";
    FalseUnchanged: unchanged_means_unchanged, "Says `Unchanged` without looking.";
    MissedUpsert: changes_miss_nothing, "Leaves changed people out of a changes pull.";
    MissedDelete: changes_miss_nothing, "Leaves deletes out of a changes pull.";
    StaleBody: deltas_add_up, "Delivers a changed record as it was before.";
    ChangesCursorTooNew: deltas_add_up, "Gives a cursor at the end of a changes pull that skips what comes next.";
    UnpromisedFeed: changes_are_told_as_promised, "Tells changes and says that it has no feed.";
    CursorTakenAtEnd: cursor_is_taken_first, "Takes the cursor when a full pull is over.";
    CursorOfOneProcess: cursor_survives_json_and_restart, "Refuses cursors of before its restart.";
    CursorForAnyTenant: cursor_is_refused_by_other_tenant, "Takes cursors of other tenants.";
    CursorForAnyKinds: cursor_is_refused_for_other_kinds, "Takes cursors of pulls of other kinds.";
    CursorForAnyScope: cursor_is_refused_for_other_scope, "Takes cursors of other scopes.";
    CursorForAnySensitiveFields: cursor_is_refused_for_other_sensitive_fields,
        "Takes cursors of pulls with other sensitive fields.";
    CursorForAnyExtra: cursor_is_refused_for_other_extra, "Takes cursors of pulls with other extra fields.";
    CursorRefusedLate: cursor_is_refused_for_other_kinds, "Begins before it looks at the cursor.";
    CursorRefusedOddly: cursor_is_refused_for_other_scope, "Refuses a cursor as if the vendor were at fault.";
    ForgottenToldOddly: forgotten_changes_are_told, "Tells forgotten changes as a fault of the vendor.";
    ForgottenTakenForQuiet: forgotten_changes_are_told, "Takes forgotten changes for no changes.";
    EverythingInMemory: records_alive_are_bounded, "Reads all pages before it delivers the first record.";
    BeginTwice: every_kind_begins_once, "Begins a kind twice.";
    BeginMissing: every_kind_begins_once, "Does not begin a kind.";
    EndMissing: every_kind_ends, "Does not end a kind.";
    AllEndsTwice: all_ends_at_most_once, "Ends all of a kind twice.";
    RecordBeforeBegin: records_lie_inside_their_kind, "Delivers a record before its kind begins.";
    RecordAfterEnd: records_lie_inside_their_kind, "Delivers a record after its kind has ended.";
    UnaskedKind: only_kinds_asked_for, "Delivers a kind that was not asked for.";
    SecretInDebug: debug_shows_no_secret, "Shows its credential in `Debug`.";
    NameInDebug: debug_shows_no_personal_data, "Shows whom it read last in `Debug`.";
    NameInProblem: problems_quote_no_data, "Quotes the bad row in its problem.";
    NameInReason: problems_quote_no_data, "Quotes the bad row where it says why a slice is partial.";
    NameInError: errors_quote_no_data, "Keeps a parser's error, which quotes the row, as the cause.";
    NameInNotice: notices_quote_no_data, "Tells the observer a whole URL.";
    SecretInCursor: cursor_holds_no_data, "Keeps its credential in the cursor.";
    ForeignCredential: foreign_credential_is_refused, "Does not look whose credential it has.";
    CheckFails: check_tells_what_is_granted, "Fails to check what it can pull.";
    CheckForgetsAKind: check_tells_what_is_granted, "Forgets a kind in its check report.";
    ScopeIgnored: scope_is_kept, "Delivers everything, whatever the scope.";
    EmptyScopeIsEverything: empty_scope_reaches_nothing, "Takes an empty scope for none.";
    EntersScopeUnseen: coming_into_scope_is_not_missed,
        "Tells only what changed, where records came into scope without a change of their own.";
    Unsorted: records_are_normalized, "Delivers lists in the order in which the vendor sends them.";
    EmptyId: ids_are_never_empty, "Delivers a record without an id.";
    EmptyText: missing_text_is_none, "Delivers missing text as an empty one.";
    FieldsUntold: fields_are_told_truly, "Begins without saying which fields it sees.";
    FieldsPromised: fields_are_told_truly, "Says that it sees fields which its capabilities lack.";
    RowsUncounted: row_counts_add_up, "Does not say what became of some rows.";
    BirthDateUnasked: sensitive_fields_need_asking, "Delivers birth dates whoever asks.";
    ContactsUnasked: contacts_need_asking, "Delivers contacts whoever asks.";
    RelationshipsUnasked: contacts_need_asking, "Delivers relationships whoever asks.";
    ContactRoleUnasked: contacts_need_asking, "Delivers a teacher's role as a parent whoever asks.";
    ExtraUnasked: extra_needs_asking, "Delivers extra fields whoever asks.";
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
