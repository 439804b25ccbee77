//! What a server says, in OneRoster's words. No `Debug` here: these are people.

use std::{fmt, marker::PhantomData};

use roster_http::json::{Many, Maybe, Text};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The id that a reference names: of an object, or bare. `href` is never called.
#[derive(Clone, Default)]
pub(crate) struct Ref<'a>(pub(crate) Text<'a>);

/// One of a list of references: all of them count, so that a list in the list is none.
#[derive(Clone, Default)]
pub(crate) struct Listed<'a>(pub(crate) Ref<'a>);

/// One of `userIds`: an object, or the bare id.
#[derive(Clone, Default)]
pub(crate) struct UserId<'a> {
    pub(crate) kind: Text<'a>,
    pub(crate) id: Text<'a>,
}

/// Reads an object by two of its keys, or a bare value in the place of the first.
struct Pair<'k, 'a> {
    keys: (&'k str, &'k str),
    /// It stands in a list.
    is_listed: bool,
    read: PhantomData<Text<'a>>,
}

impl<'k> Pair<'k, '_> {
    const fn new(first: &'k str, second: &'k str, is_listed: bool) -> Self {
        Self { keys: (first, second), is_listed, read: PhantomData }
    }
}

/// Tells whether a key is the first of two, the second, or neither, without a copy of it: a seat has nine of them.
struct Which<'k>(&'k str, &'k str);

