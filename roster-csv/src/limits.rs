//! What a set of files may cost.

/// Limits on what is read. Passing one that concerns a file or a set ends the pull with `TooLarge`; a row that is too long,
/// and a header with too many columns, are problems of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file, after decompression. 8 GiB.
    pub file_bytes: u64,
    /// Bytes of all files together, after decompression. 32 GiB.
    pub total_bytes: u64,
    /// Files in a folder, or entries of a zip. 1000.
    pub files: usize,
    /// How many times larger than the zip its content may be, once it is larger than 16 MiB. 100.
    pub expansion: u64,
    /// Bytes of one row. 1 MiB.
    pub row_bytes: usize,
    /// Columns of a header. 1000.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 8 << 30,
            total_bytes: 32 << 30,
            files: 1000,
            expansion: 100,
            row_bytes: 1 << 20,
            columns: 1000,
        }
    }
}
