//! Whether a record is there.

/// What `status` says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It stands. Blank means this in a bulk file.
    Active,
    /// It is gone.
    ToBeDeleted,
    /// A word of older versions: the record exists and is not in use.
    Inactive,
    /// No word of the standard.
    Unknown,
}

impl Status {
    /// Reads the value; case does not matter.
    pub fn read(text: &str) -> Self {
        match text {
            "" | "active" => Self::Active,
            "tobedeleted" => Self::ToBeDeleted,
            _ if text.eq_ignore_ascii_case("active") => Self::Active,
            _ if text.eq_ignore_ascii_case("tobedeleted") => Self::ToBeDeleted,
            _ if text.eq_ignore_ascii_case("inactive") => Self::Inactive,
            _ => Self::Unknown,
        }
    }
}
