//! The kinds of dirt.

use std::fmt;

macro_rules! dirt {
    ($($(#[$doc:meta])+ $name:ident = $word:literal,)+) => {
        /// One thing that goes wrong in files, or looks wrong and is not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Dirt {
            $($(#[$doc])+ $name,)+
        }

        impl Dirt {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

dirt! {
    /// A byte order mark of UTF-8 before each file.
    Bom = "bom",
    /// One in the middle of a file, as where two were joined.
    BomInTheMiddle = "bom_in_the_middle",
    /// UTF-16 with a mark, and tabs: "Unicode Text".
    Utf16Le = "utf16_le",
    /// UTF-16 the other way round, without a mark.
    Utf16Be = "utf16_be",
    /// Windows-1252.
    Windows1252 = "windows_1252",
    /// A row with a byte of Windows-1252 in a file of UTF-8.
    InvalidUtf8 = "invalid_utf8",
    /// A name that was read in a wrong encoding once.
    Mojibake = "mojibake",
    /// Semicolons between cells.
    Semicolons = "semicolons",
    /// Tabs between cells.
    Tabs = "tabs",
    /// Bars between cells.
    Bars = "bars",
    /// A first line that names the separator.
    SeparatorLine = "separator_line",
    /// A line break inside a name.
    NewlineInValue = "newline_in_value",
    /// A quote that is opened and never closed.
    UnclosedQuote = "unclosed_quote",
    /// Text after a closing quote.
    StrayQuote = "stray_quote",
    /// Quotes in the middle of a cell without quotes around it.
    QuoteInside = "quote_inside",
    /// Lines that end with CR LF.
    CrLf = "cr_lf",
    /// Lines that end with CR, as on an old Macintosh.
    CrOnly = "cr_only",
    /// Lines that end with LF, and some with CR LF.
    MixedLineEnds = "mixed_line_ends",
    /// No line break at the end of a file.
    NoLastNewline = "no_last_newline",
    /// The mark with which DOS ended files.
    CtrlZ = "ctrl_z",
    /// NUL in a name.
    NulByte = "nul_byte",
    /// A row with too few cells.
    ShortRow = "short_row",
    /// A comma in a name without quotes.
    ExtraCell = "extra_cell",
    /// Blank cells at the end of every row.
    TrailingCommas = "trailing_commas",
    /// A blank line.
    BlankLine = "blank_line",
    /// A line of commas.
    CommaLine = "comma_line",
    /// The header again in the middle.
    RepeatedHeader = "repeated_header",
    /// A line that counts the rows.
    Footer = "footer",
    /// `1.23457E+11` for an id.
    IdShortened = "id_shortened",
    /// `2-Jan` for an id.
    IdIsDate = "id_is_date",
    /// `#N/A` for an id.
    IdIsPlaceholder = "id_is_placeholder",
    /// `="00123"`.
    WrappedId = "wrapped_id",
    /// An apostrophe before what begins as a formula does.
    Apostrophe = "apostrophe",
    /// Ids whose leading zeros are gone. A reader can't tell; a sync can.
    ZerosLost = "zeros_lost",
    /// A word for no value, in place of a grade.
    NoValue = "no_value",
    /// A date that there is not.
    BadDate = "bad_date",
    /// A date as it is written in the United States.
    UsDate = "us_date",
    /// Blanks around an id.
    Padded = "padded",
    /// No-break spaces around an id.
    NoBreakSpace = "no_break_space",
    /// A row twice.
    DuplicateRow = "duplicate_row",
    /// A row again, with another name.
    Conflict = "conflict",
    /// Ids that differ in case or leading zeros alone.
    SimilarId = "similar_id",
    /// An address that two have.
    SharedEmail = "shared_email",
    /// An address that stands for none, on five people.
    PlaceholderEmail = "placeholder_email",
    /// What is no address.
    BadEmail = "bad_email",
    /// A seat of nobody.
    DanglingReference = "dangling_reference",
    /// A file with a header and no rows.
    HeaderOnly = "header_only",
    /// An empty file.
    EmptyFile = "empty_file",
    /// A file that is not there.
    MissingFile = "missing_file",
    /// A file that breaks off.
    CutFile = "cut_file",
    /// A grade that nobody knows.
    UnknownGrade = "unknown_grade",
    /// A name that begins as a formula does.
    Formula = "formula",
    /// A surname that a careless reader takes for no value.
    NameNull = "name_null",
    /// Headers in capitals, with other separators of words.
    OtherHeaders = "other_headers",
    /// Columns in another order.
    MovedColumns = "moved_columns",
    /// Rows in another order.
    ShuffledRows = "shuffled_rows",
}

impl fmt::Display for Dirt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
