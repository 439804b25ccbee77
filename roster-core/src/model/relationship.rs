use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::{ContactKind, SourcedId};

/// Who a contact is to a pupil. Delivered only with [`SensitiveField::Contacts`](crate::SensitiveField::Contacts).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Relationship {
    /// The vendor's id, or one built from pupil and contact.
    pub id: SourcedId,
    /// The pupil.
    pub student: SourcedId,
    /// The contact.
    pub contact: SourcedId,
    /// The vendor's word for it, such as `mother`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// In which ways the contact matters. A guardian is not by that an emergency contact.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<ContactKind>,
    /// The order in which to call, from 1, where the vendor gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Whether the contact has parental responsibility in law; `None` if the vendor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parental_responsibility: Option<bool>,
    /// Whether the pupil lives with the contact; `None` if the vendor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lives_with: Option<bool>,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Relationship {
    /// A relationship under the vendor's own id.
    pub fn new(
        id: impl Into<SourcedId>,
        student: impl Into<SourcedId>,
        contact: impl Into<SourcedId>,
    ) -> Self {
        Self {
            id: id.into(),
            student: student.into(),
            contact: contact.into(),
            relation: None,
            kinds: BTreeSet::new(),
            priority: None,
            parental_responsibility: None,
            lives_with: None,
            extra: Extra::new(),
        }
    }

    /// A relationship of a vendor that gives it no id: the id is made from pupil and contact.
    pub fn from_parts(student: SourcedId, contact: SourcedId) -> Self {
        Self::new(SourcedId::from_parts([student.as_str(), contact.as_str()]), student, contact)
    }
}

impl fmt::Debug for Relationship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relationship({:?})", self.id)
    }
}
