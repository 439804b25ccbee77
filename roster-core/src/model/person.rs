use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Extra, Identifier, Sensitive, holds_on};
use crate::{AccountState, GradeLevel, Role, SourcedId};

/// A pupil, a member of staff, or a contact. One person may be several of these, at several schools.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Person {
    /// The vendor's id.
    pub id: SourcedId,
    /// How the person is called.
    #[serde(default, skip_serializing_if = "PersonName::is_empty")]
    pub name: PersonName,
    /// The one e-mail address that the school gives or knows, in the case that it was sent; compare without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The log-in name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The state of the person's account at the school.
    #[serde(default)]
    pub account: AccountState,
    /// What the person is, and where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affiliations: Vec<Affiliation>,
    /// Groups other than classes, such as a house or a year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupTag>,
    /// The grades that a pupil is in, or that others are for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<GradeLevel>,
    /// The year in which a pupil will leave school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graduation_year: Option<i16>,
    /// Further ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// What a host sees only if it asks; see [`SensitiveField`](crate::SensitiveField).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<Box<Sensitive>>,
    /// Fields outside the model; see [`Extra`].
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Person {
    /// A person of whom nothing is known yet.
    pub fn new(id: impl Into<SourcedId>) -> Self {
        Self {
            id: id.into(),
            name: PersonName::default(),
            email: None,
            username: None,
            account: AccountState::Unknown,
            affiliations: Vec::new(),
            groups: Vec::new(),
            grades: Vec::new(),
            graduation_year: None,
            identifiers: Vec::new(),
            sensitive: None,
            extra: Extra::new(),
        }
    }

    /// Whether the person holds the role anywhere.
    pub fn has_role(&self, role: &Role) -> bool {
        self.affiliations.iter().any(|affiliation| affiliation.role == *role)
    }

    /// Whether the person is on the roster only because of a pupil: every role is guardian, parent, relative or contact.
    pub fn is_contact(&self) -> bool {
        !self.affiliations.is_empty()
            && self.affiliations.iter().all(|affiliation| affiliation.role.is_contact())
    }

    /// The sensitive part, made if it is not there.
    pub fn sensitive_mut(&mut self) -> &mut Sensitive {
        self.sensitive.get_or_insert_default()
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({:?})", self.id)
    }
}

/// How a person is called. All parts are optional: there are people with one name, and vendors with one field.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each part is what its name says")]
pub struct PersonName {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The whole name, where the vendor sends it as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_given: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_middle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pronouns: Option<String>,
}

impl PersonName {
    /// Whether nothing is known of the name.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(..)")
    }
}

/// What a person is to one org.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Affiliation {
    /// What.
    pub role: Role,
    /// To which org; `None` if the vendor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<SourcedId>,
    /// Whether it is the main one there; `None` if the vendor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Date>,
    /// Last day or the day after, as the vendor sent it; see [`is_active_on`](Self::is_active_on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// The job's title, such as "Head of Year 7".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Affiliation {
    /// A role at an org, without dates.
    pub fn new(role: Role, org: Option<SourcedId>) -> Self {
        Self { role, org, primary: None, begin: None, end: None, title: None }
    }

    /// Whether it holds on that day. The end day counts as inside; an open bound never excludes.
    pub fn is_active_on(&self, day: Date) -> bool {
        holds_on(self.begin, self.end, day)
    }
}

impl fmt::Debug for Affiliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Affiliation({}, {:?})", self.role, self.org)
    }
}

/// A group other than a class that a person belongs to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupTag {
    /// The vendor's word for what the group is, such as `HOUSE`.
    pub group_type: String,
    /// The vendor's id of the group.
    pub id: SourcedId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl GroupTag {
    /// Membership of the group.
    pub fn new(group_type: impl Into<String>, id: impl Into<SourcedId>, name: Option<String>) -> Self {
        Self { group_type: group_type.into(), id: id.into(), name }
    }
}

/// Shows no name: a group may be one for pupils with special needs.
impl fmt::Debug for GroupTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupTag({:?})", self.id)
    }
}
