use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::DemographicField;

/// What a host has to ask for, pull by pull, because it may see it only with a reason.
///
/// What is not asked for is not requested from the vendor where the vendor lets us choose, and else dropped where it is
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SensitiveField {
    /// Contacts as people, and relationships.
    Contacts,
    /// [`Sensitive::birth_date`].
    BirthDate,
    /// [`Sensitive::gender`].
    Gender,
    /// [`Sensitive::legal_name`].
    LegalName,
    /// [`Sensitive::phones`].
    Phones,
    /// [`Sensitive::emails`].
    Emails,
    /// [`Sensitive::addresses`].
    Addresses,
    /// [`Sensitive::demographics`], special education and meal status among them.
    Demographics,
}

impl SensitiveField {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Contacts,
        Self::BirthDate,
        Self::Gender,
        Self::LegalName,
        Self::Phones,
        Self::Emails,
        Self::Addresses,
        Self::Demographics,
    ];

    /// The name in `snake_case`, as in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::BirthDate => "birth_date",
            Self::Gender => "gender",
            Self::LegalName => "legal_name",
            Self::Phones => "phones",
            Self::Emails => "emails",
            Self::Addresses => "addresses",
            Self::Demographics => "demographics",
        }
    }
}

impl fmt::Display for SensitiveField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// No sensitive field has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such sensitive field; there are: contacts, birth_date, gender, legal_name, phones, emails, addresses, demographics"
)]
pub struct UnknownSensitiveField;

impl FromStr for SensitiveField {
    type Err = UnknownSensitiveField;

    fn from_str(name: &str) -> Result<Self, UnknownSensitiveField> {
        Self::ALL.into_iter().find(|field| field.as_str() == name).ok_or(UnknownSensitiveField)
    }
}

/// The sensitive part of a person: only what the host asked for is ever filled.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sensitive {
    /// The day of birth, as written; it never goes through a time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// The vendor's word for the sex or gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// The legal name, where it differs from the name in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<LegalName>,
    /// Telephone numbers, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<LabeledText>,
    /// E-mail addresses beside the person's one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<LabeledText>,
    /// Postal addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Facts for statistics and entitlements.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub demographics: BTreeMap<DemographicField, String>,
}

impl Sensitive {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(..)")
    }
}

/// A legal name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each part is what its name says")]
pub struct LegalName {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

impl fmt::Debug for LegalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegalName(..)")
    }
}

/// A telephone number or an e-mail address, with what the vendor says it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LabeledText {
    /// Such as `home`, `mobile` or `sms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The number or address, as written.
    pub value: String,
}

impl fmt::Debug for LabeledText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabeledText(..)")
    }
}

/// A postal address, in the parts that the vendor has.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Such as `home`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Street and number, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// City, town or village.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code, as text: leading zeros matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, in the vendor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
