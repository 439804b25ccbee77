//! The form of one file's text.

use super::charset::Charset;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) charset: Charset,
    /// Bytes of the byte order mark.
    pub(crate) mark: usize,
    /// What stands between cells.
    pub(crate) delimiter: u8,
    /// A carriage return alone ends a line, as on old Macintoshes.
    pub(crate) returns: bool,
    /// The first line says what separates cells (`sep=;`) and is no row.
    pub(crate) says_separator: bool,
}

impl Default for Form {
    fn default() -> Self {
        Self { charset: Charset::Ascii, mark: 0, delimiter: b',', returns: false, says_separator: false }
    }
}

impl Form {
    /// Whether the bytes can be read as they stand.
    pub(crate) const fn is_plain(&self) -> bool {
        !(self.returns || self.says_separator) && matches!(self.charset, Charset::Ascii | Charset::Utf8)
    }

    /// The physical line on which the rows begin.
    pub(crate) const fn first_line(&self) -> u64 {
        if self.says_separator { 2 } else { 1 }
    }
}
