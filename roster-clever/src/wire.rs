//! What Clever says, in its own words. No `Debug` here: these are people.

use std::{borrow::Cow, fmt, marker::PhantomData};

use roster_http::json::{Many, Text};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

/// An object, where one is there; anything else is passed over, and told apart from nothing.
#[derive(Clone, Default)]
pub(crate) enum Maybe<T> {
    /// Nothing is there.
    #[default]
    None,
    /// Something else is there.
    Odd,
    /// The object.
    Some(T),
}

impl<T> Maybe<T> {
    pub(crate) const fn get(&self) -> Option<&T> {
        if let Self::Some(value) = self { Some(value) } else { None }
    }

    pub(crate) const fn is_odd(&self) -> bool {
        matches!(self, Self::Odd)
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

macro_rules! odd {
    ($($visit:ident: $type:ty),+) => {$(
        fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Maybe::Odd)
        }
    )+};
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Maybe::Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut is_empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(if is_empty { Maybe::None } else { Maybe::Odd })
    }

    odd! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64 }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(if text.is_empty() { Maybe::None } else { Maybe::Odd })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Maybe::None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

/// An element of a list: the object stands under a `data` of its own, beside its `uri`.
#[derive(Deserialize)]
pub(crate) struct Item<T> {
    pub(crate) data: Option<T>,
}

/// The same, as it came.
#[derive(Deserialize)]
pub(crate) struct RawItem<'a> {
    #[serde(borrow)]
    pub(crate) data: Option<&'a RawValue>,
}

/// What stands beside the rows of an answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Page<'a> {
    #[serde(borrow)]
    pub(crate) links: Many<Maybe<Link<'a>>>,
}

/// A link: `self`, `next` or `prev`. Never told by its place.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link<'a> {
    #[serde(borrow)]
    pub(crate) rel: Text<'a>,
    #[serde(borrow)]
    pub(crate) uri: Text<'a>,
}

/// What tells a row that can't be read from others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// One of the list of tokens. Flat, unlike all other rows.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Token<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(borrow)]
    pub(crate) created: Text<'a>,
    #[serde(borrow)]
    pub(crate) owner: Maybe<Owner<'a>>,
    #[serde(rename = "access_token", borrow)]
    pub(crate) bearer: Text<'a>,
    #[serde(borrow)]
    pub(crate) scopes: Many<Text<'a>>,
}

/// Whom a token belongs to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Owner<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

macro_rules! wire {
    ($($(#[$doc:meta])* $name:ident { $($field:ident $key:literal: $type:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name<'a> {
            $(#[serde(rename = $key, borrow)] pub(crate) $field: $type,)+
        }

        impl $name<'_> {
            /// The keys that are read, or left out on purpose; all else is extra.
            pub(crate) const KEYS: &'static [&'static str] = &["created", "last_modified", "district", $($key,)+];
        }
    )+};
}

wire! {
    /// A district.
    District {
        id "id": Text<'a>, name "name": Text<'a>, nces_id "nces_id": Text<'a>, mdr_number "mdr_number": Text<'a>,
        state "state": Text<'a>, last_sync "last_sync": Text<'a>, last_clever_sync "last_clever_sync": Text<'a>,
        pause_start "pause_start": Text<'a>, pause_end "pause_end": Text<'a>, error "error": Text<'a>,
        launch_date "launch_date": Text<'a>, contact "district_contact": Text<'a>,
    }
    /// A school.
    School {
        id "id": Text<'a>, of "district": Text<'a>, name "name": Text<'a>, sis_id "sis_id": Text<'a>,
        number "school_number": Text<'a>, state_id "state_id": Text<'a>, nces_id "nces_id": Text<'a>,
        mdr_number "mdr_number": Text<'a>, principal "principal": Text<'a>, low_grade "low_grade": Text<'a>, high_grade "high_grade": Text<'a>,
    }
    /// A term.
    Term {
        id "id": Text<'a>, name "name": Text<'a>, start_date "start_date": Text<'a>, end_date "end_date": Text<'a>,
    }
    /// A course.
    Course {
        id "id": Text<'a>, of "district": Text<'a>, name "name": Text<'a>, number "number": Text<'a>,
    }
    /// A section.
    Section {
        id "id": Text<'a>, school "school": Text<'a>, name "name": Text<'a>, sis_id "sis_id": Text<'a>,
        subject "subject": Text<'a>, students "students": Option<Many<Text<'a>>>, teacher "teacher": Text<'a>,
        teachers "teachers": Many<Text<'a>>, course "course": Text<'a>, term "term_id": Text<'a>,
        grade "grade": Text<'a>, period "period": Text<'a>, number "section_number": Text<'a>,
    }
    /// A user: one person in all roles.
    User {
        id "id": Text<'a>, of "district": Text<'a>, email "email": Text<'a>, name "name": Maybe<Name<'a>>,
        roles "roles": Roles<'a>,
    }
}

/// A name. Of a contact all of it is in `last`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Name<'a> {
    #[serde(borrow)]
    pub(crate) first: Text<'a>,
    #[serde(borrow)]
    pub(crate) middle: Text<'a>,
    #[serde(borrow)]
    pub(crate) last: Text<'a>,
}

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

/// An event. Its object may stand beside `previous_attributes` or not; those are never relied on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) data: Option<EventData<'a>>,
}

/// What an event is about.
#[derive(Deserialize)]
pub(crate) struct EventData<'a> {
    #[serde(default, borrow)]
    pub(crate) object: Option<&'a RawValue>,
}

/// The keys of an object, and of each of its roles: what an event tells of it.
#[derive(Default)]
pub(crate) struct Told(serde_json::Map<String, serde_json::Value>);

impl Told {
    /// Reads the keys. An object that is none tells nothing.
    pub(crate) fn of(object: &str) -> Self {
        Self(serde_json::from_str(object).unwrap_or_default())
    }

    /// Whether the object tells the key: a null tells nothing.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    /// Whether the fields that districts define are told: those of the object or, of a person, of each role that can have any.
    pub(crate) fn has_ext(&self) -> bool {
        match self.0.get("roles").and_then(serde_json::Value::as_object) {
            Some(roles) => {
                let mut carriers =
                    roles.keys().filter(|role| matches!(role.as_str(), "student" | "teacher" | "staff"));
                carriers.all(|role| self.role_has(role, "ext"))
            }
            None => self.has("ext"),
        }
    }

    /// The same, of a role.
    pub(crate) fn role_has(&self, role: &str, key: &str) -> bool {
        let role = self.0.get("roles").and_then(|roles| roles.get(role));
        role.and_then(|role| role.get(key)).is_some_and(|value| !value.is_null())
    }
}
