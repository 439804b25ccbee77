use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Extra, Identifier};
use crate::{GradeLevel, SourcedId};

/// What is taught: an entry of the catalogue that classes are held for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Course {
    /// The vendor's id, or, where a vendor's ids are not stable, one made from name and number.
    pub id: SourcedId,
    /// Its name, as shown to people.
    pub title: String,
    /// The school's code for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The org whose catalogue it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
    /// The school year that it is offered in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SourcedId>,
    /// The grades that it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<GradeLevel>,
    /// The subjects that it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// Further ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A subject: a name, a code of some official list, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The code, such as one of SCED, the School Courses for the Exchange of Data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Course {
    /// A course with nothing but what each must have.
    pub fn new(id: impl Into<SourcedId>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            code: None,
            org: None,
            session: None,
            grades: Vec::new(),
            subjects: Vec::new(),
            identifiers: Vec::new(),
            extra: Extra::new(),
        }
    }
}

impl fmt::Debug for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Course({:?})", self.id)
    }
}
