//! An object where one is due, and what stands in its place.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

/// An object, where one is there; anything else is passed over, and told apart from nothing.
#[derive(Clone, Default)]
pub enum Maybe<T> {
    /// Nothing is there.
    #[default]
    None,
    /// Something else is there.
    Odd,
    /// The object.
    Some(T),
}

impl<T> Maybe<T> {
    /// The object, if it is there.
    pub const fn get(&self) -> Option<&T> {
        if let Self::Some(value) = self { Some(value) } else { None }
    }

    /// Whether something else stands in its place.
    pub const fn is_odd(&self) -> bool {
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

    /// A number that 64 bits can't hold.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, digits: D) -> Result<Self::Value, D::Error> {
        IgnoredAny::deserialize(digits).map(|_| Maybe::Odd)
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
