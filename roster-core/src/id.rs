//! Ids, as the vendors give them.

use std::{borrow::Borrow, fmt, ops::Deref};

use serde::{Deserialize, Serialize};

/// The vendor's own id, kept byte for byte: case and leading zeros matter, and it is never read as a number.
///
/// Unique within one roster and one [`EntityKind`](crate::EntityKind). Ids are printed in reports and logs, so a
/// source never makes one from an e-mail address or a phone number as it stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourcedId(Box<str>);

impl SourcedId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Builds the id of a record that has none of its own, such as an enrollment, from what it connects.
    ///
    /// The same parts always give the same id, and other parts another one: a colon inside a part is escaped.
    ///
    /// ```
    /// use roster_core::SourcedId;
    ///
    /// assert_eq!(SourcedId::from_parts(["c1", "p7", "student"]).as_str(), "c1:p7:student");
    /// assert_ne!(SourcedId::from_parts(["a:b", "c"]), SourcedId::from_parts(["a", "b:c"]));
    /// ```
    pub fn from_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut id = String::new();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                id.push(':');
            }
            for character in part.chars() {
                if matches!(character, ':' | '\\') {
                    id.push('\\');
                }
                id.push(character);
            }
        }
        Self(id.into())
    }
}

impl From<&str> for SourcedId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for SourcedId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl Deref for SourcedId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SourcedId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SourcedId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SourcedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for SourcedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
