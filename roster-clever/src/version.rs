//! Versions of the API.

use serde::{Deserialize, Serialize};

/// A version of the Data and Events API. 3.1 only adds to 3.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ApiVersion {
    /// 3.0.
    #[serde(rename = "3.0")]
    V3_0,
    /// 3.1.
    #[default]
    #[serde(rename = "3.1")]
    V3_1,
}

impl ApiVersion {
    /// Reads `3.1`, `v3.1` and the like.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text.trim().trim_start_matches(['v', 'V']) {
            "3.0" => Some(Self::V3_0),
            "3.1" => Some(Self::V3_1),
            _ => None,
        }
    }

    /// The version, such as `3.1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
        }
    }

    /// The first segment of its paths.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::V3_0 => "v3.0",
            Self::V3_1 => "v3.1",
        }
    }
}
