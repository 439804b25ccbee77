//! Lenient reading of JSON: tolerant about how a value is written, strict about the answer's structure.

mod depth;
mod maybe;
mod quick;
mod rows;
mod scan;
mod structs;

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

pub use self::{
    maybe::Maybe,
    rows::{Shape, read_raw_rows, read_row, read_rows},
};

/// A text, borrowed where it holds no escape. Numbers and truth values are taken for their text, since servers send ids as
/// numbers; `null` and an empty text are [`None`](Text::get).
#[derive(Clone, Default)]
pub struct Text<'a>(Value<'a>);

/// As small as it can be: a row of a person has thirty of them, and is handed on some times.
#[derive(Clone, Default)]
enum Value<'a> {
    #[default]
    None,
    Is(Cow<'a, str>),
    /// A list or an object, or a number that was rounded.
    Odd,
}

impl<'a> Text<'a> {
    /// The trimmed text; `None` if there is none.
    pub fn get(&self) -> Option<&str> {
        Some(roster_core::decode::trim(self.raw())).filter(|text| !text.is_empty())
    }

    /// The trimmed text, owned.
    pub fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }

    /// The text as it stands.
    pub fn raw(&self) -> &str {
        match &self.0 {
            Value::Is(text) => text,
            Value::None | Value::Odd => "",
        }
    }

    /// Whether there was a list or an object where a text is due, or a number whose digits are not known.
    pub const fn is_odd(&self) -> bool {
        matches!(self.0, Value::Odd)
    }

    /// What stands there is no text.
    pub const fn odd() -> Self {
        Self(Value::Odd)
    }

    const fn of(text: Cow<'a, str>) -> Self {
        Self(Value::Is(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

struct TextVisitor<'a>(PhantomData<Text<'a>>);

/// From here on whole numbers are rounded where they are held with a point: 2 to the power of 53.
const ROUNDED: f64 = 9_007_199_254_740_992.0;

macro_rules! written_as_text {
    ($($visit:ident: $type:ty),+) => {$(
        fn $visit<E>(self, value: $type) -> Result<Self::Value, E> {
            Ok(Text::of(Cow::Owned(value.to_string())))
        }
    )+};
}

impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
    type Value = Text<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text::of(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text::of(Cow::Owned(text.to_owned())))
    }

    written_as_text! { visit_bool: bool, visit_i64: i64, visit_u64: u64 }

    /// Rounded, two ids may be one.
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        if value.abs() >= ROUNDED {
            return Ok(Text(Value::Odd));
        }
        Ok(Text::of(Cow::Owned(value.to_string())))
    }

    /// The digits of a number that 64 bits can't hold.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, digits: D) -> Result<Self::Value, D::Error> {
        Text::deserialize(digits)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(Value::Odd))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(Value::Odd))
    }
}

/// A list; one value where a list is due is a list of one, and `null` and an empty text are empty ones.
#[derive(Clone)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

struct ManyVisitor<T>(PhantomData<T>);

macro_rules! one_of_list {
    ($($visit:ident: $type:ty => $into:ident),+) => {$(
        fn $visit<E: de::Error>(self, value: $type) -> Result<Self::Value, E> {
            one(de::value::$into::new(value))
        }
    )+};
}

fn one<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Many<T>, D::Error> {
    Ok(Many(vec![T::deserialize(value)?]))
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ManyVisitor<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Many::default())
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        if text.is_empty() { Ok(Many::default()) } else { one(de::value::BorrowedStrDeserializer::new(text)) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() { Ok(Many::default()) } else { one(de::value::StrDeserializer::new(text)) }
    }

    one_of_list! {
        visit_bool: bool => BoolDeserializer,
        visit_i64: i64 => I64Deserializer,
        visit_u64: u64 => U64Deserializer,
        visit_f64: f64 => F64Deserializer
    }

    /// The digits of a number that 64 bits can't hold.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, digits: D) -> Result<Self::Value, D::Error> {
        one(digits)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Many(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        one(de::value::MapAccessDeserializer::new(map))
    }
}
