//! Ids, as the vendors give them.

use std::{
    borrow::{Borrow, Cow},
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The vendor's own id, kept byte for byte: case and leading zeros matter, and it is never read as a number.
///
/// Unique within one roster and one [`EntityKind`](crate::EntityKind). Ids are printed in reports and logs, so a
/// source never makes one from an e-mail address or a phone number as it stands.
#[derive(Clone)]
pub struct SourcedId(Text);

/// Ids of up to 38 bytes, GUIDs in braces among them, lie in place: a seat has four ids, and allocating each costs as much
/// as all else that is done for it.
#[derive(Clone)]
enum Text {
    Short(ArrayString<38>),
    Long(Box<str>),
}

impl SourcedId {
    /// The id as text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(text) => text,
            Text::Long(text) => text,
        }
    }

    /// Becomes another id, where it lies: for records that are filled one after the other, hundreds of thousands of times.
    #[inline]
    pub fn set(&mut self, id: &str) {
        if let Text::Short(text) = &mut self.0 {
            text.clear();
            if text.try_push_str(id).is_ok() {
                return;
            }
        }
        *self = id.into();
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
        id.into()
    }
}

impl From<&str> for SourcedId {
    #[inline]
    fn from(id: &str) -> Self {
        let mut text = ArrayString::new();
        Self(if text.try_push_str(id).is_ok() { Text::Short(text) } else { Text::Long(id.into()) })
    }
}

impl From<String> for SourcedId {
    fn from(id: String) -> Self {
        id.as_str().into()
    }
}

impl Deref for SourcedId {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for SourcedId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for SourcedId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for SourcedId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SourcedId {}

impl PartialOrd for SourcedId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SourcedId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// As `str` hashes, so that a map can be asked with a `&str`.
impl Hash for SourcedId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Serialize for SourcedId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SourcedId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Cow::<'de, str>::deserialize(deserializer)?.as_ref().into())
    }
}

impl fmt::Debug for SourcedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for SourcedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::SourcedId;

    #[test]
    fn short_and_long_ids_behave_alike() {
        let texts = ["", "007", "é", &"x".repeat(38), &"x".repeat(39), &"a".repeat(300)];
        for text in texts {
            let id = SourcedId::from(text);
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<SourcedId>(&json).unwrap(), id);
        }
        let ids: BTreeSet<SourcedId> = texts.into_iter().map(Into::into).collect();
        assert!(ids.iter().map(SourcedId::as_str).is_sorted());
        let hashed: HashSet<SourcedId> = texts.into_iter().map(Into::into).collect();
        assert!(texts.iter().all(|text| hashed.contains(*text) && ids.contains(*text)));
    }
}
