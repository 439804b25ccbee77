//! The versions of the standard.

use std::fmt;

/// A version of OneRoster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.1 (2017): one role a user.
    V1_1,
    /// 1.2 (2022): roles in a collection or file of their own.
    V1_2,
}

impl Version {
    /// As the standard writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }

    /// Reads the version as the standard writes it; `1.2.1` is a correction of 1.2, and 1.0 has the files of 1.1.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "1.0" | "1.1" | "v1p1" => Some(Self::V1_1),
            "1.2" | "1.2.1" | "v1p2" => Some(Self::V1_2),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
