use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{IdentifierScheme, Role, SourcedId};

/// An id that some system gave, beside the vendor's own.
///
/// Some belong to a role (a person who teaches and studies has two numbers) or to a school (each school numbers for itself).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identifier {
    /// Whose id it is.
    pub scheme: IdentifierScheme,
    /// The id, byte for byte.
    pub value: String,
    /// The role that it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The org that it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
}

impl Identifier {
    /// An id that holds whatever the role and the school.
    pub fn new(scheme: IdentifierScheme, value: impl Into<String>) -> Self {
        Self { scheme, value: value.into(), role: None, org: None }
    }
}

/// Shows the scheme only: a student number names a child.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({})", self.scheme)
    }
}
