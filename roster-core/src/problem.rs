//! Something wrong with the data, for the import report.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{EntityKind, Place, SourcedId};

/// Something wrong with the data: one line of the import report.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Stable; one of [`codes`], or a source's own in `snake_case`. Hosts translate by it.
    pub code: Cow<'static, str>,
    /// Whether the record was left out.
    pub severity: Severity,
    /// The kind that it concerns; `None` for what is to be said of a whole tenant or file set.
    pub kind: Option<EntityKind>,
    /// The record. With [`Severity::Error`] and a kind, it protects what the host has under this id.
    pub id: Option<SourcedId>,
    /// The vendor's name of the field, as the data manager knows it.
    pub field: Option<Cow<'static, str>>,
    /// Where it was read; in JSON its parts stand beside the other fields.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Says what is wrong and what was done. Never quotes a person's data.
    pub message: String,
}

/// Whether a record was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The record was left out.
    Error,
    /// A value was dropped or noted; the record stands.
    Warning,
}

impl Severity {
    /// The name in `snake_case`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Problem {
    /// A record, or more, was left out.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    /// A value was dropped, or something is to be noted.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into())
    }

    fn new(code: &'static str, severity: Severity, message: String) -> Self {
        Self { code: code.into(), severity, kind: None, id: None, field: None, place: None, message }
    }

    /// Says which kind it concerns.
    #[must_use]
    pub fn of(mut self, kind: EntityKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Says which record it concerns.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<SourcedId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Says which field it concerns, by the vendor's name.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says where it was read.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The kind and id that this problem protects: those of an error that names both.
    pub fn protects(&self) -> Option<(EntityKind, &SourcedId)> {
        match (self.severity, self.kind, &self.id) {
            (Severity::Error, Some(kind), Some(id)) => Some((kind, id)),
            _ => None,
        }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem({} {}", self.severity, self.code)?;
        if let Some(kind) = self.kind {
            write!(f, ", {kind}")?;
        }
        if let Some(id) = &self.id {
            write!(f, " {id:?}")?;
        }
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        f.write_str(")")
    }
}

/// What a code means, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeInfo {
    /// The code.
    pub code: &'static str,
    /// What is wrong.
    pub meaning: &'static str,
    /// What a data manager or operator does about it.
    pub remedy: &'static str,
}

/// The codes of problems. They are an interface: a code keeps its meaning for good.
pub mod codes {
    use super::CodeInfo;

    macro_rules! codes {
        ($($name:ident = $code:literal: $meaning:literal, $remedy:literal;)+) => {
            $(
                #[doc = concat!("`", $code, "`: ", $meaning, " ", $remedy)]
                pub const $name: &str = $code;
            )+

            /// All codes of this library, in alphabetical order.
            pub const ALL: &[CodeInfo] = &[$(CodeInfo { code: $code, meaning: $meaning, remedy: $remedy },)+];
        };
    }

