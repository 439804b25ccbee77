//! Settings as data.

use std::{collections::BTreeMap, fmt};

use roster_core::SecretString;
use serde::{Deserialize, Serialize};

use crate::options::SchoolOptions;

/// Which school, and who we are at Wonde.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WondeConfig {
    /// The school's id, such as `A1930499544`.
    pub school: Option<String>,
    /// The application's token, or the one that this school gave.
    pub token: Option<SecretString>,
    /// Where the school's data are expected: `uk`, `au`, `nz`, `za`, `us`, or a host below `wonde.com`. Without it, where the
    /// school itself says.
    pub region: Option<String>,
    /// The base path of the API, for tests and proxies. Without it, that of the region, else `https://api.wonde.com/v1.0`.
    pub base_url: Option<String>,
    /// What classes are taken from.
    pub class_source: ClassSource,
    /// Which of a person's addresses is the one.
    pub emails: EmailOrder,
    /// The school's change of MIS, if one was announced and is not over: nothing ends meanwhile.
    pub frozen: bool,
    /// Fields of people, by name, that stay as they are known.
    pub frozen_fields: Vec<String>,
    /// What single schools of an account have of their own, by id.
    pub schools: BTreeMap<String, SchoolOptions>,
}

/// What classes are taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassSource {
    /// The school's classes, or, where its first full pull has none, as in many primary schools, its registration groups. What was
    /// found is remembered in the cursor, and not decided anew while it holds.
    #[default]
    Auto,
    /// Classes alone.
    Classes,
    /// Registration groups alone.
    RegistrationGroups,
    /// Both.
    Both,
}

impl ClassSource {
    pub(crate) const fn has_classes(self) -> bool {
        matches!(self, Self::Auto | Self::Classes | Self::Both)
    }

    pub(crate) const fn has_groups(self) -> bool {
        matches!(self, Self::RegistrationGroups | Self::Both)
    }
}

/// One of the places where a school's system keeps an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the key of that name in `contact_details.emails`")]
pub enum EmailSlot {
    Email,
    Primary,
    Work,
    Home,
}

/// Which of a person's addresses is the one: the first that is filled. Which of them a school fills differs by its system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailOrder {
    /// Of members of staff: `work`, `email`, `primary`.
    pub staff: Vec<EmailSlot>,
    /// Of students: `email`, `primary`, `work`.
    pub students: Vec<EmailSlot>,
    /// Of contacts: `email`, `primary`, `home`, `work`.
    pub contacts: Vec<EmailSlot>,
}

impl Default for EmailOrder {
    fn default() -> Self {
        use EmailSlot::{Email, Home, Primary, Work};
        Self {
            staff: vec![Work, Email, Primary],
            students: vec![Email, Primary, Work],
            contacts: vec![Email, Primary, Home, Work],
        }
    }
}

/// Shows which settings are there; of the token nothing else.
impl fmt::Debug for WondeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WondeConfig")
            .field("school", &self.school)
            .field("token", &self.token.is_some())
            .field("region", &self.region)
            .field("base_url", &self.base_url.is_some())
            .field("class_source", &self.class_source)
            .field("frozen", &self.frozen)
            .field("frozen_fields", &self.frozen_fields)
            .field("schools", &self.schools)
            .finish_non_exhaustive()
    }
}
