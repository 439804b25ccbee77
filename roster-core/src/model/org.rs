use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Extra, Identifier};
use crate::{GradeLevel, OrgType, SourcedId};

/// A district, a school, a campus or a department.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Org {
    /// The vendor's id.
    pub id: SourcedId,
    /// What it is.
    pub org_type: OrgType,
    /// Its name, as shown to people.
    pub name: String,
    /// The org above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SourcedId>,
    /// Official numbers and codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// The grades that it teaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<GradeLevel>,
    /// Name of its time zone in the IANA database, such as `America/Chicago`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Made up by the source, from a directory's unit or the like, rather than delivered by the vendor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub derived: bool,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Org {
    /// An org with nothing but what each must have.
    pub fn new(id: impl Into<SourcedId>, org_type: OrgType, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            org_type,
            name: name.into(),
            parent: None,
            identifiers: Vec::new(),
            grades: Vec::new(),
            time_zone: None,
            derived: false,
            extra: Extra::new(),
        }
    }
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Org({:?})", self.id)
    }
}
