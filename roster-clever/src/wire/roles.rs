//! The roles of a user, and what each of them says.

use std::{borrow::Cow, fmt, marker::PhantomData};

use roster_http::json::{Many, Text};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{Maybe, Name};

/// The roles of a user, by Clever's names.
#[derive(Clone, Default)]
pub(crate) struct Roles<'a> {
    pub(crate) held: Vec<(Cow<'a, str>, Role<'a>)>,
    /// There is something else than an object.
    pub(crate) is_odd: bool,
}

struct RolesVisitor<'a>(PhantomData<Roles<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for RolesVisitor<'a> {
    type Value = Roles<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("roles by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut roles = Roles::default();
        while let Some(name) = map.next_key::<Key<'de>>()? {
            match map.next_value::<Maybe<Role<'a>>>()? {
                Maybe::Some(role) => roles.held.push((name.0, role)),
                Maybe::Odd => roles.is_odd = true,
                Maybe::None => {}
            }
        }
        Ok(roles)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut roles = Roles::default();
        while list.next_element::<IgnoredAny>()?.is_some() {
            roles.is_odd = true;
        }
        Ok(roles)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Roles { held: Vec::new(), is_odd: !text.is_empty() })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Roles { held: Vec::new(), is_odd: true })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Roles { held: Vec::new(), is_odd: true })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Roles { held: Vec::new(), is_odd: true })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Roles { held: Vec::new(), is_odd: true })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Roles::default())
    }
}

/// A key, borrowed where it holds no escape.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Roles<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RolesVisitor(PhantomData))
    }
}

macro_rules! role {
    ($($field:ident $(as $key:literal)?: $type:ty,)+) => {
        /// One role, with the fields of all of them: each role has some.
        #[derive(Clone, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct Role<'a> {
            $(#[serde($(rename = $key,)? borrow)] pub(crate) $field: $type,)+
        }
    };
}

role! {
    school: Text<'a>,
    schools: Many<Text<'a>>,
    enrollments: Many<Maybe<Attendance<'a>>>,
    sis_id: Text<'a>,
    staff_id: Text<'a>,
    legacy_id: Text<'a>,
    state_id: Text<'a>,
    student_number: Text<'a>,
    teacher_number: Text<'a>,
    title: Text<'a>,
    grade: Text<'a>,
    graduation_year: Text<'a>,
    credentials: Maybe<Credentials<'a>>,
    preferred_name: Maybe<Name<'a>>,
    dob: Text<'a>,
    gender: Text<'a>,
    location: Maybe<Location<'a>>,
    race: Text<'a>,
    hispanic_ethnicity: Text<'a>,
    home_language: Text<'a>,
    home_language_code: Text<'a>,
    ell_status: Text<'a>,
    frl_status: Text<'a>,
    iep_status: Text<'a>,
    gifted_status: Text<'a>,
    section_504_status: Text<'a>,
    disability: Maybe<Disability<'a>>,
    phone: Text<'a>,
    phone_type: Text<'a>,
    relationships as "student_relationships": Many<Maybe<Tie<'a>>>,
}

/// When a student attends a school.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attendance<'a> {
    #[serde(borrow)]
    pub(crate) school: Text<'a>,
    #[serde(borrow)]
    pub(crate) start_date: Text<'a>,
    #[serde(borrow)]
    pub(crate) end_date: Text<'a>,
}

/// A log-in name. A password in it is never read.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credentials<'a> {
    #[serde(borrow)]
    pub(crate) district_username: Text<'a>,
}

/// Where a student lives.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Location<'a> {
    #[serde(borrow)]
    pub(crate) address: Text<'a>,
    #[serde(borrow)]
    pub(crate) city: Text<'a>,
    #[serde(borrow)]
    pub(crate) state: Text<'a>,
    #[serde(borrow)]
    pub(crate) zip: Text<'a>,
}

/// A disability.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Disability<'a> {
    #[serde(rename = "disability_status", borrow)]
    pub(crate) status: Text<'a>,
    #[serde(rename = "disability_type", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(rename = "disability_code", borrow)]
    pub(crate) code: Text<'a>,
}

/// What a contact is to one student.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tie<'a> {
    #[serde(borrow)]
    pub(crate) student: Text<'a>,
    #[serde(borrow)]
    pub(crate) relationship: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub(crate) of_type: Text<'a>,
}
