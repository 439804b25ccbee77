//! What Google says, in Google's words, as far as it is read. No `Debug` here: these are people.
//!
//! What is not listed is not read, whatever a server sends: an `enrollmentCode` lets anybody join a course, and recovery
//! addresses are nobody's business.

#![expect(clippy::struct_field_names, reason = "the names are Google's")]

use std::borrow::Cow;

use roster_http::json::Text;
use serde::Deserialize;
use serde_json::Value;

/// A course of Classroom, which is a class to us.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Course<'a> {
    #[serde(borrow)]
    pub(crate) id: Id<'a>,
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    #[serde(borrow)]
    pub(crate) section: Text<'a>,
    #[serde(borrow)]
    pub(crate) room: Text<'a>,
    #[serde(borrow)]
    pub(crate) owner_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) course_state: Text<'a>,
    #[serde(borrow)]
    pub(crate) subject: Text<'a>,
    #[serde(borrow)]
    pub(crate) levels: Text<'a>,
    #[serde(borrow)]
    pub(crate) description_heading: Text<'a>,
    #[serde(borrow)]
    pub(crate) alternate_link: Text<'a>,
    #[serde(borrow)]
    pub(crate) creation_time: Text<'a>,
    #[serde(borrow)]
    pub(crate) guardians_enabled: Text<'a>,
    #[serde(borrow)]
    pub(crate) calendar_id: Text<'a>,
}

/// A student or a teacher of a course.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Member<'a> {
    #[serde(borrow)]
    pub(crate) user_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) profile: Maybe<Profile<'a>>,
}

/// What Classroom says of a person.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Profile<'a> {
    #[serde(borrow)]
    pub(crate) id: Id<'a>,
    #[serde(borrow)]
    pub(crate) name: Maybe<Name<'a>>,
    #[serde(borrow)]
    pub(crate) email_address: Text<'a>,
}

/// A name, of either API.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Name<'a> {
    #[serde(borrow)]
    pub(crate) given_name: Text<'a>,
    #[serde(borrow)]
    pub(crate) family_name: Text<'a>,
    #[serde(borrow)]
    pub(crate) full_name: Text<'a>,
}

/// A guardian of one student; it comes once for each of them.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Guardian<'a> {
    #[serde(borrow)]
    pub(crate) student_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) guardian_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) guardian_profile: Maybe<Profile<'a>>,
    #[serde(borrow)]
    pub(crate) invited_email_address: Text<'a>,
}

/// A name that somebody gave a course: `d:` for a domain's, `p:` for a project's.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Alias<'a> {
    #[serde(borrow)]
    pub(crate) alias: Text<'a>,
}

/// A user of the Directory. The fields of type `Value` are typed as `any` by Google: see `map::loose`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct User<'a> {
    #[serde(borrow)]
    pub(crate) id: Id<'a>,
    #[serde(borrow)]
    pub(crate) primary_email: Text<'a>,
    #[serde(borrow)]
    pub(crate) name: Maybe<Name<'a>>,
    #[serde(borrow)]
    pub(crate) org_unit_path: Text<'a>,
    #[serde(borrow)]
    pub(crate) suspended: Text<'a>,
    #[serde(borrow)]
    pub(crate) archived: Text<'a>,
    pub(crate) aliases: Value,
    pub(crate) external_ids: Value,
    pub(crate) organizations: Value,
    pub(crate) custom_schemas: Value,
}

/// An org unit of the Directory.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct OrgUnit<'a> {
    #[serde(borrow)]
    pub(crate) org_unit_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) org_unit_path: Text<'a>,
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    #[serde(borrow)]
    pub(crate) parent_org_unit_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) parent_org_unit_path: Text<'a>,
}

/// What tells a row that can't be read from others.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    pub(crate) id: Id<'a>,
    #[serde(borrow)]
    pub(crate) user_id: Id<'a>,
    #[serde(borrow)]
    pub(crate) org_unit_id: Id<'a>,
}

/// An id: text, or a number by its digits as they stand there. Google's have 21 of them, which no machine number holds: read as
/// a number, people would become one who are several.
#[derive(Clone, Default)]
pub(crate) struct Id<'a>(Option<Cow<'a, str>>);

impl Id<'_> {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().map(roster_core::decode::trim).filter(|id| !id.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de serde_json::value::RawValue>::deserialize(deserializer)?.get();
        Ok(Self(if raw.starts_with('"') {
            serde_json::from_str::<Text<'de>>(raw).ok().and_then(|text| text.owned()).map(Cow::Owned)
        } else {
            let is_whole = !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_digit());
            is_whole.then_some(Cow::Borrowed(raw))
        }))
    }
}

/// An object that may be missing, null, or something else altogether.
#[derive(Clone, Default)]
pub(crate) enum Maybe<T> {
    /// It is there.
    Here(Box<T>),
    /// It is missing, or null.
    #[default]
    Missing,
    /// Something else stands there.
    Odd,
}

impl<T> Maybe<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        if let Self::Here(value) = self { Some(value) } else { None }
    }

    pub(crate) const fn is_odd(&self) -> bool {
        matches!(self, Self::Odd)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(match raw.get().as_bytes() {
            [b'{', ..] => {
                serde_json::from_str(raw.get()).map_or(Self::Odd, |value| Self::Here(Box::new(value)))
            }
            b"null" => Self::Missing,
            _ => Self::Odd,
        })
    }
}

/// The `nextPageToken` of a page.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Paging<'a> {
    #[serde(borrow)]
    pub(crate) next_page_token: Text<'a>,
}