    codes! {
        AMBIGUOUS_ALIAS = "ambiguous_alias":
            "Several names of the class fit the rule for its id; none was chosen.", "Make the rule narrower, or remove one of the names.";
        BAD_DATE = "bad_date":
            "The value is not a date.", "Write dates as YYYY-MM-DD.";
        BAD_EMAIL = "bad_email":
            "The value is not an e-mail address; it was dropped.", "Correct the address, or leave the field empty.";
        BAD_FLAG = "bad_flag":
            "The value is neither true nor false; it was dropped.", "Write `true` or `false`.";
        BAD_IDENTIFIER = "bad_identifier":
            "A list of further ids is not written as `{type:id}`.", "Put each id in braces with its type.";
        BAD_MANIFEST = "bad_manifest":
            "The manifest can't be read, or contradicts the set; the data win.", "Have the export corrected.";
        BAD_YEAR = "bad_year":
            "The value is not a year of four digits; it was dropped.", "Write one year, such as 2027.";
        BULK_WITH_STATUS = "bulk_with_status":
            "A bulk file fills `status` or `dateLastModified`, as only a delta file should; it was read as bulk.",
            "Ask the exporting system whether the file holds everything or only changes.";
        COLLECTION_UNREADABLE = "collection_unreadable":
            "A part of the data could not be read, also after trying again; what was known of it is kept.", "Pull again later; if it stays so, tell the vendor.";
        COLUMN_COUNT = "column_count":
            "The row has more or fewer cells than the header.",
            "Look for a comma that is not inside quotes, and for a cell that is missing.";
        CONFLICT = "conflict":
            "One id stands on several rows that say different things; none of them was used.",
            "Keep one row per id.";
        CONTROL_CHARACTER = "control_character":
            "The row holds a control character, such as NUL.", "Remove it in the system that exports.";
        DANGLING_REFERENCE = "dangling_reference":
            "The record names another one that is not in the data.",
            "Add the missing record; often one file is truncated or from another day.";
        DATE_FORM = "date_form":
            "The date was understood, though not written as YYYY-MM-DD.", "Write dates as YYYY-MM-DD.";
        DELIMITER_NOT_FOUND = "delimiter_not_found":
            "No comma, semicolon, tab or bar divides the header into columns.",
            "Save the file as CSV with commas.";
        DELTA_INCOMPLETE_PERSON = "delta_incomplete_person":
            "A file of changes tells of a person only in part: of a role without the person, or of the person without roles.",
            "Have the whole set exported.";
        DUPLICATE_COLUMN = "duplicate_column":
            "Two columns have the same name; the file can't be read.", "Remove or rename one of them.";
        DUPLICATE_IDENTICAL = "duplicate_identical":
            "The same row stands there twice; it was counted once.", "Nothing needs to be done.";
        EMAILS_WITHHELD = "emails_withheld":
            "No e-mail address came with anybody; people were told by their ids alone.", "Grant the scope for e-mail addresses, if they are wanted.";
        EMPTY_FILE = "empty_file":
            "The file is empty: not even a header is there.", "Have the file exported again.";
        ENCODING_GUESSED = "encoding_guessed":
            "The file is not in UTF-8; its encoding was guessed by how its text looks.",
            "Look at names with accents; export as UTF-8.";
        FILE_NAME = "file_name":
            "The file was recognized by its header, under another name than expected.", "Give it its proper name.";
        FLAG_FORM = "flag_form":
            "The truth value was understood, though not written as `true` or `false`.", "Write `true` or `false`.";
        FORMULA_LIKE = "formula_like":
            "The value begins as a spreadsheet formula does; it was kept as text.",
            "Check it: it is dangerous to open in a spreadsheet.";
        HEADER_ONLY_FILE = "header_only_file":
            "The file has a header and no rows: it says that there is nothing of the kind.",
            "If there should be something, have the file exported again.";
        ID_IS_DATE = "id_is_date":
            "A spreadsheet made a date of the id, such as `2-Jan` of `1-2`; the row was left out.",
            "Format the column as text before the file is opened, or have it exported again.";
        ID_IS_PLACEHOLDER = "id_is_placeholder":
            "The id is a word that stands for no value, such as `#N/A` or `NULL`; the row was left out.",
            "Fill in the id in the system that exports.";
        ID_SHAPE = "id_shape":
            "New ids are stored ones in another form: another case, another prefix, or with more zeros.",
            "Ask what changed in the export. Approve it only if these really are other records.";
        ID_SHORTENED = "id_shortened":
            "A spreadsheet shortened the number that was the id, as in `1.23457E+11`; the row was left out.",
            "Format the column as text before the file is opened, or have it exported again.";
        IGNORED_FILE = "ignored_file":
            "The file is not a part of the roster, or not recognized; it was not read.", "Nothing needs to be done.";
        INVALID_UTF8 = "invalid_utf8":
            "The row holds bytes that are no UTF-8.", "Export as UTF-8, not as Latin-1 or Windows-1252.";
        LEADING_ZEROS_LOST = "leading_zeros_lost":
            "New ids are stored ones without their leading zeros, which a spreadsheet took off.",
            "Format the column as text before the file is opened, or have it exported again.";
        LEFT_OUT = "left_out":
            "Records were left out, as the settings say.", "Nothing needs to be done, unless they are wanted.";
        LINE_ENDS = "line_ends":
            "A carriage return stands alone in a row: rows may have run together.",
            "Export with one kind of line end, LF or CR LF.";
        LOOKS_LIKE_SIS_ID_NOT_CLEVER_ID = "looks_like_sis_id_not_clever_id":
            "The value should be an id of Clever's, 24 hexadecimal digits, and looks like the school system's own.",
            "Export the column of Clever's ids, not that of student or teacher numbers.";
        MALFORMED_RECORD = "malformed_record":
            "The record is not of the form that the vendor's interface has.", "Have the vendor's server corrected.";
        MALFORMED_VALUE = "malformed_value":
            "A list, an object or a number with too many digits stands where a text is due; it was dropped.", "Have the vendor's server corrected.";
        MISSING_COLUMN = "missing_column":
            "A column that the format demands is not in the header.", "Have the column exported, even if it is empty.";
        MISSING_FILE = "missing_file":
            "A file of the set is missing: nothing can be said of its kind.", "Have the whole set exported.";
        MISSING_REQUIRED = "missing_required":
            "A value that the format demands is empty.", "Fill it in the system that exports.";
        MISSING_ROLE = "missing_role":
            "The person has no role anywhere.", "Add a row for the person to the roles file.";
        NEWLINE_IN_VALUE = "newline_in_value":
            "A value holds a line break, which the format forbids; it was kept.", "Nothing needs to be done.";
        NO_EVENT_FEED = "no_event_feed":
            "The vendor gives out no feed of changes: everything is read each time.",
            "Have the feed switched on for the product, if it should be.";
        NONSTANDARD_GRADE = "nonstandard_grade":
            "The grade was understood, though it is none of the standard's codes.",
            "Nothing needs to be done, unless it was understood wrongly.";
        NOT_SHARED = "not_shared":
            "The vendor has nothing of this, or does not share it: what is known stays as it is.",
            "Ask the district to share it with the product.";
        NOT_TEXT = "not_text":
            "The file is no text in UTF-8: a spreadsheet, an archive, or UTF-16.", "Export it as CSV in UTF-8.";
        OWNER_NOT_TEACHER = "owner_not_teacher":
            "The class's owner is not among its teachers; nobody was made its teacher for that.", "Name another owner, or add the owner as a teacher.";
        PLACEHOLDER_VALUE = "placeholder_value":
            "The value is a word that stands for none, such as `#N/A` or `NULL`; it was read as empty.",
            "Leave the field empty in the system that exports.";
        PROFILE_DRIFT = "profile_drift":
            "The server is not as its profile says, which an earlier check made of it.",
            "Check the source again and keep the new profile.";
        RECORD_INACTIVE = "record_inactive":
            "The record is marked `inactive`, a word of older versions; it was kept.", "Nothing needs to be done.";
        RECORD_VANISHED = "record_vanished":
            "The record was listed, and was gone when more of it was asked for; what was known of it is kept for now.", "Nothing needs to be done: the next pull tells.";
        REFUSED_COLLECTION = "refused_collection":
            "The server does not give this collection out: nothing can be said of its kind.",
            "Have it shared with this credential, if the server has it.";
        REPEATED_HEADER = "repeated_header":
            "The header stands again in the middle of the file; that row was skipped.",
            "Nothing needs to be done: somebody joined two files.";
        REPEATED_RECORD = "repeated_record":
            "The server sent the record more than once; it was counted once.",
            "Nothing needs to be done, unless it stays so: then the server's pages overlap.";
        ROW_TOO_LONG = "row_too_long":
            "The row is longer than the limit.", "Look for a quote that is opened and never closed.";
        ROWS_MOVED = "rows_moved":
            "The data changed while they were read, so the reading was started over.",
            "Nothing needs to be done; pull at a quiet time if it happens often.";
        SCOPE_MISSING = "scope_missing":
            "The credential was granted less than was asked for.", "Grant the scope that is named, if its data are wanted.";
        SHARED_EMAIL = "shared_email":
            "Several people have this e-mail address; it can't tell them apart.",
            "Give each an address of their own, or leave the field empty.";
        SIMILAR_ID = "similar_id":
            "The id differs from another one in case or leading zeros alone; they were taken for two.",
            "Check whether both are meant; ids are told apart exactly as they are written.";
        STATUS_UNKNOWN = "status_unknown":
            "The record's status is a word that the format does not know; it was read as active.",
            "Write `active` or `tobedeleted`.";
        STRAY_QUOTE = "stray_quote":
            "Text follows a closing quote; the cell was kept without its quotes.",
            "Double the quotes inside a quoted cell.";
        SUSPECTED_MOJIBAKE = "suspected_mojibake":
            "The text looks as if it was read in a wrong encoding once, such as `Ã©` for an accented letter.",
            "Have the file exported from the system itself, as UTF-8.";
        TENANT_STATE = "tenant_state":
            "The vendor says that the tenant is not in a good state: paused, or its uploads fail. What is there is old.",
            "Look into the vendor's own pages about the tenant.";
        TOO_MANY_COLUMNS = "too_many_columns":
            "The header has more columns than the limit.", "Check that the file is what it should be.";
        TRIMMED = "trimmed":
            "The value has blanks around it; they were taken off.", "Nothing needs to be done.";
        TRUNCATED_FILE = "truncated_file":
            "The file breaks off in the middle of a row: the rest of it is missing.",
            "Have the file exported or sent again.";
        UNCLOSED_QUOTE = "unclosed_quote":
            "A quote is opened on this line and not closed; the row was left out.",
            "Close the quote, or double it if it belongs to the text.";
        UNCOVERED_UNIT = "uncovered_unit":
            "No rule covers an org unit; its people came without a role.", "Add a rule for the unit.";
        UNKNOWN_CLEVER_ID = "unknown_clever_id":
            "Nobody that Clever shares has this id: the person is gone, or not shared.",
            "Ask the district whether the person is shared with the product.";
        UNKNOWN_COLUMN = "unknown_column":
            "The header has a column that the format does not know; it was not read.", "Nothing needs to be done.";
        UNKNOWN_EVENT = "unknown_event":
            "The vendor's feed tells of something that is not known; it was passed over.",
            "Nothing needs to be done; tell the maintainers of this library.";
        UNKNOWN_GRADE = "unknown_grade":
            "The grade's spelling is not known; it was kept as it is.", "Use one of the standard's codes.";
        UNKNOWN_ROLE = "unknown_role":
            "The role is none of the vocabulary; it was kept as it is.", "Use one of the standard's words.";
        UNKNOWN_SCHOOL = "unknown_school":
            "A rule finds a school in the path of an org unit, and no unit that is a school is meant.", "Correct the rules of schools, or the unit's name.";
        UNKNOWN_SCOPE = "unknown_scope":
            "A school or class that the pull was limited to is not in the data.", "Check its id.";
        UNKNOWN_VALUE = "unknown_value":
            "The word is none of the vocabulary; it was kept as it is.", "Use one of the standard's words.";
        UNWRAPPED = "unwrapped":
            "The value was wrapped so that a spreadsheet keeps it as text, as `=\"00123\"` is; the wrapper was taken off.",
            "Nothing needs to be done.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_snake_case() {
        for pair in codes::ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} and {}", pair[0].code, pair[1].code);
        }
        for info in codes::ALL {
            assert!(
                info.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{}",
                info.code
            );
            assert!(!info.meaning.is_empty() && !info.remedy.is_empty());
        }
    }

    #[test]
    fn json_puts_the_place_beside_the_rest() {
        let problem = Problem::error(codes::BAD_DATE, "no date")
            .of(EntityKind::Class)
            .with_id("c1")
            .at(Place::File { file: "classes.csv".into(), line: 7, record: 6 });
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!((json["file"].as_str(), json["line"].as_u64()), (Some("classes.csv"), Some(7)));
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
        let bare = Problem::warning(codes::TRIMMED, "trimmed");
        assert_eq!(serde_json::from_value::<Problem>(serde_json::to_value(&bare).unwrap()).unwrap(), bare);
    }

    #[test]
    fn only_an_error_that_names_a_record_protects_it() {
        let error = Problem::error(codes::BAD_DATE, "").of(EntityKind::Class);
        assert!(error.protects().is_none());
        assert!(error.with_id("c1").protects().is_some());
        assert!(
            Problem::warning(codes::BAD_DATE, "").of(EntityKind::Class).with_id("c1").protects().is_none()
        );
    }
}