impl<'de> DeserializeSeed<'de> for Which<'_> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Which<'_> {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(if key == self.0 {
            Some(true)
        } else if key == self.1 {
            Some(false)
        } else {
            None
        })
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Pair<'_, 'a> {
    type Value = (Text<'a>, Text<'a>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pair = (Text::default(), Text::default());
        let (mut has_any, mut has_other) = (false, false);
        while let Some(which) = map.next_key_seed(Which(self.keys.0, self.keys.1))? {
            match which {
                Some(true) => {
                    pair.0 = map.next_value()?;
                    has_any = true;
                }
                Some(false) => {
                    pair.1 = map.next_value()?;
                    has_any = true;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    has_other = true;
                }
            }
        }
        if has_other && !has_any {
            // It names something, in a way that is not read: by `href` alone, or in keys of another spelling.
            pair.0 = Text::odd();
        }
        Ok(pair)
    }

    /// A list where one is due: the first that is there.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut first = Text::default();
        let mut is_empty = true;
        while let Some(Ref(item)) = list.next_element()? {
            is_empty = false;
            if first.get().is_none() && (item.is_odd() || item.get().is_some()) {
                first = item;
            }
        }
        if self.is_listed && !is_empty {
            first = Text::odd();
        }
        Ok((first, Text::default()))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, id: &'de str) -> Result<Self::Value, E> {
        let text = Text::deserialize(serde::de::value::BorrowedStrDeserializer::<E>::new(id))?;
        Ok((text, Text::default()))
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Self::Value, E> {
        let text = Text::deserialize(serde::de::value::StringDeserializer::<E>::new(id.to_owned()))?;
        Ok((text, Text::default()))
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Self::Value, E> {
        Ok((Text::deserialize(serde::de::value::U64Deserializer::<E>::new(id))?, Text::default()))
    }

    fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<Self::Value, E> {
        Ok((Text::deserialize(serde::de::value::I64Deserializer::<E>::new(id))?, Text::default()))
    }

    /// The digits of a number that 64 bits can't hold.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, digits: D) -> Result<Self::Value, D::Error> {
        Ok((Text::deserialize(digits)?, Text::default()))
    }

    fn visit_f64<E: serde::de::Error>(self, id: f64) -> Result<Self::Value, E> {
        Ok((Text::deserialize(serde::de::value::F64Deserializer::<E>::new(id))?, Text::default()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok((Text::odd(), Text::default()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Ref<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Pair::new("sourcedId", "id", false)).map(Self::of)
    }
}

impl<'a> Ref<'a> {
    #[expect(clippy::inline_always, reason = "a seat has three references")]
    #[inline(always)]
    fn of((id, by_other_name): (Text<'a>, Text<'a>)) -> Self {
        // One that is no text is told of, so it is not taken for none.
        let is_other = id.get().is_none() && (by_other_name.get().is_some() || by_other_name.is_odd());
        Self(if is_other { by_other_name } else { id })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Listed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Pair::new("sourcedId", "id", true)).map(|pair| Self(Ref::of(pair)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for UserId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, kind) = deserializer.deserialize_any(Pair::new("identifier", "type", true))?;
        Ok(Self { kind, id })
    }
}

roster_http::wire_structs! {
    beside [];

    /// A row of `orgs`.
    Org {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        name "name": Text<'a>, of_type "type": Text<'a>, identifier "identifier": Text<'a>, parent "parent": Ref<'a>,
    }
    /// A row of `academicSessions`.
    Session {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        title "title": Text<'a>, of_type "type": Text<'a>, begin "startDate": Text<'a>, end "endDate": Text<'a>,
        parent "parent": Ref<'a>, year "schoolYear": Text<'a>,
    }
    /// A row of `courses`.
    Course {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        title "title": Text<'a>, code "courseCode": Text<'a>, session "schoolYear": Ref<'a>,
        grades "grades": Many<Text<'a>>, subjects "subjects": Many<Text<'a>>, subject_codes "subjectCodes": Many<Text<'a>>,
        org "org": Ref<'a>, orgs "orgs": Many<Listed<'a>>,
    }
    /// A row of `classes`.
    Class {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        title "title": Text<'a>, code "classCode": Text<'a>, of_type "classType": Text<'a>,
        location "location": Text<'a>, grades "grades": Many<Text<'a>>, subjects "subjects": Many<Text<'a>>,
        subject_codes "subjectCodes": Many<Text<'a>>, course "course": Ref<'a>, school "school": Ref<'a>,
        terms "terms": Many<Listed<'a>>, periods "periods": Many<Text<'a>>,
    }
    /// A row of `enrollments`.
    Enrollment {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        person "user": Ref<'a>, class "class": Ref<'a>, school "school": Ref<'a>, role "role": Text<'a>,
        primary "primary": Text<'a>, begin "beginDate": Text<'a>, end "endDate": Text<'a>,
    }
    /// A row of `users`, of either version.
    User {
        id "sourcedId": Text<'a>, status "status": Text<'a>, modified "dateLastModified": Text<'a>,
        username "username": Text<'a>, further_ids "userIds": Many<UserId<'a>>, enabled "enabledUser": Text<'a>,
        given "givenName": Text<'a>, family "familyName": Text<'a>, middle "middleName": Text<'a>,
        preferred_given "preferredFirstName": Text<'a>, preferred_middle "preferredMiddleName": Text<'a>,
        preferred_family "preferredLastName": Text<'a>, pronouns "pronouns": Text<'a>,
        role "role": Text<'a>, orgs "orgs": Many<Listed<'a>>, org "org": Ref<'a>, roles "roles": Many<Maybe<Role<'a>>>,
        primary_org "primaryOrg": Ref<'a>, profiles "userProfiles": Many<Maybe<Profile<'a>>>,
        identifier "identifier": Text<'a>, master "userMasterIdentifier": Text<'a>, email "email": Text<'a>,
        sms "sms": Text<'a>, phone "phone": Text<'a>, agents "agents": Many<Listed<'a>>,
        agents_by_other_name "agentSourceIds": Many<Listed<'a>>, grades "grades": Many<Text<'a>>,
    }
}

/// One of a user's `roles`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Role<'a> {
    #[serde(rename = "roleType", borrow)]
    pub(crate) of_type: Text<'a>,
    #[serde(rename = "role", borrow)]
    pub(crate) word: Text<'a>,
    #[serde(borrow)]
    pub(crate) org: Ref<'a>,
    #[serde(borrow)]
    pub(crate) begin_date: Text<'a>,
    #[serde(borrow)]
    pub(crate) end_date: Text<'a>,
}

/// One of a user's `userProfiles`. A password in it is never read.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Profile<'a> {
    #[serde(borrow)]
    pub(crate) vendor_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) credentials: Many<Maybe<Credential<'a>>>,
}

/// One of a profile's credentials. A password in it is never read.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credential<'a> {
    #[serde(borrow)]
    pub(crate) username: Text<'a>,
}

/// What tells a row that can't be read from others.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Head<'a> {
    #[serde(rename = "sourcedId", borrow)]
    pub(crate) id: Text<'a>,
}

/// A row of `demographics`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Demographics<'a> {
    #[serde(rename = "sourcedId", borrow)]
    pub(crate) id: Text<'a>,
    #[serde(borrow)]
    pub(crate) status: Text<'a>,
    #[serde(rename = "dateLastModified", borrow)]
    pub(crate) modified: Text<'a>,
    #[serde(rename = "birthDate", borrow)]
    pub(crate) birth_date: Text<'a>,
    #[serde(borrow)]
    pub(crate) sex: Text<'a>,
    #[serde(flatten, borrow)]
    pub(crate) facts: std::collections::BTreeMap<String, Text<'a>>,
}
