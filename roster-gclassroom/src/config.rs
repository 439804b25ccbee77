//! Settings as data.

use std::fmt;

use roster_core::SecretString;
use serde::{Deserialize, Deserializer};

use crate::GoogleRules;

/// Whose classes, and who we are there. One way to say who we are must be given: a service account, a client with a refresh
/// token, or a token.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GClassroomConfig {
    /// The domain, such as `district.example`; or `me` for the classes of the teacher who logged in.
    pub domain: Option<String>,
    /// The key file of a service account with domain-wide delegation: its text, which is JSON.
    pub service_account: Option<SecretString>,
    /// With a service account: the e-mail address of the administrator whom it stands for.
    pub subject: Option<String>,
    /// With a refresh token: the client's id.
    pub client_id: Option<SecretString>,
    /// With a refresh token: the client's secret.
    pub client_secret: Option<SecretString>,
    /// What somebody who logged in left behind.
    pub refresh_token: Option<SecretString>,
    /// An access token, which lasts an hour.
    pub token: Option<SecretString>,
    /// Which courses are read, by their state; `ACTIVE` and `ARCHIVED` if nothing is said. The others are counted.
    pub states: Option<Vec<CourseState>>,
    /// What org units, external ids and aliases mean.
    pub rules: GoogleRules,
    /// How many requests a minute are sent at most for one user; 1200 if nothing is said, and 0 for any number.
    pub quota: Option<u32>,
    /// Where Classroom is.
    pub base_url: Option<String>,
    /// Where the Directory is; without it where Classroom is, if that is told.
    pub directory_url: Option<String>,
    /// Where tokens are given out.
    pub token_url: Option<String>,
}

/// The state of a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CourseState {
    /// Being held.
    Active,
    /// Put away by its teacher; nobody has left it.
    Archived,
    /// Made, and not yet begun.
    Provisioned,
    /// Its teacher did not want it.
    Declined,
    /// Switched off by Google.
    Suspended,
    /// A state that is not in the documentation.
    Other(String),
}

impl CourseState {
    /// Reads Google's word, in any case. A course that tells no state is one that is being held.
    #[must_use]
    pub fn read(word: Option<&str>) -> Self {
        let Some(word) = word else { return Self::Active };
        match word.to_ascii_uppercase().as_str() {
            "ACTIVE" => Self::Active,
            "ARCHIVED" => Self::Archived,
            "PROVISIONED" => Self::Provisioned,
            "DECLINED" => Self::Declined,
            "SUSPENDED" => Self::Suspended,
            _ => Self::Other(word.to_owned()),
        }
    }

    /// Google's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
            Self::Provisioned => "PROVISIONED",
            Self::Declined => "DECLINED",
            Self::Suspended => "SUSPENDED",
            Self::Other(word) => word,
        }
    }
}

impl<'de> Deserialize<'de> for CourseState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|word| Self::read(Some(&word)))
    }
}

/// Shows which settings are there; of secrets nothing else.
impl fmt::Debug for GClassroomConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GClassroomConfig")
            .field("domain", &self.domain)
            .field("service_account", &self.service_account.is_some())
            .field("subject", &self.subject.is_some())
            .field("client_id", &self.client_id.is_some())
            .field("client_secret", &self.client_secret.is_some())
            .field("refresh_token", &self.refresh_token.is_some())
            .field("token", &self.token.is_some())
            .field("states", &self.states)
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}
